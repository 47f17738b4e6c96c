//! Text as the grader, the bank's search and the quote checker see it: folded,
//! cut into tokens with spans, stemmed, matched.
//!
//! Pure functions over strings in English, Chinese or a mixture; other scripts
//! are carried along without stemming. Nothing here knows a question or an
//! answer. Every span counts Unicode scalar values of the original text.

pub mod bigram;
pub mod distance;
pub mod fold;
mod marks;
pub mod matching;
pub mod negation;
mod sentence;
mod spelling;
pub mod stem;
pub mod tokenise;

/// A map from the hash of a word or unit; the keys are hashes already.
pub type HashedMap<V> = std::collections::HashMap<u64, V, PassThrough>;

/// A set of such hashes.
pub type HashedSet = std::collections::HashSet<u64, PassThrough>;

/// Hands a 64-bit key through as its own hash, once mixed.
#[derive(Debug, Clone, Copy, Default)]
pub struct PassThrough;

/// The state of [`PassThrough`].
#[derive(Debug, Clone, Copy, Default)]
pub struct PassThroughHasher(u64);

impl std::hash::BuildHasher for PassThrough {
    type Hasher = PassThroughHasher;

    fn build_hasher(&self) -> PassThroughHasher {
        PassThroughHasher(0)
    }
}

impl std::hash::Hasher for PassThroughHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash_on(self.0, bytes);
    }

    fn write_u64(&mut self, key: u64) {
        // FNV leaves its low bits weak for keys that differ in one late byte.
        self.0 = key ^ (key >> 32);
    }
}

/// FNV-1a's offset basis: the hash of nothing.
pub const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

/// The 64-bit FNV-1a hash of a word.
pub const fn hash(word: &str) -> u64 {
    hash_on(HASH_START, word.as_bytes())
}

/// Continues a hash: `hash_on(hash(a), b)` is the hash of `a` followed by `b`.
pub const fn hash_on(state: u64, bytes: &[u8]) -> u64 {
    let mut state = state;
    let mut index = 0;
    while index < bytes.len() {
        state = (state ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    state
}

/// The characters of a text; much faster than collecting them where it is plain ASCII.
pub fn chars_of(text: &str) -> Vec<char> {
    if text.is_ascii() {
        return text.bytes().map(char::from).collect();
    }
    let mut chars = Vec::with_capacity(text.len());
    chars.extend(text.chars());
    chars
}

/// Whether a character is a unified Han character of the first two blocks, which has one
/// spelling in Unicode and folds to itself.
pub fn is_unified_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// Whether a character is written without spaces between words: Han or kana, but none of the
/// marks that stand among them.
pub fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff
        | 0x3005..=0x3007 | 0x3041..=0x3096 | 0x309d..=0x309f | 0x30a1..=0x30fa | 0x30fc..=0x30ff)
}
