//! The closed lists of words that decide whether an edit changes a meaning.
//!
//! Guarded words carry a negation, a quantity, a comparison or a direction: they
//! must be the same, in the same order, in a quote and in what it is found as.
//! Light words carry next to nothing: a quote may add or drop them. All other
//! words are content.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::text::PassThrough;

type Words = HashSet<&'static str, PassThrough>;

fn set(words: &'static str) -> Words {
    words.split_whitespace().collect()
}

/// English negations; contractions in `n't` count as `not`.
pub(super) static NEGATIONS: LazyLock<Words> = LazyLock::new(|| {
    set("\
    not no non never none nor neither without nothing nobody nowhere hardly rarely barely \
    scarcely unlike instead rather except lack avoid fail prevent")
});

/// Chinese negations, each a character.
pub(super) const HAN_NEGATIONS: &str = "不没沒未无無非别勿莫否";

/// Characters before or after which a Chinese negation is part of another word.
pub(super) const NOT_NEGATING_BEFORE: &[(char, &str)] =
    &[('别', "分区类级识特个性差辨告"), ('否', "是能可"), ('非', "是并除"), ('无', "有")];
/// As [`NOT_NEGATING_BEFORE`], for the character that follows.
pub(super) const NOT_NEGATING_AFTER: &[(char, &str)] = &[
    ('不', "同仅但断过管论妨如"),
    ('非', "常"),
    ('无', "论"),
    ('無', "論"),
    ('未', "来"),
    ('别', "的人"),
    ('没', "错"),
];

/// English words that compare, count, quantify, direct or condition.
pub(super) static GUARDED: LazyLock<Words> = LazyLock::new(|| {
    set("\
    more less fewer most least higher lower highest lowest high low larger smaller largest \
    smallest large small big bigger greater faster slower fast slow better worse best worst \
    longer shorter long short earlier later early late before after above below over under up \
    down out off increase decrease increasing decreasing reduce raise grow shrink first last \
    max min maximum minimum maximize minimize left right inside outside top bottom upper \
    positive negative true false same different equal with from and or if unless all some \
    every each any both either only always sometimes often many much few several half double \
    twice once single one two three four five six seven eight nine ten eleven twelve sixteen \
    hundred thousand million billion trillion second third must may might should than too \
    enough")
});

/// Chinese characters that compare, count, quantify or direct.
pub(super) const HAN_GUARDED: &str = "多少大小高低前后後先上下左右快慢长長短增减減升降强強弱好坏壞早晚深浅淺内外同异異真假只仅僅全都每各一二三四五六七八九十百千万萬亿億两兩半零第超反正负負最更较較缺除或且";

/// English words that carry next to nothing.
pub(super) static LIGHT: LazyLock<Words> = LazyLock::new(|| {
    set("\
    a an the of to is are was were be been being am do does did has have had it its they them \
    their this that these those there here we you i he she our your my as at in on by for so \
    then also just very really quite well actually basically like which who what where when \
    while how but because since can could will would into about um uh okay ok yes thus hence \
    therefore however etc s such via let us get gets")
});

/// Chinese particles and fillers.
pub(super) const HAN_LIGHT: &str = "的了地得着著过過吧呢啊呀嘛就也还還是在会會要能可以其这這那个個些它他她们們我你把被与與和及跟等所于於之而则則那么麼即便又再并並来來去做";

/// English auxiliaries that a following negation belongs to.
pub(super) static AUXILIARIES: LazyLock<Words> = LazyLock::new(|| {
    set("\
    do does did is are was were can could will would should must may might has have had need \
    be")
});

/// Chinese auxiliaries that a following negation belongs to.
pub(super) const HAN_AUXILIARIES: &str = "是会會能要应應可并並都也就";

/// Longest word that the lists have, in letters, with room to spare.
pub(super) const LONGEST: usize = 16;

/// An English word in lower case, with straight apostrophes; none when it is longer or of
/// another script than the words of the lists.
pub(super) fn lower<'a>(word: &[char], room: &'a mut [u8; LONGEST]) -> Option<&'a str> {
    let letters = room.get_mut(..word.len())?;
    for (letter, ch) in letters.iter_mut().zip(word) {
        let straight = if *ch == '’' { '\'' } else { *ch };
        *letter = u8::try_from(straight).ok().filter(u8::is_ascii)?.to_ascii_lowercase();
    }
    std::str::from_utf8(letters).ok()
}
