//! `-o`: a run that can be killed and goes on, and its output.
//!
//! First every answer without a result is graded into the journal beside the
//! output. Then the output is put together from the rows and the journal, in
//! the order of the rows, and takes its place whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Args;
use super::table::Table;
use crate::batch::{
    self, Appender, Finished, Hold, Journal, JournalError, Look, Manifest, Run, Stamp, Tally, Task,
};
use crate::commands::{Context, place};
use crate::domain::Lang;
use crate::failure::{Failure, Kind};
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

/// Takes the journal into this process's hands, and changes nothing of it yet.
pub(super) fn hold(
    args: &Args,
    context: &Context,
    grader: &Grader,
    out: &Path,
) -> Result<Hold, Failure> {
    let folder = folder(out);
    Hold::take(&folder, wanted(context, grader), args.fresh)
        .map_err(|error| unusable(&folder, error))
}

/// Opens the journal of a run that can begin.
pub(super) fn journal(args: &Args, hold: Hold, out: &Path) -> Result<Arc<Journal>, Failure> {
    let journal = hold.open().map_err(|error| unusable(&folder(out), error))?;
    if let (true, Some(old)) = (args.fresh, Stamp::of(out)) {
        // May be written over, also by a later command.
        expect(&journal, old)?;
    }
    Ok(Arc::new(journal))
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

/// Why a journal in `folder` cannot be used, and what can be done.
fn unusable(folder: &Path, error: JournalError) -> Failure {
    let kind = match &error {
        JournalError::Io { .. } => Kind::Internal,
        JournalError::Locked(_) | JournalError::Other { .. } => Kind::Config,
    };
    let folder = folder.display();
    let (zh, hints): (_, &[(&str, &str)]) = match &error {
        JournalError::Other { what, .. } => (
            format!("{folder} 里的评判出自另一种设置（{what}）"),
            &[
                (
                    "--fresh discards these verdicts and grades everything again",
                    "--fresh 会丢弃这些评判，全部重评",
                ),
                (
                    "another -o keeps them and begins a run beside them",
                    "换一个 -o 则保留它们，另起一次运行",
                ),
            ],
        ),
        JournalError::Locked(_) => (
            format!("另一个进程正在写 {folder}"),
            &[("wait until it ends, or choose another -o", "等它结束，或换一个 -o")],
        ),
        JournalError::Io { .. } => (format!("无法使用 {folder}：{error:#}"), &[]),
    };
    let failure = Failure::new(kind, error).in_chinese(zh);
    hints.iter().fold(failure, |failure, hint| failure.hint(*hint))
}

/// Notes an output that is there or about to be.
fn expect(journal: &Journal, output: Stamp) -> io::Result<()> {
    note(journal, |manifest| {
        // The last two: what is in place, and what takes it.
        manifest.outputs.retain(|known| *known != output);
        manifest.outputs.push(output);
        let surplus = manifest.outputs.len().saturating_sub(2);
        manifest.outputs.drain(..surplus);
    })
}

fn note(journal: &Journal, change: impl FnOnce(&mut Manifest)) -> io::Result<()> {
    let Some(mut manifest) = Manifest::load(journal.folder()) else { return Ok(()) };
    change(&mut manifest);
    manifest.save(journal.folder())
}

/// Copies standard input into the journal's folder, since it is read more than once.
pub(super) fn spool(folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join("input");
    let mut file = File::create(&path).map_err(|error| unwritten(&path, error))?;
    io::copy(&mut io::stdin().lock(), &mut file).map_err(|error| unwritten(&path, error))?;
    Ok(path)
}

/// The output as it was finished before, when nothing that it depends on has changed.
pub(super) fn finished(out: &Path, recipe: Option<&str>) -> Option<Tally> {
    let finished = Manifest::load(&folder(out))?.finished?;
    let same = Some(finished.recipe.as_str()) == recipe
        && std::fs::metadata(out).is_ok_and(|file| file.len() == finished.bytes);
    (same && finished.tally.ungraded + finished.tally.failed == 0).then_some(finished.tally)
}

/// Hash of all that an output depends on; none when the input cannot be read twice.
pub(super) fn recipe(input: &Path, parts: &[String]) -> Option<String> {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let found = std::fs::metadata(input).ok()?;
    if found.is_dir() {
        add_folder(input, &mut hasher).ok()?;
    } else if found.is_file() {
        add_file(input, &mut hasher).ok()?;
    } else {
        return None;
    }
    Some(hasher.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

fn add_file(path: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Names and contents below a folder; of what is neither file nor folder, its name and kind.
fn add_folder(folder: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let names = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<OsString> = names.collect::<Result<_, _>>()?;
    names.sort_unstable();
    hasher.update((names.len() as u64).to_be_bytes());
    for name in names {
        let path = folder.join(&name);
        let found = std::fs::symlink_metadata(&path)?;
        hasher.update((name.len() as u64).to_be_bytes());
        hasher.update(name.as_encoded_bytes());
        hasher.update(format!("{:?} {}", found.file_type(), found.len()));
        if found.is_dir() {
            add_folder(&path, hasher)?;
        } else if found.is_file() {
            add_file(&path, hasher)?;
        }
    }
    Ok(())
}

/// Grades what has no result yet.
pub(super) fn grade(
    run: &Run,
    journal: &Arc<Journal>,
    runtime: &tokio::runtime::Handle,
    rows: input::Reader,
) -> Result<Tally, Failure> {
    let scratch = journal.folder().to_owned();
    let run = Run { task: Task::Record(Arc::clone(journal)), scratch, ..run.clone() };
    let tally = batch::run(&run, Some(runtime), rows, &mut Appender::new(journal));
    tally
        .and_then(|tally| journal.close().map(|()| tally))
        .map_err(|error| unwritten(journal.folder(), error))
}

/// Puts the output together.
pub(super) fn assemble(
    run: &Run,
    journal: &Arc<Journal>,
    rows: input::Reader,
    ui: Lang,
    out: &Path,
    recipe: Option<String>,
) -> Result<Tally, Failure> {
    let (task, scratch) = (Task::Recall(Arc::clone(journal)), journal.folder().to_owned());
    let run = Run { task, scratch, ordered: true, ..run.clone() };
    let (tally, bytes) =
        put_together(&run, rows, ui, journal, out).map_err(|error| unwritten(out, error))?;
    let closed = journal.close().and_then(|()| match bytes {
        Some(bytes) => note(journal, |manifest| {
            manifest.finished =
                recipe.map(|recipe| Finished { recipe, bytes, tally: tally.clone() });
        }),
        None => Ok(()),
    });
    closed.map_err(|error| unwritten(journal.folder(), error))?;
    Ok(tally)
}

/// Writes all lines beside the output, syncs them, and only then lets them take its place;
/// its length, unless the run was stopped and the place left as it was.
fn put_together(
    run: &Run,
    rows: input::Reader,
    ui: Lang,
    journal: &Journal,
    out: &Path,
) -> io::Result<(Tally, Option<u64>)> {
    let partial = journal.folder().join("partial");
    let file = File::create(&partial)?;
    let mut lines = BufWriter::with_capacity(1 << 16, &file);
    let tally = if run.form.placed {
        let mut table = Table::new(lines, ui, &rows, run.form.text)?;
        let tally = batch::run(run, None, rows, &mut table)?;
        table.finish()?;
        tally
    } else {
        let tally = batch::run(run, None, rows, &mut lines)?;
        lines.flush()?;
        tally
    };
    file.sync_data()?;
    if run.control.is_stopped() {
        return Ok((tally, None));
    }
    // Noted before it is there, so that it is known after a kill between the two.
    Stamp::of(&partial).map_or(Ok(()), |stamp| expect(journal, stamp))?;
    std::fs::rename(&partial, place::end_of_links(out))?;
    Ok((tally, Some(file.metadata()?.len())))
}

/// What could not be written, and what to do.
fn unwritten(path: &Path, error: io::Error) -> Failure {
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded].contains(&error.kind());
    let shown = path.display();
    let said = (format!("cannot write {shown}"), format!("无法写入 {shown}"));
    let failure = Failure::io(Kind::Internal, error, said);
    if !full {
        return failure;
    }
    failure.hint(("the disk is full: free some space", "磁盘已满：请腾出空间")).hint((
        "what is graded is kept, and the same command goes on where this one stopped",
        "已评的都保存着，再运行同一条命令会从停下的地方继续",
    ))
}
