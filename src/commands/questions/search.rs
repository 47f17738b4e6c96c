//! `viva questions search`: questions that hold the words, best first.

use serde_json::json;

use super::FilterArgs;
use super::list::listed;
use crate::bank::search::{Found, Query, search};
use crate::commands::Context;
use crate::config::Origin;
use crate::domain::Lang;
use crate::failure::{Failure, Kind, Status};
use crate::term::{Paint, safe_line, wrap_indented};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Words in English, Chinese or both
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let words = args.words.join(" ");
    let query = Query::new(&words);
    if query.is_empty() {
        return Err(Failure::message(
            Kind::Usage,
            ("nothing to look for: give a word or number", "没有可查的内容：请给出词语或编号"),
        ));
    }
    let bank = context.bank()?;
    let filter = args.filter.filter(&bank)?;
    let questions: Vec<_> = bank.iter().filter(|q| filter.wants(q)).cloned().collect();
    let found = search(&questions, &query);
    if found.is_empty() {
        let said = context.terminal.say("no question holds these words", "没有题目含有这些词");
        context.terminal.message(said);
        return Ok(Status::Done);
    }
    let shown = found.iter().take(args.limit);
    let lines: Vec<String> = if context.json {
        shown.map(as_json).collect()
    } else {
        let lang = language(context, &words);
        shown.map(|found| as_text(context, found, &query, lang)).collect()
    };
    context.terminal.result(&lines.join("\n"))?;
    if found.len() > args.limit {
        let more = found.len() - args.limit;
        let said = context.terminal.say("more; --limit N shows them", "条未显示，可用 --limit N");
        context.terminal.message(&format!("{more} {said}"));
    }
    Ok(Status::Done)
}

/// Language of the titles: the flag's, else that of the words.
fn language(context: &Context, words: &str) -> Lang {
    let chosen = matches!(context.settings.lang.origin, Origin::Flag(_));
    if chosen { context.lang() } else { Lang::of(words) }
}

fn as_json(found: &Found) -> String {
    let mut value = listed(&found.question);
    value["score"] = json!(found.score);
    value["passage"] = json!(found.passage);
    value.to_string()
}

/// Title behind id and difficulty; below it the passage that matched.
fn as_text(context: &Context, found: &Found, query: &Query, lang: Lang) -> String {
    let terminal = &context.terminal;
    let question = &found.question;
    let id = terminal.paint(Paint::Cyan, question.id.as_str(), terminal.stdout_is_terminal);
    let title = highlighted(context, question.title.get(lang), query);
    let mut text = format!("{id} {} {title}", question.difficulty);
    if let Some(passage) = &found.passage {
        let columns = terminal.text_columns();
        for line in wrap_indented(&safe_line(passage), columns, "    ", "    ") {
            text.push('\n');
            text.push_str(&highlighted_line(context, &line, query));
        }
    }
    text
}

fn highlighted(context: &Context, text: &str, query: &Query) -> String {
    highlighted_line(context, &safe_line(text), query)
}

/// A safe line with the words painted, on a terminal.
fn highlighted_line(context: &Context, line: &str, query: &Query) -> String {
    let terminal = &context.terminal;
    if !terminal.stdout_is_terminal {
        return line.to_owned();
    }
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    for (start, end) in query.spans(line) {
        out.extend(&chars[at..start]);
        let word: String = chars[start..end].iter().collect();
        out.push_str(&terminal.paint(Paint::Yellow, &word, true));
        at = end;
    }
    out.extend(&chars[at..]);
    out
}
