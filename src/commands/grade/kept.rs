//! `-o`: a run that can be killed and goes on, and its output.
//!
//! First every answer without a result is graded into the journal beside the
//! output. Then the output is put together from the rows and the journal, in
//! the order of the rows, and takes its place whole, unless the rows are not
//! those any more that were graded.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::faults::{unread, unusable, unwritten};
use super::progress::Progress;
use super::spool::Spool;
use super::table::Table;
use super::{Args, Ended, open, out, recipe};
use crate::batch::{
    self, Appender, Finished, Hold, Journal, Look, Manifest, Run, Stamp, Stamped, Stop, Tally, Task,
};
use crate::commands::{Context, grading, place};
use crate::failure::Failure;
use crate::grader::Grader;
use crate::input;

/// The journal's folder: beside the output itself, under its name.
pub(in crate::commands) fn folder(out: &Path) -> PathBuf {
    let out = place::end_of_links(out);
    let mut name = out.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".viva");
    out.with_file_name(name)
}

/// What the verdicts of this run are made with.
fn wanted(context: &Context, grader: &Grader) -> Manifest {
    let common = grader.common();
    let endpoint = context.settings.endpoint.as_ref();
    Manifest {
        verdicts: common.verdicts,
        grader: format!("{:?}", grader.kind()).to_lowercase(),
        model: common.model,
        prompt_hash: common.prompt_hash,
        endpoints: endpoint.map(|e| e.profile.base_url.clone()).into_iter().collect(),
        ..Manifest::default()
    }
}

/// What the journal holds, for who only looks; with --fresh nothing.
pub(super) fn look(
    args: &Args,
    context: &Context,
    grader: &Grader,
    scratch: &Path,
) -> Result<Look, Failure> {
    match args.output.as_deref().filter(|_| !args.fresh) {
        None => Ok(Look::nothing(scratch)),
        Some(out) => {
            let folder = folder(out);
            Look::at(&folder, &wanted(context, grader), scratch)
                .map_err(|error| unusable(&folder, error))
        }
    }
}

/// Grades what has no result yet, and puts the output together; none when the run was stopped
/// before it began.
pub(super) fn run(
    args: &Args,
    context: &Context,
    run: &Run,
    progress: &Progress,
    runtime: &tokio::runtime::Handle,
    out: &Path,
) -> Result<Option<Ended>, Failure> {
    // All that can keep a run from beginning comes before anything of the journal is touched.
    let (hold, spool, rows) = if Spool::is_needed(&args.input) {
        let hold = hold(args, context, run, progress, out)?;
        let Some(spool) = Spool::fill(&args.input, hold.input(), run, runtime)? else {
            return Ok(None);
        };
        let rows = open(args, run, runtime, spool.path())?;
        (hold, Some(spool), rows)
    } else {
        let Some(rows) = open(args, run, runtime, &args.input)? else { return Ok(None) };
        (hold(args, context, run, progress, out)?, None, Some(rows))
    };
    let Some(rows) = rows else { return Ok(None) };
    let input = spool.as_ref().map_or(args.input.as_path(), Spool::path);
    if rows.is_empty() {
        // A pipe that broke must not take the place of what was graded.
        return Ok(Some(Ended { tally: Tally::default(), kept: None }));
    }
    let journal = journal(args, hold, out)?;
    let work = Work { args, context, run, journal, out, input, recipe: None };
    work.all(rows, progress, runtime).map(Some)
}

/// Takes the journal into this process's hands, and changes nothing of it yet.
fn hold(
    args: &Args,
    context: &Context,
    run: &Run,
    progress: &Progress,
    out: &Path,
) -> Result<Hold, Failure> {
    let folder = folder(out);
    let hold = Hold::take(&folder, wanted(context, run.resolver.grader()), args.fresh)
        .map_err(|error| unusable(&folder, error))?;
    if let Some(manifest) = hold.damaged() {
        let said = context.terminal.say(
            " is damaged and is made anew: what was graded with the same settings stays",
            " 已损坏，会重新生成：用同样设置评过的仍然有效",
        );
        progress.tell(&format!("{}{said}", manifest.display()));
    }
    Ok(hold)
}

/// Opens the journal of a run that can begin.
fn journal(args: &Args, hold: Hold, out: &Path) -> Result<Arc<Journal>, Failure> {
    let journal = hold.open().map_err(|error| unusable(&folder(out), error))?;
    if args.fresh && out.exists() {
        // May be written over, also by a later command.
        Stamp::of(out)
            .and_then(|old| expect(&journal, old))
            .map_err(|error| unwritten(journal.folder(), error))?;
    }
    Ok(Arc::new(journal))
}

/// Notes an output that is there or about to be.
fn expect(journal: &Journal, output: Stamp) -> io::Result<()> {
    journal.note(|manifest| {
        // The last two: what is in place, and what takes it.
        manifest.outputs.retain(|known| *known != output);
        manifest.outputs.push(output);
        let surplus = manifest.outputs.len().saturating_sub(2);
        manifest.outputs.drain(..surplus);
    })
}

/// A run that has begun.
struct Work<'a> {
    args: &'a Args,
    context: &'a Context,
    run: &'a Run,
    journal: Arc<Journal>,
    out: &'a Path,
    input: &'a Path,
    /// Of the input as it was when the run began.
    recipe: Option<String>,
}

impl Work<'_> {
    fn all(
        mut self,
        rows: input::Reader,
        progress: &Progress,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Ended, Failure> {
        self.recipe = self.recipe_now();
        if let Some(tally) = self.finished().map_err(|error| unread(self.out, error))? {
            progress.tell(self.context.terminal.say(
                "nothing to do: the output is complete and up to date",
                "没有需要做的：输出已完整，且是最新的",
            ));
            return Ok(Ended { tally, kept: None });
        }
        progress.reads(rows.reach());
        progress.tell(&grading::introduction(self.context));
        let graded = self.grade(rows, runtime)?;
        let written = if self.run.control.is_stopped() { None } else { self.write(progress)? };
        Ok(match written {
            Some(tally) => Ended { tally, kept: None },
            None => Ended { tally: graded, kept: self.journal.graded().ok() },
        })
    }

    /// Hash of all that the output depends on; none when the input cannot be read.
    fn recipe_now(&self) -> Option<String> {
        let fingerprint = self.run.resolver.grader().common().fingerprint;
        let words = self.run.form.placed.then_some(self.context.terminal.ui);
        // A candidate may be named by the file; where it stands is all the same.
        let name = self.args.input.file_name();
        let form = format!("{name:?} {:?} {} {words:?}", self.args.rows, self.args.no_text);
        recipe::of(self.input, &[fingerprint, form, self.run.resolver.describe()])
    }

    /// The counts of the output as it was finished before, when nothing that it depends on has
    /// changed.
    fn finished(&self) -> io::Result<Option<Tally>> {
        let manifest = self.journal.manifest();
        let same = |finished: &&Finished| Some(&finished.recipe) == self.recipe.as_ref();
        let Some(finished) = manifest.finished.as_ref().filter(same) else { return Ok(None) };
        let whole = finished.tally.ungraded + finished.tally.failed == 0;
        let there = whole && self.out.exists();
        let there = there && manifest.output(self.out)? == Some(&finished.output);
        Ok(there.then(|| finished.tally.clone()))
    }

    /// Grades what has no result yet.
    fn grade(
        &self,
        rows: input::Reader,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Tally, Failure> {
        let journal = &self.journal;
        let task = Task::Record(Arc::clone(journal));
        let run = Run { task, scratch: journal.folder().to_owned(), ..self.run.clone() };
        let tally = batch::run(&run, Some(runtime), rows, &mut Appender::new(journal));
        tally
            .and_then(|tally| journal.close().map(|()| tally))
            .map_err(|error| unwritten(journal.folder(), error))
    }

    /// Puts the output in its place; none when the run was stopped and the place left as it was.
    fn write(&self, progress: &Progress) -> Result<Option<Tally>, Failure> {
        // Grading may have taken hours, in which somebody has opened the last output.
        out::check(self.args, self.context, self.out)?;
        progress.write(Instant::now());
        let (whole, wordings) = (self.args.asked.is_given(), super::wordings(self.run));
        let rows = match self.args.rows.open(self.input, whole, wordings) {
            Ok(rows) => rows,
            Err(_) if self.has_changed() => return Ok(None),
            Err(error) => return Err(error),
        };
        let (tally, output) =
            self.put_together(rows).map_err(|error| unwritten(self.out, error))?;
        self.journal
            .close()
            .and_then(|()| match (output, &self.recipe) {
                (Some(output), Some(recipe)) => self.journal.note(|manifest| {
                    let (recipe, tally) = (recipe.clone(), tally.clone());
                    manifest.finished = Some(Finished { recipe, output, tally });
                }),
                _ => Ok(()),
            })
            .map_err(|error| unwritten(self.journal.folder(), error))?;
        Ok((!self.run.control.is_stopped()).then_some(tally))
    }

    /// Stops the run when its input is not what it was.
    fn has_changed(&self) -> bool {
        let changed = self.recipe_now() != self.recipe;
        if changed {
            self.run.control.overrule(Stop::Changed);
        }
        changed
    }

    /// Writes all lines beside the output, syncs them, and only then lets them take its place;
    /// its stamp, unless the run was stopped and the place left as it was.
    fn put_together(&self, rows: input::Reader) -> io::Result<(Tally, Option<Stamp>)> {
        let (journal, control) = (&self.journal, &self.run.control);
        let (task, scratch) = (Task::Recall(Arc::clone(journal)), journal.folder().to_owned());
        let run = Run { task, scratch, ordered: true, ..self.run.clone() };
        let partial = journal.partial();
        let file = File::create(&partial)?;
        let mut stamped = Stamped::new(&file);
        let mut lines = BufWriter::with_capacity(1 << 16, &mut stamped);
        let tally = if run.form.placed {
            let mut table = Table::new(lines, self.context.terminal.ui, &rows, run.form.text)?;
            let tally = batch::run(&run, None, rows, &mut table)?;
            table.finish()?;
            tally
        } else {
            let tally = batch::run(&run, None, rows, &mut lines)?;
            lines.flush()?;
            drop(lines);
            tally
        };
        file.sync_data()?;
        let interrupted = matches!(control.reason(), Some(Stop::Interrupted(_)));
        if interrupted || self.has_changed() || control.is_stopped() {
            std::fs::remove_file(&partial)?;
            return Ok((tally, None));
        }
        let output = stamped.stamp(&partial)?;
        // Noted before it is there, so that it is known after a kill between the two.
        expect(journal, output.clone())?;
        std::fs::rename(&partial, place::end_of_links(self.out))?;
        Ok((tally, Some(output)))
    }
}
