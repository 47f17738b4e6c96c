//! `viva calibrate`: how far a run agrees with people, or with an earlier run.

use std::io::{BufRead, Cursor, Read};
use std::path::PathBuf;

use serde::Serialize;

use super::Context;
use super::grade::pair;
use super::report::{self, Source, rule, score};
use crate::domain::Lang;
use crate::failure::{Failure, Kind, Said, Status};
use crate::input::{self, InputError};
use crate::report::calibration::labels::{Form, Labels, Scale};
use crate::report::calibration::{
    AgainstLabels, Baseline, Figures, Resampling, UnknownPoint, compare, show_comparison,
    show_figures,
};
use crate::report::revise::{Overrides, Revision};
use crate::report::rows::{Item, Row};
use crate::report::{Fault, View};
use crate::term::safe_line;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of result lines, or the number of a session
    run: String,
    /// People's labels (JSONL or CSV of id and score, or of id, point and verdict), or an earlier run
    #[arg(long, value_name = "FILE")]
    against: PathBuf,
    /// Name of a field in the labels: score=Marks
    #[arg(long, value_name = "FIELD=NAME", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Worst and best of the labelled scores, such as 0-5 or 6-1 (default: 0-1 or 0-100, where
    /// the scores leave no doubt)
    #[arg(long, value_name = "WORST-BEST", allow_hyphen_values = true)]
    scale: Option<Scale>,
    /// Exit with 6 beyond this: against a run, how many points the mean may fall;
    /// against labels, how large the mean absolute error may be; with 5 when not all answers
    /// could be compared
    #[arg(long, value_name = "POINTS", value_parser = score)]
    limit: Option<f64>,
    /// Seed of the resampling
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Resamples behind each interval
    #[arg(long, value_name = "N", default_value_t = 2000)]
    resamples: usize,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let run = Source::open(&args.run, context)?;
    let mut revision = Revision { rule: rule(context)?, overrides: Overrides::default() };
    let resampling = Resampling { seed: args.seed, resamples: args.resamples };
    match other(args)? {
        Other::Run(baseline) => {
            against_run(args, context, &run, &mut revision, &baseline, resampling)
        }
        Other::Labels(labels) => {
            against_labels(args, context, &run, &mut revision, labels, resampling)
        }
    }
}

/// What the run is held against.
enum Other {
    Labels(Labels),
    Run(Source),
}

/// Tells labels from a run by the first line, and CSV from JSONL by its first character.
fn other(args: &Args) -> Result<Other, Failure> {
    let path = &args.against;
    let unread = |error: InputError| {
        let path = path.display();
        let said = (format!("cannot read the labels {path}"), format!("无法读取标注 {path}"));
        match error {
            InputError::Open { source, .. } | InputError::Read(source) => {
                Failure::io(Kind::Usage, source, said)
            }
            other => Failure::new(Kind::Usage, other),
        }
    };
    let mut reader = input::text(path).map_err(unread)?;
    let mut first = Vec::new();
    // A result line may be long; its beginning tells what it is.
    (&mut reader)
        .take(1 << 20)
        .read_until(b'\n', &mut first)
        .map_err(|error| unread(error.into()))?;
    let text = String::from_utf8_lossy(&first);
    let json = text.trim_start().starts_with('{');
    if json && text.contains("\"schema_version\"") {
        if args.scale.is_some() || !args.map.is_empty() {
            let said = ("--scale and --map are for labels", "--scale 和 --map 只用于标注");
            let path = path.display();
            return Err(Failure::message(Kind::Usage, said)
                .hint((format!("{path} is a run"), format!("{path} 是评分结果"))));
        }
        return Ok(Other::Run(Source::File(path.to_owned())));
    }
    let wanted = Form::FIELDS.into_iter().chain(args.map.iter().map(|(_, name)| name.as_str()));
    let delimiter = input::delimiter(&first, &wanted.collect::<Vec<_>>());
    let form = Form { map: args.map.clone(), scale: args.scale, delimiter };
    let reader = Cursor::new(first).chain(reader);
    let labels = if json { Labels::jsonl(reader, &form) } else { Labels::csv(reader, &form) };
    labels.map(Other::Labels).map_err(|fault| report::faulty(path, &fault))
}

/// The readable rows of a source, scored anew where that was asked for; and how many
/// lines could not be read.
fn each(
    source: &Source,
    revision: &mut Revision,
    mut work: impl FnMut(Row),
) -> Result<u64, Failure> {
    let (mut rows, mut unreadable, mut first) = (0_u64, 0, None);
    for item in source.items()? {
        match item.map_err(|error| source.torn(error))? {
            Item::Unreadable(bad) => {
                unreadable += 1;
                first.get_or_insert(bad);
            }
            Item::Row(mut row) => {
                revision.apply(&mut row).map_err(|error| Failure::new(Kind::Usage, error))?;
                work(*row);
                rows += 1;
            }
        }
    }
    if rows == 0 {
        let first = first.map(|bad| bad.reason.at(bad.number));
        return Err(report::nothing(source, first.map(|Fault { en, zh }| [en, zh])));
    }
    Ok(unreadable)
}

fn against_labels(
    args: &Args,
    context: &Context,
    run: &Source,
    revision: &mut Revision,
    labels: Labels,
    resampling: Resampling,
) -> Result<Status, Failure> {
    let mut comparing = AgainstLabels::new(labels, revision.rule.scoring.clone());
    let unreadable = each(run, revision, |row| comparing.add(&row))?;
    let figures = comparing.finish(resampling);
    if figures.matched == 0 {
        return Err(nothing_common((
            "no label's id is an id of the run",
            "没有一个标注的 id 是结果中的 id",
        )));
    }
    print(context, &figures, |view| show_figures(view, &figures))?;
    tell_gaps(context, &figures);
    let too_far = args.limit.zip(figures.mae.value).is_some_and(|(limit, mae)| mae > limit);
    let compared = figures.compared > 0 && (args.limit.is_none() || figures.is_complete());
    let complete = compared && figures.unknown_points.total() == 0;
    Ok(end(context, too_far.then(|| mae_limit(context, &figures)), unreadable, complete))
}

/// Says which labels the figures do not speak for.
fn tell_gaps(context: &Context, figures: &Figures) {
    let terminal = &context.terminal;
    for UnknownPoint { id, point } in &figures.unknown_points.items {
        let said =
            terminal.say("a label is for no point of its answer: ", "标注的要点不在其回答中：");
        terminal.error(&safe_line(&format!("{said}{id}, {point}")));
    }
    if figures.unknown_points.left_out > 0 {
        terminal.error(&format!("… {}", figures.unknown_points.left_out));
    }
    if figures.is_complete() {
        return;
    }
    let (compared, labels) = (figures.compared, figures.labels);
    let share = 100.0 * figures.coverage.unwrap_or_default();
    terminal.error(&match terminal.ui {
        _ if compared == 0 => terminal
            .say(
                "nothing is compared: no answer has a score both here and by the labels",
                "没有可比较的：没有一个回答既有得分又有标注",
            )
            .to_owned(),
        Lang::En => format!(
            "compared: only {compared} of {labels} labelled answers ({share:.1} %); the figures \
             say nothing about the others"
        ),
        Lang::Zh => format!(
            "{labels} 个有标注的回答中只比较了 {compared} 个（{share:.1}%）：这些数字不代表其余的回答"
        ),
    });
}

fn mae_limit(context: &Context, figures: &Figures) -> String {
    let said = context
        .terminal
        .say("the mean absolute error is beyond the limit: ", "平均绝对误差超过上限：");
    format!("{said}{:.1}", figures.mae.value.unwrap_or_default())
}

fn against_run(
    args: &Args,
    context: &Context,
    run: &Source,
    revision: &mut Revision,
    other: &Source,
    resampling: Resampling,
) -> Result<Status, Failure> {
    let mut baseline = Baseline::default();
    let mut unreadable = each(other, revision, |row| baseline.add(&row))?;
    let mut comparing = compare(baseline);
    unreadable += each(run, revision, |row| comparing.add(&row))?;
    let comparison = comparing.finish(resampling);
    if comparison.matched == 0 {
        return Err(nothing_common(("the two runs have no id in common", "两次结果没有共同的 id")));
    }
    print(context, &comparison, |view| show_comparison(view, &comparison))?;
    if !comparison.is_complete() {
        let (compared, lost) = (comparison.compared as u64, comparison.lost);
        let others = comparison.matched + comparison.only_before - compared - lost;
        context.terminal.error(&match context.terminal.ui {
            Lang::En => format!("not compared: {others} of the other run's answers"),
            Lang::Zh => format!("另一次结果中有 {others} 个回答未比较"),
        });
    }
    let fall = comparison.fall.unwrap_or_default();
    let regressed = args.limit.is_some_and(|limit| fall > limit);
    let said = context.terminal.say("the mean fell beyond the limit, by ", "平均分下降超过上限：");
    let complete = comparison.compared > 0 && (args.limit.is_none() || comparison.is_complete());
    Ok(end(context, regressed.then(|| format!("{said}{fall:.2}")), unreadable, complete))
}

fn nothing_common(said: impl Into<Said>) -> Failure {
    Failure::message(Kind::Usage, said)
        .hint(("labels and runs are matched by `id`", "标注与结果按 `id` 对应"))
}

fn print(
    context: &Context,
    value: &impl Serialize,
    text: impl FnOnce(&View<'_>) -> String,
) -> Result<(), Failure> {
    let terminal = &context.terminal;
    if context.json {
        let line = serde_json::to_string(value).map_err(anyhow::Error::from)?;
        return Ok(terminal.result(&line)?);
    }
    let view = View { terminal, painted: terminal.stdout_is_terminal, lang: context.lang() };
    Ok(terminal.result(&text(&view))?)
}

/// What is still to be said, and the exit code: nothing passes by not being compared.
fn end(context: &Context, beyond: Option<String>, unreadable: u64, complete: bool) -> Status {
    if unreadable > 0 {
        let said =
            context.terminal.say("lines cannot be read and are left out", "行无法读取，未计入");
        context.terminal.error(&format!("{unreadable} {said}"));
    }
    if let Some(message) = beyond {
        context.terminal.error(&message);
        return Status::BelowLimit;
    }
    if unreadable > 0 || !complete { Status::Incomplete } else { Status::Done }
}
