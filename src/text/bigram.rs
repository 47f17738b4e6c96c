//! Character bigrams: the units in which Chinese is compared without a word list.
//!
//! A bigram never spans punctuation, a Latin word, or one of the few particles
//! that stand anywhere; a character alone between such borders is a unit of its own.

use super::hash_on;
use super::tokenise::{Gap, Kind, Text, Token};

/// Particles that say nothing about a sentence's matter.
pub fn is_particle(token: &Token) -> bool {
    use super::hash;
    const PARTICLES: [u64; 10] = [
        hash("的"),
        hash("了"),
        hash("吗"),
        hash("呢"),
        hash("啊"),
        hash("吧"),
        hash("嘛"),
        hash("呃"),
        hash("嗯"),
        hash("哦"),
    ];
    token.kind == Kind::Han && PARTICLES.contains(&token.stem)
}

/// The unit that a pair of adjacent Han tokens makes.
pub fn pair(first: &Token, second: &Token) -> u64 {
    // A Han token's stem is the hash of its character, so this is the pair's hash.
    hash_on(first.stem, second.first.encode_utf8(&mut [0; 4]).as_bytes())
}

/// Calls `unit` with the hash of each bigram or lone character and the index of
/// its first token.
pub fn each(text: &Text, mut unit: impl FnMut(u64, usize)) {
    let tokens = &text.tokens;
    let counts = |i: usize| tokens[i].kind == Kind::Han && !is_particle(&tokens[i]);
    let joined = |i: usize| {
        i > 0 && i < tokens.len() && counts(i - 1) && counts(i) && tokens[i].gap <= Gap::Space
    };
    for i in (0..tokens.len()).filter(|i| counts(*i)) {
        if joined(i + 1) {
            unit(pair(&tokens[i], &tokens[i + 1]), i);
        } else if !joined(i) {
            unit(tokens[i].stem, i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hash;

    fn units(text: &str) -> Vec<u64> {
        let mut units = Vec::new();
        each(&Text::new(text), |unit, _| units.push(unit));
        units
    }

    #[test]
    fn pairs_stop_at_particles_latin_and_punctuation() {
        assert_eq!(
            units("共享的键值 KV 头，组"),
            [hash("共享"), hash("键值"), hash("头"), hash("组")]
        );
    }

    #[test]
    fn a_run_gives_every_adjacent_pair() {
        assert_eq!(units("注意力"), [hash("注意"), hash("意力")]);
    }
}
