//! `--dry-run`: the plan of a run, its cost, and how long it would take.
//!
//! It only looks: nothing of a run is made or changed, no lock is taken and no
//! call made. Time is told where the limits of the endpoint are known.

use std::path::Path;

use super::{Args, kept};
use crate::batch::{Plan, Run, Terms, foresee};
use crate::commands::Context;
use crate::domain::Lang;
use crate::failure::{Failure, Status};
use crate::llm::{Caps, Profile, Usage};

/// Says what the run would do.
pub(super) fn run(args: &Args, context: &Context, run: &Run) -> Result<Status, Failure> {
    let rows = args.rows.open(&args.input, args.asked.is_given(), super::wordings(run))?;
    let grader = run.resolver.grader();
    let look = kept::look(args, context, grader, &run.scratch)?;
    let profile = context.settings.endpoint.as_ref().map(|endpoint| &endpoint.profile);
    let price = profile.map(|profile| profile.price).unwrap_or_default();
    let caps = super::caps(args, context)?;
    let terms = Terms { keeps: args.output.is_some(), caps, price };
    let plan = foresee(&run.resolver, &look, &run.scratch, terms, rows)?;
    let text = if context.json {
        json(&plan, caps, profile)
    } else {
        words(context.terminal.ui, &plan, caps, profile, &args.input)
    };
    context.terminal.result(&text)?;
    Ok(Status::Done)
}

fn json(plan: &Plan, caps: Caps, profile: Option<&Profile>) -> String {
    let cost = profile.and_then(|profile| cost(plan, profile));
    let time = profile.and_then(|profile| time(plan, profile));
    serde_json::json!({
        "rows": plan.rows, "bad": plan.bad, "done": plan.done, "duplicates": plan.duplicates,
        "without_call": plan.free, "drafts": plan.drafts, "calls": plan.calls,
        "input_tokens": plan.input, "output_tokens": plan.output, "cost": cost,
        "answers": plan.answers, "within_budget": (caps != Caps::default()).then(|| within(plan)),
        "minutes": time.map(|(minutes, _)| minutes),
    })
    .to_string()
}

fn words(ui: Lang, plan: &Plan, caps: Caps, profile: Option<&Profile>, input: &Path) -> String {
    let say = |en, zh| match ui {
        Lang::En => en,
        Lang::Zh => zh,
    };
    let (input, rows) = (input.display(), plan.rows);
    let mut lines = vec![match ui {
        Lang::En => format!("{input}: {rows} answers"),
        Lang::Zh => format!("{input}：{rows} 份回答"),
    }];
    lines.extend(counts(ui, plan));
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
    if caps != Caps::default() {
        lines.push(budget(ui, plan));
    }
    if plan.paid[1].calls > 0 {
        let unknown = say("no limits are configured for this endpoint", "这个端点没有配置限额");
        let time = time(plan, profile);
        let time = time.map_or_else(|| unknown.to_owned(), |(minutes, at)| at.words(ui, minutes));
        lines.push(format!("{}{time}", say("time: ", "时间：")));
    }
    lines.join("\n")
}

/// Rows by what becomes of them, as far as there are any.
fn counts(ui: Lang, plan: &Plan) -> impl Iterator<Item = String> {
    let counts = [
        (plan.bad, ["bad: a line with an error each", "无效：各写一行错误"]),
        (plan.done, ["graded before", "此前已评"]),
        (plan.duplicates, ["equal to another", "与其他相同"]),
        (plan.free, ["without a call", "不需要调用"]),
        (
            plan.drafts,
            [
                "references whose points are drafted first, with a call each",
                "份参考答案要先草拟要点，各需一次调用",
            ],
        ),
    ];
    counts.into_iter().filter(|(n, _)| *n > 0).map(move |(n, [en, zh])| match ui {
        Lang::En => format!("  {n:>10} {en}"),
        Lang::Zh => format!("  {n:>10} {zh}"),
    })
}

/// Answers that the budget is enough for: at the most, the likely and the fewest tokens.
fn within(plan: &Plan) -> [u64; 3] {
    let [fewest, likely, most] = plan.paid.map(|account| account.answers);
    [most, likely, fewest]
}

/// How far the budget goes.
fn budget(ui: Lang, plan: &Plan) -> String {
    let ([low, likely, high], all) = (within(plan), plan.answers);
    if low == all {
        return match ui {
            Lang::En => format!("budget: enough for all {all} answers that take a call"),
            Lang::Zh => format!("预算：够评需要调用的全部 {all} 份"),
        };
    }
    let (about, range) = match ui {
        Lang::En if low == high => ("", String::new()),
        Lang::Zh if low == high => (" ", String::new()),
        Lang::En => ("about ", format!(" ({low} to {high})")),
        Lang::Zh => ("约 ", format!("（{low} 至 {high}）")),
    };
    match ui {
        Lang::En => format!(
            "budget: enough for {about}{likely}{range} of {all} answers that take a call; once \
             spent, the run ends (exit code 7)"
        ),
        Lang::Zh => format!(
            "预算：需要调用的 {all} 份，够评{about}{likely} 份{range}；用完后运行结束（退出码 7）"
        ),
    }
}

/// A limit of the endpoint.
enum Limit {
    Requests(u32),
    Tokens(u64),
}

impl Limit {
    fn words(&self, ui: Lang, minutes: u64) -> String {
        match (self, ui) {
            (Self::Requests(rpm), Lang::En) => {
                format!("{minutes} min at {rpm} requests a minute")
            }
            (Self::Requests(rpm), Lang::Zh) => format!("{minutes} 分钟（每分钟 {rpm} 次请求）"),
            (Self::Tokens(tpm), Lang::En) => {
                format!("about {minutes} min at {tpm} tokens a minute")
            }
            (Self::Tokens(tpm), Lang::Zh) => format!("约 {minutes} 分钟（每分钟 {tpm} 个 token）"),
        }
    }
}

/// Minutes that the calls within the budget take, and the limit that holds them up; none where
/// none is configured.
fn time(plan: &Plan, profile: &Profile) -> Option<(u64, Limit)> {
    let [_, likely, _] = plan.paid;
    let (rpm, tpm) = (profile.limits.rpm, profile.limits.tpm);
    let requests = (rpm > 0).then(|| (likely.calls.div_ceil(rpm.into()), Limit::Requests(rpm)));
    let tokens = (tpm > 0).then(|| (likely.tokens.div_ceil(tpm), Limit::Tokens(tpm)));
    tokens.into_iter().chain(requests).max_by_key(|(minutes, _)| *minutes)
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
