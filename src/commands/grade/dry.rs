//! `--dry-run`: the plan of a run, its cost, and how long it would take.
//!
//! It only looks: no file is made or changed, and no lock is taken.

use std::path::Path;

use super::{Args, kept};
use crate::batch::{Plan, Run, foresee};
use crate::commands::Context;
use crate::domain::Lang;
use crate::failure::{Failure, Status};
use crate::llm::{Profile, Usage};

/// Says what the run would do.
pub(super) fn run(args: &Args, context: &Context, run: &Run) -> Result<Status, Failure> {
    let rows = super::open(args, &args.input)?;
    let grader = run.resolver.grader();
    let look = kept::look(args, context, grader, &run.scratch)?;
    let plan = foresee(&run.resolver, &look, &run.scratch, rows)?;
    let profile = context.settings.endpoint.as_ref().map(|endpoint| &endpoint.profile);
    let text = if context.json {
        json(&plan, profile)
    } else {
        words(context.terminal.ui, &plan, profile, &args.input)
    };
    context.terminal.result(&text)?;
    Ok(Status::Done)
}

fn json(plan: &Plan, profile: Option<&Profile>) -> String {
    let cost = profile.and_then(|profile| cost(plan, profile));
    serde_json::json!({
        "rows": plan.rows, "bad": plan.bad, "done": plan.done, "duplicates": plan.duplicates,
        "without_call": plan.free, "drafts": plan.drafts, "calls": plan.calls,
        "input_tokens": plan.input, "output_tokens": plan.output, "cost": cost,
    })
    .to_string()
}

fn words(ui: Lang, plan: &Plan, profile: Option<&Profile>, input: &Path) -> String {
    let say = |en, zh| match ui {
        Lang::En => en,
        Lang::Zh => zh,
    };
    let (input, rows) = (input.display(), plan.rows);
    let mut lines = vec![match ui {
        Lang::En => format!("{input}: {rows} answers"),
        Lang::Zh => format!("{input}：{rows} 份回答"),
    }];
    let counts = [
        (plan.bad, say("bad: a line with an error each", "无效：各写一行错误")),
        (plan.done, say("graded before", "此前已评")),
        (plan.duplicates, say("equal to another", "与其他相同")),
        (plan.free, say("without a call", "不需要调用")),
        (
            plan.drafts,
            say(
                "references whose points are drafted first, with a call each",
                "份参考答案要先草拟要点，各需一次调用",
            ),
        ),
    ];
    lines
        .extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("  {n:>10} {what}")));
    let calls = say("calls, retries and repeated questions apart", "次调用，重试和重复询问除外");
    lines.push(format!("  {:>10} {calls}", plan.calls));
    let range = |[low, likely, high]: [u64; 3]| about(ui, likely, low, high);
    if plan.calls > 0 {
        lines.push(format!("{}{}", say("input tokens:  ", "输入 token："), range(plan.input)));
        lines.push(format!("{}{}", say("output tokens: ", "输出 token："), range(plan.output)));
    }
    let Some(profile) = profile else { return lines.join("\n") };
    let cost = cost(plan, profile).map_or_else(
        || say("no prices are configured for this endpoint", "这个端点没有配置价格").to_owned(),
        |cost| {
            let [low, likely, high] = cost.map(|cost| format!("{cost:.4}"));
            about(ui, likely, low, high)
        },
    );
    lines.push(format!("{}{cost}", say("cost: ", "费用：")));
    let rpm = profile.limits.rpm;
    if rpm > 0 {
        let minutes = plan.calls.div_ceil(u64::from(rpm));
        lines.push(match ui {
            Lang::En => format!("time: {minutes} min at {rpm} requests a minute"),
            Lang::Zh => format!("时间：{minutes} 分钟（每分钟 {rpm} 次请求）"),
        });
    }
    lines.join("\n")
}

/// An estimate and the two ends within which it lies.
fn about<N: std::fmt::Display>(ui: Lang, likely: N, low: N, high: N) -> String {
    match ui {
        Lang::En => format!("about {likely} ({low} to {high})"),
        Lang::Zh => format!("约 {likely}（{low} 至 {high}）"),
    }
}

/// Cost at the prices of the profile: fewest, likely and most tokens.
fn cost(plan: &Plan, profile: &Profile) -> Option<[f64; 3]> {
    let price = profile.price;
    price.is_known().then(|| {
        std::array::from_fn(|at| {
            price.of(Usage { input: plan.input[at], cached: 0, output: plan.output[at] })
        })
    })
}
