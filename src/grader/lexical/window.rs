//! Reads an answer once and finds, for every point and misconception, the one
//! to three sentences that speak for it most.
//!
//! Gives raw credits from 0 to 1; what they mean on the scale that people read
//! is decided elsewhere.

use super::prepare::{Prepared, ProfileKind, beginning};
use super::tuning::Tuning;
use super::units;
use crate::text::negation::{Polarity, polarity};
use crate::text::tokenise::{Kind, Text};

/// The most sentences that are read as one piece of evidence.
const WIDEST: usize = 3;

/// What speaks for one point or misconception.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Support {
    /// Share of the term groups that are hit, 0 to 1.
    pub(crate) terms: f32,
    /// Share of the claim's weight that is found, 0 to 1.
    pub(crate) claim: f32,
    /// The mix of both, 0 to 1.
    pub(crate) raw: f32,
    /// First sentence of the window.
    pub(crate) first: usize,
    /// One past its last sentence.
    pub(crate) end: usize,
}

struct SlotHit {
    slot: u32,
    level: f32,
}

struct GroupHit {
    list: usize,
    group: usize,
    level: f32,
}

/// An answer's hits by sentence.
struct Reading {
    slots: Vec<Vec<SlotHit>>,
    groups: Vec<Vec<GroupHit>>,
    topic: Vec<(f32, f32)>,
}

impl Reading {
    fn of(prepared: &Prepared, text: &Text, tuning: &Tuning) -> Self {
        let sentence_of = sentence_index(text);
        let count = text.sentences.len();
        let mut reading = Self {
            slots: (0..count).map(|_| Vec::new()).collect(),
            groups: (0..count).map(|_| Vec::new()).collect(),
            topic: vec![(0.0, 0.0); count],
        };
        units::each(text, |unit, kind, token| {
            let usual = match kind {
                units::UnitKind::HanChar | units::UnitKind::Symbol => 0.0,
                units::UnitKind::HanPair => tuning.topic_pair,
                units::UnitKind::Word => tuning.topic_word,
            };
            if usual > 0.0 {
                let told = super::idf::idf(unit);
                let (own, expected) = &mut reading.topic[sentence_of[token]];
                *expected += told * usual;
                if prepared.vocabulary.contains_key(&unit) {
                    *own += told;
                }
            }
            reading.read_unit(prepared, text, unit, token, sentence_of[token], tuning);
        });
        prepared.matcher.each(text, |hit| {
            let said = polarity(text, hit.first..hit.end);
            let neutral = prepared.lists[hit.list].neutral >> hit.group.min(63) & 1 == 1;
            let level = match said {
                Polarity::Meant => 1.0,
                Polarity::Negated if neutral => 1.0,
                _ => tuning.negated,
            };
            let group = GroupHit { list: hit.list, group: hit.group, level };
            reading.groups[sentence_of[hit.first]].push(group);
        });
        reading.read_loose_aliases(prepared, tuning);
        reading
    }

    /// An alias whose words stand apart in one sentence hits its group in part.
    fn read_loose_aliases(&mut self, prepared: &Prepared, tuning: &Tuning) {
        let mut window = Window::new(prepared);
        for sentence in 0..self.slots.len() {
            window.clear();
            window.add(prepared, self, sentence);
            for (profile, found) in prepared.profiles.iter().zip(&window.found) {
                if let ProfileKind::Alias(group) = profile.kind && *found > 0.3 {
                    let level = found * found * tuning.loose_alias;
                    self.groups[sentence].push(GroupHit { list: profile.list, group, level });
                }
            }
        }
    }

    fn read_unit(
        &mut self,
        prepared: &Prepared,
        text: &Text,
        unit: u64,
        token: usize,
        sentence: usize,
        tuning: &Tuning,
    ) {
        let token = &text.tokens[token];
        let mut known = self.post(prepared, unit, sentence, 1.0);
        if token.joined != 0 && unit == token.stem {
            known |= self.post(prepared, token.joined, sentence, 1.0);
        }
        let stem = text.stem(token);
        if known || token.kind != Kind::Word || !units::has_spelling(token, stem) {
            return;
        }
        for spelling in prepared.spellings.get(&beginning(stem)).into_iter().flatten() {
            let alike = units::spelled_alike(stem, &spelling.stem);
            if alike >= tuning.fuzzy {
                self.post(prepared, spelling.unit, sentence, alike);
            }
        }
    }

    fn post(&mut self, prepared: &Prepared, unit: u64, sentence: usize, by: f32) -> bool {
        let postings = prepared.postings.get(&unit);
        for posting in postings.into_iter().flatten() {
            let level = posting.level * by;
            self.slots[sentence].push(SlotHit { slot: posting.slot, level });
        }
        postings.is_some()
    }
}

impl Reading {
    /// How much the sentences around a window keep to the question's words, 0 to 1.
    fn topical(&self, first: usize, end: usize, tuning: &Tuning) -> f32 {
        let (from, to) = (first.saturating_sub(2), (end + 2).min(self.topic.len()));
        let own: f32 = self.topic[from..to].iter().map(|t| t.0).sum();
        let expected: f32 = self.topic[from..to].iter().map(|t| t.1).sum();
        ((own / expected.max(f32::MIN_POSITIVE) - 1.0) / tuning.topic_width).clamp(0.0, 1.0)
    }
}

fn sentence_index(text: &Text) -> Vec<usize> {
    let mut index = vec![0; text.tokens.len()];
    for (number, sentence) in text.sentences.iter().enumerate() {
        index[sentence.clone()].fill(number);
    }
    index
}

/// Sums of one window, grown sentence by sentence.
struct Window {
    levels: Vec<f32>,
    found: Vec<f32>,
    groups: Vec<Vec<f32>>,
}

impl Window {
    fn new(prepared: &Prepared) -> Self {
        Self {
            levels: vec![0.0; prepared.slots.len()],
            found: vec![0.0; prepared.profiles.len()],
            groups: prepared.lists.iter().map(|list| vec![0.0; list.groups]).collect(),
        }
    }

    fn clear(&mut self) {
        self.levels.fill(0.0);
        self.found.fill(0.0);
        self.groups.iter_mut().for_each(|groups| groups.fill(0.0));
    }

    fn add(&mut self, prepared: &Prepared, reading: &Reading, sentence: usize) {
        for hit in &reading.slots[sentence] {
            let level = &mut self.levels[hit.slot as usize];
            if hit.level > *level {
                let slot = &prepared.slots[hit.slot as usize];
                self.found[slot.profile as usize] += slot.weight * (hit.level - *level);
                *level = hit.level;
            }
        }
        for hit in &reading.groups[sentence] {
            let level = &mut self.groups[hit.list][hit.group];
            *level = level.max(hit.level);
        }
    }

    fn supports(&self, prepared: &Prepared, tuning: &Tuning) -> Vec<Support> {
        let groups = self.groups.clone();
        let mut claims = vec![0.0f32; prepared.lists.len()];
        for (profile, found) in prepared.profiles.iter().zip(&self.found) {
            match profile.kind {
                ProfileKind::Claim => claims[profile.list] = claims[profile.list].max(*found),
                ProfileKind::Alias(_) => {}
            }
        }
        let lists = claims.into_iter().zip(groups).enumerate();
        lists.map(|(list, (claim, groups))| self.mix(prepared, tuning, list, claim, &groups)).collect()
    }

    fn mix(
        &self,
        prepared: &Prepared,
        tuning: &Tuning,
        list: usize,
        claim: f32,
        groups: &[f32],
    ) -> Support {
        let terms = groups.iter().sum::<f32>() / groups.len().max(1) as f32;
        let point = list < prepared.points;
        let (full, weight) = if point {
            (tuning.claim_full, tuning.terms_weight)
        } else {
            (tuning.wrong_full, tuning.wrong_terms)
        };
        let weight = if groups.is_empty() { 0.0 } else { weight };
        let raw = weight * terms + (1.0 - weight) * (claim / full).min(1.0);
        Support { terms, claim, raw, first: 0, end: 0 }
    }
}

/// The best window of each point and, after them, of each misconception.
pub(crate) fn read(prepared: &Prepared, text: &Text, tuning: &Tuning) -> Vec<Support> {
    let reading = Reading::of(prepared, text, tuning);
    let mut best = vec![Support::default(); prepared.lists.len()];
    let mut window = Window::new(prepared);
    for first in 0..text.sentences.len() {
        window.clear();
        let mut discount = 1.0;
        for end in first + 1..=(first + WIDEST).min(text.sentences.len()) {
            window.add(prepared, &reading, end - 1);
            let topical = reading.topical(first, end, tuning);
            let mut supports = window.supports(prepared, tuning);
            let (points, wrong) = supports.split_at_mut(prepared.points);
            let worst = wrong.iter().map(|s| s.raw).fold(0.0, f32::max);
            let right = points.iter().map(|s| s.raw).fold(0.0, f32::max);
            for support in points {
                let lead = (worst - support.raw).max(0.0);
                support.raw *= 1.0 - (tuning.contested * lead).min(1.0);
            }
            for support in wrong {
                let lead = (right - support.raw).max(0.0);
                support.raw *= 1.0 - (tuning.wrong_contested * lead).min(1.0);
            }
            for (list, (best, mut support)) in best.iter_mut().zip(supports).enumerate() {
                if list >= prepared.points && end - first > tuning.wrong_widest as usize { continue; }
                support.raw *= discount * topical;
                if support.raw > best.raw {
                    *best = Support { first, end, ..support };
                }
            }
            discount *= tuning.wider;
        }
    }
    best
}
