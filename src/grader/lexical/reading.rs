//! Reads an answer once: which units and aliases of the question stand in
//! which sentence, and which sentences keep to the topic.
//!
//! Only records what is found; what it is worth is decided by the windows.

use std::ops::Range;

use super::idf::{self, idf};
use super::prepare::Prepared;
use super::profile::{ProfileKind, beginning};
use super::tuning::Tuning;
use super::units::{self, UnitKind};
use crate::text::matching::Hit;
use crate::text::negation::{Polarity, Stance};
use crate::text::tokenise::Text;

/// How many sentences on either side decide with a window whether it keeps to
/// the topic. What stands farther off says nothing: an answer is as good as the
/// part it is read in, whatever is told before and after.
const AROUND: usize = 1;

/// A unit of a profile, found.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlotHit {
    pub(super) slot: u32,
    pub(super) token: u32,
    pub(super) level: f32,
}

/// An alias, found.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupHit {
    pub(super) sentence: usize,
    pub(super) list: usize,
    pub(super) group: usize,
    pub(super) level: f32,
    /// Whether it is denied in so many words.
    pub(super) denied: bool,
    pub(super) tokens: (usize, usize),
}

impl GroupHit {
    fn is_beside(&self, other: &Self) -> bool {
        (self.sentence, self.list, self.group) == (other.sentence, other.list, other.group)
    }
}

/// How much of a sentence's vocabulary is the question's, against what chance would give.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    own: f32,
    chance: f32,
}

impl Share {
    fn add(&mut self, tells: f32, usual: f32, own: bool) {
        self.chance += tells * usual;
        self.own += if own { tells } else { 0.0 };
    }

    fn and(self, other: Self) -> Self {
        Self { own: self.own + other.own, chance: self.chance + other.chance }
    }

    /// 0 when no more is the question's than `low` times chance, 1 from `high` times.
    fn on_scale(self, (low, high): (f32, f32)) -> f32 {
        let times = self.own / f32::max(self.chance, f32::MIN_POSITIVE);
        ((times - low) / (high - low)).clamp(0.0, 1.0)
    }
}

/// An answer's hits by sentence.
pub(super) struct Reading {
    slots: Vec<SlotHit>,
    slot_ranges: Vec<Range<usize>>,
    groups: Vec<GroupHit>,
    group_ranges: Vec<Range<usize>>,
    topics: Vec<Share>,
}

impl Reading {
    pub(super) fn of(prepared: &Prepared, text: &Text, tuning: &Tuning) -> Self {
        let sentence_of = sentence_index(text);
        let count = text.sentences.len();
        let mut reading = Self {
            slots: Vec::with_capacity(8 * text.tokens.len()),
            slot_ranges: vec![0..0; count],
            groups: Vec::new(),
            group_ranges: vec![0..0; count],
            topics: vec![Share::default(); count],
        };
        reading.read_units(prepared, text, tuning, &sentence_of);
        reading.read_aliases(prepared, text, &sentence_of);
        reading.read_loose_aliases(prepared, text, tuning);
        reading.sort_groups();
        reading
    }

    /// The units found in a sentence.
    pub(super) fn slots(&self, sentence: usize) -> &[SlotHit] {
        &self.slots[self.slot_ranges[sentence].clone()]
    }

    /// The aliases found in a sentence.
    pub(super) fn groups(&self, sentence: usize) -> &[GroupHit] {
        &self.groups[self.group_ranges[sentence].clone()]
    }

    /// How much a window and the sentences next to it keep to the question's words, 0 to 1.
    pub(super) fn topical(&self, window: Range<usize>, tuning: &Tuning) -> f32 {
        let (start, end) = (window.start.saturating_sub(AROUND), window.end + AROUND);
        let near = &self.topics[start..end.min(self.topics.len())];
        near.iter().copied().fold(Share::default(), Share::and).on_scale(tuning.topic)
    }

    fn read_units(
        &mut self,
        prepared: &Prepared,
        text: &Text,
        tuning: &Tuning,
        sentence_of: &[usize],
    ) {
        let mut current = usize::MAX;
        units::each(text, |unit, kind, token| {
            let sentence = sentence_of[token];
            if sentence != current {
                current = sentence;
                self.slot_ranges[sentence] = self.slots.len()..self.slots.len();
            }
            let known = self.read_unit(prepared, text, unit, token, tuning);
            self.slot_ranges[sentence].end = self.slots.len();
            let usual = match kind {
                UnitKind::Word => tuning.chance_word,
                UnitKind::HanPair => tuning.chance_pair,
                UnitKind::HanChar => return,
            };
            // Words that are no terms of the field are those of small talk: they
            // speak for the question when it has them, and for no other subject.
            let tells = idf(unit);
            if known || idf::is_term(tells) {
                self.topics[sentence].add(tells, usual, known);
            }
        });
    }

    /// Says whether the unit is one of the question's.
    fn read_unit(
        &mut self,
        prepared: &Prepared,
        text: &Text,
        unit: u64,
        token: usize,
        tuning: &Tuning,
    ) -> bool {
        let mut known = self.post(prepared, unit, token, 1.0);
        let whole = &text.tokens[token];
        if unit != whole.stem {
            return known;
        }
        for compound in [whole.light, whole.joined] {
            known |= self.post_compound(prepared, compound, token);
        }
        let stem = text.stem(whole);
        if known || !units::has_spelling(whole, stem) {
            return known;
        }
        for spelling in prepared.spellings.get(&beginning(stem)).into_iter().flatten() {
            let alike = units::spelled_alike(stem, &spelling.stem);
            if alike >= tuning.fuzzy {
                self.post(prepared, spelling.unit, token, alike);
            }
        }
        false
    }

    fn post(&mut self, prepared: &Prepared, unit: u64, token: usize, level: f32) -> bool {
        let Some(entry) = prepared.index.get(&unit) else { return false };
        let token = u32::try_from(token).unwrap_or(u32::MAX);
        let (start, end) = entry.postings;
        let postings = &prepared.postings[start as usize..end as usize];
        self.slots.extend(postings.iter().map(|posting| SlotHit {
            slot: posting.slot,
            token,
            level: level * posting.level,
        }));
        entry.own
    }

    /// Says whether the word, or it and the one before as one, is the question's.
    fn post_compound(&mut self, prepared: &Prepared, compound: u64, token: usize) -> bool {
        let Some(slots) = prepared.compounds.get(&compound) else { return false };
        let token = u32::try_from(token).unwrap_or(u32::MAX);
        self.slots.extend(slots.iter().map(|slot| SlotHit { slot: *slot, token, level: 1.0 }));
        true
    }

    fn read_aliases(&mut self, prepared: &Prepared, text: &Text, sentence_of: &[usize]) {
        let stance = Stance::of(text);
        prepared.matcher.each(text, |hit: Hit| {
            let neutral = (prepared.lists[hit.list].neutral >> hit.group.min(63)) & 1 == 1;
            let said = stance.polarity(hit.first..hit.end);
            let meant = said == Polarity::Meant || (neutral && said == Polarity::Negated);
            self.groups.push(GroupHit {
                sentence: sentence_of[hit.first],
                list: hit.list,
                group: hit.group,
                level: if meant { 1.0 } else { 0.0 },
                denied: !meant && stance.is_flatly_negated(&(hit.first..hit.end)),
                tokens: (hit.first, hit.end),
            });
        });
    }

    /// An alias whose words stand apart in one sentence hits its group in part,
    /// unless the group is denied there.
    fn read_loose_aliases(&mut self, prepared: &Prepared, text: &Text, tuning: &Tuning) {
        let denied: Vec<_> = self.groups.iter().filter(|hit| hit.level == 0.0).copied().collect();
        let mut found = vec![0.0f32; prepared.profiles.len() - prepared.statements];
        let mut levels = vec![0.0f32; prepared.slots.len()];
        for sentence in 0..self.slot_ranges.len() {
            let hits = &self.slots[self.slot_ranges[sentence].clone()];
            let aliases = hits.iter().filter_map(|hit| {
                let slot = &prepared.slots[hit.slot as usize];
                let alias = (slot.profile as usize).checked_sub(prepared.statements)?;
                Some((alias, hit, slot))
            });
            for (alias, hit, slot) in aliases.clone() {
                let level = &mut levels[hit.slot as usize];
                found[alias] += slot.weight * (hit.level - *level).max(0.0);
                *level = level.max(hit.level);
            }
            let range = &text.sentences[sentence];
            for (alias, hit, _) in aliases {
                levels[hit.slot as usize] = 0.0;
                let share = std::mem::take(&mut found[alias]);
                let profile = &prepared.profiles[alias + prepared.statements];
                if let (true, ProfileKind::Alias(group)) =
                    (share > tuning.loose_least, profile.kind)
                {
                    let hit = GroupHit {
                        sentence,
                        list: profile.list,
                        group,
                        level: share
                            * share
                            * if profile.list < prepared.points {
                                tuning.loose_alias
                            } else {
                                tuning.wrong_loose
                            },
                        denied: false,
                        tokens: (range.start, range.start),
                    };
                    if !denied.iter().any(|other| other.is_beside(&hit)) {
                        self.groups.push(hit);
                    }
                }
            }
        }
    }

    fn sort_groups(&mut self) {
        self.groups.sort_by_key(|hit| hit.sentence);
        let mut start = 0;
        for (sentence, range) in self.group_ranges.iter_mut().enumerate() {
            let length = self.groups[start..].iter().take_while(|h| h.sentence == sentence).count();
            *range = start..start + length;
            start += length;
        }
    }
}

fn sentence_index(text: &Text) -> Vec<usize> {
    let mut index = vec![0; text.tokens.len()];
    for (number, sentence) in text.sentences.iter().enumerate() {
        index[sentence.clone()].fill(number);
    }
    index
}
