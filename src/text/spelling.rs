//! Brings British and American spelling, irregular forms and common clippings
//! of English words to one form before they are stemmed.
//!
//! The result is meant for comparison alone and need not be a word. Both sides
//! of a comparison go through here, so a word that only looks British does no
//! harm.

use std::sync::LazyLock;

use super::{HASH_START, HashedMap, hash, hash_on};

/// Rewrites a lower-case ASCII word in its buffer.
pub(super) fn unify(word: &mut Vec<u8>) {
    if let Some(form) = irregular(word) {
        word.clear();
        word.extend_from_slice(form.as_bytes());
        return;
    }
    if word.len() < 5 {
        return;
    }
    british_verb(word);
    british_our(word);
    british_ogue(word);
}

/// `-isation`, `-ise`, `-yse` and what is built on them.
fn british_verb(word: &mut [u8]) {
    const ENDINGS: [&[u8]; 9] =
        [b"isation", b"isations", b"ising", b"ised", b"iser", b"isers", b"ises", b"isable", b"ise"];
    const Y_ENDINGS: [&[u8]; 4] = [b"ysing", b"ysed", b"yser", b"yse"];
    // Most words end here: both sounds of the ending have an s near the end.
    if !word[word.len().saturating_sub(7)..].contains(&b's') {
        return;
    }
    let ending = ENDINGS.iter().chain(&Y_ENDINGS).find(|ending| word.ends_with(ending));
    if let Some(ending) = ending {
        let at = word.len() - ending.len() + 1;
        word[at] = b'z';
    }
}

fn british_our(word: &mut Vec<u8>) {
    const AFTER: [&[u8]; 9] = [b"", b"s", b"ed", b"ing", b"al", b"able", b"ite", b"hood", b"ally"];
    let Some(at) = word.windows(3).rposition(|part| part == b"our") else { return };
    if at >= 3 && AFTER.contains(&&word[at + 3..]) {
        word.remove(at + 1);
    }
}

fn british_ogue(word: &mut Vec<u8>) {
    if !word[word.len() - 5..].contains(&b'g') {
        return;
    }
    for (ending, keep) in [(&b"ogue"[..], ""), (b"ogues", "s"), (b"ogued", "ed")] {
        if word.ends_with(ending) {
            word.truncate(word.len() - ending.len() + 2);
            word.extend_from_slice(keep.as_bytes());
            return;
        }
    }
}

/// Forms that no suffix rule reaches, as (form, base).
#[rustfmt::skip]
const IRREGULAR: &[(&str, &str)] = &[
    ("analyses", "analysis"), ("artefact", "artifact"), ("artefacts", "artifact"),
    ("became", "become"), ("began", "begin"), ("begun", "begin"), ("bought", "buy"),
    ("broke", "break"), ("broken", "break"), ("brought", "bring"), ("built", "build"),
    ("burnt", "burn"), ("calibre", "caliber"), ("came", "come"), ("caught", "catch"),
    ("centre", "center"), ("centred", "center"), ("centres", "center"), ("children", "child"),
    ("chose", "choose"), ("chosen", "choose"), ("cpus", "cpu"), ("criteria", "criterion"),
    ("dealt", "deal"), ("defence", "defense"), ("did", "do"), ("does", "do"), ("doing", "do"),
    ("done", "do"), ("drawn", "draw"), ("drew", "draw"), ("driven", "drive"), ("drove", "drive"),
    ("eight", "8"), ("eighteen", "18"), ("eighty", "80"), ("eleven", "11"), ("fallen", "fall"),
    ("fed", "feed"), ("fell", "fall"), ("fewer", "few"), ("fibre", "fiber"), ("fifteen", "15"),
    ("fifty", "50"), ("five", "5"), ("forgave", "forgive"), ("forgot", "forget"),
    ("forgotten", "forget"), ("forty", "40"), ("fought", "fight"), ("four", "4"),
    ("fourteen", "14"), ("froze", "freeze"), ("frozen", "freeze"), ("gave", "give"),
    ("given", "give"), ("gone", "go"), ("got", "get"), ("gotten", "get"), ("gpus", "gpu"),
    ("grew", "grow"), ("grey", "gray"), ("grown", "grow"), ("had", "have"), ("halve", "half"),
    ("halved", "half"), ("halves", "half"), ("halving", "half"), ("has", "have"), ("heard", "hear"),
    ("held", "hold"), ("hidden", "hide"), ("hypotheses", "hypothesis"), ("indexes", "index"),
    ("indices", "index"), ("judgement", "judgment"), ("judgements", "judgment"), ("kept", "keep"),
    ("knew", "know"), ("known", "know"), ("leant", "lean"), ("learnt", "learn"), ("led", "lead"),
    ("lent", "lend"), ("licence", "license"), ("losing", "lose"), ("lost", "lose"),
    ("made", "make"), ("matrices", "matrix"), ("meant", "mean"), ("metre", "meter"), ("nine", "9"),
    ("nineteen", "19"), ("ninety", "90"), ("npus", "npu"), ("one", "1"), ("paid", "pay"),
    ("percent", "%"), ("programme", "program"), ("programmes", "program"), ("ran", "run"),
    ("risen", "rise"), ("rose", "rise"), ("said", "say"), ("saw", "see"), ("seen", "see"),
    ("sent", "send"), ("seven", "7"), ("seventeen", "17"), ("seventy", "70"), ("shown", "show"),
    ("shrank", "shrink"), ("shrunk", "shrink"), ("six", "6"), ("sixteen", "16"), ("sixty", "60"),
    ("sold", "sell"), ("spelt", "spell"), ("spent", "spend"), ("spoke", "speak"),
    ("spoken", "speak"), ("stood", "stand"), ("taken", "take"), ("taught", "teach"), ("ten", "10"),
    ("theatre", "theater"), ("thirteen", "13"), ("thirty", "30"), ("thought", "think"),
    ("three", "3"), ("threw", "throw"), ("thrown", "throw"), ("told", "tell"), ("took", "take"),
    ("tpus", "tpu"), ("twelve", "12"), ("twenty", "20"), ("two", "2"), ("understood", "understand"),
    ("vertices", "vertex"), ("was", "be"), ("went", "go"), ("were", "be"), ("won", "win"),
    ("written", "write"), ("wrote", "write"),
];

static FORMS: LazyLock<HashedMap<&'static str>> =
    LazyLock::new(|| IRREGULAR.iter().map(|(form, base)| (hash(form), *base)).collect());

/// A number from 20 to 99 at the head of a text, written as 二十 or 七十五, and its length. A lone
/// 十 is left alone: it begins words such as 十分.
pub(super) fn han_tens(
    first: char,
    second: Option<char>,
    third: Option<char>,
) -> Option<(u32, usize)> {
    let digit = |ch: char| (2..).zip("二三四五六七八九".chars()).find(|(_, han)| *han == ch);
    let (tens, _) = digit(first).filter(|_| second == Some('十'))?;
    let ones = third.and_then(|ch| if ch == '一' { Some(1) } else { digit(ch).map(|(n, _)| n) });
    Some(ones.map_or((10 * tens, 2), |ones| (10 * tens + ones, 3)))
}

fn irregular(word: &[u8]) -> Option<&'static str> {
    FORMS.get(&hash_on(HASH_START, word)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(word: &str) -> String {
        let mut bytes = word.as_bytes().to_vec();
        unify(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_form_stands_twice() {
        assert!(IRREGULAR.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn both_spellings_meet() {
        let pairs = [
            ("optimisation", "optimization"),
            ("normalised", "normalized"),
            ("analyse", "analyze"),
            ("colour", "color"),
            ("behavioural", "behavioral"),
            ("catalogue", "catalog"),
            ("centre", "center"),
        ];
        for (british, american) in pairs {
            assert_eq!(unified(british), unified(american));
        }
    }

    #[test]
    fn words_that_only_look_british_stay_apart() {
        for word in ["source", "journal", "hours", "flour"] {
            assert_eq!(unified(word), word);
        }
    }
}
