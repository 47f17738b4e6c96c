//! From a row to what is graded: its question made ready, its language, its key.
//!
//! A question is prepared once and kept while there is room; one that a row
//! brings along is known by its content. Nothing is graded here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::drafting::{Drafting, Points};
use crate::bank::Bank;
use crate::domain::{Answer, Flag, GraderKind, Lang, Localised, Question, QuestionId};
use crate::grader::gate::{Gate, Titles};
use crate::grader::{
    DraftError, Drafts, Grader, Prepared, content_hash, reference_as_point, short_hash,
};
use crate::input::{Ask, BadRow, Row};

/// Questions that are kept prepared; beyond that all are dropped and prepared anew.
const MOST_PREPARED: usize = 1024;
/// Bytes of their texts; a prepared question takes about three times its own.
const PREPARED_BYTES: usize = 4 << 20;

/// A verdict key as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u128);

impl Key {
    /// The key of an answer to a prepared question.
    pub fn of(prepared: &Prepared, answer: &Answer) -> Self {
        Self(prepared.verdict_key(answer))
    }

    /// A key from its 32 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        (hex.len() == 32).then(|| u128::from_str_radix(hex, 16).ok().map(Self))?
    }
}

/// Which languages to ask and to answer in.
#[derive(Debug, Clone, Copy)]
pub struct Languages {
    /// Language of questions, where it was chosen.
    pub chosen: Option<Lang>,
    /// Language of questions that do not exist in the answer's own.
    pub fallback: Lang,
    /// Language of feedback; the answer's own when none is set.
    pub feedback: Option<Lang>,
}

/// A row that can be graded.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) row: Row,
    pub(super) answer: Answer,
    pub(super) prepared: Arc<Prepared>,
    pub(super) feedback: Lang,
    pub(super) key: Key,
    /// What it takes in the window: its answer, and what it carries beside.
    pub(super) bytes: usize,
}

/// What stands between a row and its grading.
#[derive(Debug)]
pub(super) enum Unready {
    Bad(BadRow),
    Undrafted(Box<Undrafted>),
}

/// A row whose question has no points, and why.
#[derive(Debug)]
pub(super) struct Undrafted {
    pub(super) row: Row,
    pub(super) answer: Answer,
    pub(super) question: Arc<Question>,
    pub(super) lang: Lang,
    pub(super) error: DraftError,
}

/// Makes rows ready for one grader.
pub struct Resolver {
    grader: Arc<Grader>,
    bank: Arc<Bank>,
    whole: Option<Arc<Question>>,
    languages: Languages,
    drafts: Arc<dyn Drafts>,
    prepared: Mutex<Shelf>,
}

impl Resolver {
    /// A resolver for a grader; `drafts` is where it may find points of bare references.
    pub fn new(
        grader: Arc<Grader>,
        bank: Arc<Bank>,
        whole: Option<Arc<Question>>,
        languages: Languages,
        drafts: Arc<dyn Drafts>,
    ) -> Self {
        Self { grader, bank, whole, languages, drafts, prepared: Mutex::default() }
    }

    /// The grader it makes rows ready for.
    pub fn grader(&self) -> &Arc<Grader> {
        &self.grader
    }

    /// How a question of the bank is worded, in either language.
    pub fn wordings(&self, id: &str) -> Vec<String> {
        let title = |question: &Arc<Question>| {
            Lang::ALL.map(|lang| question.title.get(lang).to_owned()).to_vec()
        };
        self.bank.get(id).map(title).unwrap_or_default()
    }

    /// Where points of bare references may be found.
    pub(super) fn drafts(&self) -> &Arc<dyn Drafts> {
        &self.drafts
    }

    /// Makes a row of so many bytes ready; a bare reference gets its points from `points`.
    pub(super) fn resolve(
        &self,
        mut row: Row,
        bytes: usize,
        points: &dyn Points,
    ) -> Result<Ready, Unready> {
        let text = std::mem::take(&mut row.answer);
        let answer = Answer::new(text).map_err(|error| bad(&mut row, error.to_string()))?;
        let own = Lang::of(answer.as_str());
        let question = self.question(&mut row)?;
        let lang = self.language(&row, &question, own);
        let prepared = match self.prepare(&question, lang, &answer, points) {
            Ok(prepared) => prepared,
            Err(error) => {
                let undrafted = Undrafted { row, answer, question, lang, error };
                return Err(Unready::Undrafted(Box::new(undrafted)));
            }
        };
        let key = Key::of(&prepared, &answer);
        let feedback = self.languages.feedback.unwrap_or(own);
        Ok(Ready { row, answer, prepared, feedback, key, bytes })
    }

    fn question(&self, row: &mut Row) -> Result<Arc<Question>, Unready> {
        let found = match &row.ask {
            Ask::Question(id) => self.bank.get(id).cloned().ok_or_else(|| unknown(&self.bank, id)),
            Ask::Whole => self.whole.clone().ok_or_else(|| "it names no question".to_owned()),
            Ask::Own(_) => Ok(Arc::new(own_question(&mut row.ask))),
        };
        found.map_err(|reason| bad(row, reason))
    }

    /// The row's language, else the chosen one, else the answer's own where the question
    /// exists in it.
    fn language(&self, row: &Row, question: &Question, own: Lang) -> Lang {
        let natural = question.title.exact(own).map_or(self.languages.fallback, |_| own);
        row.lang.or(self.languages.chosen).unwrap_or(natural)
    }

    fn prepare(
        &self,
        question: &Arc<Question>,
        lang: Lang,
        answer: &Answer,
        points: &dyn Points,
    ) -> Result<Arc<Prepared>, DraftError> {
        let slot = (question.id.to_string(), lang);
        if let Some(found) = self.known(&slot) {
            return Ok(found);
        }
        if !self.grader.needs_draft(question) {
            let prepared = self.grader.prepare(Arc::clone(question), lang);
            return Ok(self.keep(slot, prepared));
        }
        let drafted = if says_nothing(question, answer.as_str()) {
            let Some(drafted) = points.there(question)? else {
                // A score of 0 takes no points: what is missing is the whole reference.
                let whole = Arc::new(reference_as_point(question));
                return Ok(Arc::new(self.grader.prepare(whole, lang)));
            };
            drafted
        } else {
            points.of(question, lang)?
        };
        let mut prepared = self.grader.prepare(Arc::new(drafted), lang);
        prepared.flags.push(Flag::DraftedPoints);
        Ok(self.keep(slot, prepared))
    }

    fn keep(&self, slot: Slot, prepared: Prepared) -> Arc<Prepared> {
        let (bytes, prepared) = (text_of(&prepared.question), Arc::new(prepared));
        let mut shelf = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.keep(slot, Arc::clone(&prepared), bytes);
        prepared
    }

    fn known(&self, slot: &Slot) -> Option<Arc<Prepared>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).all.get(slot).cloned()
    }

    /// Has points drafted for the bare reference of a row that will be resolved soon.
    pub(super) fn ahead(&self, row: &Row, drafting: &Arc<Drafting>) {
        let Ask::Own(question) = &row.ask else { return };
        if !self.grader.needs_draft(question) || !question.misconceptions.is_empty() {
            return;
        }
        let id = QuestionId::ad_hoc(&content_hash(question));
        let question = Question { id, ..Question::clone(question) };
        let lang = self.language(row, &question, Lang::of(&row.answer));
        let known = self.known(&(question.id.to_string(), lang)).is_some();
        if !known && !says_nothing(&question, &row.answer) {
            drafting.ahead(question, lang);
        }
    }

    /// What it depends on, beside the rows and the grader, in words: equal words, equal results.
    pub fn describe(&self) -> String {
        let bank = self.bank.iter().fold(Sha256::new(), |hasher, question| {
            let text = serde_json::to_vec(&**question).unwrap_or_default();
            hasher.chain_update(question.id.as_str()).chain_update(text)
        });
        let whole = self.whole.as_ref().map(|question| serde_json::to_string(&**question).ok());
        format!("{:?} {whole:?} {:?}", bank.finalize(), self.languages)
    }

    /// Whether the grader makes calls.
    pub(super) fn calls(&self) -> bool {
        self.grader.kind() == GraderKind::Llm
    }
}

/// A question and the language in which it is asked.
type Slot = (String, Lang);

/// Questions that are ready, as many as there is room for.
#[derive(Debug, Default)]
struct Shelf {
    all: HashMap<Slot, Arc<Prepared>>,
    bytes: usize,
}

impl Shelf {
    fn keep(&mut self, slot: Slot, prepared: Arc<Prepared>, bytes: usize) {
        if self.all.len() >= MOST_PREPARED || self.bytes + bytes > PREPARED_BYTES {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.all.insert(slot, prepared);
    }
}

/// Whether the gate will end this answer to a bare reference.
fn says_nothing(question: &Question, answer: &str) -> bool {
    !Gate::of(&Titles::of(question), answer).passes()
}

/// Bytes of what a question says.
fn text_of(question: &Question) -> usize {
    let length = |text: &Localised| text.texts().map(|(_, text)| text.len()).sum::<usize>();
    let claims = question.points.iter().map(|point| &point.claim);
    let wrong = question.misconceptions.iter().map(|wrong| &wrong.claim);
    let asked = std::iter::once(&question.title);
    asked.chain(question.references()).chain(claims).chain(wrong).map(length).sum()
}

/// About how many bytes a row takes in memory.
pub(super) fn weight_of(row: &Row) -> usize {
    let asked = match &row.ask {
        Ask::Own(question) => text_of(question),
        Ask::Question(_) | Ask::Whole => 0,
    };
    asked + row.answer.len() + weight_beside(row.columns.as_ref(), &row.input)
}

/// About how many bytes in memory the cells of a row take, and what it carries.
pub(super) fn weight_beside(columns: Option<&Vec<String>>, input: &Value) -> usize {
    columns.into_iter().flatten().map(String::len).sum::<usize>() + weight(input)
}

/// About how many bytes a value takes in memory.
fn weight(value: &Value) -> usize {
    /// A value itself, and its share of what holds it.
    const EACH: usize = 64;
    EACH + match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, v)| name.len() + weight(v)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// A question that a row brings along, under an id made of its content.
fn own_question(ask: &mut Ask) -> Question {
    let Ask::Own(question) = std::mem::replace(ask, Ask::Whole) else {
        unreachable!("invariant: called for a row with a question of its own")
    };
    let mut question = *question;
    question.id = QuestionId::ad_hoc(&whole_hash(&question));
    question
}

/// Hash of title and references, and of the points where there are any.
fn whole_hash(question: &Question) -> String {
    if question.points.is_empty() && question.misconceptions.is_empty() {
        return content_hash(question);
    }
    let text =
        serde_json::to_vec(&(&question.points, &question.misconceptions)).unwrap_or_default();
    let digest = Sha256::new().chain_update(content_hash(question)).chain_update(text).finalize();
    short_hash(&digest)
}

fn unknown(bank: &Bank, id: &str) -> String {
    let nearest: Vec<&str> = bank.nearest(id).into_iter().map(QuestionId::as_str).collect();
    let hint = if nearest.is_empty() {
        "`viva questions list` shows all ids".to_owned()
    } else {
        format!("did you mean {}?", nearest.join(", "))
    };
    format!("there is no question {id:?}; {hint}")
}

fn bad(row: &mut Row, reason: String) -> Unready {
    Unready::Bad(row.refused(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Rubric;
    use crate::grader::lexical::LexicalGrader;

    #[test]
    fn what_is_kept_prepared_is_bound_by_bytes_and_by_number() {
        let rubric = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap();
        let grader = Grader::Lexical { grader: LexicalGrader, rubric: Box::new(rubric) };
        let text = |text: &str| Localised::single(Lang::En, text);
        let bare = Question::bare(QuestionId::ad_hoc("x"), text("Why?"), vec![text("So it is.")]);
        let prepared = Arc::new(grader.prepare(Arc::new(bare.unwrap()), Lang::En));
        let most = |each: usize| {
            let mut shelf = Shelf::default();
            let kept = (0..3 * MOST_PREPARED).map(|n| {
                shelf.keep((n.to_string(), Lang::En), Arc::clone(&prepared), each);
                assert_eq!(shelf.bytes, shelf.all.len() * each);
                shelf.all.len()
            });
            kept.max().unwrap()
        };
        assert_eq!(most(9), MOST_PREPARED);
        assert_eq!(most(PREPARED_BYTES / 40), 40);
        assert_eq!(most(2 * PREPARED_BYTES), 1, "one that fills it alone is kept, too");
    }

    #[test]
    fn what_a_row_carries_beside_its_answer_takes_room_in_the_window() {
        let text = "x".repeat(1000);
        let input = serde_json::json!({ "notes": [text, { "more": text }], "n": [1, 2, 3] });
        assert!((2000..3000).contains(&weight(&input)), "{}", weight(&input));
        assert!(weight(&serde_json::json!(vec![0; 1000])) > 32_000);
    }
}
