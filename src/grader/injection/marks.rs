//! Text that imitates the grading's own marks: fences, role tags, verdicts as JSON.
//!
//! It looks at characters, line by line, and takes a mark for an attack only where
//! it would act as one: at the head of a line. The same mark inside a sentence is
//! talk about it.

use std::ops::Range;

/// Heads of lines that close a fence or open a role, in lower case.
const HEADS: &[&str] = &[
    "</answer",
    "<answer",
    "</submission",
    "</student",
    "</candidate",
    "</response",
    "</user",
    "<system",
    "</system",
    "<|im_start|>",
    "<|im_end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|start_header_id|>",
    "<|eot_id|>",
    "<|start|>",
    "<|channel|>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "### instruction",
    "### response",
    "### system",
    "[end data]",
    "[end of",
    "[begin data]",
    "[[10]]",
    "[[5]]",
    "[[a]]",
    "<verdict",
    "<score",
    "<grade",
];

/// Keys of verdicts as a reply would write them, in lower case.
const KEYS: &[&str] =
    &["\"verdict\"", "\"pass\"", "\"passed\"", "\"score\"", "\"total\"", "\"held\""];

/// Values that a verdict in one's own favour has.
const VALUES: &[&str] =
    &["\"met\"", "true", "100", "10", "5", "1.0", "\"pass\"", "\"a\"", "\"full\""];

/// How far back and forth a verdict's braces are looked for, in characters.
const BRACES: usize = 2_000;

/// Ranges of characters of imitated marks; `true` when all up to the paragraph's end belongs to it.
pub(super) fn imitations(text: &str, chars: &[char]) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    if is_innocent(text) {
        return found;
    }
    let mut start = 0;
    while start < chars.len() {
        let length = chars[start..].iter().take_while(|ch| **ch != '\n').count();
        let line = plain(&chars[start..start + length]);
        let text = line.trim_start_matches(|ch: char| ch.is_whitespace() || "=-*>#`~".contains(ch));
        let head = line.trim_start();
        let mark = HEADS.iter().any(|mark| head.starts_with(mark) || text.starts_with(mark));
        if let Some(at) =
            mark.then_some(0).or_else(|| after_sentence(&chars[start..start + length]))
        {
            found.push((start + at..start + length, true));
        } else if is_closers(head.trim_end()) || is_letter_grade(head.trim_end()) {
            found.push((start..start + length, false));
        } else if has_verdict(&line) {
            // What stands before the object on its line is the answer's own.
            let object = chars[start..start + length].iter().position(|ch| "{｛".contains(*ch));
            found.push((braces(chars, start + object.unwrap_or(0)..start + length), false));
        }
        start += length + 1;
    }
    found
}

/// Whether a text plainly holds no mark: in ASCII, with none of the characters that every mark
/// has, and without a letter grade.
fn is_innocent(text: &str) -> bool {
    let visible = |byte: u8| !byte.is_ascii_control() || matches!(byte, b'\n' | b'\r' | b'\t');
    let graded = |line: &str| line.trim_start().starts_with(['g', 'G']);
    text.is_ascii()
        && memchr::memchr3(b'<', b'[', b'#', text.as_bytes()).is_none()
        && memchr::memchr2(b'"', b'\'', text.as_bytes()).is_none()
        && text.bytes().all(visible)
        && !text.lines().any(graded)
}

/// Where in a line a mark follows the end of a sentence.
fn after_sentence(line: &[char]) -> Option<usize> {
    let mut ended = false;
    for (at, &ch) in line.iter().enumerate() {
        if ended && matches!(ch, '<' | '[') {
            let head = plain(&line[at..line.len().min(at + 20)]);
            if HEADS.iter().any(|mark| head.starts_with(mark)) {
                return Some(at);
            }
        }
        ended = matches!(ch, '.' | '!' | '?' | '。' | '！' | '？') || (ended && ch == ' ');
    }
    None
}

/// Lower case, half width, without hidden characters.
fn plain(line: &[char]) -> String {
    let mut out = String::with_capacity(line.len());
    for &ch in line.iter().filter(|ch| !super::hidden::is_hidden(**ch)) {
        match ch {
            ch if ch.is_ascii() => out.push(ch.to_ascii_lowercase()),
            '\u{ff01}'..='\u{ff5e}' => {
                let half = char::from_u32(u32::from(ch) - 0xfee0).unwrap_or(ch);
                out.extend(half.to_lowercase());
            }
            '“' | '”' => out.push('"'),
            other => out.extend(other.to_lowercase()),
        }
    }
    out
}

/// A line of closing marks alone, as would end a string and its object.
fn is_closers(line: &str) -> bool {
    line.len() >= 2
        && line.starts_with(['"', '\''])
        && line[1..].chars().all(|ch| "}]),\"'".contains(ch))
        && line.contains(['}', ']'])
}

/// A line such as `GRADE: C`.
fn is_letter_grade(line: &str) -> bool {
    let rest = line.strip_prefix("grade").map(|rest| rest.trim_start_matches([' ', ':', '*']));
    rest.is_some_and(|rest| {
        rest.len() <= 2 && rest.starts_with(['a', 'c', 'p', 'i']) && line.contains(':')
    })
}

/// Whether a line has a key of a verdict with a value in one's own favour.
fn has_verdict(line: &str) -> bool {
    if !line.contains('"') {
        return false;
    }
    let point = line.match_indices("\"met\"").any(|(at, _)| {
        let before = line[..at].trim_end().strip_suffix(':').map(str::trim_end);
        before.and_then(|key| key.strip_suffix('"')).is_some_and(ends_in_a_number)
    });
    point
        || KEYS.iter().any(|key| {
            line.match_indices(key).any(|(at, _)| {
                let value =
                    line[at + key.len()..].trim_start().strip_prefix(':').map(str::trim_start);
                value.is_some_and(|value| VALUES.iter().any(|wanted| is_value(value, wanted)))
            })
        })
}

/// Whether a key ends as the keys of points do, such as `p1`.
fn ends_in_a_number(key: &str) -> bool {
    key.ends_with(|ch: char| ch.is_ascii_digit())
}

fn is_value(text: &str, wanted: &str) -> bool {
    let rest = text.strip_prefix(wanted);
    rest.is_some_and(|rest| !rest.starts_with(|ch: char| ch.is_alphanumeric() || ch == '.'))
}

/// The range grown to the braces around it, when both are near.
fn braces(chars: &[char], line: Range<usize>) -> Range<usize> {
    let low = line.start.saturating_sub(BRACES);
    let high = (line.end + BRACES).min(chars.len());
    let mut depth = 0_i32;
    let mut start = line.start;
    for at in (low..line.start).rev() {
        match chars[at] {
            '}' => depth += 1,
            '{' if depth == 0 => start = at,
            '{' => depth -= 1,
            _ => {}
        }
    }
    let mut depth = 0_i32;
    let mut end = line.end;
    for (at, ch) in chars.iter().enumerate().take(high).skip(start) {
        match ch {
            '{' => depth += 1,
            '}' if depth == 1 => {
                end = end.max(at + 1);
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    with_fence(chars, start..end)
}

/// The range grown over the line that opens a code fence directly above it.
fn with_fence(chars: &[char], range: Range<usize>) -> Range<usize> {
    let line_of = |at: usize| chars[..at].iter().rposition(|ch| *ch == '\n').map_or(0, |at| at + 1);
    let before = line_of(range.start).saturating_sub(1);
    let above = line_of(before);
    if chars[above..before].starts_with(&['`', '`', '`']) { above..range.end } else { range }
}
