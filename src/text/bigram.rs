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

/// The hash of the pair that starts at token `at`, when one does.
pub fn pair_at(tokens: &[Token], at: usize) -> Option<u64> {
    let (first, second) = (tokens.get(at)?, tokens.get(at + 1)?);
    let pair = counts(first) && counts(second) && second.gap <= Gap::Space;
    // A Han token's stem is the hash of its character, so this is the hash of both.
    pair.then(|| hash_on(first.stem, second.first.encode_utf8(&mut [0; 4]).as_bytes()))
}

fn counts(token: &Token) -> bool {
    token.kind == Kind::Han && !is_particle(token)
}

/// Calls `unit` with the hash of each bigram or lone character and the index of
/// its first token.
pub fn each(text: &Text, mut unit: impl FnMut(u64, usize)) {
    let tokens = &text.tokens;
    let mut in_pair = false;
    for (at, token) in tokens.iter().enumerate() {
        let pair = pair_at(tokens, at);
        if let Some(pair) = pair {
            unit(pair, at);
        } else if counts(token) && !in_pair {
            unit(token.stem, at);
        }
        in_pair = pair.is_some();
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
