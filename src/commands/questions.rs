//! `viva questions`: what is in the bank.

use super::Context;
use super::score::unknown_question;
use crate::domain::{Lang, Level, Question};
use crate::failure::{Failure, Status};
use crate::term::{Paint, clip, pad, safe, safe_line, wrap_indented};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List questions
    List(ListArgs),
    /// Show questions with reference, points and sources
    Show(ShowArgs),
    /// Check the bank; exit 1 when there are errors
    Lint(LintArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Only these topics
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
    /// Only this difficulty, 1 to 5, or a range such as 2-4
    #[arg(long, value_name = "N|N-M")]
    difficulty: Option<super::difficulty::Difficulty>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// Ids of questions
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Show the samples too
    #[arg(long)]
    samples: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {}

pub(super) fn run(command: &Command, context: &Context) -> Result<Status, Failure> {
    match command {
        Command::List(args) => list(args, context),
        Command::Show(args) => show(args, context),
        Command::Lint(_) => lint(context),
    }
}

fn list(args: &ListArgs, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let wanted = |question: &Question| {
        let topic = args.topic.is_empty() || args.topic.iter().any(|t| t == question.id.topic());
        topic && args.difficulty.is_none_or(|range| range.contains(question.difficulty))
    };
    let terminal = &context.terminal;
    let lang = context.lang();
    let widest = bank.iter().map(|question| question.id.as_str().len()).max().unwrap_or(0);
    for question in bank.iter().filter(|question| wanted(question)) {
        let line = if context.json {
            serde_json::to_string(&listed(question)).map_err(anyhow::Error::from)?
        } else {
            let title = safe_line(question.title.get(lang));
            let line =
                format!("{} {} {title}", pad(question.id.as_str(), widest), question.difficulty);
            if terminal.stdout_is_terminal { clip(&line, terminal.columns) } else { line }
        };
        terminal.result(&line)?;
    }
    Ok(Status::Done)
}

fn listed(question: &Question) -> serde_json::Value {
    serde_json::json!({
        "id": question.id,
        "title": question.title,
        "difficulty": question.difficulty,
        "kind": question.kind,
        "tags": question.tags,
        "covers": question.covers,
    })
}

fn show(args: &ShowArgs, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let mut questions = Vec::new();
    for id in &args.ids {
        questions.push(bank.get(id).ok_or_else(|| unknown_question(&bank, id))?);
    }
    for (index, question) in questions.into_iter().enumerate() {
        let text = if context.json {
            serde_json::to_string(&**question).map_err(anyhow::Error::from)?
        } else {
            let gap = if index == 0 { "" } else { "\n" };
            format!("{gap}{}", shown(context, question, args.samples))
        };
        context.terminal.result(&text)?;
    }
    Ok(Status::Done)
}

fn shown(context: &Context, question: &Question, samples: bool) -> String {
    let terminal = &context.terminal;
    let lang = context.lang();
    let columns = terminal.text_columns();
    let heading = |text: &str| terminal.paint(Paint::Bold, text, terminal.stdout_is_terminal);
    let mut lines = wrap_indented(&safe_line(question.title.get(lang)), columns, "", "");
    lines.insert(0, heading(&format!("{} · {}", question.id, question.difficulty)));
    for reference in question.references() {
        lines.push(String::new());
        lines.push(heading(terminal.say("Reference", "参考答案")));
        lines.extend(wrap_indented(&safe(reference.get(lang)), columns, "", ""));
    }
    lines.push(String::new());
    lines.push(heading(terminal.say("Points", "要点")));
    for point in &question.points {
        let tier = format!("{:?}", point.tier).to_lowercase();
        let first = format!("  {}", pad(&tier, 7));
        lines.extend(wrap_indented(
            &safe_line(point.claim.get(lang)),
            columns,
            &first,
            "         ",
        ));
    }
    if !question.misconceptions.is_empty() {
        lines.push(String::new());
        lines.push(heading(terminal.say("Misconceptions", "常见误区")));
    }
    for wrong in &question.misconceptions {
        lines.extend(wrap_indented(&safe_line(wrong.claim.get(lang)), columns, "  ≠ ", "    "));
        lines.extend(wrap_indented(
            &safe_line(wrong.correction.get(lang)),
            columns,
            "  → ",
            "    ",
        ));
    }
    if samples {
        lines.extend(sample_lines(context, question, lang));
    }
    lines.extend(source_lines(context, question));
    lines.join("\n")
}

fn sample_lines(context: &Context, question: &Question, lang: Lang) -> Vec<String> {
    let terminal = &context.terminal;
    let mut lines = Vec::new();
    for sample in &question.samples {
        let level = match sample.level {
            Level::Strong => terminal.say("Sample: strong", "范例：好"),
            Level::Middling => terminal.say("Sample: middling", "范例：中等"),
            Level::Wrong => terminal.say("Sample: wrong", "范例：错误"),
        };
        lines.push(String::new());
        lines.push(terminal.paint(Paint::Bold, level, terminal.stdout_is_terminal));
        let text = safe(sample.answer.get(lang));
        lines.extend(wrap_indented(&text, terminal.text_columns(), "", ""));
    }
    lines
}

fn source_lines(context: &Context, question: &Question) -> Vec<String> {
    let mut lines = vec![String::new()];
    for source in &question.sources {
        let year = source.year.map(|year| format!(" ({year})")).unwrap_or_default();
        let url = source.url.as_deref().unwrap_or_default();
        lines.push(safe_line(&format!("{}{year} {url}", source.title)));
    }
    if lines.len() == 1 {
        return Vec::new();
    }
    let heading = context.terminal.say("Sources", "来源");
    lines.insert(
        1,
        context.terminal.paint(Paint::Bold, heading, context.terminal.stdout_is_terminal),
    );
    lines
}

fn lint(context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    context.terminal.result(&format!("{} questions, 0 errors", bank.len()))?;
    Ok(Status::Done)
}
