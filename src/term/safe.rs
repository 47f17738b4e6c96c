//! Foreign text made harmless for a terminal.
//!
//! Removes C0 and C1 controls, escape sequences as a whole, and the invisible
//! characters that reorder or hide text. Line breaks and tabs stay.

/// Foreign text that can be shown on several lines.
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_csi(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            c if c.is_control() || is_hidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Foreign text that has to stay on one line.
pub fn safe_line(text: &str) -> String {
    safe(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Bidirectional controls, zero-width characters, tags and other invisible marks.
pub fn is_hidden(c: char) -> bool {
    matches!(
        u32::from(c),
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfeff
            | 0xffa0 | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff
    )
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(chars: &mut Chars<'_>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        Some(c) if c.is_ascii() && !c.is_control() => {
            chars.next();
        }
        _ => {}
    }
}

/// Parameters and intermediates up to the final byte; anything else ends the sequence.
fn skip_csi(chars: &mut Chars<'_>) {
    while let Some(&c) = chars.peek() {
        if !matches!(c, ' '..='~') {
            return;
        }
        chars.next();
        if matches!(c, '@'..='~') {
            return;
        }
    }
}

/// A control string, up to its terminator or the end of the line.
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(&c) = chars.peek() {
        if c == '\n' {
            return;
        }
        chars.next();
        match c {
            '\u{07}' | '\u{9c}' => return,
            '\u{1b}' if chars.peek() == Some(&'\\') => {
                chars.next();
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_go_as_a_whole() {
        assert_eq!(safe("a\x1b[31mred\x1b[0m b"), "ared b");
        assert_eq!(safe("x\x1b]52;c;aGk=\x07y"), "xy");
        assert_eq!(safe("x\x1b]8;;http://e\x1b\\link\x1b]8;;\x1b\\y"), "xlinky");
        assert_eq!(safe("x\u{9b}2Jy\u{90}dcs\u{9c}z"), "xyz");
        assert_eq!(safe("end\x1b"), "end");
        assert_eq!(safe("open\x1b]0;title\nnext"), "open\nnext");
    }

    #[test]
    fn hidden_characters_go_and_text_stays() {
        assert_eq!(safe("ab\u{202e}cd\u{200b}\u{e0041}"), "abcd");
        assert_eq!(safe("多查询 – “O(n²)” 👍"), "多查询 – “O(n²)” 👍");
        assert_eq!(safe("a\r\nb\tc\u{7}"), "a\nb    c");
        assert_eq!(safe_line(" two\nlines "), "two lines");
    }
}
