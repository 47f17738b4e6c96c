//! Folds text so that spellings of the same words compare equal, and keeps the way back.
//!
//! Folded: compatibility forms (NFKC), case, white space, typographic quotes and
//! dashes, Chinese punctuation, hidden characters, Markdown emphasis. Kept:
//! every letter, digit, sign and negation; superscripts keep their `^`. Each
//! folded character knows which characters of the original it came from, so a
//! place in the folded text is a place in the original.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// A dash that is the sign of the number behind it, as in ` -5` but not in `GPT-4`.
pub(super) const SIGN: char = '−';

/// Folded text with the way back to the original, in Unicode scalar values.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) text: String,
    pub(super) chars: Vec<char>,
    /// Byte offset in `text` of each folded character.
    bytes: Vec<usize>,
    /// First original character of each folded one.
    from: Vec<usize>,
    /// One past the last original character of each folded one.
    to: Vec<usize>,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        let mut folding = Folding::default();
        let chars: Vec<char> = original.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let mut end = at + 1;
            while end < chars.len() && canonical_combining_class(chars[end]) != 0 {
                end += 1;
            }
            folding.cluster(&chars[at..end], at, end);
            at = end;
        }
        folding.out
    }

    /// Number of folded characters.
    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// Index of the folded character at a byte offset of `text`.
    pub(super) fn index_of_byte(&self, byte: usize) -> usize {
        self.bytes.partition_point(|&offset| offset < byte)
    }

    /// Byte offset in `text` of a folded character, or the text's length.
    pub(super) fn byte_of_index(&self, index: usize) -> usize {
        self.bytes.get(index).copied().unwrap_or(self.text.len())
    }

    /// The original characters behind the folded ones from `start` up to `end` (not empty).
    pub(super) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        (self.from[start], self.to[end - 1])
    }

    /// The first folded character that comes from an original one at or after `original`.
    pub(super) fn first_from(&self, original: usize) -> usize {
        self.from.partition_point(|&from| from < original)
    }

    fn replace_last(&mut self, ch: char) {
        self.text.pop();
        self.text.push(ch);
        self.chars.pop();
        self.chars.push(ch);
    }

    fn push(&mut self, ch: char, from: usize, to: usize) {
        self.bytes.push(self.text.len());
        self.text.push(ch);
        self.chars.push(ch);
        self.from.push(from);
        self.to.push(to);
    }
}

/// A run of white space or emphasis marks whose fate the next character decides.
#[derive(Default)]
struct Pending {
    space: Option<(usize, usize)>,
    marks: Vec<(char, usize, usize)>,
}

#[derive(Default)]
struct Folding {
    out: Folded,
    pending: Pending,
    /// The last character is a dash that stands apart from what is before it.
    may_be_sign: bool,
}

impl Folding {
    fn cluster(&mut self, chars: &[char], from: usize, to: usize) {
        if let [single] = chars
            && let Some(digit) = superscript(*single)
        {
            self.emit('^', from, to);
            self.emit(digit, from, to);
            return;
        }
        let normal: Vec<char> = chars.iter().copied().nfkc().collect();
        // A fraction or a numbered mark must not run into the digits before it.
        if normal.len() > 1 && normal[0].is_ascii_digit() {
            self.pending.space.get_or_insert((from, from));
        }
        for ch in normal.into_iter().flat_map(char::to_lowercase) {
            self.one(ch, from, to);
        }
    }

    fn one(&mut self, ch: char, from: usize, to: usize) {
        if is_hidden(ch) {
            return;
        }
        if ch.is_whitespace() {
            self.pending.space = Some((from, to));
        } else if matches!(ch, '*' | '`' | '_') {
            self.pending.marks.push((ch, from, to));
        } else {
            self.emit(plain(ch), from, to);
        }
    }

    /// Emits a character after settling what stands before it: a space is kept
    /// between two words only, emphasis marks inside a word only.
    fn emit(&mut self, ch: char, from: usize, to: usize) {
        let Pending { space, marks } = std::mem::take(&mut self.pending);
        let before = self.out.chars.last().copied();
        let joins = before.is_some_and(is_word) && is_word(ch);
        match (space, joins) {
            (Some((from, to)), true) => self.out.push(' ', from, to),
            (None, true) => {
                for (ch, from, to) in marks {
                    self.out.push(ch, from, to);
                }
            }
            _ => {}
        }
        if ch == '-' && before == Some('-') {
            return;
        }
        if ch.is_numeric() && self.may_be_sign && space.is_none() {
            self.out.replace_last(SIGN);
        }
        let apart = space.is_some() || !before.is_some_and(|ch| is_word(ch) || is_han(ch));
        self.may_be_sign = ch == '-' && apart;
        self.out.push(ch, from, to);
    }
}

/// A letter or digit of a script that writes spaces between words.
pub(super) fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() && !is_han(ch)
}

/// A character of a script that writes no spaces between words.
pub(super) fn is_han(ch: char) -> bool {
    matches!(ch,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

fn is_hidden(ch: char) -> bool {
    let control = ch.is_control() && !ch.is_whitespace();
    control
        || matches!(ch,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn superscript(ch: char) -> Option<char> {
    match ch {
        '¹' => Some('1'),
        '²' => Some('2'),
        '³' => Some('3'),
        '⁰' | '⁴'..='⁹' => char::from_digit(ch as u32 - '⁰' as u32, 10),
        'ⁿ' => Some('n'),
        _ => None,
    }
}

/// One spelling for quotes, dashes and Chinese punctuation.
fn plain(ch: char) -> char {
    match ch {
        '‘' | '’' | '‚' | '‛' | '′' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '「' | '」' | '『' | '』' | '《' | '》'
        | '〈' | '〉' | '〝' | '〞' | '〟' | '﹁' | '﹂' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '━' => '-',
        '。' | '｡' => '.',
        '、' | '､' => ',',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '\u{2044}' | '∕' => '/',
        '∗' | '×' => '×',
        '·' | '・' | '‧' | '•' => '·',
        other => other,
    }
}
