//! Where in a text a pattern stands with few edits.
//!
//! Myers' bit-parallel algorithm in Hyyrö's block form (Myers 1999, "A fast
//! bit-vector algorithm for approximate string matching based on dynamic
//! programming"; Hyyrö 2003). It knows characters only: whether an edit changes
//! the meaning is decided elsewhere. Work is text × ⌈pattern / 64⌉ words.

use std::collections::HashMap;

/// Places of least cost that are offered at most.
const MAX_PLACES: usize = 4;

/// A place where the pattern stands with `edits` insertions, deletions and substitutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) edits: usize,
}

/// The best places of `pattern` in `text` with at most `limit` edits, best first.
pub(super) fn places(text: &[char], pattern: &[char], limit: usize, steps: &mut u64) -> Vec<Place> {
    if pattern.is_empty() {
        return Vec::new();
    }
    let mut column = Column::new(pattern.iter().copied(), Start::Anywhere);
    let mut ends = Vec::new();
    for (index, &ch) in text.iter().enumerate() {
        let edits = column.advance(ch);
        if edits <= limit {
            ends.push((edits, index + 1));
        }
    }
    *steps += column.steps;
    ends.sort_unstable();
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for (edits, end) in ends {
        if chosen.len() == MAX_PLACES {
            break;
        }
        if chosen.iter().all(|&(_, other)| other.abs_diff(end) > limit.max(pattern.len() / 2)) {
            chosen.push((edits, end));
        }
    }
    chosen
        .into_iter()
        .map(|(edits, end)| Place { start: start_of(text, pattern, end, edits, steps), end, edits })
        .collect()
}

/// Where the match that ends at `end` with `edits` edits begins.
fn start_of(text: &[char], pattern: &[char], end: usize, edits: usize, steps: &mut u64) -> usize {
    let mut column = Column::new(pattern.iter().rev().copied(), Start::Here);
    let mut best = (usize::MAX, usize::MAX, end);
    let reach = (pattern.len() + edits).min(end);
    for length in 1..=reach {
        let cost = column.advance(text[end - length]);
        best = best.min((cost, length.abs_diff(pattern.len()), end - length));
    }
    *steps += column.steps;
    best.2
}

/// Whether a match may begin at any character of the text or at its first only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Anywhere,
    Here,
}

/// One column of the edit matrix, as vertical differences in bits.
struct Column {
    rows: HashMap<char, Vec<u64>>,
    none: Vec<u64>,
    plus: Vec<u64>,
    minus: Vec<u64>,
    last: u64,
    edits: usize,
    start: Start,
    steps: u64,
}

impl Column {
    fn new(pattern: impl ExactSizeIterator<Item = char>, start: Start) -> Self {
        let length = pattern.len();
        let blocks = length.div_ceil(64);
        let mut rows: HashMap<char, Vec<u64>> = HashMap::new();
        for (index, ch) in pattern.enumerate() {
            rows.entry(ch).or_insert_with(|| vec![0; blocks])[index / 64] |= 1 << (index % 64);
        }
        Self {
            rows,
            none: vec![0; blocks],
            plus: vec![!0; blocks],
            minus: vec![0; blocks],
            last: 1 << ((length - 1) % 64),
            edits: length,
            start,
            steps: 0,
        }
    }

    /// Takes one character of the text; returns the edits of the best match that ends there.
    fn advance(&mut self, ch: char) -> usize {
        let row = self.rows.get(&ch).unwrap_or(&self.none);
        let mut carry = i8::from(self.start == Start::Here);
        let blocks = row.len();
        for (index, &bits) in row.iter().enumerate() {
            let high = if index + 1 == blocks { self.last } else { 1 << 63 };
            carry = block(&mut self.plus[index], &mut self.minus[index], bits, carry, high);
        }
        self.steps += blocks as u64;
        match carry {
            1 => self.edits += 1,
            -1 => self.edits -= 1,
            _ => {}
        }
        self.edits
    }
}

/// Advances one block; `carry` is the horizontal difference above it, the result the one at `high`.
fn block(plus: &mut u64, minus: &mut u64, mut equal: u64, carry: i8, high: u64) -> i8 {
    let vertical = equal | *minus;
    if carry < 0 {
        equal |= 1;
    }
    let horizontal = ((equal & *plus).wrapping_add(*plus) ^ *plus) | equal;
    let mut up = *minus | !(horizontal | *plus);
    let mut down = *plus & horizontal;
    let out = i8::from(up & high != 0) - i8::from(down & high != 0);
    up <<= 1;
    down <<= 1;
    match carry {
        1 => up |= 1,
        -1 => down |= 1,
        _ => {}
    }
    *plus = down | !(vertical | up);
    *minus = up & vertical;
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Edits of the best match that ends at each place, by the plain matrix.
    fn plain(text: &[char], pattern: &[char], start: Start) -> Vec<usize> {
        let mut column: Vec<usize> = (0..=pattern.len()).collect();
        let mut ends = Vec::new();
        for (index, ch) in text.iter().enumerate() {
            let mut diagonal = column[0];
            column[0] = if start == Start::Here { index + 1 } else { 0 };
            for row in 1..=pattern.len() {
                let change = diagonal + usize::from(pattern[row - 1] != *ch);
                diagonal = column[row];
                column[row] = change.min(column[row] + 1).min(column[row - 1] + 1);
            }
            ends.push(column[pattern.len()]);
        }
        ends
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn bits_agree_with_the_plain_matrix(text in "[abc]{0,200}", pattern in "[abc]{1,150}", here: bool) {
            let text: Vec<char> = text.chars().collect();
            let pattern: Vec<char> = pattern.chars().collect();
            let start = if here { Start::Here } else { Start::Anywhere };
            let mut column = Column::new(pattern.iter().copied(), start);
            let bits: Vec<usize> = text.iter().map(|&ch| column.advance(ch)).collect();
            prop_assert_eq!(bits, plain(&text, &pattern, start));
        }

        #[test]
        fn a_place_costs_what_it_says(text in "[ab ]{0,80}", pattern in "[ab ]{5,30}") {
            let text: Vec<char> = text.chars().collect();
            let pattern: Vec<char> = pattern.chars().collect();
            for place in places(&text, &pattern, 4, &mut 0) {
                let span = &text[place.start..place.end];
                let cost = plain(span, &pattern, Start::Here).last().copied();
                prop_assert_eq!(cost.unwrap_or(pattern.len()), place.edits);
            }
        }
    }
}
