//! Folds text to the form in which it is compared: NFKC, lower case, plain
//! quotes and dashes, invisible characters dropped.
//!
//! Nothing is stemmed or dropped for its meaning here. Every folded scalar
//! keeps the span of original scalar values that it stands for, and those
//! spans never run backwards.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One folded character and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar {
    /// The folded character.
    pub c: char,
    /// First Unicode scalar value of the original that it stands for.
    pub start: u32,
    /// One past the last one.
    pub end: u32,
    /// Whether the original was an upper-case letter.
    pub upper: bool,
}

/// Folds a text, keeping the original positions.
pub fn fold(text: &str) -> Vec<Scalar> {
    let mut folded = Vec::with_capacity(text.len());
    let mut chars = text.chars().zip(0u32..).peekable();
    while let Some((c, start)) = chars.next() {
        let next = chars.peek().map_or(' ', |(next, _)| *next);
        if next.is_ascii() || !joins_back(next) {
            fold_one(c, start, &mut folded);
        } else {
            let mut cluster = String::from(c);
            let mut end = start + 1;
            while let Some((mark, _)) = chars.next_if(|(next, _)| joins_back(*next)) {
                cluster.push(mark);
                end += 1;
            }
            fold_cluster(&cluster, (start, end), &mut folded);
        }
    }
    folded
}

/// Folds a text to a string, for comparison where positions do not matter.
pub fn fold_to_string(text: &str) -> String {
    fold(text).into_iter().map(|scalar| scalar.c).collect()
}

/// Combining marks, and the Hangul vowels and finals that compose with what stands before.
fn joins_back(c: char) -> bool {
    is_combining_mark(c) || matches!(u32::from(c), 0x1160..=0x11ff)
}

fn fold_one(c: char, start: u32, folded: &mut Vec<Scalar>) {
    let end = start + 1;
    if c.is_ascii() {
        let plain = if c.is_ascii_whitespace() && c != '\n' { ' ' } else { c.to_ascii_lowercase() };
        if !c.is_ascii_control() || c.is_ascii_whitespace() {
            folded.push(Scalar { c: plain, start, end, upper: c.is_ascii_uppercase() });
        }
    } else if matches!(u32::from(c), 0x4e00..=0x9fff) {
        folded.push(Scalar { c, start, end, upper: false });
    } else if !is_invisible(c) {
        fold_rare(c, start, folded);
    }
}

fn fold_rare(c: char, start: u32, folded: &mut Vec<Scalar>) {
    let end = start + 1;
    if let Some(raised) = superscript(c) {
        let continues = folded.last().is_some_and(|last| last.end == start && is_raised(last));
        if !continues {
            folded.push(Scalar { c: '^', start, end, upper: false });
        }
        // The flag marks a raised character, so that 10¹² gets one caret.
        folded.push(Scalar { c: raised, start, end, upper: true });
    } else if let Some(plain) = plain_mark(c) {
        folded.push(Scalar { c: plain, start, end, upper: false });
    } else {
        fold_cluster(c.encode_utf8(&mut [0; 4]), (start, end), folded);
    }
}

fn is_raised(scalar: &Scalar) -> bool {
    scalar.upper && !scalar.c.is_alphabetic()
}

fn fold_cluster(cluster: &str, (start, end): (u32, u32), folded: &mut Vec<Scalar>) {
    for c in cluster.nfkc() {
        let upper = c.is_uppercase();
        if c == 'ß' {
            folded.extend([Scalar { c: 's', start, end, upper }; 2]);
            continue;
        }
        for c in c.to_lowercase() {
            let c = plain_mark(c).unwrap_or(c);
            folded.push(Scalar { c, start, end, upper });
        }
    }
}

/// Quotes, dashes, spaces and operators that are written in several ways.
fn plain_mark(c: char) -> Option<char> {
    Some(match c {
        '‘' | '’' | '‛' | '′' | '＇' | '`' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '「' | '」' | '『' | '』' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => '-',
        '·' | '•' | '∙' | '⋅' | '・' => '·',
        '∕' | '⁄' => '/',
        '≠' => '≠',
        '∶' => ':',
        c if c.is_whitespace() => ' ',
        _ => return None,
    })
}

fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(u32::from(c) - 0x2070, 10)?,
        '⁺' => '+',
        '⁻' => '-',
        _ => return None,
    })
}

/// Control, zero-width, bidirectional, tag and variation characters, and the soft hyphen.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0x00ad | 0x034f | 0x061c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe_0000..=0xe_0fff)
        || (c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold_to_string(text)
    }

    #[test]
    fn width_case_quotes_and_dashes_fold() {
        assert_eq!(folded("ＫＶ　Ｃａｃｈｅ，“don’t”—ＯＫ"), "kv cache,\"don't\"-ok");
        assert_eq!(folded("ﬁne Straße"), "fine strasse");
    }

    #[test]
    fn superscripts_become_one_caret_and_digits() {
        assert_eq!(folded("O(n²), 10⁻⁵, 10¹²"), "o(n^2), 10^-5, 10^12");
        assert_eq!(folded("x₁"), "x1");
    }

    #[test]
    fn invisible_characters_vanish_without_moving_spans() {
        let scalars = fold("a\u{200b}b\u{202e}c");
        let spans: Vec<_> = scalars.iter().map(|s| (s.c, s.start, s.end)).collect();
        assert_eq!(spans, [('a', 0, 1), ('b', 2, 3), ('c', 4, 5)]);
    }

    #[test]
    fn a_combining_mark_belongs_to_its_letter() {
        let scalars = fold("e\u{301}t");
        let spans: Vec<_> = scalars.iter().map(|s| (s.c, s.start, s.end)).collect();
        assert_eq!(spans, [('é', 0, 2), ('t', 2, 3)]);
    }

    #[test]
    fn one_original_can_give_several_scalars() {
        let scalars = fold("㎏x");
        let spans: Vec<_> = scalars.iter().map(|s| (s.c, s.start, s.end)).collect();
        assert_eq!(spans, [('k', 0, 1), ('g', 0, 1), ('x', 1, 2)]);
    }

    #[test]
    fn newlines_stay_apart_from_other_white_space() {
        assert_eq!(folded("a\tb\nc"), "a b\nc");
    }
}
