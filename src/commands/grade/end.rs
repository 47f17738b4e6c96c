//! How a run ended: what is said, and the exit code.
//!
//! Where several things hold the order is 130, 1, 3, 4, 7, 6, 5.

use std::path::Path;

use super::Args;
use crate::batch::{Stop, Tally};
use crate::commands::context::command_line;
use crate::commands::{Context, grading};
use crate::failure::{Failure, Kind, Status};
use crate::grader::Grader;
use crate::llm::{Price, Spent};
use crate::term::safe_line;

/// Says what came of a run and gives its status.
pub(super) fn status(
    args: &Args,
    context: &Context,
    grader: &Grader,
    tally: &Tally,
    stop: Option<Stop>,
) -> Result<Status, Failure> {
    context.terminal.message(&summary(context, grader, tally));
    match stop {
        Some(Stop::BadRow(line, why)) => {
            let said = context.terminal.say("stopped at the first bad row", "在首个无效行停止");
            context.terminal.error(&format!("{said}: line {line}: {}", safe_line(&why)));
            Ok(Status::Incomplete)
        }
        Some(stop) => Err(resumable(args, stopped(stop))),
        None => Ok(judged(args, context, tally)),
    }
}

fn summary(context: &Context, grader: &Grader, tally: &Tally) -> String {
    let mut parts = vec![format!("{} graded", tally.graded)];
    let counts = [
        (tally.ungraded, "ungraded"),
        (tally.failed, "failed"),
        (tally.bad, "bad"),
        (tally.duplicates, "equal to another"),
    ];
    parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    // What was not graded has no number; the mean of low ends counts it as 0.
    if let Some(mean) = tally.mean_low().filter(|_| tally.graded > 0) {
        let complete = tally.ungraded + tally.failed + tally.bad == 0;
        let name = if complete { "mean" } else { "mean of low ends" };
        parts.push(format!("{name} {mean:.1}"));
    }
    if let Grader::Llm(grader) = grader {
        let price = grader.endpoint().profile().price;
        parts.extend(cost(grader.endpoint().spent(), price));
    }
    let said = context.terminal.say("done:", "完成：");
    format!("{said} {}", parts.join(" · "))
}

/// What was sent, and what it has cost as far as the server has said so.
fn cost(spent: Spent, price: Price) -> Vec<String> {
    let Spent { calls, unreported, usage } = spent;
    let mut parts = Vec::new();
    if calls > 0 {
        parts.push(format!("{calls} calls, {} tokens", usage.input + usage.output));
    }
    if price.is_known() && calls > 0 {
        parts.push(format!("cost {:.4}", price.of(usage)));
    }
    if unreported > 0 {
        parts.push(format!("{unreported} calls ended without word of their cost"));
    }
    parts
}

/// With an output the same command goes on, unless it begins with throwing all away.
fn resumable(args: &Args, failure: Failure) -> Failure {
    if args.output.is_none() {
        return failure.hint("with -o FILE a run can be stopped and goes on");
    }
    let again = if args.input == Path::new("-") { ", with the same input," } else { "" };
    let command = command_line(|argument| argument != "--fresh");
    failure.hint(format!("this{again} goes on where it stopped: {command}"))
}

fn stopped(stop: Stop) -> Failure {
    match stop {
        Stop::Interrupted => Failure::message(Kind::Interrupted, "interrupted"),
        Stop::Endpoint(error) => grading::endpoint_failure(&error),
        Stop::Breaker(why) => Failure::message(Kind::Endpoint, why).hint(
            "`viva doctor` tries the endpoint; the reasons stand in the lines written so far",
        ),
        Stop::Budget(why) => Failure::message(Kind::Budget, format!("the budget is spent: {why}"))
            .hint("a budget is one command's: the next one has it anew"),
        Stop::BadRow(_, why) | Stop::Input(why) => {
            Failure::message(Kind::Internal, format!("the input cannot be read further: {why}"))
        }
    }
}

fn judged(args: &Args, context: &Context, tally: &Tally) -> Status {
    let below = args.fail_under.is_some_and(|limit| tally.mean_low().unwrap_or(0.0) < limit);
    if below {
        let said = context.terminal.say("the mean is below", "均分低于");
        let limit = args.fail_under.unwrap_or_default();
        context.terminal.message(&format!("{said} {limit}"));
        return Status::BelowLimit;
    }
    let open = tally.ungraded + tally.failed;
    if tally.bad > 0 || open > args.allow_ungraded { Status::Incomplete } else { Status::Done }
}
