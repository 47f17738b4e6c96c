//! `viva grade`: a stream of answers, one result line each.
//!
//! Wires input, grader and output together; the work is done in `batch`.

mod dry;
mod end;
mod kept;
mod out;
mod pace;
mod progress;
mod rows;
mod screen;
mod table;

use std::ffi::OsString;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Context;
use super::asked::AskedArgs;
use super::context::busy_runtime;
use super::{asked, grading};
use crate::batch::{self, Control, Form, Languages, Resolver, Run, Stop, Tally, Task, Watch};
use crate::config::Origin;
use crate::domain::Question;
use crate::failure::{Failure, Kind, Status};
use crate::grader::Grader;
use crate::input;
use crate::llm::Caps;
use crate::store::Store;
use crate::term::complain;
pub(super) use kept::folder as journal_of;
use progress::Progress;
pub(super) use rows::pair;
use screen::Screen;

/// How long one answer of a batch waits for a busy server.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long answers in flight may take after an interruption.
const GRACE: Duration = Duration::from_secs(5);
/// How long answers in flight may take after the run has stopped by itself.
const LONG_GRACE: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Answers: JSON lines, CSV, a folder or an answer sheet; `-` for standard input
    input: PathBuf,
    /// File for the results, .jsonl or .csv; the run can be stopped and goes on with the same
    /// command
    #[arg(short, long = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Discard what an earlier run with the same output has graded, and write over that output
    #[arg(long, requires = "output")]
    fresh: bool,
    /// Write lines as answers are done, in no order
    #[arg(long)]
    unordered: bool,
    /// Stop at the first row that cannot be graded
    #[arg(long)]
    strict: bool,
    /// Leave answers and claims out of the output
    #[arg(long)]
    no_text: bool,
    /// Fail (6) when the mean of the scores' low ends is below this, 0 to 100
    #[arg(long, value_name = "SCORE", value_parser = super::report::score, allow_negative_numbers = true)]
    fail_under: Option<f64>,
    /// Ungraded rows that are no failure (5)
    #[arg(long, value_name = "N", default_value_t = 0)]
    allow_ungraded: u64,
    /// Most requests at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    max_concurrency: u16,
    /// Say what the run would do and cost and how far a budget goes, and make no call
    #[arg(long)]
    dry_run: bool,
    /// Most that all requests together may cost, in the currency of the endpoint's prices
    #[arg(long, value_name = "COST", value_parser = cost, allow_negative_numbers = true)]
    max_cost: Option<f64>,
    /// Most tokens of all requests together
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// Most requests, retries included
    #[arg(long, value_name = "N")]
    max_calls: Option<u64>,
    #[command(flatten, next_help_heading = "One question for all answers")]
    asked: AskedArgs,
    #[command(flatten)]
    rows: rows::RowArgs,
}

pub(super) fn run(args: &Args, typed: &[OsString], context: &Context) -> Result<Status, Failure> {
    args.output.as_deref().map_or(Ok(()), |out| out::check(args, context, out))?;
    let grader = Arc::new(grader(args, context)?);
    let whole = args.asked.question(context)?.map(Arc::new);
    let runtime = busy_runtime()?;
    let progress = Arc::new(Progress::new(&context.terminal, &grader, !on_screen(args, context)));
    let watch = Arc::clone(&progress) as Arc<dyn Watch>;
    let run = prepare(args, context, &grader, whole, watch)?;
    if args.dry_run {
        return dry::run(args, context, &run, runtime.handle());
    }
    let shown = progress.show();
    let last_words = end::at_once(args, typed, context.terminal.ui);
    listen(&run.control, &progress, runtime.handle(), last_words);
    let tally = match &args.output {
        None => to_stdout(args, context, &run, &progress, runtime.handle()),
        Some(out) => to_file(args, context, &run, &progress, runtime.handle(), out),
    };
    drop(shown);
    // Threads that still wait for input or for a server end with the process.
    runtime.shutdown_background();
    let tally = match tally {
        // Before there was anything to read.
        Err(failure) if failure.kind == Kind::Interrupted => Tally::default(),
        tally => tally?,
    };
    end::status(args, typed, context, &grader, &tally, run.control.reason())
}

/// Whether results are shown as a table on a terminal.
fn on_screen(args: &Args, context: &Context) -> bool {
    args.output.is_none() && context.terminal.stdout_is_terminal && !context.json
}

/// The grader that was chosen; a pipeline never passes on one that nobody chose.
fn grader(args: &Args, context: &Context) -> Result<Grader, Failure> {
    let wanted = context.settings.grader.as_ref().map(|grader| grader.value);
    if context.settings.endpoint.is_none() && wanted.is_none() {
        return Err(grading::no_endpoint().hint((
            "or grade offline with --grader lexical, a rough estimate",
            "或者用 --grader lexical 离线评分，只是粗略估分",
        )));
    }
    let caps = caps(args, context)?;
    let most = u32::from(args.max_concurrency);
    let store = || store(args, context);
    grading::grader_for(context, store, PATIENCE, |endpoint| endpoint.for_many(most, caps))
}

/// A cost that is a number.
fn cost(text: &str) -> Result<f64, String> {
    let cost = text.parse().ok().filter(|cost: &f64| cost.is_finite() && *cost >= 0.0);
    cost.ok_or_else(|| "it must be a number, 0 or more".to_owned())
}

/// The store; who only looks makes none.
fn store(args: &Args, context: &Context) -> Option<Store> {
    if args.dry_run { context.store_if_there() } else { context.store().ok() }
}

/// The caps on calls, tokens and cost; a cost needs prices.
fn caps(args: &Args, context: &Context) -> Result<Caps, Failure> {
    let price = context.settings.endpoint.as_ref().map(|endpoint| endpoint.profile.price);
    let priced = price.is_some_and(|price| price.input > 0.0 && price.output > 0.0);
    if let (Some(_), Some(_), false) = (args.max_cost, price, priced) {
        let said = ("--max-cost needs the prices of the endpoint", "--max-cost 需要端点的价格");
        return Err(Failure::message(Kind::Config, said)
            .hint((
                "set price = { input = …, output = … } (per million tokens) in the config file",
                "在配置文件里写 price = { input = …, output = … }（每百万 token）",
            ))
            .hint(("or cap --max-tokens or --max-calls", "或者改用 --max-tokens、--max-calls")));
    }
    Ok(Caps { calls: args.max_calls, tokens: args.max_tokens, cost: args.max_cost })
}

fn prepare(
    args: &Args,
    context: &Context,
    grader: &Arc<Grader>,
    whole: Option<Arc<Question>>,
    watch: Arc<dyn Watch>,
) -> Result<Run, Failure> {
    let lang = &context.settings.lang;
    let languages = Languages {
        chosen: matches!(lang.origin, Origin::Flag(_)).then_some(lang.value),
        fallback: lang.value,
        feedback: context.settings.feedback_lang.as_ref().map(|lang| lang.value),
    };
    let drafting = matches!(**grader, Grader::Llm(_));
    let drafts = grading::drafts(if drafting { store(args, context) } else { None });
    let bank = Arc::new(context.bank()?);
    // A wrong id on the command line would make every cell of its column a bad row.
    if let Some(id) = args.rows.questions().find(|id| bank.get(id).is_none()) {
        return Err(asked::unknown_question(&bank, id));
    }
    let resolver = Resolver::new(Arc::clone(grader), bank, whole, languages, drafts);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let patience = context.settings.patience.as_ref();
    Ok(Run {
        task: Task::Grade,
        resolver: Arc::new(resolver),
        form: Form {
            text: !args.no_text,
            placed: args.output.as_deref().is_some_and(out::is_table),
        },
        ordered: !args.unordered,
        strict: args.strict,
        threads,
        // More than can be in flight, so that those who sleep hold nobody back.
        concurrency: 2 * usize::from(args.max_concurrency),
        patience: patience.map_or(PATIENCE, |p| Duration::from_secs(p.value)),
        scratch: std::env::temp_dir(),
        control: Arc::new(Control::default()),
        watch,
    })
}

/// Opens the input; it is read up to its header.
fn open(
    args: &Args,
    run: &Run,
    runtime: &tokio::runtime::Handle,
    path: &Path,
) -> Result<input::Reader, Failure> {
    let (rows, path) = (args.rows.clone(), path.to_owned());
    let whole_question = args.asked.is_given();
    unless_stopped(run, runtime, move || rows.open(&path, whole_question))
}

/// What `read` brings, unless the run is stopped first: it may wait for input that never comes,
/// and then ends with the process.
fn unless_stopped<T: Send + 'static>(
    run: &Run,
    runtime: &tokio::runtime::Handle,
    read: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    runtime.block_on(async {
        tokio::select! {
            read = tokio::task::spawn_blocking(read) => read.expect("invariant: no panic in it"),
            () = run.control.stopped() => Err(end::interrupted()),
        }
    })
}

/// Stops the run at Ctrl-C, at once at the second one with `last_words`, and ends what is in
/// flight when the grace is over.
fn listen(
    control: &Arc<Control>,
    progress: &Arc<Progress>,
    runtime: &tokio::runtime::Handle,
    last_words: String,
) {
    let (signals, stopping) = (Arc::clone(control), Arc::clone(control));
    let progress = Arc::clone(progress);
    runtime.spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if matches!(signals.reason(), Some(Stop::Interrupted)) {
                progress.clear();
                complain(&last_words);
                std::process::exit(130);
            }
            signals.interrupt();
            progress.tell_stopping(GRACE.as_secs());
            // Also when the run was ending for another reason, with more time.
            let impatient = Arc::clone(&signals);
            tokio::spawn(async move {
                tokio::time::sleep(GRACE).await;
                impatient.abort();
            });
        }
    });
    runtime.spawn(async move {
        stopping.stopped().await;
        tokio::time::sleep(LONG_GRACE).await;
        stopping.abort();
    });
}

fn to_stdout(
    args: &Args,
    context: &Context,
    run: &Run,
    progress: &Progress,
    runtime: &tokio::runtime::Handle,
) -> Result<Tally, Failure> {
    let rows = open(args, run, runtime, &args.input)?;
    progress.reads(rows.reach());
    progress.tell(&grading::introduction(context));
    if on_screen(args, context) {
        let mut screen = Screen::new(&context.terminal, progress);
        return batch::run(run, Some(runtime), rows, &mut screen).map_err(unwritten);
    }
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    batch::run(run, Some(runtime), rows, &mut out).map_err(unwritten)
}

fn unwritten(error: io::Error) -> Failure {
    let said = ("cannot write the results to standard output", "无法把结果写到标准输出");
    Failure::io(Kind::Internal, error, said).hint((
        "with -o FILE what is graded is kept, and the same command goes on",
        "加 -o FILE 后，已评的会保存，再运行同一条命令即可继续",
    ))
}

fn to_file(
    args: &Args,
    context: &Context,
    run: &Run,
    progress: &Progress,
    runtime: &tokio::runtime::Handle,
    out: &Path,
) -> Result<Tally, Failure> {
    // All that can keep a run from beginning comes before anything of the journal is touched.
    let named = args.input != Path::new("-");
    let rows = named.then(|| open(args, run, runtime, &args.input)).transpose()?;
    let hold = kept::hold(args, context, run.resolver.grader(), out)?;
    let input = if named {
        args.input.clone()
    } else {
        let folder = hold.folder().to_owned();
        unless_stopped(run, runtime, move || kept::spool(&folder))?
    };
    let rows = rows.map_or_else(|| open(args, run, runtime, &input), Ok)?;
    if rows.is_empty() {
        // A pipe that broke must not take the place of what was graded.
        return Ok(Tally::default());
    }
    let journal = kept::journal(args, hold, out)?;
    let recipe = kept::recipe(&input, &depends(args, context, run));
    if let Some(tally) = kept::finished(out, recipe.as_deref()) {
        let said = context.terminal.say(
            "nothing to do: the output is complete and up to date",
            "没有需要做的：输出已完整，且是最新的",
        );
        progress.tell(said);
        return Ok(tally);
    }
    progress.reads(rows.reach());
    progress.tell(&grading::introduction(context));
    let graded = kept::grade(run, &journal, runtime, rows)?;
    if run.control.is_stopped() {
        return Ok(graded);
    }
    // Grading may have taken hours, in which somebody has opened the last output.
    out::check(args, context, out)?;
    progress.write(Instant::now());
    let rows = open(args, run, runtime, &input)?;
    kept::assemble(run, &journal, rows, context.terminal.ui, out, recipe)
}

/// Everything but the input's bytes that an output depends on.
fn depends(args: &Args, context: &Context, run: &Run) -> Vec<String> {
    let fingerprint = run.resolver.grader().common().fingerprint;
    let words = run.form.placed.then_some(context.terminal.ui);
    vec![fingerprint, format!("{args:?} {words:?}"), run.resolver.describe()]
}
