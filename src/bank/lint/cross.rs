//! Questions against each other: near-duplicates, and terms that fire anywhere.
//!
//! Work does not grow with the square of the bank: words that stand in very many
//! questions are not followed, and of very many references some are looked at.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::notes::Notes;
use crate::bank::Bank;
use crate::bank::read::Loaded;
use crate::bank::rule::Rule;
use crate::domain::{Localised, Question, QuestionId, Terms};
use crate::text::bigram;
use crate::text::matching::Matcher;
use crate::text::tokenise::{Kind, Text};

/// Titles at least this alike ask the same (cosine of rarity-weighted words).
const SAME_TITLE: f64 = 0.8;
/// References at least this alike do (shared runs of four words over all of the shorter).
const SAME_REFERENCE: f64 = 0.35;
/// Words of a run by which references are compared.
const RUN: usize = 4;
/// A word in more questions than this is not followed from one to the next.
const COMMON: usize = 400;
/// References of other questions that may meet a point's terms before they count
/// as loose: so many, or this share of the bank, whichever is more.
const LOOSE_COUNT: usize = 5;
const LOOSE_SHARE: f64 = 0.1;
/// References that are looked at for loose terms; of a larger bank, evenly spread ones.
const LOOKED_AT: usize = 400;

/// What was found across the layer, by index of the question in it.
#[derive(Debug, Default)]
pub(super) struct Across {
    twins: HashMap<usize, Twin>,
    loose: HashMap<usize, Vec<Loose>>,
}

/// The question most like another one that comes before it.
#[derive(Debug)]
struct Twin {
    other: QuestionId,
    how: String,
}

/// A point whose terms other questions' references meet.
#[derive(Debug)]
struct Loose {
    point: usize,
    count: usize,
    looked_at: usize,
    examples: Vec<QuestionId>,
    /// The alias of each group that is found most in them.
    culprits: Vec<String>,
}

impl Across {
    /// Compares the questions of a layer with each other and with the rest of the bank.
    pub(super) fn of(layer: &[Loaded], bank: &Bank) -> Self {
        let mut questions: Vec<&Question> = layer.iter().map(|loaded| &*loaded.question).collect();
        let own: HashSet<&QuestionId> = questions.iter().map(|question| &question.id).collect();
        questions.extend(bank.iter().map(AsRef::as_ref).filter(|q| !own.contains(&q.id)));
        Self { twins: twins(&questions, layer.len()), loose: loose(&questions, layer.len()) }
    }

    pub(super) fn check(&self, index: usize, loaded: &Loaded, notes: &mut Notes) {
        if let Some(Twin { other, how }) = self.twins.get(&index) {
            notes.add(Rule::NearDuplicate, "title", format!("asks the same as {other}: {how}"));
        }
        for loose in self.loose.get(&index).into_iter().flatten() {
            let Loose { point, count, looked_at, examples, culprits } = loose;
            let examples: Vec<&str> = examples.iter().map(QuestionId::as_str).collect();
            let message = format!(
                "{count} of {looked_at} references, of other questions, meet the terms of {:?}, mostly by {}: {} …",
                loaded.question.points[*point].id,
                culprits.join(" with "),
                examples.join(", ")
            );
            notes.add(Rule::LooseTerms, format!("points[{point}].terms"), message);
        }
    }
}

fn twins(questions: &[&Question], own: usize) -> HashMap<usize, Twin> {
    let titles: Vec<Vec<u64>> = questions.iter().map(|q| words(&q.title)).collect();
    let runs: Vec<Vec<u64>> = questions.iter().map(|q| runs(&q.reference)).collect();
    let mut twins = HashMap::new();
    for (pairs, what, least) in [
        (alike(&titles, Measure::Cosine), "titles", SAME_TITLE),
        (alike(&runs, Measure::Contained), "references", SAME_REFERENCE),
    ] {
        for (second, (first, score)) in pairs.into_iter().filter(|(_, (_, s))| *s >= least) {
            // Of a pair, the one of the layer under lint is told.
            let (told, other) = if second < own { (second, first) } else { (first, second) };
            if told < own {
                let how = format!("{what} {:.0} % alike", 100.0 * score);
                twins.entry(told).or_insert(Twin { other: questions[other].id.clone(), how });
            }
        }
    }
    twins
}

#[derive(Clone, Copy)]
enum Measure {
    /// Shared weight over the geometric mean of both.
    Cosine,
    /// Shared weight over the lesser of both.
    Contained,
}

/// For every document the earlier one that is most like it.
#[expect(clippy::cast_precision_loss, reason = "counts of questions lie far below 2^52")]
fn alike(documents: &[Vec<u64>], measure: Measure) -> BTreeMap<usize, (usize, f64)> {
    let mut postings: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, document) in documents.iter().enumerate() {
        for word in document {
            postings.entry(*word).or_default().push(index);
        }
    }
    let all = documents.len() as f64;
    let weight = |word: &u64| (1.0 + all / postings[word].len() as f64).ln().powi(2);
    let total: Vec<f64> = documents.iter().map(|words| words.iter().map(weight).sum()).collect();
    let mut best = BTreeMap::new();
    for (index, document) in documents.iter().enumerate() {
        let mut shared: HashMap<usize, f64> = HashMap::new();
        for word in document.iter().filter(|word| postings[*word].len() <= COMMON) {
            for other in postings[word].iter().take_while(|other| **other < index) {
                *shared.entry(*other).or_default() += weight(word);
            }
        }
        let score = |(other, shared): (usize, f64)| {
            let (a, b) = (total[index], total[other]);
            let whole = match measure {
                Measure::Cosine => (a * b).sqrt(),
                Measure::Contained => a.min(b),
            };
            (other, shared / whole.max(f64::MIN_POSITIVE))
        };
        let most =
            shared.into_iter().map(score).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        best.extend(most.map(|most| (index, most)));
    }
    best
}

/// The distinct words and Han pairs of a text in both languages.
fn words(text: &Localised) -> Vec<u64> {
    let mut words = Vec::new();
    for (_, text) in text.texts() {
        let text = Text::new(text);
        words.extend(text.tokens.iter().filter(|t| t.kind != Kind::Han).map(|t| t.stem));
        bigram::each(&text, |pair, _| words.push(pair));
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// The distinct runs of words of a text in both languages.
fn runs(text: &Localised) -> Vec<u64> {
    let mut runs = Vec::new();
    for (_, text) in text.texts() {
        let tokens = Text::new(text).tokens;
        runs.extend(tokens.windows(RUN).map(|run| {
            run.iter().fold(0_u64, |hash, token| hash.rotate_left(7).wrapping_mul(31) ^ token.stem)
        }));
    }
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// Points of the first `own` questions whose terms many other references meet.
fn loose(questions: &[&Question], own: usize) -> HashMap<usize, Vec<Loose>> {
    let lists: Vec<(usize, usize)> = (0..own)
        .flat_map(|index| (0..questions[index].points.len()).map(move |point| (index, point)))
        .collect();
    let terms = |(index, point): &(usize, usize)| &questions[*index].points[*point].terms;
    let matcher = Matcher::over(lists.iter().map(|list| terms(list).as_slice()));
    let mut meets: Vec<Vec<usize>> = vec![Vec::new(); lists.len()];
    let step = questions.len().div_ceil(LOOKED_AT).max(1);
    for (index, question) in questions.iter().enumerate().step_by(step) {
        for list in met_lists(&matcher, &question.reference, |list| terms(&lists[list]).len()) {
            if lists[list].0 != index {
                meets[list].push(index);
            }
        }
    }
    let looked_at = questions.len().div_ceil(step);
    let bound = bound(looked_at);
    let mut loose: HashMap<usize, Vec<Loose>> = HashMap::new();
    for ((index, point), others) in lists.into_iter().zip(meets) {
        if others.len() > bound {
            let examples = others.iter().take(3).map(|i| questions[*i].id.clone()).collect();
            let others: Vec<&Question> = others.iter().map(|i| questions[*i]).collect();
            let culprits = culprits(&questions[index].points[point].terms, &others);
            let found = Loose { point, count: others.len(), looked_at, examples, culprits };
            loose.entry(index).or_default().push(found);
        }
    }
    loose
}

/// The alias of each group that stands in most of the references.
fn culprits(terms: &Terms, questions: &[&Question]) -> Vec<String> {
    let matcher = Matcher::new(terms);
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for question in questions {
        let mut found = HashSet::new();
        for (_, text) in question.reference.texts() {
            matcher.each(&Text::new(text), |hit| {
                found.insert((hit.group, hit.alias));
            });
        }
        for alias in found {
            *counts.entry(alias).or_default() += 1;
        }
    }
    let most = |group: usize| {
        let own = counts.iter().filter(|((of, _), _)| *of == group);
        own.max_by_key(|(_, count)| **count).map(|((_, alias), _)| *alias)
    };
    let alias = |group: usize| most(group).map(|alias| format!("{:?}", terms[group][alias]));
    (0..terms.len()).filter_map(alias).collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of the number of questions"
)]
fn bound(questions: usize) -> usize {
    LOOSE_COUNT.max((questions as f64 * LOOSE_SHARE) as usize)
}

/// The lists of which all groups are hit within one sentence, in either language.
fn met_lists(
    matcher: &Matcher,
    reference: &Localised,
    groups: impl Fn(usize) -> usize,
) -> HashSet<usize> {
    let mut met = HashSet::new();
    for (_, text) in reference.texts() {
        let text = Text::new(text);
        let mut sentence = 0;
        let mut bits: HashMap<usize, (usize, u64)> = HashMap::new();
        matcher.each(&text, |hit| {
            while text.sentences.get(sentence).is_some_and(|s| s.end <= hit.first) {
                sentence += 1;
            }
            let entry = bits.entry(hit.list).or_insert((sentence, 0));
            if entry.0 != sentence {
                *entry = (sentence, 0);
            }
            entry.1 |= 1 << hit.group.min(63);
            if entry.1.count_ones() as usize == groups(hit.list) {
                met.insert(hit.list);
            }
        });
    }
    met
}
