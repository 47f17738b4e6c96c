//! How a run ended: what is said, and the exit code.
//!
//! Where several things hold the order is 130, 1, 3, 4, 7, 6, 5.

use std::ffi::OsString;
use std::path::Path;

use super::Args;
use crate::batch::{Stop, Tally};
use crate::commands::{Context, grading};
use crate::failure::{Failure, Kind, Status};
use crate::grader::Grader;
use crate::llm::{Price, Spent};
use crate::term::safe_line;

/// Says what came of a run and gives its status.
pub(super) fn status(
    args: &Args,
    typed: &[OsString],
    context: &Context,
    grader: &Grader,
    tally: &Tally,
    stop: Option<Stop>,
) -> Result<Status, Failure> {
    context.terminal.message(&summary(context, grader, tally));
    if super::on_screen(args, context) {
        context.terminal.message(context.terminal.say(
            "not kept: -o results.csv (a table) or -o results.jsonl (for reports) keeps it",
            "未保存：加 -o results.csv（表格）或 -o results.jsonl（供报告使用）即可保存",
        ));
    }
    let goes_on = |failure| Err(resumable(args, typed, failure));
    match stop {
        None => Ok(judged(args, context, tally)),
        Some(Stop::BadRow(why)) => {
            let said = context.terminal.say("stopped at the first bad row", "在首个无效行停止");
            context.terminal.error(&format!("{said}: {}", safe_line(&why)));
            Ok(Status::Incomplete)
        }
        Some(Stop::Interrupted) => goes_on(Failure::message(Kind::Interrupted, "interrupted")),
        Some(Stop::Endpoint(error)) => goes_on(grading::endpoint_failure(&error)),
        Some(Stop::Breaker(why)) => goes_on(hopeless(args, why)),
        Some(Stop::Budget(why)) if has_called(grader) => {
            let spent = format!("the budget is spent: {why}");
            goes_on(
                Failure::message(Kind::Budget, spent)
                    .hint("a budget is one command's: the next one has it anew"),
            )
        }
        // The same command would end in the same way.
        Some(Stop::Budget(why)) => Err(too_small(args, &why)),
        Some(Stop::Input(why)) => {
            let unread = format!("the input cannot be read further: {why}");
            goes_on(Failure::message(Kind::Internal, unread))
        }
    }
}

fn has_called(grader: &Grader) -> bool {
    matches!(grader, Grader::Llm(grader) if grader.endpoint().spent().calls > 0)
}

/// A budget into which not even one call fits.
fn too_small(args: &Args, why: &str) -> Failure {
    let caps = [
        (args.max_calls.is_some(), "--max-calls"),
        (args.max_tokens.is_some(), "--max-tokens"),
        (args.max_cost.is_some(), "--max-cost"),
    ];
    let set: Vec<&str> = caps.iter().filter(|(is_set, _)| *is_set).map(|(_, cap)| *cap).collect();
    Failure::message(Kind::Budget, format!("no call fits into the budget: {why}"))
        .hint(format!("raise {}", set.join(" or ")))
}

/// Hardly any answer could be graded.
fn hopeless(args: &Args, why: String) -> Failure {
    let failure = Failure::message(Kind::Endpoint, why).hint("`viva doctor` tries the endpoint");
    if args.output.is_some() {
        return failure.hint("what failed is tried again by the next command");
    }
    failure.hint("the reasons of the others stand in the lines written so far")
}

fn summary(context: &Context, grader: &Grader, tally: &Tally) -> String {
    let say = |en, zh| context.terminal.say(en, zh);
    let mut parts = vec![format!("{} {}", tally.graded, say("graded", "份已评分"))];
    let counts = [
        (tally.ungraded, say("ungraded", "份未评分")),
        (tally.failed, say("failed", "份失败")),
        (tally.bad, say("bad", "行无效")),
        (tally.duplicates, say("equal to another", "份与其他相同")),
    ];
    parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    // What was not graded has no number; the mean of low ends counts it as 0.
    if let Some(mean) = tally.mean_low().filter(|_| tally.graded > 0) {
        let complete = tally.ungraded + tally.failed + tally.bad == 0;
        let name =
            if complete { say("mean", "均分") } else { say("mean of low ends", "下限均分") };
        parts.push(format!("{name} {mean:.1}"));
    }
    if let Grader::Llm(grader) = grader {
        let price = grader.endpoint().profile().price;
        parts.extend(cost(context, grader.endpoint().spent(), price));
    }
    format!("{}{}", say("done: ", "完成："), parts.join(" · "))
}

/// What was sent, and what it has cost as far as the server has said so.
fn cost(context: &Context, spent: Spent, price: Price) -> Vec<String> {
    let say = |en, zh| context.terminal.say(en, zh);
    let Spent { calls, unreported, usage } = spent;
    let mut parts = Vec::new();
    if calls > 0 {
        let (called, name) = (say(" calls, ", " 次调用，"), say("tokens", "个 token"));
        parts.push(format!("{calls}{called}{} {name}", usage.input + usage.output));
    }
    if price.is_known() && calls > 0 {
        parts.push(format!("{} {:.4}", say("cost", "费用"), price.of(usage)));
    }
    if unreported > 0 {
        let what = say(" calls ended without word of their cost", " 次调用未告知费用");
        parts.push(format!("{unreported}{what}"));
    }
    parts
}

/// With an output the same command goes on.
fn resumable(args: &Args, typed: &[OsString], failure: Failure) -> Failure {
    if args.output.is_none() {
        return failure.hint("with -o FILE a run can be stopped and goes on");
    }
    let input = if args.input == Path::new("-") { " (with the same input)" } else { "" };
    failure.hint(format!("to go on{input}: {}", again(typed)))
}

/// The command line as a shell reads it, without what would discard the run.
fn again(typed: &[OsString]) -> String {
    let words = typed.iter().filter(|word| *word != "--fresh");
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn judged(args: &Args, context: &Context, tally: &Tally) -> Status {
    if tally.rows() == 0 {
        let said = context.terminal.say("there are no answers in", "其中没有答案：");
        context.terminal.error(&format!("{said} {}", args.input.display()));
    }
    let below = args.fail_under.is_some_and(|limit| tally.mean_low().unwrap_or(0.0) < limit);
    if below {
        let said = context.terminal.say("the mean is below", "均分低于");
        let limit = args.fail_under.unwrap_or_default();
        context.terminal.message(&format!("{said} {limit}"));
        return Status::BelowLimit;
    }
    let open = tally.ungraded + tally.failed;
    let whole = tally.rows() > 0 && tally.bad == 0 && open <= args.allow_ungraded;
    if whole { Status::Done } else { Status::Incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_goes_on_can_be_pasted_into_a_shell() {
        let typed = [
            "viva",
            "grade",
            "my answers.csv",
            "--fresh",
            "--map",
            "answer=Bob's $x",
            "-o",
            "",
            "答.csv",
        ];
        let typed: Vec<OsString> = typed.iter().map(OsString::from).collect();
        let line = again(&typed);
        assert_eq!(line, r"viva grade 'my answers.csv' --map 'answer=Bob'\''s $x' -o '' '答.csv'");
        let shell = format!("printf '%s\\n' {line}");
        let read = std::process::Command::new("sh").args(["-c", &shell]).output().unwrap();
        let words = String::from_utf8(read.stdout).unwrap();
        let expected: Vec<&str> = typed
            .iter()
            .filter(|word| *word != "--fresh")
            .map(|word| word.to_str().unwrap())
            .collect();
        assert_eq!(words.lines().collect::<Vec<_>>(), expected);
    }
}
