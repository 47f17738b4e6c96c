//! Cuts an answer into the words that the rules look at.
//!
//! Disguises fall here: width, accents, look-alike letters, digits for letters,
//! hidden characters, letters spaced out, traditional characters. Every Latin word
//! and every Han character is a word of its own, so that separators between them
//! do not matter. Nothing is judged here.

use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::hidden::is_hidden;
use crate::text::{is_han, is_unified_han};

/// The words of a text, in order.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) list: Vec<Word>,
    /// Their plain spellings, one behind the other.
    letters: String,
}

impl Words {
    /// The plain spelling of a word.
    pub(super) fn text(&self, word: &Word) -> &str {
        &self.letters[word.letters.clone()]
    }
}

/// A word with its place in the answer.
#[allow(clippy::struct_excessive_bools, reason = "independent facts about a place in a text")]
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Bytes of its plain spelling among those of all words.
    pub(super) letters: Range<usize>,
    /// Other readings, when digits stand for letters.
    pub(super) others: Vec<String>,
    /// First Unicode scalar value in the answer.
    pub(super) start: usize,
    /// One past the last.
    pub(super) end: usize,
    /// Number of the sentence; line breaks alone end none.
    pub(super) sentence: usize,
    /// First of its clause: nothing, or punctuation, stands before it.
    pub(super) opens_clause: bool,
    /// First of its line, but for marks.
    pub(super) opens_line: bool,
    /// Stands between quotation marks or backticks.
    pub(super) quoted: bool,
    /// Put together from letters that stood apart.
    pub(super) joined: bool,
}

/// Shortest sentence, in words; a shorter one runs on, so that `Give. Me. Marks.` is one.
const SHORTEST_SENTENCE: usize = 3;

/// Cuts a text into words; linear in its length.
pub(super) fn words(chars: &[char]) -> Words {
    let mut cutter = Cutter { line: true, clause: true, ..Cutter::default() };
    cutter.words.list.reserve(chars.len() / 4);
    cutter.words.letters.reserve(chars.len());
    for (at, &ch) in chars.iter().enumerate() {
        cutter.take(at, ch, chars.get(at + 1).copied());
    }
    cutter.finish();
    let Words { list, letters } = cutter.words;
    Words { list: join_letters(list, &letters), letters }
}

#[derive(Default)]
struct Cutter {
    words: Words,
    /// Where the letters of the word that is being read begin.
    begun: usize,
    start: usize,
    end: usize,
    sentence: usize,
    in_sentence: usize,
    clause: bool,
    line: bool,
    quote: Option<char>,
}

impl Cutter {
    fn take(&mut self, at: usize, ch: char, next: Option<char>) {
        if ch.is_ascii_alphanumeric() {
            return self.letter(at, ch.to_ascii_lowercase());
        }
        let ch = tag_shown(ch).unwrap_or(ch);
        if is_hidden(ch) {
            return;
        }
        // Neither ASCII nor plain Han characters are spelt in another way.
        if ch.is_ascii() || is_unified_han(ch) {
            return self.plain(at, ch, next);
        }
        if is_combining_mark(ch) {
            return;
        }
        for plain in std::iter::once(ch).nfkd().filter(|ch| !is_combining_mark(*ch)) {
            self.plain(at, look_alike(plain), next);
        }
    }

    fn plain(&mut self, at: usize, ch: char, next: Option<char>) {
        if is_han(ch) {
            self.finish();
            self.letter(at, simplified(ch));
            self.finish();
        } else if ch.is_alphanumeric() {
            ch.to_lowercase().for_each(|ch| self.letter(at, ch));
        } else if matches!(ch, '\'' | '’') && next.is_some_and(char::is_alphanumeric) {
            self.end = at + 1;
        } else {
            self.finish();
            self.mark(ch, next);
        }
    }

    fn letter(&mut self, at: usize, ch: char) {
        if self.words.letters.len() == self.begun {
            self.start = at;
        }
        self.words.letters.push(ch);
        self.end = at + 1;
    }

    fn finish(&mut self) {
        let letters = self.begun..self.words.letters.len();
        if letters.is_empty() {
            return;
        }
        self.begun = letters.end;
        self.in_sentence += 1;
        self.words.list.push(Word {
            others: without_digits(&self.words.letters[letters.clone()]),
            letters,
            start: self.start,
            end: self.end,
            sentence: self.sentence,
            opens_clause: self.clause,
            opens_line: self.line,
            quoted: self.quote.is_some(),
            joined: false,
        });
        (self.clause, self.line) = (false, false);
    }

    fn mark(&mut self, ch: char, next: Option<char>) {
        if ch.is_whitespace() {
            if ch == '\n' {
                (self.clause, self.line, self.quote) = (true, true, None);
                if next == Some('\n') {
                    self.end_sentence();
                }
            }
            return;
        }
        self.clause = true;
        self.quote = match (self.quote, ch) {
            (None, '"' | '`') => Some(ch),
            (None, '“') => Some('”'),
            (None, '「') => Some('」'),
            (None, '『') => Some('』'),
            (Some(close), ch) if close == ch => None,
            (open, _) => open,
        };
        let ends = match ch {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' => next.is_none_or(|ch| ch.is_whitespace() || "\"”’)]}*".contains(ch)),
            _ => false,
        };
        if ends && self.in_sentence >= SHORTEST_SENTENCE {
            self.end_sentence();
        }
    }

    fn end_sentence(&mut self) {
        self.sentence += 1;
        self.in_sentence = 0;
    }
}

/// Fewest letters that stand apart and are put together.
const FEWEST_JOINED: usize = 4;

/// Words of single letters put together: `g i v e` is `give`.
fn join_letters(words: Vec<Word>, letters: &str) -> Vec<Word> {
    let single = |word: &Word| {
        let text = &letters.as_bytes()[word.letters.clone()];
        text.len() == 1 && text[0].is_ascii_alphabetic()
    };
    if !words.windows(FEWEST_JOINED).any(|run| run.iter().all(single)) {
        return words;
    }
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut run: Vec<Word> = Vec::new();
    for word in words {
        let single = single(&word);
        let near = run.last().is_none_or(|last| word.start - last.end <= 3);
        if !(single && near) {
            flush(&mut run, &mut out);
        }
        if single { run.push(word) } else { out.push(word) }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<Word>, out: &mut Vec<Word>) {
    if run.len() < FEWEST_JOINED {
        out.append(run);
        return;
    }
    let narrow = run.windows(2).map(|pair| pair[1].start - pair[0].end).min().unwrap_or(0);
    let mut joined: Option<Word> = None;
    for letter in run.drain(..) {
        match &mut joined {
            Some(word) if letter.start - word.end <= narrow => {
                // Letters of neighbours stand side by side.
                word.letters.end = letter.letters.end;
                word.end = letter.end;
                word.joined = true;
            }
            _ => out.extend(joined.replace(letter)),
        }
    }
    out.extend(joined);
}

/// Readings of a word in which digits stand for letters.
fn without_digits(word: &str) -> Vec<String> {
    let some = |of: fn(&u8) -> bool| word.as_bytes().iter().any(of);
    if !some(u8::is_ascii_digit) || !some(u8::is_ascii_alphabetic) || word.len() > 24 {
        return Vec::new();
    }
    let read = |one: char| -> String {
        let letter = |ch| match ch {
            '0' => 'o',
            '1' => one,
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            other => other,
        };
        word.chars().map(letter).collect()
    };
    vec![read('i'), read('l')]
}

/// The ASCII character that an invisible tag character stands for.
fn tag_shown(ch: char) -> Option<char> {
    let code = u32::from(ch).checked_sub(0xE0000)?;
    char::from_u32(code).filter(|ascii| (' '..='~').contains(ascii))
}

/// Pairs of characters, sorted by the first; of two with the same first the earlier counts.
type Pairs = Vec<(char, char)>;

/// The Latin letter that a Cyrillic or Greek one looks like.
static LOOK_ALIKES: LazyLock<Pairs> = LazyLock::new(|| {
    pairs(
        "аaеeоoрpсcхxуyіiјjѕsԁdһhкkмmтtнhвbіiԛqԝwɡgıiαaοoρpνvτtκkιiυuγyАAВBЕEКKМMНHОOРPСCТTХXІIЅSΑAΒBΕEΗHΙIΚKΜMΝNΟOΡPΤTΧXΥYΖZ",
    )
});

/// The simplified form of the traditional characters that the rules use.
static SIMPLIFIED: LazyLock<Pairs> = LazyLock::new(|| {
    pairs(
        "請请給给滿满評评標标準准視视關关無无從从現现開开為为對对確确優优過过題题結结論论點点這这個个師师學学閱阅該该應应當当輸输記记斷断統统設设規规則则實实覆覆蓋盖錄录說说員员導导審审總总績绩檢检將将務务必必寬宽鬆松參参",
    )
});

fn pairs(text: &str) -> Pairs {
    let chars: Vec<char> = text.chars().collect();
    let mut pairs: Pairs = chars.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.sort_by_key(|(from, _)| *from);
    pairs.dedup_by_key(|(from, _)| *from);
    pairs
}

fn replaced(pairs: &Pairs, ch: char) -> char {
    pairs.binary_search_by_key(&ch, |(from, _)| *from).map_or(ch, |at| pairs[at].1)
}

fn look_alike(ch: char) -> char {
    if ch.is_ascii() || is_han(ch) { ch } else { replaced(&LOOK_ALIKES, ch) }
}

fn simplified(ch: char) -> char {
    replaced(&SIMPLIFIED, ch)
}
