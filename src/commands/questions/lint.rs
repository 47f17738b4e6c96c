//! `viva questions lint`: what is wrong or doubtful in the bank, with file and line.

use serde_json::json;

use crate::bank::Bank;
use crate::bank::lint::{Finding, lint, unanswered};
use crate::bank::rule::{Rule, Severity};
use crate::commands::Context;
use crate::failure::{Failure, Status};
use crate::term::{Paint, pad, safe_line};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Exit 1 on warnings that nobody has answered, too
    #[arg(long)]
    strict: bool,
    /// List the answered warnings, too
    #[arg(long)]
    answered: bool,
    /// List the rules instead of checking
    #[arg(long)]
    rules: bool,
}

/// Checks the questions of `--bank`, or the built-in ones without it.
pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    if args.rules {
        return rules(context);
    }
    let layers = context.layers()?;
    let mut bank = Bank::default();
    for layer in &layers {
        bank.add(layer.clone());
    }
    let Some(layer) = layers.last() else { return Ok(Status::Done) };
    let findings = lint(layer, &bank);
    let mut lines = Vec::new();
    for finding in findings.iter().filter(|f| f.answer.is_none() || args.answered) {
        lines.push(if context.json { as_json(finding)? } else { as_text(context, finding) });
    }
    if !lines.is_empty() {
        context.terminal.result(&lines.join("\n"))?;
    }
    let count = |severity| unanswered(&findings).filter(|f| f.severity() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let answered = findings.len() - errors - warnings;
    context.terminal.message(&format!(
        "{} questions, {} plans: {errors} errors, {warnings} warnings, {answered} answered",
        layer.questions.len(),
        layer.plans.len(),
    ));
    let failed = errors > 0 || (args.strict && warnings > 0);
    Ok(if failed { Status::Findings } else { Status::Done })
}

fn as_text(context: &Context, finding: &Finding) -> String {
    let terminal = &context.terminal;
    let mut place = finding.file.display().to_string();
    if let Some(line) = finding.line {
        place = format!("{place}:{line}");
    }
    let severity = finding.severity();
    let paint = if severity == Severity::Error { Paint::Red } else { Paint::Yellow };
    let name = format!("{}[{}]", severity.name(), finding.rule);
    let name = terminal.paint(paint, &name, terminal.stdout_is_terminal);
    let field = if finding.field.is_empty() { "" } else { &format!("{}: ", finding.field) };
    let answer = finding.answer.as_ref().map(|reason| format!(" (answered: {reason})"));
    let rest = format!("{field}{}{}", finding.message, answer.unwrap_or_default());
    format!("{}: {name} {}", safe_line(&place), safe_line(&rest))
}

fn as_json(finding: &Finding) -> Result<String, Failure> {
    let value = json!({
        "rule": finding.rule.name(),
        "severity": finding.severity().name(),
        "file": finding.file.display().to_string(),
        "line": finding.line,
        "question": finding.question,
        "field": finding.field,
        "message": finding.message,
        "answer": finding.answer,
    });
    Ok(serde_json::to_string(&value).map_err(anyhow::Error::from)?)
}

fn rules(context: &Context) -> Result<Status, Failure> {
    let mut lines = Vec::new();
    for rule in Rule::ALL {
        let (name, severity, about) = (rule.name(), rule.severity().name(), rule.about());
        lines.push(if context.json {
            json!({ "rule": name, "severity": severity, "about": about }).to_string()
        } else {
            format!("{} {} {about}", pad(name, 25), pad(severity, 7))
        });
    }
    context.terminal.result(&lines.join("\n"))?;
    Ok(Status::Done)
}
