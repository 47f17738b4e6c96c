//! `viva grade`: a stream of answers, one result line each.
//!
//! Wires input, grader and output together; the work is done in `batch`.

mod dry;
mod end;
mod faults;
mod kept;
mod out;
mod pace;
mod progress;
mod recipe;
mod rows;
mod screen;
mod signals;
mod spool;
mod table;

use std::ffi::OsString;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
use crate::input::sheet::Wordings;
use crate::llm::Caps;
use crate::store::Store;
use crate::term::complain;
pub(super) use kept::folder as journal_of;
use progress::Progress;
pub(super) use rows::pair;
use screen::Screen;
use signals::Signals;

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
    let (tells, by_hand) = (!on_screen(args, context), is_typed(args, context));
    let progress = Arc::new(Progress::new(&context.terminal, &grader, tells, by_hand));
    let watch = Arc::clone(&progress) as Arc<dyn Watch>;
    let run = prepare(args, context, &grader, whole, watch)?;
    if by_hand {
        context.terminal.message(context.terminal.say(
            "reading rows from standard input; Ctrl-D on a line of its own ends it",
            "正在从标准输入读取；在空行按 Ctrl-D 结束",
        ));
    }
    if args.dry_run {
        return dry::run(args, context, &run);
    }
    let shown = progress.show();
    let last_words = end::at_once(args, typed, context.terminal.ui);
    listen(&run.control, &progress, runtime.handle(), last_words)?;
    let ended = match &args.output {
        None => to_stdout(args, context, &run, &progress, runtime.handle()),
        Some(out) => kept::run(args, context, &run, &progress, runtime.handle(), out),
    };
    drop(shown);
    progress.tell_unnamed();
    // Threads that still wait for input or for a server end with the process.
    runtime.shutdown_background();
    end::status(args, typed, context, &grader, ended?.as_ref(), run.control.reason())
}

/// How far a run has come.
#[derive(Debug)]
struct Ended {
    tally: Tally,
    /// Answers with a score that an unfinished run keeps, of this command and of those before.
    kept: Option<u64>,
}

/// Whether results are shown as a table on a terminal.
fn on_screen(args: &Args, context: &Context) -> bool {
    args.output.is_none() && context.terminal.stdout_is_terminal && !context.json
}

/// Whether the rows are typed on a terminal.
fn is_typed(args: &Args, context: &Context) -> bool {
    args.input == Path::new("-") && context.terminal.stdin_is_terminal
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

/// Opens the input, which is read up to its header; none when the run is stopped first.
fn open(
    args: &Args,
    run: &Run,
    runtime: &tokio::runtime::Handle,
    path: &Path,
) -> Result<Option<input::Reader>, Failure> {
    let (rows, path) = (args.rows.clone(), path.to_owned());
    let whole_question = args.asked.is_given();
    let wordings = wordings(run);
    unless_stopped(run, runtime, move || rows.open(&path, whole_question, wordings))
}

/// How the questions of the bank are worded.
fn wordings(run: &Run) -> Wordings {
    let resolver = Arc::clone(&run.resolver);
    Wordings::new(move |id| resolver.wordings(id))
}

/// What `read` brings; none when the run is stopped first: it may wait for input that never
/// comes, and then ends with the process.
fn unless_stopped<T: Send + 'static>(
    run: &Run,
    runtime: &tokio::runtime::Handle,
    read: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<Option<T>, Failure> {
    runtime.block_on(async {
        tokio::select! {
            read = tokio::task::spawn_blocking(read) => {
                read.expect("invariant: no panic in it").map(Some)
            }
            () = run.control.stopped() => Ok(None),
        }
    })
}

/// Stops the run at Ctrl-C or another signal that asks for it, at once at the second one with
/// `last_words`, and ends what is in flight when the grace is over.
fn listen(
    control: &Arc<Control>,
    progress: &Arc<Progress>,
    runtime: &tokio::runtime::Handle,
    last_words: String,
) -> io::Result<()> {
    let _entered = runtime.enter();
    let mut signals = Signals::take()?;
    let (control, stopping) = (Arc::clone(control), Arc::clone(control));
    let progress = Arc::clone(progress);
    runtime.spawn(async move {
        loop {
            let signal = signals.next().await;
            if matches!(control.reason(), Some(Stop::Interrupted(_))) {
                progress.clear();
                complain(&last_words);
                std::process::exit(128 + i32::from(signal));
            }
            control.overrule(Stop::Interrupted(signal));
            progress.tell_stopping(GRACE.as_secs());
            // Also when the run was ending for another reason, with more time.
            let impatient = Arc::clone(&control);
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
    Ok(())
}

fn to_stdout(
    args: &Args,
    context: &Context,
    run: &Run,
    progress: &Progress,
    runtime: &tokio::runtime::Handle,
) -> Result<Option<Ended>, Failure> {
    let Some(rows) = open(args, run, runtime, &args.input)? else { return Ok(None) };
    progress.reads(rows.reach());
    progress.tell(&grading::introduction(context));
    let tally = if on_screen(args, context) {
        let mut screen = Screen::new(&context.terminal, progress);
        batch::run(run, Some(runtime), rows, &mut screen)
    } else {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        batch::run(run, Some(runtime), rows, &mut out)
    };
    Ok(Some(Ended { tally: tally.map_err(unwritten)?, kept: None }))
}

fn unwritten(error: io::Error) -> Failure {
    let said = ("cannot write the results to standard output", "无法把结果写到标准输出");
    Failure::io(Kind::Internal, error, said).hint((
        "with -o FILE what is graded is kept, and the same command goes on",
        "加 -o FILE 后，已评的会保存，再运行同一条命令即可继续",
    ))
}
