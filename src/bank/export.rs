//! Questions in other forms: JSON lines, Markdown, tab-separated values.
//!
//! JSON lines lose nothing: read as a bank they are the same questions. The
//! other two are made for reading, so nothing in them is live: no HTML tag in
//! Markdown, no formula in a spreadsheet.

use csv::{QuoteStyle, WriterBuilder};

use super::filter::kind_name;
use crate::domain::{Lang, Question, Tier};

/// A question as one line of a JSONL bank.
///
/// # Panics
/// Never: a question is plain data.
pub fn jsonl(question: &Question) -> String {
    serde_json::to_string(question).expect("invariant: a question is plain data")
}

/// The columns of [`tsv`].
const COLUMNS: [&str; 12] = [
    "id",
    "difficulty",
    "kind",
    "tags",
    "covers",
    "title_en",
    "title_zh",
    "reference_en",
    "reference_zh",
    "points_en",
    "points_zh",
    "source",
];

/// A table with a header row; texts of several lines stand in quotes.
///
/// # Panics
/// Never: it is written to memory, in rows of one length.
pub fn tsv<'a>(questions: impl IntoIterator<Item = &'a Question>) -> String {
    let builder = || {
        let mut builder = WriterBuilder::new();
        builder.delimiter(b'\t').quote_style(QuoteStyle::Necessary);
        builder
    };
    let mut writer = builder().from_writer(Vec::new());
    let invariant = "invariant: writing to memory, rows of one length";
    writer.write_record(COLUMNS).expect(invariant);
    for question in questions {
        writer.write_record(row(question).map(|cell| harmless(&cell))).expect(invariant);
    }
    let bytes = writer.into_inner().expect(invariant);
    String::from_utf8(bytes).expect(invariant).trim_end().to_owned()
}

fn row(question: &Question) -> [String; 12] {
    let in_lang = |lang| {
        let title = question.title.exact(lang).unwrap_or_default().to_owned();
        let reference = question.reference.exact(lang).unwrap_or_default().to_owned();
        let claims = question.points.iter().filter_map(|point| {
            point.claim.exact(lang).map(|claim| format!("[{}] {claim}", tier_name(point.tier)))
        });
        (title, reference, claims.collect::<Vec<_>>().join("\n"))
    };
    let (title_en, reference_en, points_en) = in_lang(Lang::En);
    let (title_zh, reference_zh, points_zh) = in_lang(Lang::Zh);
    let source = question.sources.iter().find_map(|source| source.url.clone());
    [
        question.id.to_string(),
        question.difficulty.to_string(),
        kind_name(question.kind).to_owned(),
        question.tags.join("; "),
        question.covers.join("; "),
        title_en,
        title_zh,
        reference_en,
        reference_zh,
        points_en,
        points_zh,
        source.unwrap_or_default(),
    ]
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Must => "must",
        Tier::Should => "should",
        Tier::Bonus => "bonus",
    }
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// A document in one language, topic by topic.
pub fn markdown<'a>(questions: impl IntoIterator<Item = &'a Question>, lang: Lang) -> String {
    let mut parts = Vec::new();
    let mut topic = "";
    for question in questions {
        if question.id.topic() != topic {
            topic = question.id.topic();
            parts.push(format!("# {topic}"));
        }
        parts.extend(section(question, lang));
    }
    parts.join("\n\n")
}

/// The paragraphs of a question.
fn section(question: &Question, lang: Lang) -> Vec<String> {
    let say = |en: &'static str, zh: &'static str| if lang == Lang::En { en } else { zh };
    let (difficulty, kind) = (question.difficulty, kind_name(question.kind));
    let mut parts = vec![
        format!("## {}", inert_line(question.title.get(lang))),
        format!("`{}` · {} {difficulty} · {kind}", question.id, say("difficulty", "难度")),
    ];
    parts.extend(question.references().map(|reference| inert(reference.get(lang))));
    let points = question.points.iter().map(|point| {
        format!("- **{}** {}", tier_name(point.tier), inert_line(point.claim.get(lang)))
    });
    let wrong = question.misconceptions.iter().map(|wrong| {
        let correction = inert_line(wrong.correction.get(lang));
        format!("- ✗ {}\n  → {correction}", inert_line(wrong.claim.get(lang)))
    });
    let sources = question.sources.iter().map(|source| {
        let year = source.year.map(|year| format!(" ({year})")).unwrap_or_default();
        let url = source.url.as_deref().map(|url| format!(" {url}")).unwrap_or_default();
        format!("- {}", inert_line(&format!("{}{year}{url}", source.title)))
    });
    for (heading, items) in [
        (say("Points", "要点"), points.collect::<Vec<_>>()),
        (say("Misconceptions", "常见误区"), wrong.collect()),
        (say("Sources", "来源"), sources.collect()),
    ] {
        if !items.is_empty() {
            parts.extend([format!("### {heading}"), items.join("\n")]);
        }
    }
    parts
}

fn inert_line(text: &str) -> String {
    inert(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Markdown in which no HTML tag is live, and no line is a heading that would
/// start another question. A `<` that begins no tag, and code, stay as they are.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    let mut chars = text.chars().peekable();
    let mut line_start = true;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        code ^= c == '`';
        match c {
            '<' if !code && (next.is_ascii_alphabetic() || "/!?|".contains(next)) => {
                out.push_str("&lt;");
            }
            '#' if line_start && !code => out.push_str("\\#"),
            c => out.push(c),
        }
        line_start = c == '\n';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{embedded, read_layer};
    use crate::domain::Localised;

    #[test]
    fn json_lines_come_back_without_loss() {
        let questions: Vec<_> = embedded().questions.into_iter().map(|l| l.question).collect();
        let lines: Vec<String> = questions.iter().map(|question| jsonl(question)).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bank.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let layer = read_layer(&path).unwrap();
        assert_eq!(layer.faults, []);
        let read: Vec<_> = layer.questions.into_iter().map(|l| l.question).collect();
        assert!(read == questions);
    }

    #[test]
    fn nothing_is_live_in_a_table_or_a_document() {
        let mut question = Question::clone(&embedded().questions[0].question);
        question.title = Localised::both("=HYPERLINK(1)", "<script>x</script> a < b `</s>`");
        let table = tsv([&question]);
        assert!(table.starts_with("id\tdifficulty\t") && table.contains("\t'=HYPERLINK(1)\t"));
        let document = markdown([&question], Lang::Zh);
        assert!(document.contains("## &lt;script>x&lt;/script> a < b `</s>`"), "{document}");
    }

    #[test]
    fn a_document_goes_topic_by_topic() {
        let layer = embedded();
        let document = markdown(layer.questions.iter().map(|l| &*l.question), Lang::En);
        let topics = document.lines().filter(|line| line.starts_with("# ")).count();
        let questions = document.lines().filter(|line| line.starts_with("## ")).count();
        assert_eq!(questions, layer.questions.len());
        assert!(topics > 3);
    }
}
