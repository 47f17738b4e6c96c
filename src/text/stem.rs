//! Stems English words: the Snowball English (Porter 2) algorithm after
//! spelling is brought to one side of the Atlantic.
//!
//! Works on lower-case ASCII words alone and leaves every other word as it
//! is. Equal words always give equal stems. Algorithm:
//! <https://snowballstem.org/algorithms/english/stemmer.html>.

use super::spelling;

/// The stem of one lower-case word.
pub fn stem(word: &str) -> String {
    let mut bytes = word.as_bytes().to_vec();
    stem_in_place(&mut bytes);
    String::from_utf8(bytes).unwrap_or_else(|_| word.to_owned())
}

/// Stems a lower-case word in its buffer.
pub fn stem_in_place(word: &mut Vec<u8>) {
    if word.len() <= 2 || !word.iter().all(u8::is_ascii_lowercase) {
        return;
    }
    spelling::unify(word);
    if let Some(whole) = exception(word) {
        word.clear();
        word.extend_from_slice(whole);
        return;
    }
    mark_consonant_y(word);
    let regions = Regions::of(word);
    plural(word);
    if !is_final_after_plural(word) {
        past_and_gerund(word, &regions);
        final_y(word);
        long_suffixes(word, &regions);
        middle_suffixes(word, &regions);
        residual_suffixes(word, &regions);
        final_e_or_l(word, &regions);
    }
    word.make_ascii_lowercase();
}

/// Starts of the regions R1 and R2 in which suffixes may be cut.
struct Regions {
    r1: usize,
    r2: usize,
}

impl Regions {
    fn of(word: &[u8]) -> Self {
        const PREFIXES: [&[u8]; 3] = [b"gener", b"commun", b"arsen"];
        let prefix = PREFIXES.iter().find(|prefix| word.starts_with(prefix));
        let r1 = prefix.map_or_else(|| region_after(word, 0), |prefix| prefix.len());
        Self { r1, r2: region_after(word, r1) }
    }
}

/// The place after the first consonant that follows a vowel, from `from` on.
fn region_after(word: &[u8], from: usize) -> usize {
    let vowel = (from..word.len()).find(|i| is_vowel(word[*i]));
    let consonant = vowel.and_then(|v| (v..word.len()).find(|i| !is_vowel(word[*i])));
    consonant.map_or(word.len(), |c| c + 1)
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

fn has_vowel(part: &[u8]) -> bool {
    part.iter().copied().any(is_vowel)
}

/// A y that starts the word or follows a vowel is a consonant, written Y.
fn mark_consonant_y(word: &mut [u8]) {
    for i in 0..word.len() {
        if word[i] == b'y' && (i == 0 || is_vowel(word[i - 1])) {
            word[i] = b'Y';
        }
    }
}

fn exception(word: &[u8]) -> Option<&'static [u8]> {
    Some(match word {
        b"skis" => b"ski",
        b"skies" => b"sky",
        b"dying" => b"die",
        b"lying" => b"lie",
        b"tying" => b"tie",
        b"idly" => b"idl",
        b"gently" => b"gentl",
        b"ugly" => b"ugli",
        b"early" => b"earli",
        b"only" => b"onli",
        b"singly" => b"singl",
        b"sky" => b"sky",
        b"news" => b"news",
        b"howe" => b"howe",
        b"atlas" => b"atlas",
        b"cosmos" => b"cosmos",
        b"bias" => b"bias",
        b"andes" => b"andes",
        _ => return None,
    })
}

fn is_final_after_plural(word: &[u8]) -> bool {
    matches!(
        word,
        b"inning"
            | b"outing"
            | b"canning"
            | b"herring"
            | b"earring"
            | b"proceed"
            | b"exceed"
            | b"succeed"
    )
}

/// Step 1a.
fn plural(word: &mut Vec<u8>) {
    let len = word.len();
    if word.ends_with(b"sses") {
        word.truncate(len - 2);
    } else if word.ends_with(b"ied") || word.ends_with(b"ies") {
        word.truncate(if len > 4 { len - 2 } else { len - 1 });
    } else if word.ends_with(b"s")
        && !word.ends_with(b"us")
        && !word.ends_with(b"ss")
        && len >= 2
        && has_vowel(&word[..len - 2])
    {
        word.truncate(len - 1);
    }
}

/// Step 1b.
fn past_and_gerund(word: &mut Vec<u8>, regions: &Regions) {
    for suffix in [&b"eedly"[..], b"eed"] {
        if word.ends_with(suffix) {
            let start = word.len() - suffix.len();
            if start >= regions.r1 {
                word.truncate(start + 2);
            }
            return;
        }
    }
    for suffix in [&b"ingly"[..], b"edly", b"ing", b"ed"] {
        if word.ends_with(suffix) {
            let start = word.len() - suffix.len();
            if has_vowel(&word[..start]) {
                word.truncate(start);
                restore_after_cut(word, regions);
            }
            return;
        }
    }
}

fn restore_after_cut(word: &mut Vec<u8>, regions: &Regions) {
    let ends = |suffix: &[u8]| word.ends_with(suffix);
    if ends(b"at") || ends(b"bl") || ends(b"iz") {
        word.push(b'e');
    } else if ends_double(word) {
        word.pop();
    } else if regions.r1 >= word.len() && ends_short_syllable(word) {
        word.push(b'e');
    }
}

fn ends_double(word: &[u8]) -> bool {
    let &[.., a, b] = word else { return false };
    a == b && matches!(b, b'b' | b'd' | b'f' | b'g' | b'm' | b'n' | b'p' | b'r' | b't')
}

fn ends_short_syllable(word: &[u8]) -> bool {
    match *word {
        [v, c] => is_vowel(v) && !is_vowel(c),
        [.., a, v, c] => {
            !is_vowel(a) && is_vowel(v) && !is_vowel(c) && !matches!(c, b'w' | b'x' | b'Y')
        }
        _ => false,
    }
}

/// Step 1c.
fn final_y(word: &mut [u8]) {
    let len = word.len();
    if len > 2 && matches!(word[len - 1], b'y' | b'Y') && !is_vowel(word[len - 2]) {
        word[len - 1] = b'i';
    }
}

type Rules = &'static [(&'static [u8], &'static [u8])];

/// Replaces the first suffix that fits when it lies in the region.
///
/// Returns the suffix found, whether or not it was replaced.
fn replace(word: &mut Vec<u8>, region: usize, rules: Rules) -> bool {
    let Some((suffix, by)) = rules.iter().find(|(suffix, _)| word.ends_with(suffix)) else {
        return false;
    };
    let start = word.len() - suffix.len();
    if start >= region {
        word.truncate(start);
        word.extend_from_slice(by);
    }
    true
}

/// Step 2, by last letter; longest suffix first where one ends another.
fn long_suffixes(word: &mut Vec<u8>, regions: &Regions) {
    let rules: Rules = match word.last() {
        Some(b'l') => &[(b"ational", b"ate"), (b"tional", b"tion")],
        Some(b'n') => &[(b"ization", b"ize"), (b"ation", b"ate")],
        Some(b'r') => &[(b"izer", b"ize"), (b"ator", b"ate")],
        Some(b'm') => &[(b"alism", b"al")],
        Some(b's') => &[(b"fulness", b"ful"), (b"ousness", b"ous"), (b"iveness", b"ive")],
        Some(b'i') => &[
            (b"enci", b"ence"),
            (b"anci", b"ance"),
            (b"abli", b"able"),
            (b"entli", b"ent"),
            (b"aliti", b"al"),
            (b"alli", b"al"),
            (b"ousli", b"ous"),
            (b"iviti", b"ive"),
            (b"biliti", b"ble"),
            (b"bli", b"ble"),
            (b"fulli", b"ful"),
            (b"lessli", b"less"),
        ],
        _ => return,
    };
    if replace(word, regions.r1, rules) {
        return;
    }
    let start = word.len().saturating_sub(3);
    if word.ends_with(b"ogi") {
        if start >= regions.r1 && start > 0 && word[start - 1] == b'l' {
            word.pop();
        }
    } else if word.ends_with(b"li") {
        let valid = start + 1 > 0 && b"cdeghkmnrt".contains(&word[start]);
        if valid && start + 1 >= regions.r1 {
            word.truncate(start + 1);
        }
    }
}

/// Step 3.
fn middle_suffixes(word: &mut Vec<u8>, regions: &Regions) {
    let rules: Rules = match word.last() {
        Some(b'l') => {
            &[(b"ational", b"ate"), (b"tional", b"tion"), (b"ical", b"ic"), (b"ful", b"")]
        }
        Some(b'e') => &[(b"alize", b"al"), (b"icate", b"ic")],
        Some(b'i') => &[(b"iciti", b"ic")],
        Some(b's') => &[(b"ness", b"")],
        _ => return,
    };
    if !replace(word, regions.r1, rules) {
        replace(word, regions.r2, &[(b"ative", b"")]);
    }
}

/// Step 4.
fn residual_suffixes(word: &mut Vec<u8>, regions: &Regions) {
    let rules: Rules = match word.last() {
        Some(b't') => &[(b"ement", b""), (b"ment", b""), (b"ant", b""), (b"ent", b"")],
        Some(b'e') => &[
            (b"ance", b""),
            (b"ence", b""),
            (b"able", b""),
            (b"ible", b""),
            (b"ate", b""),
            (b"ive", b""),
            (b"ize", b""),
        ],
        Some(b'm') => &[(b"ism", b"")],
        Some(b'i') => &[(b"iti", b"")],
        Some(b's') => &[(b"ous", b"")],
        Some(b'l') => &[(b"al", b"")],
        Some(b'r') => &[(b"er", b"")],
        Some(b'c') => &[(b"ic", b"")],
        Some(b'n') if word.ends_with(b"sion") || word.ends_with(b"tion") => &[(b"ion", b"")],
        _ => return,
    };
    replace(word, regions.r2, rules);
}

/// Step 5.
fn final_e_or_l(word: &mut Vec<u8>, regions: &Regions) {
    let Some((&last, before)) = word.split_last() else { return };
    let place = before.len();
    let cut = match last {
        b'e' => place >= regions.r2 || (place >= regions.r1 && !ends_short_syllable(before)),
        b'l' => place >= regions.r2 && before.last() == Some(&b'l'),
        _ => false,
    };
    if cut {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn inflections_meet() {
        let families: &[&[&str]] = &[
            &["rotate", "rotates", "rotated", "rotating", "rotation", "rotations"],
            &["compress", "compressed", "compression"],
            &["query", "queries"],
            &["split", "splits", "splitting"],
            &["cache", "caches", "cached", "caching"],
            &["share", "shares", "shared", "sharing"],
            &["normalise", "normalize", "normalised", "normalization", "normalisation"],
            &["model", "modelling", "modeling", "models"],
            &["behaviour", "behavior", "behaviours"],
            &["freeze", "frozen", "froze", "freezing"],
            &["matrix", "matrices"],
            &["tokeniser", "tokenizer", "tokenizers"],
            &["forget", "forgetting", "forgot", "forgotten"],
        ];
        for family in families {
            let stems: Vec<_> = family.iter().map(|word| stem(word)).collect();
            assert!(stems.iter().all(|s| *s == stems[0]), "{family:?} gives {stems:?}");
        }
    }

    #[test]
    fn the_algorithm_s_own_examples() {
        let pairs = [
            ("consign", "consign"),
            ("consistency", "consist"),
            ("consolation", "consol"),
            ("knightly", "knight"),
            ("generate", "generat"),
            ("general", "general"),
            ("hopping", "hop"),
            ("hoped", "hope"),
            ("agreed", "agre"),
            ("probability", "probabl"),
            ("happily", "happili"),
            ("relational", "relat"),
            ("electricity", "electr"),
            ("bias", "bias"),
            ("gas", "gas"),
            ("ties", "tie"),
            ("say", "say"),
            ("cry", "cri"),
        ];
        for (word, expected) in pairs {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn other_scripts_and_short_words_stay() {
        for word in ["größe", "kv", "n", "fp16", ""] {
            assert_eq!(stem(word), word);
        }
    }

    #[test]
    fn different_things_stay_different() {
        for (a, b) in [("policy", "police"), ("universe", "uniform"), ("token", "take")] {
            assert_ne!(stem(a), stem(b));
        }
    }
}
