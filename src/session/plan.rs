//! Which questions an interview asks, and in which order.
//!
//! Pure: the seed comes in as an argument, so one seed on one bank always makes
//! the same paper. Ids that are given are asked as given; otherwise topics take
//! turns, so that a short interview is not about one thing.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::bank::{Bank, SplitMix64};
use crate::domain::Question;

/// Questions asked when nobody says how many.
pub const DEFAULT_COUNT: usize = 5;

/// What the candidate wants to be asked.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Ids, asked in this order; empty to choose from the bank.
    pub ids: Vec<String>,
    /// Topics to choose from; empty for all.
    pub topics: Vec<String>,
    /// Difficulties to choose from, 1 to 5; none for all.
    pub difficulty: Option<RangeInclusive<u8>>,
    /// How many questions; by default all ids, or [`DEFAULT_COUNT`].
    pub count: Option<usize>,
    /// What decides the choice and the order.
    pub seed: u64,
}

/// Why there is nothing to ask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No question has this id.
    #[error("no question has the id {wanted:?}")]
    UnknownId {
        /// What was asked for.
        wanted: String,
        /// Ids that are most like it.
        nearest: Vec<String>,
        /// Whether it is the name of a topic.
        is_topic: bool,
    },
    /// The bank has no such topic.
    #[error("the bank has no topic {wanted:?}")]
    UnknownTopic {
        /// What was asked for.
        wanted: String,
        /// The topics there are.
        topics: Vec<String>,
    },
    /// No question of these topics has this difficulty.
    #[error("no question matches")]
    NoMatch,
}

/// Chooses the questions of an interview.
///
/// Fewer than asked for when the bank holds fewer; never none.
///
/// # Errors
/// [`PlanError`] says what is not there, and what is.
pub fn plan(bank: &Bank, wanted: &Wanted) -> Result<Vec<Arc<Question>>, PlanError> {
    if wanted.ids.is_empty() {
        return choose(bank, wanted);
    }
    let mut questions: Vec<Arc<Question>> = Vec::new();
    for id in &wanted.ids {
        let question = bank.get(id).ok_or_else(|| unknown_id(bank, id))?;
        if !questions.iter().any(|other| other.id == question.id) {
            questions.push(Arc::clone(question));
        }
    }
    questions.truncate(wanted.count.unwrap_or(usize::MAX));
    Ok(questions)
}

fn unknown_id(bank: &Bank, id: &str) -> PlanError {
    PlanError::UnknownId {
        wanted: id.to_owned(),
        nearest: bank.nearest(id).into_iter().map(ToString::to_string).collect(),
        is_topic: bank.topics().contains_key(id),
    }
}

fn choose(bank: &Bank, wanted: &Wanted) -> Result<Vec<Arc<Question>>, PlanError> {
    let topics = bank.topics();
    if let Some(unknown) = wanted.topics.iter().find(|topic| !topics.contains_key(topic.as_str())) {
        return Err(PlanError::UnknownTopic {
            wanted: unknown.clone(),
            topics: topics.keys().map(ToString::to_string).collect(),
        });
    }
    let mut by_topic: BTreeMap<&str, Vec<&Arc<Question>>> = BTreeMap::new();
    for question in bank.iter().filter(|question| matches(question, wanted)) {
        by_topic.entry(question.id.topic()).or_default().push(question);
    }
    let count = wanted.count.unwrap_or(DEFAULT_COUNT);
    let questions = take_turns(by_topic.into_values().collect(), wanted.seed, count);
    if questions.is_empty() { Err(PlanError::NoMatch) } else { Ok(questions) }
}

fn matches(question: &Question, wanted: &Wanted) -> bool {
    let topic = question.id.topic();
    let topic_ok = wanted.topics.is_empty() || wanted.topics.iter().any(|name| name == topic);
    topic_ok && wanted.difficulty.as_ref().is_none_or(|range| range.contains(&question.difficulty))
}

/// One question of each topic in turn, topics and questions in the seed's order.
fn take_turns(mut topics: Vec<Vec<&Arc<Question>>>, seed: u64, count: usize) -> Vec<Arc<Question>> {
    let mut random = SplitMix64::new(seed);
    random.shuffle(&mut topics);
    for questions in &mut topics {
        random.shuffle(questions);
    }
    let longest = topics.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|turn| topics.iter().filter_map(move |questions| questions.get(turn)))
        .take(count)
        .map(|question| Arc::clone(question))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::embedded;

    fn bank() -> Bank {
        let mut bank = Bank::default();
        bank.add(embedded());
        bank
    }

    fn ids(questions: &[Arc<Question>]) -> Vec<String> {
        questions.iter().map(|question| question.id.to_string()).collect()
    }

    #[test]
    fn a_seed_makes_the_same_paper_and_another_seed_another() {
        let paper = |seed| {
            ids(&plan(&bank(), &Wanted { seed, count: Some(6), ..Wanted::default() }).unwrap())
        };
        assert_eq!(paper(1), paper(1));
        assert!((2..12).any(|seed| paper(seed) != paper(1)));
    }

    #[test]
    fn topics_take_turns_and_nothing_is_asked_twice() {
        let bank = bank();
        let topics = bank.topics().len();
        for seed in 0..20 {
            let wanted = Wanted { seed, count: Some(topics), ..Wanted::default() };
            let questions = plan(&bank, &wanted).unwrap();
            let mut asked: Vec<&str> = questions.iter().map(|q| q.id.topic()).collect();
            asked.sort_unstable();
            asked.dedup();
            assert_eq!(asked.len(), topics);
        }
        let all = Wanted { count: Some(10_000), ..Wanted::default() };
        let mut every = ids(&plan(&bank, &all).unwrap());
        every.sort();
        every.dedup();
        assert_eq!(every.len(), bank.len());
    }

    #[test]
    fn given_ids_are_asked_as_given_once_each() {
        let bank = bank();
        let some: Vec<String> = bank.iter().rev_ids().take(2).collect();
        let wanted = Wanted {
            ids: vec![some[0].clone(), some[1].clone(), some[0].clone()],
            ..Wanted::default()
        };
        assert_eq!(ids(&plan(&bank, &wanted).unwrap()), some);
    }

    trait RevIds {
        fn rev_ids(self) -> std::vec::IntoIter<String>;
    }

    impl<'a, I: Iterator<Item = &'a Arc<Question>>> RevIds for I {
        fn rev_ids(self) -> std::vec::IntoIter<String> {
            let mut ids: Vec<String> = self.map(|question| question.id.to_string()).collect();
            ids.reverse();
            ids.into_iter()
        }
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let bank = bank();
        let known = bank.iter().next().unwrap().id.to_string();
        let mistyped = known[..known.len() - 1].to_owned();
        let wanted = Wanted { ids: vec![mistyped], ..Wanted::default() };
        let Err(PlanError::UnknownId { nearest, .. }) = plan(&bank, &wanted) else { panic!() };
        assert!(nearest.contains(&known));
        let wanted = Wanted { topics: vec!["cooking".to_owned()], ..Wanted::default() };
        let Err(PlanError::UnknownTopic { topics, .. }) = plan(&bank, &wanted) else { panic!() };
        assert_eq!(topics.len(), bank.topics().len());
    }

    #[test]
    fn only_the_wanted_difficulties_are_asked() {
        let wanted = Wanted { difficulty: Some(2..=3), count: Some(100), ..Wanted::default() };
        let questions = plan(&bank(), &wanted).unwrap();
        assert!(questions.iter().all(|question| (2..=3).contains(&question.difficulty)));
        let wanted = Wanted { difficulty: Some(6..=9), ..Wanted::default() };
        assert_eq!(plan(&bank(), &wanted), Err(PlanError::NoMatch));
    }
}
