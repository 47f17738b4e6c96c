//! The question's own text in what stands below (or behind) its heading.
//!
//! Only the whole text of the question is taken off, where it comes first and once; what
//! programs and people do to its dress (marks, line breaks, case) does not matter. All the rest
//! is the answer, also where it was typed on in the quotation.

use std::fmt;
use std::sync::Arc;

/// How questions are worded, by their ids.
#[derive(Clone, Default)]
pub struct Wordings(Option<Arc<Of>>);

/// The wordings of the question of an id.
type Of = dyn Fn(&str) -> Vec<String> + Send + Sync;

impl Wordings {
    /// Those that a function knows; none for an id that it does not know.
    pub fn new(of: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(of)))
    }

    fn of(&self, id: &str) -> Vec<String> {
        self.0.as_ref().map_or_else(Vec::new, |of| of(id))
    }

    /// What a section says but for the text of its question.
    pub(super) fn answer(&self, id: &str, behind: &str, below: &str) -> String {
        let wordings = self.of(id);
        let behind = end(behind, &wordings).map_or(behind, |end| &behind[end..]).trim();
        let below = match end(below, &wordings) {
            None => below.to_owned(),
            Some(end) => {
                let quoted = below.trim_start().starts_with('>');
                let rest = below[end..].trim_start_matches([' ', '\t', '\u{3000}']);
                if quoted { unquoted(rest) } else { rest.to_owned() }
            }
        };
        let below = super::trimmed(&below);
        match (behind.is_empty(), below.is_empty()) {
            (true, _) => below.to_owned(),
            (_, true) => behind.to_owned(),
            _ => format!("{behind}\n\n{below}"),
        }
    }
}

impl fmt::Debug for Wordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Wordings(known)" } else { "Wordings(none)" })
    }
}

/// Where one of these wordings ends, if the text begins with it.
fn end(text: &str, wordings: &[String]) -> Option<usize> {
    wordings.iter().filter_map(|wording| end_of(text, wording)).max()
}

fn end_of(text: &str, wording: &str) -> Option<usize> {
    let mut last = None;
    let mut found = text.char_indices().filter(|(_, c)| c.is_alphanumeric());
    for wanted in wording.chars().filter(|c| c.is_alphanumeric()) {
        let (at, c) = found.next()?;
        if !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
        last = Some((at + c.len_utf8(), c));
    }
    let (end, c) = last?;
    let rest = &text[end..];
    if c.is_ascii() && rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    // Its last marks, in either width, and the end of bold print.
    let marks = &wording[wording.rfind(char::is_alphanumeric)?..];
    let marks: String = marks.chars().filter(|c| !c.is_alphanumeric()).map(narrow).collect();
    let own = |c: char| !c.is_whitespace() && (marks.contains(narrow(c)) || "*_\\".contains(c));
    Some(text.len() - rest.trim_start_matches(own).len())
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '。' => '.',
        c => c,
    }
}

/// What was typed on in the quotation of the question, as plain lines; what follows as it is.
fn unquoted(rest: &str) -> String {
    let mut lines = rest.split_inclusive('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    let mut quoted = true;
    for line in lines {
        match line.trim_start_matches(' ').strip_prefix('>') {
            Some(text) if quoted => out.push_str(text.strip_prefix(' ').unwrap_or(text)),
            _ => {
                quoted = false;
                out.push_str(line);
            }
        }
    }
    out
}
