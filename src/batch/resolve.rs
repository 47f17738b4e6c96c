//! From a row to what is graded: its question made ready, its language, its key.
//!
//! A question is prepared once and kept while there is room; one that a row
//! brings along is known by its content. Nothing is graded here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::bank::Bank;
use crate::domain::{Answer, Flag, GraderKind, Lang, Question, QuestionId};
use crate::grader::{DraftError, Grader, Prepared, content_hash, short_hash};
use crate::input::{Ask, BadRow, Row};

/// Questions that are kept prepared; beyond that all are dropped and prepared anew.
const MOST_PREPARED: usize = 1024;

/// A verdict key as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u128);

impl Key {
    /// The key of an answer to a prepared question.
    pub fn of(prepared: &Prepared, answer: &Answer) -> Self {
        Self::parse(&prepared.verdict_key(answer)).unwrap_or(Self(0))
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

/// Where points that were drafted for bare references are kept.
pub trait Drafts: Send + Sync {
    /// The question with its drafted points, by the hash of its content.
    fn load(&self, hash: &str) -> Option<Question>;
    /// Keeps a question with its drafted points.
    fn save(&self, hash: &str, drafted: &Question);
}

/// Keeps no drafts.
#[derive(Debug, Clone, Copy)]
pub struct NoDrafts;

impl Drafts for NoDrafts {
    fn load(&self, _: &str) -> Option<Question> {
        None
    }

    fn save(&self, _: &str, _: &Question) {}
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
    /// Its points could not be drafted; the row with the reason in words.
    Undrafted(BadRow, DraftError),
}

/// Makes rows ready for one grader.
pub struct Resolver {
    grader: Arc<Grader>,
    bank: Arc<Bank>,
    whole: Option<Arc<Question>>,
    languages: Languages,
    drafts: Box<dyn Drafts>,
    runtime: Option<tokio::runtime::Handle>,
    prepared: Mutex<HashMap<(String, Lang), Arc<Prepared>>>,
    drafting: Mutex<HashMap<String, Arc<OnceCell<Drafted>>>>,
}

/// A question with its drafted points.
type Drafted = Result<Question, DraftError>;

impl Resolver {
    /// A resolver for a grader; `runtime` is where points of bare references are drafted.
    pub fn new(
        grader: Arc<Grader>,
        bank: Arc<Bank>,
        whole: Option<Arc<Question>>,
        languages: Languages,
        drafts: Box<dyn Drafts>,
        runtime: Option<tokio::runtime::Handle>,
    ) -> Self {
        let (prepared, drafting) = Default::default();
        Self { grader, bank, whole, languages, drafts, runtime, prepared, drafting }
    }

    /// The grader it makes rows ready for.
    pub fn grader(&self) -> &Arc<Grader> {
        &self.grader
    }

    pub(super) fn resolve(&self, mut row: Row) -> Result<Ready, Unready> {
        let text = std::mem::take(&mut row.answer);
        let answer = Answer::new(text).map_err(|error| bad(&mut row, error.to_string()))?;
        let own = Lang::of(answer.as_str());
        let question = self.question(&mut row)?;
        let lang = self.language(&row, &question, own);
        let prepared = self
            .prepare(question, lang)
            .map_err(|error| Unready::Undrafted(row.refused(error.to_string()), error))?;
        let key = Key::of(&prepared, &answer);
        let feedback = self.languages.feedback.unwrap_or(own);
        let columns = row.columns.iter().flatten().map(String::len).sum::<usize>();
        let bytes = answer.as_str().len() + columns + weight(&row.input);
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

    fn prepare(&self, question: Arc<Question>, lang: Lang) -> Result<Arc<Prepared>, DraftError> {
        let slot = (question.id.to_string(), lang);
        if let Some(found) = self.known(&slot) {
            return Ok(found);
        }
        let hash = content_hash(&question);
        let (question, drafted) = self.with_points(question, &hash, lang)?;
        let mut prepared = self.grader.prepare(question, lang);
        if drafted {
            prepared.flags.push(Flag::DraftedPoints);
        }
        let prepared = Arc::new(prepared);
        let mut all = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_PREPARED {
            all.clear();
        }
        all.insert(slot, Arc::clone(&prepared));
        drop(all);
        self.drafting().remove(&hash);
        Ok(prepared)
    }

    fn known(&self, slot: &(String, Lang)) -> Option<Arc<Prepared>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(slot).cloned()
    }

    /// A bare reference with points drafted for it, once per content.
    fn with_points(
        &self,
        question: Arc<Question>,
        hash: &str,
        lang: Lang,
    ) -> Result<(Arc<Question>, bool), DraftError> {
        let Grader::Llm(grader) = &*self.grader else { return Ok((question, false)) };
        if !question.points.is_empty() {
            return Ok((question, false));
        }
        if let Some(drafted) = self.drafts.load(hash) {
            return Ok((Arc::new(Question { id: question.id.clone(), ..drafted }), true));
        }
        let Some(runtime) = &self.runtime else {
            return Err(DraftError::Unusable("there is no draft of this reference".to_owned()));
        };
        let cell = self.cell(hash);
        let drafted = runtime.block_on(cell.get_or_init(|| grader.draft(&question, lang))).clone();
        if let Ok(drafted) = &drafted {
            self.drafts.save(hash, drafted);
        }
        Ok((Arc::new(drafted?), true))
    }

    /// Has points drafted for the bare reference of a row that will be resolved soon, so that
    /// several are drafted at a time.
    pub(super) fn ahead(&self, row: &Row) {
        let (true, Some(runtime), Ask::Own(question)) = (self.calls(), &self.runtime, &row.ask)
        else {
            return;
        };
        if !question.points.is_empty() || !question.misconceptions.is_empty() {
            return;
        }
        let hash = content_hash(question);
        let question = Question { id: QuestionId::ad_hoc(&hash), ..Question::clone(question) };
        let lang = self.language(row, &question, Lang::of(&row.answer));
        // In this order: a draft is among the prepared before it leaves those under way.
        if self.drafting().contains_key(&hash)
            || self.known(&(question.id.to_string(), lang)).is_some()
            || self.drafts.load(&hash).is_some()
        {
            return;
        }
        let (cell, grader) = (self.cell(&hash), Arc::clone(&self.grader));
        runtime.spawn(async move {
            if let Grader::Llm(llm) = &*grader {
                cell.get_or_init(|| llm.draft(&question, lang)).await;
            }
        });
    }

    fn drafting(&self) -> MutexGuard<'_, HashMap<String, Arc<OnceCell<Drafted>>>> {
        self.drafting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the draft of a reference is or will be, so that equal ones are drafted once.
    fn cell(&self, hash: &str) -> Arc<OnceCell<Drafted>> {
        Arc::clone(self.drafting().entry(hash.to_owned()).or_default())
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

    #[test]
    fn what_a_row_carries_beside_its_answer_takes_room_in_the_window() {
        let text = "x".repeat(1000);
        let input = serde_json::json!({ "notes": [text, { "more": text }], "n": [1, 2, 3] });
        assert!((2000..3000).contains(&weight(&input)), "{}", weight(&input));
        assert!(weight(&serde_json::json!(vec![0; 1000])) > 32_000);
    }
}
