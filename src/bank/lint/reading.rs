//! A text against the term groups of a question's points and misconceptions.
//!
//! Read as the lexical grader reads: an alias under a negation does not count,
//! unless the claim itself stands under one; all groups have to be hit within
//! three sentences.

use crate::domain::{Question, Terms};
use crate::text::matching::Matcher;
use crate::text::negation::{Polarity, Stance};
use crate::text::tokenise::Text;

/// The most sentences in which all groups have to be hit.
const WINDOW: usize = 3;

/// The term groups of a question, ready to be found.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    /// Points first, then misconceptions.
    pub(super) lists: Vec<&'a Terms>,
    matcher: Matcher,
    /// Per list, a bit for every group that its own claim hits under a negation.
    neutral: Vec<u64>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(question: &'a Question) -> Self {
        let points = question.points.iter().map(|point| (&point.terms, &point.claim));
        let wrong = question.misconceptions.iter().map(|wrong| (&wrong.terms, &wrong.claim));
        let (lists, claims): (Vec<&Terms>, Vec<_>) = points.chain(wrong).unzip();
        let matcher = Matcher::over(lists.iter().map(|terms| terms.as_slice()));
        let neutral = vec![0; lists.len()];
        let mut groups = Self { lists, matcher, neutral };
        for (list, claim) in claims.into_iter().enumerate() {
            for (_, text) in claim.texts() {
                groups.mark_neutral(list, &Text::new(text));
            }
        }
        groups
    }

    fn mark_neutral(&mut self, own: usize, text: &Text) {
        for hit in self.matcher.hits(text).into_iter().filter(|hit| hit.list == own) {
            if Stance::of(text).polarity(hit.first..hit.end) != Polarity::Meant {
                self.neutral[own] |= bit(hit.group);
            }
        }
    }

    /// What a text says of each list.
    pub(super) fn read(&self, text: &str) -> Said<'_> {
        let text = Text::new(text);
        let mut lists = vec![Vec::new(); self.lists.len()];
        let mut sentence = 0;
        self.matcher.each(&text, |hit| {
            while text.sentences.get(sentence).is_some_and(|s| s.end <= hit.first) {
                sentence += 1;
            }
            let neutral = self.neutral[hit.list] & bit(hit.group) != 0;
            let meant =
                neutral || Stance::of(&text).polarity(hit.first..hit.end) == Polarity::Meant;
            lists[hit.list].push(GroupHit { sentence, group: hit.group, alias: hit.alias, meant });
        });
        Said { groups: self, lists }
    }
}

fn bit(group: usize) -> u64 {
    1 << group.min(63)
}

#[derive(Debug, Clone, Copy)]
struct GroupHit {
    sentence: usize,
    group: usize,
    alias: usize,
    meant: bool,
}

/// Which groups a text hits, list by list.
#[derive(Debug)]
pub(super) struct Said<'a> {
    groups: &'a Groups<'a>,
    lists: Vec<Vec<GroupHit>>,
}

impl Said<'_> {
    fn all(&self, list: usize) -> u64 {
        let count = self.groups.lists[list].len();
        (0..count).fold(0, |bits, group| bits | bit(group))
    }

    /// Whether all groups of a list are hit and meant within a few sentences.
    pub(super) fn meets(&self, list: usize) -> bool {
        self.window(list).is_some()
    }

    /// The first sentences in which all groups of a list are hit and meant.
    pub(super) fn window(&self, list: usize) -> Option<std::ops::Range<usize>> {
        let all = self.all(list);
        let hits: Vec<&GroupHit> = self.lists[list].iter().filter(|hit| hit.meant).collect();
        (0..hits.len()).find_map(|start| {
            let first = hits[start].sentence;
            let mut bits = 0;
            for hit in hits[start..].iter().take_while(|hit| hit.sentence < first + WINDOW) {
                bits |= bit(hit.group);
                if all != 0 && bits == all {
                    return Some(first..hit.sentence + 1);
                }
            }
            None
        })
    }

    /// Whether sentences alone hit all groups of a list.
    pub(super) fn meets_within(&self, list: usize, sentences: &std::ops::Range<usize>) -> bool {
        let inside = self.lists[list].iter().filter(|h| h.meant && sentences.contains(&h.sentence));
        let bits = inside.fold(0, |bits, hit| bits | bit(hit.group));
        bits != 0 && bits == self.all(list)
    }

    /// The groups of a list that are hit nowhere in the text, negated or not.
    pub(super) fn missed(&self, list: usize) -> Vec<usize> {
        let hit = |group| self.lists[list].iter().any(|hit| hit.group == group);
        (0..self.groups.lists[list].len()).filter(|group| !hit(*group)).collect()
    }

    /// The aliases of a list that stand in the text.
    pub(super) fn aliases(&self, list: usize) -> Vec<&str> {
        let terms = self.groups.lists[list];
        let mut found: Vec<&str> =
            self.lists[list].iter().map(|hit| terms[hit.group][hit.alias].as_str()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
