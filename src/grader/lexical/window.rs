//! Finds, for every point and misconception, the one to three sentences that
//! speak for it most.
//!
//! Gives raw support from 0 to 1; what that means on the scale that people
//! read is decided elsewhere. A point and a misconception that claim the same
//! window contest it: the weaker one loses by how far it lags.

use std::ops::Range;

use super::prepare::{GroupList, Prepared};
use super::profile::ProfileKind;
use super::reading::Reading;
use super::tuning::Tuning;
use super::units::ratio;
use crate::text::tokenise::Text;

/// The most sentences that are read as one piece of evidence for a point.
const WIDEST: usize = 3;
/// The most sentences that speak for a misconception together.
const WIDEST_WRONG: usize = 2;

/// What speaks for one point or misconception.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Support {
    /// Share of the term groups that are hit, 0 to 1.
    pub(crate) terms: f32,
    /// Share of the claim's weight that is found, 0 to 1.
    pub(crate) claim: f32,
    /// The mix of both after contest and topic, 0 to 1.
    pub(crate) raw: f32,
    /// The sentences it was found in.
    pub(crate) window: Range<usize>,
}

/// Sums of one window, grown sentence by sentence.
struct Sums {
    /// Best level of each slot so far.
    levels: Vec<f32>,
    /// Found weight of each claim and correction.
    found: Vec<f32>,
    /// Best level of each term group.
    groups: Vec<f32>,
    /// Whether each group stands there denied.
    denied: Vec<bool>,
}

/// The best window of each point and, after them, of each misconception.
pub(crate) fn read(
    prepared: &Prepared,
    reading: &Reading,
    text: &Text,
    tuning: &Tuning,
) -> Vec<Support> {
    let sentences = text.sentences.len();
    let mut best = vec![Support::default(); prepared.lists.len()];
    let mut sums = Sums::new(prepared);
    let mut supports = Vec::with_capacity(prepared.lists.len());
    for first in 0..sentences {
        sums.clear();
        for end in first + 1..=(first + WIDEST).min(sentences) {
            sums.add(prepared, reading, end - 1);
            sums.supports(prepared, tuning, &mut supports);
            let topical = reading.topical(first..end, tuning);
            for (list, (best, support)) in best.iter_mut().zip(&supports).enumerate() {
                let raw = support.raw * topical;
                let too_wide = list >= prepared.points && end - first > WIDEST_WRONG;
                if raw > best.raw && !too_wide {
                    *best = Support { raw, window: first..end, ..support.clone() };
                }
            }
        }
    }
    best
}

impl Sums {
    fn new(prepared: &Prepared) -> Self {
        let groups = prepared.lists.last().map_or(0, |list| list.first + list.groups);
        Self {
            levels: vec![0.0; prepared.slots.len()],
            found: vec![0.0; prepared.statements],
            groups: vec![0.0; groups],
            denied: vec![false; groups],
        }
    }

    fn clear(&mut self) {
        self.levels.fill(0.0);
        self.found.fill(0.0);
        self.groups.fill(0.0);
        self.denied.fill(false);
    }

    fn add(&mut self, prepared: &Prepared, reading: &Reading, sentence: usize) {
        for hit in reading.slots(sentence) {
            let slot = &prepared.slots[hit.slot as usize];
            let Some(found) = self.found.get_mut(slot.profile as usize) else { continue };
            let level = &mut self.levels[hit.slot as usize];
            *found += slot.weight * (hit.level - *level).max(0.0);
            *level = level.max(hit.level);
        }
        for hit in reading.groups(sentence) {
            let group = prepared.lists[hit.list].first + hit.group;
            self.groups[group] = self.groups[group].max(hit.level);
            self.denied[group] |= hit.denied;
        }
    }

    /// What the window says for each list, contested.
    fn supports(&self, prepared: &Prepared, tuning: &Tuning, supports: &mut Vec<Support>) {
        supports.clear();
        supports.resize(prepared.lists.len(), Support::default());
        let mut against = vec![0.0f32; prepared.lists.len() - prepared.points];
        for (profile, found) in prepared.profiles.iter().zip(&self.found) {
            if profile.kind == ProfileKind::Correction {
                let full = (found / tuning.correction_full).min(1.0);
                let against = &mut against[profile.list - prepared.points];
                *against = against.max(full);
            } else {
                let claim = &mut supports[profile.list].claim;
                *claim = claim.max(*found);
            }
        }
        for (support, list) in supports.iter_mut().zip(&prepared.lists) {
            self.mix(support, list, tuning);
        }
        contest(supports, prepared.points, &against, tuning);
    }

    fn mix(&self, support: &mut Support, list: &GroupList, tuning: &Tuning) {
        let groups = &self.groups[list.first..list.first + list.groups];
        support.terms = list.share_of(groups);
        let terms = if groups.is_empty() { 0.0 } else { tuning.terms };
        let denied = (list.first..list.first + list.groups)
            .any(|group| self.denied[group] && self.groups[group] < 1.0);
        let meant = if denied { tuning.denied } else { 1.0 };
        let claim = meant * (support.claim / tuning.claim_full).min(1.0);
        support.raw = terms * support.terms + (1.0 - terms) * claim;
    }
}

impl GroupList {
    /// Share of its groups that are hit. What a right answer says too is no sign of
    /// an error, so such a group can take from a misconception and adds nothing.
    pub(super) fn share_of(&self, levels: &[f32]) -> f32 {
        let all = levels.iter().sum::<f32>() * ratio(1, levels.len());
        let wrong = |(group, _): &(usize, &f32)| (self.right >> (*group).min(63)) & 1 == 0;
        let count = levels.iter().enumerate().filter(wrong).count();
        let sum: f32 = levels.iter().enumerate().filter(wrong).map(|(_, level)| level).sum();
        if count == 0 { all } else { all.min(sum * ratio(1, count)) }
    }
}

fn contest(supports: &mut [Support], points: usize, against: &[f32], tuning: &Tuning) {
    let (points, wrong) = supports.split_at_mut(points);
    let strongest = |supports: &[Support]| supports.iter().map(|s| s.raw).fold(0.0, f32::max);
    let (right, worst) = (strongest(points), strongest(wrong));
    for point in points {
        lose(point, worst, tuning.contested);
    }
    for (wrong, correction) in wrong.iter_mut().zip(against) {
        lose(wrong, right.max(*correction), tuning.wrong_contested);
    }
}

fn lose(support: &mut Support, rival: f32, contested: f32) {
    let lag = (rival - support.raw).max(0.0);
    support.raw *= (1.0 - contested * lag).max(0.0);
}
