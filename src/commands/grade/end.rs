//! How a run ended: what is said, and the exit code.
//!
//! Where several things hold the order is 130, 1, 3, 4, 7, 6, 5.

use super::Args;
use crate::batch::{Stop, Tally};
use crate::commands::{Context, grading};
use crate::failure::{Failure, Kind, Status};
use crate::term::safe_line;

/// Says what came of a run and gives its status.
pub(super) fn status(
    args: &Args,
    context: &Context,
    tally: &Tally,
    stop: Option<Stop>,
) -> Result<Status, Failure> {
    context.terminal.message(&summary(context, tally));
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

fn summary(context: &Context, tally: &Tally) -> String {
    let mut parts = vec![format!("{} graded", tally.graded)];
    let counts = [
        (tally.ungraded, "ungraded"),
        (tally.failed, "failed"),
        (tally.bad, "bad"),
        (tally.duplicates, "equal to another"),
        (tally.reused, "done before"),
        (tally.dropped, "given up"),
    ];
    parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    // What was not graded has no number; the mean of low ends counts it as 0.
    if let Some(mean) = tally.mean_low().filter(|_| tally.graded > 0) {
        let complete = tally.ungraded + tally.failed + tally.bad == 0;
        let name = if complete { "mean" } else { "mean of low ends" };
        parts.push(format!("{name} {mean:.1}"));
    }
    if tally.calls > 0 {
        let tokens = tally.tokens.input + tally.tokens.output;
        parts.push(format!("{} calls, {tokens} tokens", tally.calls));
    }
    if tally.cost > 0.0 {
        parts.push(format!("cost {:.4}", tally.cost));
    }
    let said = context.terminal.say("done:", "完成：");
    format!("{said} {}", parts.join(" · "))
}

/// With an output the same command goes on.
fn resumable(args: &Args, failure: Failure) -> Failure {
    match &args.output {
        Some(_) => failure.hint("the same command goes on where this one stopped"),
        None => failure.hint("with -o FILE a run can be stopped and goes on"),
    }
}

fn stopped(stop: Stop) -> Failure {
    match stop {
        Stop::Interrupted => Failure::message(Kind::Interrupted, "interrupted"),
        Stop::Endpoint(error) => grading::endpoint_failure(&error),
        Stop::Breaker(why) => Failure::message(Kind::Endpoint, why).hint(
            "`viva doctor` tries the endpoint; the reasons stand in the lines written so far",
        ),
        Stop::Budget(why) => Failure::message(Kind::Budget, why),
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
