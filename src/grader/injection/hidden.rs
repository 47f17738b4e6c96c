//! Characters that a reader does not see, made visible for a prompt.
//!
//! It removes nothing: a hidden character is written out as `\u{200B}`, so that the
//! grader sees what the candidate's editor did not show. Line breaks, tabs and what
//! belongs to an emoji stay as they are.

use std::fmt::Write;

/// Whether a character shows nothing or changes how others are shown: controls,
/// zero-width and bidirectional marks, fillers, tags and variation selectors.
pub(super) fn is_hidden(ch: char) -> bool {
    if ch.is_ascii() {
        return ch.is_ascii_control() && !matches!(ch, '\n' | '\t' | '\r');
    }
    ch.is_control()
        || matches!(ch,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text with hidden characters written out, and whether there were any.
pub fn escape_hidden(text: &str) -> (String, bool) {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) || !text.contains(|ch| is_hidden(ch) || ch == '\r') {
        return (text.to_owned(), false);
    }
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut chars = text.chars().peekable();
    let mut found = false;
    while let Some(ch) = chars.next() {
        let after = chars.peek().copied();
        let shown = !is_hidden(ch) && (ch != '\r' || after == Some('\n'));
        if shown || belongs_to_emoji(ch, before, after) {
            out.push(ch);
        } else {
            found = true;
            let _ = write!(out, "\\u{{{:04X}}}", u32::from(ch));
        }
        before = Some(ch);
    }
    (out, found)
}

/// Whether a selector follows a sign that has an emoji form, or a joiner stands between two emoji.
fn belongs_to_emoji(ch: char, before: Option<char>, after: Option<char>) -> bool {
    let emoji = |ch: Option<char>| ch.is_some_and(|ch| is_emoji(ch) || ch == '\u{fe0f}');
    match ch {
        '\u{fe0e}' | '\u{fe0f}' => {
            before.is_some_and(|ch| is_emoji(ch) || "#*©®".contains(ch) || ch.is_ascii_digit())
        }
        '\u{200d}' => emoji(before) && after.is_some_and(is_emoji),
        _ => false,
    }
}

fn is_emoji(ch: char) -> bool {
    matches!(ch, '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}') && !is_hidden(ch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_written_out() {
        let cases = [
            ("a\u{200b}b", "a\\u{200B}b"),
            ("\u{202e}evil", "\\u{202E}evil"),
            ("tag\u{e0041}", "tag\\u{E0041}"),
            ("nul\0", "nul\\u{0000}"),
            ("c1\u{9b}31m", "c1\\u{009B}31m"),
            ("esc\u{1b}[2J", "esc\\u{001B}[2J"),
            ("lone\rreturn", "lone\\u{000D}return"),
            ("line\u{2028}separator", "line\\u{2028}separator"),
            ("a\u{fe0f}b", "a\\u{FE0F}b"),
            ("a\u{200d}b", "a\\u{200D}b"),
        ];
        for (text, wanted) in cases {
            assert_eq!(escape_hidden(text), (wanted.to_owned(), true));
        }
    }

    #[test]
    fn what_everybody_sees_stays() {
        for text in ["", "a\tb\r\nc", "共享一组 KV。", "👩‍💻 works", "❤️ it", "1️⃣ first", "e\u{301}"]
        {
            assert_eq!(escape_hidden(text), (text.to_owned(), false));
        }
    }
}
