//! Finds questions by words, in English and Chinese at once.
//!
//! Words are compared by stem and joined form, Chinese by pairs of characters.
//! Pure: an index is not kept, since reading the whole bank takes milliseconds.

use std::collections::HashMap;
use std::sync::Arc;

use super::fields;
use super::load::in_parallel;
use crate::domain::{Lang, Localised, Question};
use crate::text::bigram;
use crate::text::tokenise::{Kind, Text};

/// How much a word counts by where it stands.
const TITLE: f64 = 8.0;
const NAME: f64 = 6.0;
const CLAIM: f64 = 3.0;
const TERM: f64 = 2.0;
const OTHER: f64 = 1.0;
/// A word in the title counts half; more of the same adds ever less.
const HALF: f64 = 8.0;
/// A question is found when it holds at least this share of the words' weight.
const ENOUGH: f64 = 0.5;

/// Words to look for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Number of units; each is a word, number or pair of Han characters.
    units: usize,
    /// Which unit a hash of a text speaks for.
    by_hash: HashMap<u64, Vec<usize>>,
}

/// A question that holds the words.
#[derive(Debug, Clone)]
pub struct Found {
    /// The question.
    pub question: Arc<Question>,
    /// How well it fits, above 0; comparable within one search.
    pub score: f64,
    /// The sentence outside the title that holds most of the words, when one
    /// holds more than the title.
    pub passage: Option<String>,
}

impl Query {
    /// Takes words as they are typed.
    pub fn new(words: &str) -> Self {
        let text = Text::new(words);
        let tokens = &text.tokens;
        let mut query = Self { units: 0, by_hash: HashMap::new() };
        for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind != Kind::Han) {
            let mut forms = vec![token.stem, token.light, token.joined];
            forms.extend(tokens.get(at + 1).map(|next| next.joined));
            forms.retain(|form| *form != 0);
            forms.sort_unstable();
            forms.dedup();
            query.add(&forms);
        }
        bigram::each(&text, |pair, _| query.add(&[pair]));
        query
    }

    fn add(&mut self, forms: &[u64]) {
        for form in forms {
            self.by_hash.entry(*form).or_default().push(self.units);
        }
        self.units += 1;
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.units == 0
    }

    /// The places in a text that hold the words, as ranges of Unicode scalar
    /// values, in order, none overlapping.
    pub fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        let text = Text::new(text);
        let mut spans: Vec<(usize, usize)> = Vec::new();
        self.each(&text, |_, tokens| {
            let (start, end) = text.span(tokens);
            match spans.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => spans.push((start, end)),
            }
        });
        spans
    }

    /// Calls `found` with every unit that a text holds, and its tokens.
    fn each(&self, text: &Text, mut found: impl FnMut(usize, std::ops::Range<usize>)) {
        let tokens = &text.tokens;
        let mut look = |hash: u64, tokens: std::ops::Range<usize>| {
            for unit in self.by_hash.get(&hash).into_iter().flatten() {
                found(*unit, tokens.clone());
            }
        };
        for (at, token) in tokens.iter().enumerate() {
            if at > 0 && token.joined != 0 {
                look(token.joined, at - 1..at + 1);
            }
            if let Some(pair) = bigram::pair_at(tokens, at) {
                look(pair, at..at + 2);
            }
            // One word may be what the query writes as two.
            let known = self.by_hash.contains_key(&token.stem);
            look(if known { token.stem } else { token.light }, at..at + 1);
        }
    }
}

/// The questions that hold the words, best first.
pub fn search(questions: &[Arc<Question>], query: &Query) -> Vec<Found> {
    let scores = in_parallel(questions, |question| unit_scores(question, query));
    let weights = weights(&scores, query.units);
    let all: f64 = weights.iter().sum();
    let mut found: Vec<Found> = questions
        .iter()
        .zip(&scores)
        .filter_map(|(question, scores)| {
            let held: f64 = pairs(scores, &weights).map(|(_, weight)| weight).sum();
            let fits = pairs(scores, &weights).map(|(s, weight)| weight * s / (s + HALF));
            let score = fits.sum::<f64>() * (held / all).powi(2);
            let passage = || passage(question, query, &weights);
            (score > 0.0 && held >= ENOUGH * all).then(|| Found {
                question: Arc::clone(question),
                score,
                passage: passage(),
            })
        })
        .collect();
    found.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| a.question.id.cmp(&b.question.id))
    });
    found
}

fn pairs<'a>(scores: &'a [f64], weights: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    scores.iter().copied().zip(weights.iter().copied()).filter(|(score, _)| *score > 0.0)
}

/// What every unit of the query scores in a question.
fn unit_scores(question: &Question, query: &Query) -> Vec<f64> {
    let mut scores = vec![0.0; query.units];
    let mut read = |text: &str, weight: f64| {
        query.each(&Text::new(text), |unit, _| scores[unit] += weight);
    };
    read(&question.id.as_str().replace(['/', '-'], " "), NAME);
    question.tags.iter().for_each(|tag| read(&tag.replace('-', " "), NAME));
    for (field, text) in fields::localised(question) {
        let weight = match field.as_str() {
            "title" => TITLE,
            field if field.starts_with("samples") => continue,
            field if field.starts_with("points") && field.ends_with("claim") => CLAIM,
            _ => OTHER,
        };
        text.texts().for_each(|(_, text)| read(text, weight));
    }
    let aliases = question.points.iter().flat_map(|point| point.terms.iter().flatten());
    aliases.for_each(|alias| read(alias, TERM));
    scores
}

/// Rare units weigh more.
#[expect(clippy::cast_precision_loss, reason = "counts of questions lie far below 2^52")]
fn weights(scores: &[Vec<f64>], units: usize) -> Vec<f64> {
    let holding = |unit: usize| scores.iter().filter(|scores| scores[unit] > 0.0).count();
    let all = scores.len() as f64;
    (0..units).map(|unit| (1.0 + all / holding(unit).max(1) as f64).ln()).collect()
}

/// The sentence that holds most, unless the title holds as much.
fn passage(question: &Question, query: &Query, weights: &[f64]) -> Option<String> {
    let held = |text: &str| {
        let mut seen = vec![false; weights.len()];
        query.each(&Text::new(text), |unit, _| seen[unit] = true);
        seen.iter().zip(weights).filter(|(seen, _)| **seen).map(|(_, weight)| weight).sum::<f64>()
    };
    let titles = question.title.texts().map(|(_, text)| held(text)).fold(0.0, f64::max);
    let claims = question.points.iter().flat_map(|point| point.claim.texts());
    let wrong = question.misconceptions.iter().flat_map(|wrong| wrong.correction.texts());
    let references = question.references().flat_map(Localised::texts);
    let sentences = references.flat_map(|(lang, text)| sentences(lang, text));
    let whole = claims.chain(wrong).map(|(_, text)| text.to_owned());
    let mut best: Option<(f64, String)> = None;
    for text in whole.chain(sentences) {
        let held = held(&text);
        if held > best.as_ref().map_or(titles, |(most, _)| *most) {
            best = Some((held, text));
        }
    }
    best.map(|(_, text)| text)
}

/// A text cut at the ends of its sentences, for show.
fn sentences(lang: Lang, text: &str) -> Vec<String> {
    let ends: &[char] = match lang {
        Lang::En => &['\n'],
        Lang::Zh => &['\n', '。', '；'],
    };
    let cut = text.split_inclusive(ends).flat_map(|part| part.split_inclusive(". "));
    cut.map(|sentence| sentence.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::QuestionId;

    fn question(id: &str, title: (&str, &str), reference: (&str, &str)) -> Arc<Question> {
        let both = |(en, zh): (&str, &str)| Localised::both(en, zh);
        let id = QuestionId::new(id).unwrap();
        Arc::new(Question::bare(id, both(title), vec![both(reference)]).unwrap())
    }

    fn found(words: &str) -> Vec<Found> {
        let questions = [
            question(
                "attention/mqa",
                ("What is multi-query attention?", "什么是多查询注意力？"),
                ("All heads share one key head. The KV cache shrinks.", "键值缓存变小。"),
            ),
            question(
                "tuning/normalisation",
                ("Why normalise before fine-tuning?", "微调之前为什么要归一化？"),
                ("Attention is steadier then.", "这样注意力更稳。"),
            ),
            question(
                "tokens/vocabulary",
                ("When does a larger vocabulary pay?", "什么时候值得扩充词表？"),
                ("When sequences get shorter.", "序列变短的时候。"),
            ),
        ];
        search(&questions, &Query::new(words))
    }

    fn ids(words: &str) -> Vec<String> {
        found(words).into_iter().map(|found| found.question.id.to_string()).collect()
    }

    #[test]
    fn words_of_either_language_find_the_question_that_is_about_them() {
        assert_eq!(ids("multi-query attention")[0], "attention/mqa");
        assert_eq!(ids("注意力"), ["attention/mqa", "tuning/normalisation"]);
        assert_eq!(ids("扩充词表"), ["tokens/vocabulary"]);
        assert_eq!(ids("zzz qqq"), [""; 0]);
    }

    #[test]
    fn spelling_inflection_and_joined_forms_do_not_matter() {
        assert_eq!(ids("normalizing"), ["tuning/normalisation"]);
        assert_eq!(ids("finetuning")[0], "tuning/normalisation");
        assert_eq!(ids("multiquery")[0], "attention/mqa");
        assert!(Query::new("， the").is_empty());
    }

    #[test]
    fn the_passage_is_shown_when_it_says_more_than_the_title() {
        let passage = |words: &str| found(words)[0].passage.clone();
        assert_eq!(passage("KV cache").as_deref(), Some("The KV cache shrinks."));
        assert_eq!(passage("键值缓存").as_deref(), Some("键值缓存变小。"));
        assert_eq!(passage("vocabulary"), None);
    }

    #[test]
    fn spans_cover_what_matched() {
        let query = Query::new("KV 缓存");
        assert_eq!(query.spans("the KV cache（键值缓存）"), [(4, 6), (15, 17)]);
        assert_eq!(Query::new("注意力").spans("多头注意力头"), [(2, 5)]);
    }
}
