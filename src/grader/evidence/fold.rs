//! Folds text so that spellings of the same words compare equal, and keeps the way back.
//!
//! Folded: compatibility forms (NFKC), case, white space, typographic quotes and
//! dashes, Chinese punctuation, hidden characters, Markdown emphasis. Kept:
//! every letter, digit, sign and negation; superscripts keep their `^`. Each
//! folded character knows which characters of the original it came from, so a
//! place in the folded text is a place in the original.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::text::{is_han, is_unified_han};

/// A dash that is the sign of the number behind it, as in ` -5` but not in `GPT-4`.
pub(super) const SIGN: char = '−';

/// Folded text with the way back to the original, in Unicode scalar values.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) text: String,
    pub(super) chars: Vec<char>,
    places: Vec<Place>,
}

/// Where a folded character stands and where it comes from.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Byte offset in the folded text.
    byte: usize,
    /// First original character.
    from: usize,
    /// One past the last original character.
    to: usize,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        let mut folding = Folding { out: Self::with_room(original.len()), ..Folding::default() };
        let mut cluster = Vec::new();
        let mut chars = original.chars().zip(0..).peekable();
        while let Some((ch, at)) = chars.next() {
            let marks = |(next, _): &(char, usize)| joins_back(*next);
            if chars.peek().is_some_and(marks) {
                cluster.clear();
                cluster.push(ch);
                cluster.extend(std::iter::from_fn(|| chars.next_if(marks)).map(|(mark, _)| mark));
                folding.cluster(&cluster, at, at + cluster.len());
            } else if ch.is_ascii() {
                folding.one(ch.to_ascii_lowercase(), at, at + 1);
            } else if is_unified_han(ch) {
                folding.one(ch, at, at + 1);
            } else {
                folding.cluster(&[ch], at, at + 1);
            }
        }
        folding.out
    }

    /// Room for about as many characters as a text has bytes.
    fn with_room(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            chars: Vec::with_capacity(bytes),
            places: Vec::with_capacity(bytes),
        }
    }

    /// Number of folded characters.
    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// Index of the folded character at a byte offset of `text`.
    pub(super) fn index_of_byte(&self, byte: usize) -> usize {
        self.places.partition_point(|place| place.byte < byte)
    }

    /// Byte offset in `text` of a folded character, or the text's length.
    pub(super) fn byte_of_index(&self, index: usize) -> usize {
        self.places.get(index).map_or(self.text.len(), |place| place.byte)
    }

    /// The original characters behind the folded ones from `start` up to `end` (not empty).
    pub(super) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        (self.places[start].from, self.places[end - 1].to)
    }

    /// The first folded character that comes from an original one at or after `original`.
    pub(super) fn first_from(&self, original: usize) -> usize {
        self.places.partition_point(|place| place.from < original)
    }

    fn replace_last(&mut self, ch: char) {
        self.text.pop();
        self.text.push(ch);
        self.chars.pop();
        self.chars.push(ch);
    }

    fn push(&mut self, ch: char, from: usize, to: usize) {
        self.places.push(Place { byte: self.text.len(), from, to });
        self.text.push(ch);
        self.chars.push(ch);
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

    /// Emits a character after settling what stands before it.
    fn emit(&mut self, ch: char, from: usize, to: usize) {
        let before = self.out.chars.last().copied();
        let space = self.pending.space.take();
        if space.is_some() || !self.pending.marks.is_empty() {
            self.settle(space, before.is_some_and(is_word) && is_word(ch));
        }
        if ch == '-' && before == Some('-') {
            return;
        }
        if self.may_be_sign && ch.is_numeric() && space.is_none() {
            self.out.replace_last(SIGN);
        }
        self.may_be_sign =
            ch == '-' && (space.is_some() || !before.is_some_and(|ch| is_word(ch) || is_han(ch)));
        self.out.push(ch, from, to);
    }

    /// A space is kept between two words only, emphasis marks inside a word only.
    fn settle(&mut self, space: Option<(usize, usize)>, joins: bool) {
        let marks = self.pending.marks.drain(..).filter(|_| joins && space.is_none());
        for (ch, from, to) in marks {
            self.out.push(ch, from, to);
        }
        if let Some((from, to)) = space.filter(|_| joins) {
            self.out.push(' ', from, to);
        }
    }
}

/// Whether a character composes with the one before it.
fn joins_back(ch: char) -> bool {
    !ch.is_ascii() && !is_unified_han(ch) && canonical_combining_class(ch) != 0
}

/// A letter or digit of a script that writes spaces between words.
pub(super) fn is_word(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || (!ch.is_ascii() && ch.is_alphanumeric() && !is_han(ch))
}

fn is_hidden(ch: char) -> bool {
    if ch.is_ascii() {
        return ch.is_ascii_control() && !ch.is_whitespace();
    }
    (ch.is_control() && !ch.is_whitespace())
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
        ascii if ascii.is_ascii() => ascii,
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
