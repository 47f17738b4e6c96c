//! How close each misconception is to each point, from the question alone.
//!
//! A misconception that an answer holds contradicts the points that are about
//! the same thing; this says which they are. Closeness is symmetric in its
//! texts and needs both in one language.

use super::idf::idf;
use super::profile::units_of;
use super::units::{self, UnitKind, ratio};
use crate::domain::{Lang, Localised, Question};
use crate::text::tokenise::Text;
use crate::text::{HashedMap, HashedSet};

/// What a unit of the title tells beside another one.
const TITLE_TELLS: f32 = 0.2;

type Bag = HashedMap<f32>;

/// For each misconception, how close each point is to it and to its correction
/// together: 0 to 2, the mean over the languages.
pub(super) fn links(question: &Question) -> Vec<Vec<f32>> {
    let bags = |text: &Localised| bags(question, text);
    let points: Vec<_> = question.points.iter().map(|point| bags(&point.claim)).collect();
    let row = |wrong: &[Option<Bag>], right: &[Option<Bag>]| -> Vec<f32> {
        points.iter().map(|point| close(point, wrong) + close(point, right)).collect()
    };
    let wrong = question.misconceptions.iter();
    wrong.map(|wrong| row(&bags(&wrong.claim), &bags(&wrong.correction))).collect()
}

/// A text's bag in each language that it has.
fn bags(question: &Question, text: &Localised) -> Vec<Option<Bag>> {
    let in_language = |lang: Lang| {
        let title = units_of(std::iter::once(question.title.get(lang)));
        text.exact(lang).map(|text| bag(text, &title))
    };
    Lang::ALL.into_iter().map(in_language).collect()
}

fn bag(text: &str, title: &HashedSet) -> Bag {
    let mut bag = Bag::default();
    units::each(&Text::new(text), |unit, kind, _| {
        if kind != UnitKind::HanChar {
            let factor = if title.contains(&unit) { TITLE_TELLS } else { 1.0 };
            bag.insert(unit, idf(unit) * factor);
        }
    });
    bag
}

/// Mean overlap over the languages that both have.
fn close(a: &[Option<Bag>], b: &[Option<Bag>]) -> f32 {
    let both: Vec<f32> =
        a.iter().zip(b).filter_map(|(a, b)| Some(overlap(a.as_ref()?, b.as_ref()?))).collect();
    both.iter().sum::<f32>() * ratio(1, both.len())
}

/// Weight in common over the geometric mean of both weights.
fn overlap(a: &Bag, b: &Bag) -> f32 {
    let common: f32 = a.iter().filter(|(unit, _)| b.contains_key(*unit)).map(|(_, w)| w).sum();
    let (a, b): (f32, f32) = (a.values().sum(), b.values().sum());
    common / (a * b).sqrt().max(f32::MIN_POSITIVE)
}
