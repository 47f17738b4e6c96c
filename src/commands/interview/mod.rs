//! `viva interview`: the mock interview, typed at a terminal or read from a pipe.

mod judge;
mod keep;
mod live;
mod pending;
mod piped;
mod sessions;
mod show;
mod signals;
mod start;

use std::time::Duration;

use super::context::{random, runtime};
use super::difficulty::Difficulty;
use super::{Context, grading};
use crate::failure::{Failure, Kind, Status};
use crate::session::plan::{PlanError, Wanted};
use judge::Judge;

/// How long an answer waits for a busy server before it is left pending.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Questions by id, asked in this order; without any, the bank is drawn from
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Hold a planned interview; `viva questions plans` lists them
    #[arg(long, value_name = "NAME", conflicts_with_all = ["ids", "topic", "difficulty"])]
    plan: Option<String>,
    /// Draw from this topic; repeat it, or separate several by commas
    #[arg(long, value_name = "TOPIC", value_delimiter = ',', conflicts_with = "ids")]
    topic: Vec<String>,
    /// Draw questions of this difficulty, 1 to 5, or of a range such as 2-4
    #[arg(long, value_name = "LEVEL", conflicts_with = "ids")]
    difficulty: Option<Difficulty>,
    /// How many questions [default: 5, or all the ids]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    count: Option<u16>,
    /// The same number draws the same questions again
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Line that ends an answer from a pipe, so that answers may hold empty lines
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    separator: Option<String>,
    /// Store answers from a pipe as a session too
    #[arg(long)]
    save: bool,
    /// Go on with the session left last, or with this one
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["ids", "plan", "topic", "difficulty", "count", "seed"])]
    #[expect(clippy::option_option, reason = "clap's form of a flag whose value may be left out")]
    resume: Option<Option<i64>>,
    /// Grade the answers that are waiting for it, and ask nothing
    #[arg(long, conflicts_with_all = ["ids", "plan", "topic", "difficulty", "count", "seed", "resume", "separator", "save"])]
    pending: bool,
    /// Begin a new interview without asking about one left unfinished
    #[arg(long, conflicts_with = "resume")]
    new: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<Status, Failure> {
    let live = context.terminal.stdin_is_terminal && !args.pending;
    if live && args.separator.is_some() {
        return Err(Failure::message(
            Kind::Usage,
            ("--separator is for answers from a pipe", "--separator 只用于管道输入的回答"),
        )
        .hint((
            "leave it out: at a terminal, Enter on an empty line ends an answer",
            "请去掉它：在终端里，空行上按回车就结束一个回答",
        )));
    }
    let judge = Judge::new(context, grading::grader(context, PATIENCE)?);
    let runtime = runtime()?;
    if args.pending {
        runtime.block_on(pending::run(context, judge))
    } else if live {
        runtime.block_on(start::live(&args, context, judge))
    } else {
        let session = start::piped(args, context, judge)?;
        context.terminal.message(&grading::introduction(context));
        runtime.block_on(session.run())
    }
}

impl Args {
    /// Whether it says what is to be asked.
    fn is_particular(&self) -> bool {
        !self.ids.is_empty()
            || self.plan.is_some()
            || !self.topic.is_empty()
            || self.difficulty.is_some()
            || self.count.is_some()
            || self.seed.is_some()
    }

    fn wanted(&self) -> Result<Wanted, Failure> {
        let seed = match self.seed {
            Some(seed) => seed,
            // Short enough to be typed again.
            None => u64::from(u16::from_le_bytes(random::<2>()?)),
        };
        Ok(Wanted {
            ids: self.ids.clone(),
            topics: self.topic.iter().map(|topic| topic.trim().to_lowercase()).collect(),
            difficulty: self.difficulty.map(Difficulty::range),
            count: self.count.map(usize::from),
            seed,
        })
    }
}

fn plan_failure(error: PlanError) -> Failure {
    let zh = match &error {
        PlanError::UnknownId { wanted, .. } => format!("没有题目 {wanted}"),
        PlanError::UnknownTopic { wanted, .. } => format!("没有主题 {wanted}"),
        PlanError::NoMatch => "没有符合条件的题目".to_owned(),
    };
    let hint = match &error {
        PlanError::UnknownId { wanted, is_topic: true, .. } => (
            format!("it is a topic: viva interview --topic {wanted}"),
            format!("它是一个主题：viva interview --topic {wanted}"),
        ),
        PlanError::UnknownId { nearest, .. } if !nearest.is_empty() => {
            let nearest: Vec<&str> = nearest.iter().map(String::as_str).collect();
            return Failure::new(Kind::Usage, error.clone()).in_chinese(zh).meant(&nearest);
        }
        PlanError::UnknownId { .. } => (
            "`viva questions list` shows all ids".to_owned(),
            "`viva questions list` 列出全部题目编号".to_owned(),
        ),
        PlanError::UnknownTopic { topics, .. } => (
            format!("the topics are {}", topics.join(", ")),
            format!("主题有 {}", topics.join("、")),
        ),
        PlanError::NoMatch => (
            "widen --topic or --difficulty".to_owned(),
            "请放宽 --topic 或 --difficulty".to_owned(),
        ),
    };
    Failure::new(Kind::Usage, error).in_chinese(zh).hint(hint)
}
