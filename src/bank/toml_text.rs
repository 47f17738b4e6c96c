//! A question as the TOML text that an author would write.
//!
//! What is read from the text again is the same question; the id is the file's
//! place and stands in no text.

use std::fmt::Write as _;

use super::filter::kind_name;
use crate::domain::{Lang, Level, Localised, Question, Source, Terms, Tier, Verdict};

/// The file of a question, with `comment` as its first lines.
pub fn to_toml(question: &Question, comment: &str) -> String {
    let mut out = Writer::default();
    for line in comment.lines() {
        out.line(format_args!("# {line}"));
    }
    out.head(question);
    out.reference("[reference]", &question.reference);
    for other in &question.alternatives {
        out.reference("[[alternatives]]", other);
    }
    out.points(question);
    out.misconceptions(question);
    out.samples(question);
    for follow_up in &question.follow_ups {
        out.line(format_args!("\n[[follow_ups]]"));
        out.line(format_args!("ask    = {}", localised(&follow_up.ask)));
        out.line(format_args!("points = {}", list(&follow_up.points)));
    }
    for source in &question.sources {
        out.source(source);
    }
    out.0
}

#[derive(Default)]
struct Writer(String);

impl Writer {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{text}");
    }

    fn head(&mut self, question: &Question) {
        self.line(format_args!("title      = {}", localised(&question.title)));
        self.line(format_args!("difficulty = {}", question.difficulty));
        self.line(format_args!("kind       = {}", quoted(kind_name(question.kind))));
        self.line(format_args!("tags       = {}", list(&question.tags)));
        self.line(format_args!("covers     = {}", list(&question.covers)));
        if !question.was.is_empty() {
            let was: Vec<String> = question.was.iter().map(ToString::to_string).collect();
            self.line(format_args!("was        = {}", list(&was)));
        }
        if !question.allow.is_empty() {
            self.line(format_args!("allow      = ["));
            for allow in &question.allow {
                let (rule, reason) = (quoted(&allow.rule), quoted(&allow.reason));
                self.line(format_args!("    {{ rule = {rule}, reason = {reason} }},"));
            }
            self.line(format_args!("]"));
        }
    }

    fn reference(&mut self, header: &str, text: &Localised) {
        self.line(format_args!("\n{header}"));
        for (lang, text) in text.texts() {
            self.line(format_args!("{lang} = {}", paragraphs(text)));
        }
    }

    fn points(&mut self, question: &Question) {
        for point in &question.points {
            let tier = match point.tier {
                Tier::Must => "must",
                Tier::Should => "should",
                Tier::Bonus => "bonus",
            };
            self.line(format_args!("\n[[points]]"));
            self.line(format_args!("id    = {}", quoted(&point.id)));
            self.line(format_args!("tier  = {}", quoted(tier)));
            self.line(format_args!("claim = {}", localised(&point.claim)));
            if !point.terms.is_empty() {
                self.line(format_args!("terms = {}", terms(&point.terms)));
            }
            if let Some(hint) = &point.hint {
                self.line(format_args!("hint  = {}", localised(hint)));
            }
        }
    }

    fn misconceptions(&mut self, question: &Question) {
        for wrong in &question.misconceptions {
            self.line(format_args!("\n[[misconceptions]]"));
            self.line(format_args!("id         = {}", quoted(&wrong.id)));
            self.line(format_args!("claim      = {}", localised(&wrong.claim)));
            self.line(format_args!("correction = {}", localised(&wrong.correction)));
            if !wrong.terms.is_empty() {
                self.line(format_args!("terms      = {}", terms(&wrong.terms)));
            }
        }
    }

    fn samples(&mut self, question: &Question) {
        for sample in &question.samples {
            let level = match sample.level {
                Level::Strong => "strong",
                Level::Middling => "middling",
                Level::Wrong => "wrong",
            };
            let expect = sample.expect.iter();
            let expect: Vec<String> = expect
                .map(|(id, verdict)| format!("{} = {}", key(id), quoted(verdict_name(*verdict))))
                .collect();
            self.line(format_args!("\n[[samples]]"));
            self.line(format_args!("level  = {}", quoted(level)));
            self.line(format_args!("answer = {}", spoken(&sample.answer)));
            self.line(format_args!("expect = {{ {} }}", expect.join(", ")));
            self.line(format_args!("misconceptions = {}", list(&sample.misconceptions)));
        }
    }

    fn source(&mut self, source: &Source) {
        self.line(format_args!("\n[[sources]]"));
        self.line(format_args!("title = {}", quoted(&source.title)));
        if let Some(year) = source.year {
            self.line(format_args!("year  = {year}"));
        }
        if let Some(url) = &source.url {
            self.line(format_args!("url   = {}", quoted(url)));
        }
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Partial => "partial",
        Verdict::Missing => "missing",
        Verdict::Contradicted => "contradicted",
        Verdict::Ungraded => "ungraded",
    }
}

/// A basic string on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => push_escaped(&mut out, c),
        }
    }
    out.push('"');
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// A multi-line string whose text starts on its own line.
fn paragraphs(text: &str) -> String {
    format!("\"\"\"\n{}\n\"\"\"", multi_line(text))
}

/// Text inside three quotes: it never holds three in a row, nor one at its end.
fn multi_line(text: &str) -> String {
    let mut out = String::new();
    let mut quotes = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        quotes = if c == '"' { quotes + 1 } else { 0 };
        match c {
            '\n' => out.push('\n'),
            '"' if quotes == 3 || chars.peek().is_none() => {
                out.push_str("\\\"");
                quotes = 0;
            }
            c => push_escaped(&mut out, c),
        }
    }
    out
}

fn localised(text: &Localised) -> String {
    inline(text, quoted)
}

/// An answer in an inline table, its text in a multi-line string.
fn spoken(text: &Localised) -> String {
    inline(text, |text| format!("\"\"\"{}\"\"\"", multi_line(text)))
}

fn inline(text: &Localised, form: impl Fn(&str) -> String) -> String {
    let both: Vec<String> = Lang::ALL
        .into_iter()
        .filter_map(|lang| text.exact(lang).map(|text| format!("{lang} = {}", form(text))))
        .collect();
    format!("{{ {} }}", both.join(", "))
}

fn key(id: &str) -> String {
    let bare = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare && !id.is_empty() { id.to_owned() } else { quoted(id) }
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

fn terms(terms: &Terms) -> String {
    let groups: Vec<String> = terms.iter().map(|group| list(group)).collect();
    format!("[{}]", groups.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::embedded;

    fn round_trip(question: &Question) {
        let text = to_toml(question, "A comment.");
        let mut read: Question = toml::from_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        read.id = question.id.clone();
        assert!(&read == question, "{text}");
    }

    #[test]
    fn every_question_of_the_bank_comes_back() {
        for loaded in embedded().questions {
            round_trip(&loaded.question);
        }
    }

    #[test]
    fn awkward_texts_come_back() {
        let mut question = Question::clone(&embedded().questions[0].question);
        for text in [
            "\"quoted\"",
            "back\\slash \\\"",
            "\"\"\"three\"\"\" \"\"\"\"",
            "tab\tand\n\nlines\\",
            "ends with \"\"",
            "\\\"\"\"",
            "“中文”，\u{202e}x",
        ] {
            let both = Localised::both(text, text);
            question.title = both.clone();
            question.reference = both.clone();
            question.alternatives = vec![both.clone()];
            question.samples[0].answer = both;
            question.tags = vec![text.to_owned()];
            question.samples[0].expect.insert(text.to_owned(), Verdict::Met);
            round_trip(&question);
        }
    }
}
