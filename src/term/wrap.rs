//! Display width, wrapping and clipping of mixed Chinese and Latin text.
//!
//! Nothing wrapped is ever stored. A line never starts with closing punctuation:
//! line breaks follow the Unicode algorithm.

use textwrap::{Options, WordSeparator};
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Lines of at most `columns`.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    wrap_indented(text, columns, "", "")
}

/// Lines of at most `columns`, the first behind `first`, the others behind `rest`.
pub fn wrap_indented(text: &str, columns: usize, first: &str, rest: &str) -> Vec<String> {
    let options = Options::new(columns.max(10))
        .initial_indent(first)
        .subsequent_indent(rest)
        .word_separator(WordSeparator::UnicodeBreakProperties);
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let options =
            if index == 0 { options.clone() } else { options.clone().initial_indent(rest) };
        lines.extend(textwrap::wrap(line, options).into_iter().map(std::borrow::Cow::into_owned));
    }
    lines
}

/// The text cut to `columns`, with an ellipsis when something was cut.
pub fn clip(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        let mut next = out.clone();
        next.push(c);
        if width(&next) + 1 > columns {
            break;
        }
        out = next;
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// The text filled up with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_wraps_within_the_columns_and_starts_no_line_with_punctuation() {
        let text = "多查询注意力让所有查询头共享同一个键头和值头，缓存因此变小，解码更快；代价是效果可能略降。";
        for columns in [20, 31, 40] {
            for line in wrap(text, columns) {
                assert!(width(&line) <= columns, "{line}");
                assert!(!line.starts_with(['，', '。', '；', '、']), "{line}");
            }
        }
    }

    #[test]
    fn clipping_counts_columns_not_characters() {
        assert_eq!(clip("abc", 3), "abc");
        assert_eq!(clip("abcd", 3), "ab…");
        assert_eq!(clip("注意力机制", 6), "注意…");
        assert_eq!(pad("注意", 6), "注意  ");
    }

    #[test]
    fn indents_stand_before_first_and_other_lines() {
        let lines = wrap_indented("one two three four", 12, "- ", "  ");
        assert_eq!(lines, ["- one two", "  three four"]);
    }
}
