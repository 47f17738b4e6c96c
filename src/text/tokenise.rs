//! Cuts a text into tokens with spans, and the tokens into sentences.
//!
//! A Latin word, a number, a Han character and an operator are tokens;
//! articles, brackets, quotes and hyphens are not, but they leave a gap that a
//! reader of tokens can see. Spans count Unicode scalar values of the original
//! and lie in rising order.

use super::fold::{Scalar, fold};
use super::spelling::han_tens;
use super::{HASH_START, hash, hash_on, is_han, marks, stem};

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, or letters with digits, of a script written with spaces.
    Word,
    /// Digits, with decimal point or exponent.
    Number,
    /// One Han or kana character.
    Han,
    /// An operator or unit sign, such as `=`, `%` or `^`.
    Symbol,
}

/// What stands between a token and the one before it, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing.
    None,
    /// White space.
    Space,
    /// A hyphen, slash, bracket, quote or enumeration comma.
    Soft,
    /// A comma, colon, dash or line break.
    Comma,
    /// The end of a sentence.
    Sentence,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is made of.
    pub kind: Kind,
    /// What stands before it.
    pub gap: Gap,
    /// Whether all its letters were upper-case.
    pub upper: bool,
    /// Its first character, folded.
    pub first: char,
    /// Hash of its stem.
    pub stem: u64,
    /// Hash of the word without a common ending, to compare with [`Token::joined`].
    pub light: u64,
    /// The same hash of this and the previous word written as one; 0 for none.
    pub joined: u64,
    /// First Unicode scalar value in the original.
    pub start: u32,
    /// One past the last one.
    pub end: u32,
    /// Where its stem stands in the text's letters; see [`Text::stem`].
    letters: (u32, u32),
}

/// A text as tokens and sentences.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// All tokens in order.
    pub tokens: Vec<Token>,
    /// Token ranges of the sentences; they cover all tokens in order.
    pub sentences: Vec<std::ops::Range<usize>>,
    /// The stems of words and numbers, one after the other.
    letters: Vec<u8>,
}

impl Text {
    /// Folds and cuts a text.
    pub fn new(text: &str) -> Self {
        Self::from_folded(&fold(text))
    }

    /// Cuts a text that is folded already.
    pub fn from_folded(scalars: &[Scalar]) -> Self {
        let mut scanner = Scanner::new(scalars);
        scanner.run();
        let sentences = super::sentence::split(&scanner.tokens);
        Self { tokens: scanner.tokens, sentences, letters: scanner.letters }
    }

    /// The stem of a word or number; empty for other tokens.
    pub fn stem(&self, token: &Token) -> &str {
        let (from, to) = token.letters;
        let letters = self.letters.get(from as usize..to as usize).unwrap_or_default();
        std::str::from_utf8(letters).unwrap_or_default()
    }

    /// The span of a token range in Unicode scalar values of the original.
    pub fn span(&self, range: std::ops::Range<usize>) -> (usize, usize) {
        match self.tokens.get(range) {
            Some([first, .., last]) => (first.start as usize, last.end as usize),
            Some([only]) => (only.start as usize, only.end as usize),
            _ => (0, 0),
        }
    }
}

struct Scanner<'a> {
    scalars: &'a [Scalar],
    at: usize,
    gap: Gap,
    tokens: Vec<Token>,
    letters: Vec<u8>,
    word: Vec<u8>,
    stemmed: Vec<u8>,
    /// Hash of the letters of the last word, when the next one may join it.
    last: Option<u64>,
}

impl<'a> Scanner<'a> {
    fn new(scalars: &'a [Scalar]) -> Self {
        Self {
            scalars,
            at: 0,
            gap: Gap::Sentence,
            tokens: Vec::with_capacity(scalars.len() / 3 + 4),
            letters: Vec::with_capacity(scalars.len()),
            word: Vec::with_capacity(24),
            stemmed: Vec::with_capacity(48),
            last: None,
        }
    }

    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            if let Some((tens, length)) = han_tens(c, self.peek(1), self.peek(2)) {
                self.number(tens, length);
            } else if is_han(c) {
                self.single(Kind::Han, c, 1);
            } else if c.is_alphanumeric() {
                self.word();
            } else {
                self.mark(c);
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.scalars.get(self.at + ahead).map(|scalar| scalar.c)
    }

    fn rest(&self) -> &'a [Scalar] {
        &self.scalars[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.at.checked_sub(1).map(|i| self.scalars[i].c)
    }

    fn push(&mut self, token: Token) {
        self.tokens.push(token);
        self.gap = Gap::None;
    }

    /// A token that is one character, though it may be written as several.
    fn single(&mut self, kind: Kind, as_char: char, length: usize) {
        let scalar = self.scalars[self.at];
        let end = self.scalars[self.at + length - 1].end;
        let stem = hash_on(HASH_START, as_char.encode_utf8(&mut [0; 4]).as_bytes());
        self.push(Token {
            kind,
            gap: self.gap,
            upper: false,
            first: as_char,
            stem,
            light: stem,
            joined: 0,
            start: scalar.start,
            end,
            letters: (0, 0),
        });
        self.last = None;
        self.at += length;
    }

    /// A number that is written in Han characters.
    fn number(&mut self, value: u32, length: usize) {
        let from = self.at;
        self.at += length;
        self.word.clear();
        self.word.extend_from_slice(value.to_string().as_bytes());
        self.push_word(from, self.at);
        self.last = None;
    }

    fn word(&mut self) {
        let from = self.at;
        self.word.clear();
        while let Some(c) = self.peek(0) {
            if c.is_alphanumeric() && !is_han(c) {
                self.word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            } else if self.continues_number(c, from) {
                if c != ',' {
                    self.word.push(if c == '.' { b'.' } else { b'-' });
                }
            } else {
                break;
            }
            self.at += 1;
        }
        let negated = self.contraction();
        self.push_word(from, self.at);
        if negated {
            self.push_not(from);
        }
    }

    /// Decimal points, thousands separators and signs of exponents.
    fn continues_number(&self, c: char, from: usize) -> bool {
        let digit = |ahead: usize| self.peek(ahead).is_some_and(|c| c.is_ascii_digit());
        let after_digit = self.before().is_some_and(|c| c.is_ascii_digit());
        match c {
            '.' => after_digit && digit(1),
            ',' => {
                let digits_alone = self.word.iter().all(u8::is_ascii_digit);
                after_digit && digits_alone && (1..4).all(digit) && !digit(4)
            }
            '-' => {
                let starts_as_number = self.scalars[from].c.is_ascii_digit();
                starts_as_number && self.word.ends_with(b"e") && self.word.len() > 1 && digit(1)
            }
            _ => false,
        }
    }

    /// Reads past `'s`, `'re` and the like; says whether the word was negated by `n't`.
    fn contraction(&mut self) -> bool {
        let quote = self.peek(0) == Some('\'');
        if !quote || !self.peek(1).is_some_and(char::is_alphabetic) {
            return false;
        }
        // Longer than two letters is no contraction, so more need not be counted.
        let tail = (1..4).take_while(|i| self.peek(*i).is_some_and(char::is_alphabetic)).count();
        let negation = tail == 1 && self.peek(1) == Some('t') && self.word.ends_with(b"n");
        if tail > 2 {
            return false;
        }
        self.at += 1 + tail;
        if negation {
            self.word.pop();
            match self.word.as_slice() {
                b"ca" => self.word.push(b'n'),
                b"wo" => {
                    self.word.clear();
                    self.word.extend_from_slice(b"will");
                }
                _ => {}
            }
        }
        negation
    }

    fn push_word(&mut self, from: usize, to: usize) {
        let scalars = &self.scalars[from..to];
        if self.word == b"cannot" {
            self.word.truncate(3);
            self.push_word(from, to);
            self.push_not(from);
            return;
        }
        self.clip_acronym_plural(scalars);
        if self.is_article(scalars) {
            self.last = None;
            return;
        }
        let number = self.word[0].is_ascii_digit() && is_number(&self.word);
        if number {
            trim_decimals(&mut self.word);
        }
        let token = Token {
            kind: if number { Kind::Number } else { Kind::Word },
            gap: self.gap,
            upper: scalars.iter().all(|s| s.upper || !s.c.is_alphabetic() || s.c == 's')
                && scalars[0].upper,
            first: scalars[0].c,
            stem: self.stem_hash(),
            light: hash_on(HASH_START, without_ending(&self.word)),
            joined: self.joined_hash(),
            letters: self.keep_stem(),
            start: scalars[0].start,
            end: scalars[scalars.len() - 1].end,
        };
        self.push(token);
        self.last = Some(hash_on(HASH_START, &self.word));
    }

    fn push_not(&mut self, from: usize) {
        let (start, end) = (self.scalars[from].start, self.scalars[self.at - 1].end);
        self.push(Token {
            kind: Kind::Word,
            gap: Gap::None,
            upper: false,
            first: 'n',
            stem: hash("not"),
            light: hash("not"),
            joined: 0,
            start,
            end,
            letters: (0, 0),
        });
        self.last = None;
    }

    /// `LLMs` is the plural of `LLM`, whatever the stemmer makes of it.
    fn clip_acronym_plural(&mut self, scalars: &[Scalar]) {
        let consonants = |word: &[u8]| word.iter().all(|b| !b"aeiou".contains(b));
        if let [body @ .., b's'] = self.word.as_slice()
            && body.len() >= 2
            && !body.ends_with(b"s")
        {
            let typed = scalars[..scalars.len() - 1].iter().all(|s| s.upper)
                && scalars.last().is_some_and(|s| !s.upper);
            if typed || (body.is_ascii() && consonants(body)) {
                self.word.pop();
            }
        }
    }

    /// Articles say nothing; a capital A inside a sentence is a name.
    fn is_article(&self, scalars: &[Scalar]) -> bool {
        match self.word.as_slice() {
            b"the" | b"an" => true,
            b"a" => !scalars[0].upper || self.gap == Gap::Sentence,
            _ => false,
        }
    }

    fn stem_hash(&mut self) -> u64 {
        self.stemmed.clear();
        self.stemmed.extend_from_slice(&self.word);
        stem::stem_in_place(&mut self.stemmed);
        hash_on(HASH_START, &self.stemmed)
    }

    /// Keeps the stem just made.
    fn keep_stem(&mut self) -> (u32, u32) {
        let place = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let from = place(self.letters.len());
        self.letters.extend_from_slice(&self.stemmed);
        (from, place(self.letters.len()))
    }

    fn joined_hash(&self) -> u64 {
        let joins = self.gap <= Gap::Soft;
        self.last.filter(|_| joins).map_or(0, |last| hash_on(last, without_ending(&self.word)))
    }

    /// Anything that is neither a letter nor a digit.
    fn mark(&mut self, c: char) {
        if let Some((symbol, length)) = marks::operator(self.before(), self.rest()) {
            self.single(Kind::Symbol, symbol, length);
            return;
        }
        let fresh = self.gap == Gap::None;
        let last = self.tokens.last().filter(|_| fresh);
        self.gap = self.gap.max(marks::gap(c, self.before(), &self.rest()[1..], last));
        self.at += 1;
    }
}

/// A word without its common ending. Unlike a stem it does not depend on what
/// stands before, so that a word written apart and the same written as one end alike.
fn without_ending(word: &[u8]) -> &[u8] {
    const ENDINGS: [&[u8]; 5] = [b"ing", b"ed", b"es", b"e", b"s"];
    let ending = ENDINGS.iter().find(|ending| word.ends_with(ending)).map_or(0, |e| e.len());
    &word[..if word.len() >= ending + 3 { word.len() - ending } else { word.len() }]
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'e'))
}

/// `0.10` and `0.1` are one number.
fn trim_decimals(word: &mut Vec<u8>) {
    let points = word.split(|byte| *byte == b'.').count() - 1;
    if points == 1 && !word.contains(&b'e') {
        while word.ends_with(b"0") {
            word.pop();
        }
        if word.ends_with(b".") {
            word.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let slice = |t: &Token| chars[t.start as usize..t.end as usize].iter().collect();
        Text::new(text).tokens.iter().map(slice).collect()
    }

    fn same(a: &str, b: &str) -> bool {
        let stems = |text| Text::new(text).tokens.iter().map(|t| t.stem).collect::<Vec<_>>();
        stems(a) == stems(b)
    }

    #[test]
    fn words_numbers_han_and_operators() {
        assert_eq!(
            slices("GQA 把 O(n^2) 的 5% 存在 </s>"),
            ["GQA", "把", "O", "n", "^", "2", "的", "5", "%", "存", "在", "<", "/", "s", ">"]
        );
    }

    #[test]
    fn numbers_keep_points_exponents_and_lose_separators() {
        assert_eq!(
            slices("1e-4, 3.5, 32,000 and 1, 2"),
            ["1e-4", "3.5", "32,000", "and", "1", "2"]
        );
        assert!(same("0.10", "0.1") && same("32,000", "32000") && same("10⁻⁵", "10^-5"));
    }

    #[test]
    fn spelling_inflection_width_and_percent_meet() {
        assert!(same("normalised", "normalizing"));
        assert!(same("five percent", "5 %"));
        assert!(same("ＬＬＭｓ", "llm") && same("llms", "LLM"));
        assert!(same("10×", "10 x"));
        assert!(same("a != b", "a ≠ b"));
    }

    #[test]
    fn numbers_in_words_are_numbers() {
        assert!(same("about twenty tokens", "about 20 tokens"));
        assert!(same("大约二十个 token，七十五个", "大约 20 个 token，75 个"));
        assert!(!same("十分", "10 分"));
        assert_eq!(slices("每参数二十个"), ["每", "参", "数", "二十", "个"]);
    }

    #[test]
    fn articles_go_but_a_name_stays() {
        assert_eq!(slices("The matrix A and a vector"), ["matrix", "A", "and", "vector"]);
    }

    #[test]
    fn contractions_show_their_negation() {
        assert!(same("it doesn't", "it does not"));
        assert!(same("can't won’t cannot", "can not will not can not"));
        assert!(same("it's the model's", "it model"));
    }

    #[test]
    fn adjacent_words_know_their_joined_form() {
        let joined = |text: &str| Text::new(text).tokens[1].joined;
        let light = |text: &str| Text::new(text).tokens[0].light;
        assert_eq!(joined("all-reduce"), light("allreduce"));
        assert_eq!(joined("fine tuned"), light("finetuning"));
        assert_eq!(joined("K/V"), light("kv"));
        assert_eq!(joined("all. Reduce"), 0);
    }

    #[test]
    fn spans_point_into_the_original() {
        let text = Text::new("\u{200b}ＫＶ 缓存");
        assert_eq!(text.span(0..3), (1, 6));
    }

    #[test]
    fn abbreviations_end_no_sentence() {
        assert_eq!(Text::new("MQA vs. GQA, e.g. in Llama 2. It works.").sentences.len(), 2);
    }
}
