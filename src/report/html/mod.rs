//! A run as one HTML file: no script, no remote asset, a policy that allows neither.
//!
//! The policy names the hash of the page's own style sheet and forbids everything
//! else, so that even text that slipped through unescaped could load or run
//! nothing. All values are escaped by the template engine, after hidden characters
//! have been made visible. The head is rendered once, each answer by itself: memory
//! does not grow with the run. Pages beyond the first hold answers alone.

mod answer;
mod marks;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use base64::Engine as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, context, escape_formatter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Setting;
use super::rows::Row;
use super::run::Digest;
use super::words::{self, thousands};
use crate::domain::{Flag, Tier};
use crate::term::is_hidden;
use answer::AnswerView;

/// Most answers on one page.
pub const PAGE: u64 = 10_000;
/// Most pages; answers beyond them are in no page, and the last one says so.
pub const MOST_PAGES: u64 = 50;
/// Candidates listed on the first page.
const CANDIDATES: usize = 1_000;
/// Questions listed on the first page.
const QUESTIONS: usize = 500;
/// Answers up to which all of them stand open.
const OPEN: u64 = 20;

const STYLE: &str = include_str!("../templates/report.css");
const TEMPLATES: [(&str, &str); 5] = [
    ("head.html", include_str!("../templates/head.html.j2")),
    ("summary.html", include_str!("../templates/summary.html.j2")),
    ("answers.html", include_str!("../templates/answers.html.j2")),
    ("answer.html", include_str!("../templates/answer.html.j2")),
    ("foot.html", include_str!("../templates/foot.html.j2")),
];

/// Where a page stands among the pages of a run.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its number, from 1.
    pub page: u64,
    /// Name of the file of each page, in order; one page needs none.
    pub files: &'a [String],
}

/// Number of pages that a run of so many answers takes.
pub fn pages(answers: u64) -> u64 {
    answers.div_ceil(PAGE).clamp(1, MOST_PAGES)
}

/// Writes one page; `rows` gives the answers from the page's first on, and is read
/// no further than the page goes.
///
/// # Errors
/// When a row cannot be read or the output cannot be written.
pub fn html(
    out: &mut dyn Write,
    setting: &Setting<'_>,
    digest: &Digest,
    place: Place<'_>,
    rows: &mut dyn Iterator<Item = io::Result<Row>>,
) -> io::Result<()> {
    let page = Template { environment: environment(setting), out };
    let answers = digest.answers;
    let first = (place.page - 1) * PAGE;
    let shared = context! {
        title => setting.title,
        lang => words::say(setting.ui, "en", "zh-CN"),
        at => setting.at.replace('T', " "),
        style => Value::from_safe_string(STYLE.to_owned()),
        policy => policy(),
        pages => links(place),
        page => place.page,
        answers,
        first => (first + 1).min(answers),
        last => answers.min(first + PAGE),
        left_out => answers.saturating_sub(PAGE * MOST_PAGES),
    };
    page.write(setting, digest, &shared, first, rows)
}

/// The templates and where they write.
struct Template<'a> {
    environment: Environment<'static>,
    out: &'a mut dyn Write,
}

impl Template<'_> {
    fn write(
        mut self,
        setting: &Setting<'_>,
        digest: &Digest,
        shared: &Value,
        first: u64,
        rows: &mut dyn Iterator<Item = io::Result<Row>>,
    ) -> io::Result<()> {
        self.render("head.html", shared.clone())?;
        if first == 0 {
            self.render("summary.html", summary(setting, digest))?;
        }
        self.render("answers.html", shared.clone())?;
        let open = digest.answers <= OPEN;
        let take = usize::try_from(PAGE).unwrap_or(usize::MAX);
        for (number, row) in (first + 1..).zip(rows.take(take)) {
            let answer = AnswerView::new(setting, &row?, number, open);
            self.render("answer.html", Value::from(Serde(&answer)))?;
        }
        self.render("foot.html", shared.clone())
    }

    fn render(&mut self, name: &str, context: Value) -> io::Result<()> {
        let template = self.environment.get_template(name).map_err(io::Error::other)?;
        let rendered = template.render_captured_to(context, &mut *self.out);
        rendered.map(drop).map_err(io_error)
    }
}

fn io_error(error: Error) -> io::Error {
    use std::error::Error as _;
    // A broken pipe must still be known as one, and a full disk be said.
    let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match kind {
        Some(inner) => {
            inner.raw_os_error().map_or_else(|| inner.kind().into(), io::Error::from_raw_os_error)
        }
        None => io::Error::other(error),
    }
}

fn policy() -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// Links to all pages; none when there is one.
fn links(place: Place<'_>) -> Vec<Value> {
    let files = if place.files.len() > 1 { place.files } else { &[] };
    let numbered = (1_u64..).zip(files);
    numbered
        .map(|(page, file)| context! { page, href => href(file), here => page == place.page })
        .collect()
}

/// A file name as a relative address.
fn href(file: &str) -> String {
    let mut out = String::from("./");
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn summary(setting: &Setting<'_>, digest: &Digest) -> Value {
    let most = digest.distribution.iter().map(|bin| bin.count).max().unwrap_or(0);
    context! {
        digest => Value::from(Serde(digest)),
        headlines => setting.headlines(digest),
        sources => Value::from(Serde(setting.sources(digest))),
        incomparable => (!digest.comparable).then(|| setting.incomparable()),
        most,
        page_size => PAGE,
        candidates => cut_list(&digest.candidates.items, CANDIDATES),
        candidates_more => digest.candidates.total().saturating_sub(CANDIDATES as u64),
        questions => cut_list(&digest.questions.items, QUESTIONS),
        questions_more => (digest.questions.items.len() as u64).saturating_sub(QUESTIONS as u64),
    }
}

fn cut_list<T: Serialize>(items: &[T], limit: usize) -> Value {
    Value::from(Serde(&items[..items.len().min(limit)]))
}

fn environment(setting: &Setting<'_>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(formatter);
    let blocks = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(blocks.expect("invariant: the usual delimiters are valid"));
    let ui = setting.ui;
    environment.add_function("say", move |en: &str, zh: &str| words::say(ui, en, zh).to_owned());
    environment.add_filter("whole", |value: f64| format!("{value:.0}"));
    environment.add_filter("tenth", |value: f64| format!("{value:.1}"));
    environment.add_filter("hundredth", |value: f64| format!("{value:.2}"));
    environment.add_filter("percent", |value: f64| format!("{:.0} %", 100.0 * value));
    environment.add_filter("thousands", thousands);
    environment.add_function("who", |candidate: Option<String>, id: &str| {
        words::who(candidate.as_deref(), id)
    });
    environment.add_filter("line", move |number: u64| words::line(ui, number));
    environment.add_filter("flag", move |name: &str| {
        let flag = serde_json::from_value::<Flag>(serde_json::Value::from(name));
        flag.map_or_else(|_| name.to_owned(), |flag| words::flag(ui, flag).to_owned())
    });
    environment.add_filter("tier", move |name: &str| {
        let tier = serde_json::from_value::<Tier>(serde_json::Value::from(name));
        tier.map_or_else(|_| name.to_owned(), |tier| words::tier(ui, tier).to_owned())
    });
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("invariant: our templates parse");
    }
    environment
}

/// Escapes every value, hidden characters made visible; nothing for an absent one.
fn formatter(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match (value.kind(), value.as_str()) {
        (ValueKind::None, _) => Ok(()),
        (_, Some(text)) if !value.is_safe() && text.chars().any(must_show) => {
            escape_formatter(out, state, &Value::from(visible(text)))
        }
        _ => escape_formatter(out, state, value),
    }
}

fn must_show(c: char) -> bool {
    is_hidden(c) || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The text with each control and invisible character as its code point.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\r' => {}
            c if must_show(c) => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
