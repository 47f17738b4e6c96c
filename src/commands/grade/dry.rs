//! `--dry-run`: the plan of a run, its cost, and how long it would take.
//!
//! It only looks: no file is made or changed, and no lock is taken.

use std::path::Path;

use super::{Args, kept};
use crate::batch::{Plan, Run, foresee};
use crate::commands::Context;
use crate::failure::{Failure, Status};
use crate::llm::{Profile, Usage};

/// Says what the run would do.
pub(super) fn run(args: &Args, context: &Context, run: &Run) -> Result<Status, Failure> {
    let rows = super::open(args, &args.input)?;
    let grader = run.resolver.grader();
    let look = kept::look(args, context, grader, &run.scratch)?;
    let plan = foresee(&run.resolver, &look, &run.scratch, rows)?;
    let profile = context.settings.endpoint.as_ref().map(|endpoint| &endpoint.profile);
    let text = if context.json { json(&plan, profile) } else { words(&plan, profile, &args.input) };
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

fn words(plan: &Plan, profile: Option<&Profile>, input: &Path) -> String {
    let mut lines = vec![format!("{}: {} rows", input.display(), plan.rows)];
    let counts = [
        (plan.bad, "bad: a line with an error each"),
        (plan.done, "graded before"),
        (plan.duplicates, "equal to another row"),
        (plan.free, "without a call"),
        (plan.drafts, "references whose points are drafted first, with a call each"),
    ];
    lines
        .extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("  {n:>10} {what}")));
    lines.push(format!("  {:>10} calls, retries and repeated questions apart", plan.calls));
    let range = |[low, likely, high]: [u64; 3]| format!("about {likely} ({low} to {high})");
    if plan.calls > 0 {
        lines.push(format!("input tokens:  {}", range(plan.input)));
        lines.push(format!("output tokens: {}", range(plan.output)));
    }
    if let Some(profile) = profile {
        match cost(plan, profile) {
            Some([low, likely, high]) => {
                lines.push(format!("cost: about {likely:.4} ({low:.4} to {high:.4})"));
            }
            None => lines.push("cost: no prices are configured for this endpoint".to_owned()),
        }
        if profile.limits.rpm > 0 {
            let minutes = plan.calls.div_ceil(u64::from(profile.limits.rpm));
            lines.push(format!("time: {minutes} min at {} requests a minute", profile.limits.rpm));
        }
    }
    lines.join("\n")
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
