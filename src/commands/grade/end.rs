//! How a run ended: what is said, and the exit code.
//!
//! Where several things hold the order is 128 and more, 1, 3, 4, 7, 6, 5.

use std::ffi::OsString;
use std::path::Path;

use super::{Args, Ended, kept};
use crate::batch::{Breaker, Hopeless, Stop, Tally};
use crate::commands::{Context, grading};
use crate::domain::Lang;
use crate::failure::{Failure, INTERRUPT, Kind, Status};
use crate::grader::Grader;
use crate::llm::{Price, Spent};
use crate::term::safe_line;

/// Says what came of a run and gives its status.
pub(super) fn status(
    args: &Args,
    typed: &[OsString],
    context: &Context,
    grader: &Grader,
    ended: Option<&Ended>,
    stop: Option<Stop>,
) -> Result<Status, Failure> {
    if let Some(ended) = ended {
        context.terminal.message(&summary(context, grader, ended, stop.is_some()));
    }
    if super::on_screen(args, context) {
        context.terminal.message(context.terminal.say(
            "not kept: -o results.csv (a table) or -o results.jsonl (for reports) keeps it",
            "未保存：加 -o results.csv（表格）或 -o results.jsonl（供报告使用）即可保存",
        ));
    }
    let goes_on = |failure| Err(resumable(args, typed, failure, ended.is_some()));
    match stop {
        None => Ok(ended.map_or(Status::Done, |ended| judged(args, context, &ended.tally))),
        Some(Stop::BadRow(why)) => {
            bad_row(args, typed, context, &why);
            Ok(Status::Incomplete)
        }
        Some(Stop::Interrupted(signal)) => {
            goes_on(Failure::message(Kind::Signal(signal), ("interrupted", "已中断")))
        }
        Some(Stop::Broken) => goes_on(Failure::message(
            Kind::Internal,
            (
                "the program has a fault, told above, and the run is not whole",
                "程序有错误（见上），这次运行不完整",
            ),
        )),
        Some(Stop::Changed) => goes_on(changed(&args.input)),
        Some(Stop::Endpoint(error)) => goes_on(grading::endpoint_failure(&error)),
        Some(Stop::Breaker(how, why)) => goes_on(hopeless(args, &how, &why)),
        Some(Stop::Budget(why)) if has_called(grader) => {
            let zh = format!("预算已用完：{}", spent_of(args, grader));
            let spent = Failure::message(Kind::Budget, (format!("the budget is spent: {why}"), zh));
            goes_on(spent.hint((
                "a budget is one command's: the next one has it anew",
                "预算按每条命令计：下一条命令重新计算",
            )))
        }
        // The same command would end in the same way.
        Some(Stop::Budget(why)) => Err(too_small(args, &why)),
        Some(Stop::Input(why)) => {
            let zh = format!("输入无法继续读取：{why}");
            let why = format!("the input cannot be read further: {why}");
            goes_on(Failure::message(Kind::Internal, (why, zh)))
        }
        Some(Stop::Drafts(why)) => {
            let zh = format!("草拟的要点无法保存或读取：{why}");
            let why = format!("drafted points can be neither kept nor read: {why}");
            goes_on(Failure::message(Kind::Internal, (why, zh)))
        }
    }
}

/// The rows are not those any more that were graded.
fn changed(input: &Path) -> Failure {
    let shown = input.display();
    let said = if input.exists() {
        (
            format!("{shown} was changed while the run went on, so no output is written"),
            format!("运行期间 {shown} 被改动，因此没有写出结果"),
        )
    } else {
        (
            format!("{shown} is not there any more, so no output is written"),
            format!("{shown} 已经不在了，因此没有写出结果"),
        )
    };
    Failure::message(Kind::Internal, said).hint((
        "the next command takes the input as it then is; answers that are the same are not graded \
         again",
        "下一条命令按那时的输入运行；没有变的回答不会重评",
    ))
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
    let (en, zh) = (set.join(" or "), set.join(" 或 "));
    let zh_said = "预算不够发出一次调用";
    Failure::message(Kind::Budget, (format!("no call fits into the budget: {why}"), zh_said))
        .hint((format!("raise {en}"), format!("请调高 {zh}")))
}

/// Hardly any answer could be graded.
fn hopeless(args: &Args, how: &Hopeless, why: &str) -> Failure {
    let (en, zh) = match how {
        Hopeless::Silent(number) => (
            format!("{number} answers in a row got no reply; the last: {why}"),
            format!("连续 {number} 份回答得不到答复，提前停止；最后一份：{why}"),
        ),
        Hopeless::Ungraded(number) => (
            format!(
                "{number} of the last {} answers failed or stayed ungraded; the last one: {why}",
                Breaker::LAST
            ),
            format!(
                "最近 {} 份回答中有 {number} 份评不出，提前停止；最后一份：{why}",
                Breaker::LAST
            ),
        ),
    };
    let failure = Failure::message(Kind::Endpoint, (en, zh))
        .hint(("`viva doctor` tries the endpoint", "`viva doctor` 会试连端点"));
    if args.output.is_some() {
        let again = "what failed is tried again by the next command";
        return failure.hint((again, "失败的行由下一条命令再试"));
    }
    let reasons = "the reasons of the others stand in the lines written so far";
    failure.hint((reasons, "其余各行的原因见已写出的结果"))
}

/// What is said when there is no time for anything else.
pub(super) fn at_once(args: &Args, typed: &[OsString], ui: Lang) -> String {
    let said = "interrupted at once: what was in flight is given up";
    let kind = Kind::Signal(INTERRUPT);
    let failure = Failure::message(kind, (said, "已立即中断：正在评的回答已放弃"));
    resumable(args, typed, failure, true).render(ui)
}

fn bad_row(args: &Args, typed: &[OsString], context: &Context, why: &str) {
    let stopped = context.terminal.say("stopped at the first bad row: ", "在首个无效行停止：");
    let mut said = format!("{stopped}{}", safe_line(why));
    if args.output.is_some() {
        let then = context.terminal.say("correct it, then go on with: ", "改正后继续：");
        said.push_str(&format!("\n  → {then}{}", again(typed)));
    }
    context.terminal.error(&said);
}

fn summary(context: &Context, grader: &Grader, ended: &Ended, stopped: bool) -> String {
    let say = |en, zh| context.terminal.say(en, zh);
    let Ended { tally, kept } = ended;
    let now = tally.graded;
    let mut parts = vec![format!("{} {}", kept.unwrap_or(now), say("graded", "份已评分"))];
    let before = kept.is_some_and(|kept| kept > now);
    if before {
        parts[0].push_str(&match context.terminal.ui {
            Lang::En => format!(" ({now} of them now)"),
            Lang::Zh => format!("（其中本次 {now} 份）"),
        });
    }
    let counts = [
        (tally.ungraded, say("ungraded", "份未评分")),
        (tally.failed, say("failed", "份失败")),
        (tally.bad, say("bad", "份无效")),
        (tally.duplicates, say("equal to another", "份与其他相同")),
    ];
    parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    // What was not graded has no number; the mean counts it at its worst. Those of an earlier
    // command are not in it.
    if let Some(mean) = tally.mean_low().filter(|_| tally.graded > 0 && !before) {
        let complete = tally.ungraded + tally.failed + tally.bad == 0;
        let name =
            if complete { say("mean", "均分") } else { say("mean of low ends", "下限均分") };
        parts.push(format!("{name} {mean:.1}"));
    }
    if let Grader::Llm(grader) = grader {
        let price = grader.endpoint().profile().price;
        parts.extend(cost(context, grader.endpoint().spent(), price));
    }
    let begun = if stopped { say("so far: ", "目前：") } else { say("done: ", "完成：") };
    format!("{begun}{}", parts.join(" · "))
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

/// What is kept, and with an output the command that goes on.
fn resumable(args: &Args, typed: &[OsString], failure: Failure, begun: bool) -> Failure {
    let Some(out) = &args.output else {
        return failure.hint((
            "nothing is kept to go on from: with -o FILE a run can be stopped and goes on",
            "没有可以接着跑的记录：加 -o FILE 后，运行可以随时停下再继续",
        ));
    };
    let folder = kept::folder(out);
    let (kept, command) = (quoted(&folder.to_string_lossy()), again(typed));
    let [input, zh] = if args.input == Path::new("-") {
        [" with the same input", "，输入不变"]
    } else {
        ["", ""]
    };
    let said = if begun {
        (format!("what is graded is kept in {kept}"), format!("已评的保存在 {kept}"))
    } else {
        (
            "nothing was graded: the input was not read yet".to_owned(),
            "还没有评：输入尚未读完".to_owned(),
        )
    };
    failure.hint(said).hint((format!("to go on{input}: {command}"), format!("继续{zh}：{command}")))
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

/// What was spent of each budget that was set, in Chinese.
fn spent_of(args: &Args, grader: &Grader) -> String {
    let Grader::Llm(grader) = grader else { return String::new() };
    let Spent { calls, usage, .. } = grader.endpoint().spent();
    let cost = grader.endpoint().profile().price.of(usage);
    let tokens = usage.input + usage.output;
    let caps = [
        args.max_calls.map(|cap| format!("{calls} 次调用，上限 {cap}")),
        args.max_tokens.map(|cap| format!("{tokens} 个 token，上限 {cap}，余下的不够再发一次")),
        args.max_cost.map(|cap| format!("费用 {cost:.4}，上限 {cap}，余下的不够再发一次")),
    ];
    caps.into_iter().flatten().collect::<Vec<_>>().join("；")
}

fn judged(args: &Args, context: &Context, tally: &Tally) -> Status {
    let terminal = &context.terminal;
    if tally.rows() == 0 {
        let said = terminal.say("there are no answers in ", "没有回答：");
        let piped = args.input == Path::new("-");
        let input = args.input.display().to_string();
        let input = if piped { terminal.say("standard input", "标准输入") } else { &input };
        terminal.error(&format!("{said}{input}"));
    }
    for line in open_rows(args, context, tally) {
        terminal.message(line);
    }
    let mean = tally.mean_low().unwrap_or(0.0);
    if let Some(limit) = args.fail_under.filter(|limit| mean < *limit) {
        terminal.error(&match terminal.ui {
            Lang::En => format!("the mean is below {limit}: {mean:.1}"),
            Lang::Zh => format!("均分低于 {limit}：{mean:.1}"),
        });
        return Status::BelowLimit;
    }
    let open = tally.ungraded + tally.failed;
    let whole = tally.rows() > 0 && tally.bad == 0 && open <= args.allow_ungraded;
    if whole { Status::Done } else { Status::Incomplete }
}

/// What can be done about rows without a score; where results are shown, why stands there.
fn open_rows(args: &Args, context: &Context, tally: &Tally) -> Vec<&'static str> {
    let say = |en, zh| context.terminal.say(en, zh);
    let (open, kept) = (tally.ungraded + tally.failed > 0, args.output.is_some());
    let mut lines = Vec::new();
    if open && kept {
        lines.push(say(
            "  → without a score: see `error`, or `why` of a point; the same command tries them again",
            "  → 没有得分的：原因见 `error` 或要点的 `why`；再运行同一条命令会重试",
        ));
    } else if open && !super::on_screen(args, context) {
        lines.push(say(
            "  → without a score: see `error`, or `why` of a point, in their lines",
            "  → 没有得分的：原因见各行的 `error` 或要点的 `why`",
        ));
    }
    if tally.bad > 0 && kept {
        lines.push(say(
            "  → bad: correct these rows of the input; the same command then grades them alone",
            "  → 无效的：改正输入中的这些行，再运行同一条命令只评它们",
        ));
    }
    lines
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
