//! From quotes to spans: whether an answer says what a verdict claims it says.
//!
//! A quote is looked for verbatim; then with case, white space, width and
//! typography folded; then in parts when it has an ellipsis; then with few edits,
//! none of which may touch a negation, a number, a comparison or a content word
//! beyond a slip of the pen. It refuses to judge whether a quote supports a
//! verdict. The invariant: evidence is the answer's own text at its span, it cuts
//! no word or number, and when the quote leaves out a negation that stands just
//! before it the evidence shows that negation.

mod approximate;
mod edges;
mod fold;
mod meaning;
mod spelling;
mod words;

use std::sync::OnceLock;

use memchr::arch::all::rabinkarp;
use memchr::memmem;

use crate::domain::Evidence;
use crate::text::chars_of;
use fold::Folded;

/// Longest quote, in Unicode scalar values, that is looked for with edits.
const MAX_EDITED_CHARS: usize = 600;
/// Longest quote that is looked for at all.
const MAX_CHARS: usize = 20_000;
/// Folded characters for each edit that is allowed; one edit always is.
const CHARS_PER_EDIT: usize = 10;
/// What a quote has to say at least: 2 for a content word, 1 for a Han character.
const LEAST_CONTENT: usize = 4;
/// Longest text in bytes in which a quote is looked for without a prepared searcher.
const SHORT_TEXT: usize = 4 << 10;
/// Parts that an ellipsis may cut a quote into.
const MAX_PARTS: usize = 4;
/// Longest stretch, in Unicode scalar values, that the ellipses of one quote may leave out.
const MAX_LEFT_OUT: usize = 400;

/// Why a quote is no evidence. The message is made for a re-ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteFault {
    /// Nothing but white space.
    #[error("the quote is empty")]
    Empty,
    /// It says too little to be evidence.
    #[error("the quote is too short; quote at least two content words or four Chinese characters")]
    TooShort,
    /// The answer does not hold it.
    #[error("the quote is not in the answer; copy the answer's own words")]
    NotFound,
    /// The answer holds nearly the same words with another negation, number, comparison or word.
    #[error("the quote changes what the answer says; copy the answer's own words")]
    OtherMeaning,
}

/// By which rule a quote was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Verbatim.
    Exact,
    /// After folding.
    Folded,
    /// In ordered parts around an ellipsis.
    Parts,
    /// With few edits.
    Edited,
}

/// A quote that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The answer's own text.
    pub evidence: Evidence,
    /// How it was found.
    pub how: Match,
    /// The quote left out a negation at its edge that the evidence shows.
    pub widened: bool,
}

/// An answer made ready for many quotes.
#[derive(Debug)]
pub struct AnswerIndex {
    text: String,
    chars: Vec<char>,
    /// Byte offset of each character, and the text's length.
    bytes: Vec<usize>,
    /// Made when a quote is first not verbatim.
    folded: OnceLock<Folded>,
    least: usize,
}

/// What came of one way to look for a quote.
type Sought = Result<(usize, usize), QuoteFault>;

impl AnswerIndex {
    /// Makes an answer ready; linear in its length.
    pub fn new(answer: &str) -> Self {
        let least = meaning::content_of(answer, LEAST_CONTENT);
        let chars = chars_of(answer);
        let bytes = if answer.is_ascii() {
            (0..=answer.len()).collect()
        } else {
            answer.char_indices().map(|(byte, _)| byte).chain([answer.len()]).collect()
        };
        Self { text: answer.to_owned(), chars, bytes, folded: OnceLock::new(), least }
    }

    fn fold(&self) -> &Folded {
        self.folded.get_or_init(|| Folded::new(&self.text))
    }

    /// Where the answer says what the quote says.
    ///
    /// # Errors
    /// A [`QuoteFault`] when it does not, or when the quote says too little.
    pub fn locate(&self, quote: &str) -> Result<Evidence, QuoteFault> {
        self.locate_counting(quote).0.map(|located| located.evidence)
    }

    /// As [`AnswerIndex::locate`], with how it was found and the steps of the search.
    pub fn locate_counting(&self, quote: &str) -> (Result<Located, QuoteFault>, u64) {
        let mut steps = 0;
        let found = self.search(quote.trim(), &mut steps);
        (found, steps)
    }

    fn search(&self, quote: &str, steps: &mut u64) -> Result<Located, QuoteFault> {
        if quote.is_empty() {
            return Err(QuoteFault::Empty);
        }
        if quote.chars().nth(MAX_CHARS).is_some() {
            return Err(QuoteFault::NotFound);
        }
        if let Ok((start, end)) = self.exact(quote, steps) {
            return if meaning::content_of(quote, self.least) < self.least {
                Err(QuoteFault::TooShort)
            } else {
                Ok(self.evidence((start, end), Match::Exact))
            };
        }
        let spellings: Vec<Spelling> =
            spelling::spellings(quote).into_iter().map(Spelling::new).collect();
        if meaning::content(&spellings[0].folded.chars, self.least) < self.least {
            return Err(QuoteFault::TooShort);
        }
        let mut fault = QuoteFault::NotFound;
        for how in [Match::Exact, Match::Folded, Match::Parts, Match::Edited] {
            let tried = usize::from(how == Match::Exact);
            for spelling in &spellings[tried..] {
                match self.attempt(spelling, how, steps) {
                    Ok(place) => return Ok(self.evidence(place, how)),
                    Err(QuoteFault::OtherMeaning) => fault = QuoteFault::OtherMeaning,
                    Err(_) => {}
                }
            }
        }
        Err(fault)
    }

    fn attempt(&self, spelling: &Spelling, how: Match, steps: &mut u64) -> Sought {
        match how {
            Match::Exact => self.exact(spelling.text.trim(), steps),
            Match::Folded => self.folded(spelling, steps),
            Match::Parts => self.parts(&spelling.folded.text, steps),
            Match::Edited => self.edited(&spelling.folded.chars, steps),
        }
    }

    fn evidence(&self, (start, end): (usize, usize), how: Match) -> Located {
        let (from, to) = edges::over_negation(&self.chars, start, end);
        let quote = self.text[self.bytes[from]..self.bytes[to]].to_owned();
        let evidence = Evidence { quote, start: from, end: to };
        Located { evidence, how, widened: (from, to) != (start, end) }
    }

    fn exact(&self, quote: &str, steps: &mut u64) -> Sought {
        // Spelled out it may be nothing but an escaped line break.
        if quote.is_empty() {
            return Err(QuoteFault::NotFound);
        }
        *steps += self.text.len() as u64;
        let length = quote.chars().count();
        let places = occurrences(self.text.as_bytes(), quote.as_bytes()).map(|byte| {
            let start = self.bytes.partition_point(|&offset| offset < byte);
            (start, start + length)
        });
        self.pick(places)
    }

    fn folded(&self, spelling: &Spelling, steps: &mut u64) -> Sought {
        let whole = spelling.folded.text.as_str();
        let bare = trim_marks(whole);
        self.folded_from(whole, 0, steps).or_else(|_| self.folded_from(bare, 0, steps))
    }

    /// The first whole-word place of a folded quote at or after a folded character.
    fn folded_from(&self, quote: &str, from: usize, steps: &mut u64) -> Sought {
        if quote.is_empty() {
            return Err(QuoteFault::NotFound);
        }
        let offset = self.fold().byte_of_index(from);
        *steps += (self.fold().text.len() - offset) as u64;
        let length = quote.chars().count();
        let text = &self.fold().text.as_bytes()[offset..];
        let places = memmem::find_iter(text, quote).map(|byte| {
            let start = self.fold().index_of_byte(offset + byte);
            self.fold().original(start, start + length)
        });
        self.pick(places)
    }

    /// The first whole-word place that drops no negation at its edge, else the first.
    fn pick(&self, places: impl Iterator<Item = (usize, usize)>) -> Sought {
        let mut first = None;
        let whole = |&(start, end): &(usize, usize)| edges::whole_words(&self.chars, start, end);
        for (start, end) in places.filter(whole) {
            if edges::over_negation(&self.chars, start, end) == (start, end) {
                return Ok((start, end));
            }
            first.get_or_insert((start, end));
        }
        first.ok_or(QuoteFault::NotFound)
    }

    /// The parts around ellipses, in order; what they leave out must be short and say no `not`.
    fn parts(&self, quote: &str, steps: &mut u64) -> Sought {
        let parts: Vec<&str> = split_at_ellipses(quote);
        if parts.len() > MAX_PARTS || parts.first().is_none_or(|part| *part == quote) {
            return Err(QuoteFault::NotFound);
        }
        let mut span: Option<(usize, usize)> = None;
        let mut left_out = 0;
        for part in parts {
            if meaning::content(&part.chars().collect::<Vec<_>>(), 2) < 2 {
                return Err(QuoteFault::NotFound);
            }
            let after = span.map_or(0, |(_, end)| end);
            let (start, end) = self.folded_from(part, self.fold().first_from(after), steps)?;
            if let Some((_, before)) = span {
                left_out += start - before;
                let gap = Folded::new(&self.text[self.bytes[before]..self.bytes[start]]);
                if meaning::negates(&gap.chars) {
                    return Err(QuoteFault::OtherMeaning);
                }
            }
            span = Some((span.map_or(start, |(start, _)| start), end));
        }
        span.filter(|_| left_out <= MAX_LEFT_OUT).ok_or(QuoteFault::NotFound)
    }

    /// The best place with few edits that says the same.
    fn edited(&self, quote: &[char], steps: &mut u64) -> Sought {
        if quote.len() > MAX_EDITED_CHARS || quote.len() < 2 {
            return Err(QuoteFault::NotFound);
        }
        let limit = (quote.len() / CHARS_PER_EDIT).max(1);
        let mut fault = QuoteFault::NotFound;
        for place in approximate::places(&self.fold().chars, quote, limit, steps) {
            if place.start == place.end {
                continue;
            }
            let (start, end) = self.fold().original(place.start, place.end);
            let (start, end) = edges::grow_to_words(&self.chars, start, end);
            // An edit may have made another word of one that the answer has just outside.
            let starts = [start, edges::word_before(&self.chars, start)];
            let ends = [end, edges::word_after(&self.chars, end)];
            let spans = starts.iter().flat_map(|&start| ends.map(|end| (start, end)));
            for span in spans {
                if self.says(span, quote, steps) {
                    return Ok(span);
                }
            }
            fault = QuoteFault::OtherMeaning;
        }
        Err(fault)
    }

    /// Whether the text at a place, with the negation at its edge, says what the quote says.
    fn says(&self, (start, end): (usize, usize), quote: &[char], steps: &mut u64) -> bool {
        let (from, to) = edges::over_negation(&self.chars, start, end);
        let span = Folded::new(&self.text[self.bytes[from]..self.bytes[to]]);
        *steps += span.len() as u64;
        meaning::agrees(quote, &span.chars, steps)
    }
}

/// Where a text holds a quote (not empty), one place behind the other.
fn occurrences<'a>(text: &'a [u8], quote: &'a [u8]) -> Box<dyn Iterator<Item = usize> + 'a> {
    if text.len() > SHORT_TEXT {
        return Box::new(memmem::find_iter(text, quote));
    }
    // A rolling hash is through before a better searcher is prepared.
    let rolling = rabinkarp::Finder::new(quote);
    let mut from = 0;
    Box::new(std::iter::from_fn(move || {
        let at = from + rolling.find(&text[from..], quote)?;
        from = at + quote.len();
        Some(at)
    }))
}

/// One spelling of a quote, folded.
struct Spelling {
    text: String,
    folded: Folded,
}

impl Spelling {
    fn new(text: String) -> Self {
        let folded = Folded::new(&text);
        Self { text, folded }
    }
}

/// A folded quote without the marks around it.
fn trim_marks(quote: &str) -> &str {
    let mark = |ch: char| ch.is_whitespace() || ".,;:!?'\"".contains(ch);
    quote.trim_matches(mark).trim_matches('-').trim_matches(mark)
}

/// The parts of a folded quote between ellipses, without the marks around them.
fn split_at_ellipses(quote: &str) -> Vec<&str> {
    let bare = |part| trim_marks(part).trim_matches(['[', ']']);
    quote.split("...").map(bare).map(trim_marks).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests;
