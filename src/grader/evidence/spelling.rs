//! Other spellings that a quote may have come through on its way out of a model.
//!
//! A quote that was escaped twice, or not enough, is read as it was meant. Only
//! escapes are touched, one level of them; the words stay as they are.

/// The quote as given, with one level of escaping undone, and with lost backslashes
/// put back; only those that differ.
pub(super) fn spellings(quote: &str) -> Vec<String> {
    let mut spellings = vec![quote.to_owned()];
    if !quote.contains(|ch: char| ch == '\\' || ch.is_ascii_control()) {
        return spellings;
    }
    for other in [unescaped(quote), with_backslashes(quote)] {
        if !spellings.contains(&other) {
            spellings.push(other);
        }
    }
    spellings
}

/// Undoes JSON's escapes, and `\u{…}` as hidden characters are shown in a prompt.
fn unescaped(quote: &str) -> String {
    let mut out = String::with_capacity(quote.len());
    let mut rest = quote;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (text, length) = escape(&rest[at..]);
        out.push(text);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// The character that the escape at the start of `text` stands for, and its length in bytes.
fn escape(text: &str) -> (char, usize) {
    match text.as_bytes().get(1) {
        Some(b'"') => ('"', 2),
        Some(b'\\') => ('\\', 2),
        Some(b'/') => ('/', 2),
        Some(b'n' | b'r') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => code_point(text).unwrap_or(('\\', 1)),
        _ => ('\\', 1),
    }
}

fn code_point(text: &str) -> Option<(char, usize)> {
    let (digits, length) = match text[2..].strip_prefix('{') {
        Some(inner) => {
            let end = inner.find('}').filter(|end| (1..=6).contains(end))?;
            (&inner[..end], end + 4)
        }
        None => (text.get(2..6)?, 6),
    };
    Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, length))
}

/// Puts back the backslash of `\frac`, `\beta`, `\theta`, `\nabla` and `\rho`, which
/// a reader of JSON took for a control character.
fn with_backslashes(quote: &str) -> String {
    let mut out = String::with_capacity(quote.len());
    let mut chars = quote.chars().peekable();
    while let Some(ch) = chars.next() {
        let letter = match ch {
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        if letter != '\0' && chars.peek().is_some_and(char::is_ascii_alphabetic) {
            out.extend(['\\', letter]);
        } else {
            out.push(ch);
        }
    }
    out
}
