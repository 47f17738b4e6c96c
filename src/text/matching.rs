//! Finds a question's term groups in an answer.
//!
//! An alias is a sequence of tokens that must stand one after the other, so
//! inflection, spelling, width, articles, hyphens and spaces between Han and
//! Latin do not matter, and words may be written joined or apart on either
//! side. A Han alias is thereby a substring. Whether a hit is meant or denied
//! is not decided here; see [`super::negation`].

use super::tokenise::{Gap, Kind, Text, Token};
use super::{HashedMap, hash};

/// An alias found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which list of groups, in the order in which they were given.
    pub list: usize,
    /// Which group of the list.
    pub group: usize,
    /// Which alias of the group.
    pub alias: usize,
    /// First token of the hit.
    pub first: usize,
    /// One past its last token.
    pub end: usize,
}

/// Aliases of one or several lists of term groups, ready to be found in one pass.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    patterns: Vec<Pattern>,
    /// The tokens of all patterns, one after the other.
    tokens: Vec<AliasToken>,
    /// Patterns by the stem of their first token.
    by_stem: HashedMap<Vec<u32>>,
    /// Patterns whose first word may be written apart, or first two words as one.
    by_compound: HashedMap<Vec<u32>>,
}

#[derive(Debug, Clone)]
struct Pattern {
    list: usize,
    group: usize,
    alias: usize,
    tokens: std::ops::Range<usize>,
    /// All its words written as one; 0 when that is no word.
    whole: u64,
}

#[derive(Debug, Clone, Copy)]
struct AliasToken {
    stem: u64,
    light: u64,
    joined: u64,
    gap: Gap,
    /// Found in capitals only.
    strict: bool,
}

impl Matcher {
    /// A matcher of one list of groups.
    pub fn new(groups: &[Vec<String>]) -> Self {
        Self::over([groups])
    }

    /// A matcher of several lists of groups.
    pub fn over<'a>(lists: impl IntoIterator<Item = &'a [Vec<String>]>) -> Self {
        let mut matcher = Self::default();
        for (list, groups) in lists.into_iter().enumerate() {
            for (group, aliases) in groups.iter().enumerate() {
                for (alias, text) in aliases.iter().enumerate() {
                    matcher.add((list, group, alias), text);
                }
            }
        }
        matcher
    }

    fn add(&mut self, (list, group, alias): (usize, usize, usize), text: &str) {
        let tokens = Text::new(text).tokens;
        let Some(first) = tokens.first() else { return };
        let whole = whole_form(text, &tokens);
        let index = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
        self.by_stem.entry(first.stem).or_default().push(index);
        let mut compounds = [first.light, tokens.get(1).map_or(0, |second| second.joined), whole];
        compounds.sort_unstable();
        for (i, key) in compounds.iter().enumerate() {
            let again = i > 0 && compounds[i - 1] == *key;
            if *key != 0 && !again && first.kind != Kind::Han {
                self.by_compound.entry(*key).or_default().push(index);
            }
        }
        let start = self.tokens.len();
        self.tokens.extend(tokens.iter().map(AliasToken::of));
        let tokens = start..self.tokens.len();
        self.patterns.push(Pattern { list, group, alias, tokens, whole });
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Calls `found` with every hit, in the order of first tokens. An alias is
    /// found at most once from one token on.
    pub fn each(&self, text: &Text, mut found: impl FnMut(Hit)) {
        let tokens = &text.tokens;
        for (first, token) in tokens.iter().enumerate() {
            let by_stem = self.by_stem.get(&token.stem);
            for index in by_stem.into_iter().flatten() {
                self.try_pattern(tokens, first, *index, &mut found);
            }
            if token.kind == Kind::Han {
                continue;
            }
            // The word as one of a compound's forms, and as its first part.
            let next = tokens.get(first + 1).map_or(0, |next| next.joined);
            for key in [token.light, next] {
                let compounds = if key == 0 { None } else { self.by_compound.get(&key) };
                for index in compounds.into_iter().flatten() {
                    let again = by_stem.is_some_and(|tried| tried.contains(index));
                    if !again {
                        self.try_pattern(tokens, first, *index, &mut found);
                    }
                }
            }
        }
    }

    fn try_pattern(&self, tokens: &[Token], first: usize, index: u32, found: &mut impl FnMut(Hit)) {
        let pattern = &self.patterns[index as usize];
        let alias = &self.tokens[pattern.tokens.clone()];
        let whole = || pattern.end_as_one_word(tokens, first);
        if let Some(end) = consume(alias, tokens, 0, first).or_else(whole) {
            let Pattern { list, group, alias, .. } = *pattern;
            found(Hit { list, group, alias, first, end });
        }
    }

    /// All hits.
    pub fn hits(&self, text: &Text) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.each(text, |hit| hits.push(hit));
        hits
    }
}

impl AliasToken {
    fn of(token: &Token) -> Self {
        let acronym = token.upper && token.end - token.start >= 2;
        Self {
            stem: token.stem,
            light: token.light,
            joined: token.joined,
            gap: token.gap,
            strict: acronym && ORDINARY.contains(&token.stem),
        }
    }
}

impl Pattern {
    /// The end of the alias written as one word, or as two that join to it.
    fn end_as_one_word(&self, tokens: &[Token], first: usize) -> Option<usize> {
        if self.whole == 0 {
            None
        } else if tokens[first].light == self.whole {
            Some(first + 1)
        } else {
            tokens.get(first + 1).filter(|next| next.joined == self.whole).map(|_| first + 2)
        }
    }
}

/// Matches an alias from its token `own` on at token `at` of the text.
fn consume(alias: &[AliasToken], tokens: &[Token], own: usize, at: usize) -> Option<usize> {
    let Some(wanted) = alias.get(own) else { return Some(at) };
    let token = tokens.get(at)?;
    if own > 0 && token.gap > wanted.gap.max(Gap::Soft) {
        return None;
    }
    if wanted.stem == token.stem
        && (!wanted.strict || token.upper)
        && let Some(end) = consume(alias, tokens, own + 1, at + 1)
    {
        return Some(end);
    }
    // Two words of the text for one of the alias, then one for two.
    if tokens.get(at + 1).is_some_and(|next| next.joined != 0 && next.joined == wanted.light)
        && let Some(end) = consume(alias, tokens, own + 1, at + 2)
    {
        return Some(end);
    }
    let joined = alias.get(own + 1).map_or(0, |next| next.joined);
    if joined != 0 && joined == token.light {
        return consume(alias, tokens, own + 2, at + 1);
    }
    None
}

/// The form of an alias of several words written as one (`alltoall`).
fn whole_form(text: &str, tokens: &[Token]) -> u64 {
    let latin = |t: &Token| matches!(t.kind, Kind::Word | Kind::Number) || t.first == '^';
    let words = tokens.iter().filter(|t| t.kind == Kind::Word).count();
    if words < 2 || !tokens.iter().all(latin) {
        return 0;
    }
    let folded = super::fold::fold(text);
    let joined: String = folded.iter().map(|s| s.c).filter(|c| c.is_alphanumeric()).collect();
    match Text::new(&joined).tokens.as_slice() {
        [only] => only.light,
        _ => 0,
    }
}

/// Short words that are also acronyms; such an alias is found in capitals only.
#[rustfmt::skip]
const ORDINARY: [u64; 43] = [
    hash("it"), hash("us"), hash("or"), hash("an"), hash("in"), hash("on"), hash("as"),
    hash("at"), hash("is"), hash("be"), hash("do"), hash("go"), hash("no"), hash("so"),
    hash("to"), hash("up"), hash("we"), hash("he"), hash("me"), hash("my"), hash("am"),
    hash("if"), hash("of"), hash("by"), hash("all"), hash("are"), hash("can"), hash("who"),
    hash("pi"), hash("mit"), hash("map"), hash("art"), hash("act"), hash("aid"), hash("cat"),
    hash("cot"), hash("dare"), hash("tie"), hash("ti"), hash("sam"), hash("arc"), hash("ape"),
    hash("bit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(alias: &str, text: &str) -> bool {
        let matcher = Matcher::new(&[vec![alias.to_owned()]]);
        !matcher.hits(&Text::new(text)).is_empty()
    }

    #[test]
    fn inflection_case_width_and_spelling() {
        assert!(hit("rotate", "It ROTATES the query"));
        assert!(hit("normalisation", "normalizations"));
        assert!(hit("memory bandwidth", "the ｍｅｍｏｒｙ Bandwidth"));
        assert!(!hit("index", "LlamaIndex"));
        assert!(!hit("memory bandwidth", "bandwidth of memory"));
    }

    #[test]
    fn joined_and_hyphenated_forms() {
        for form in ["all-reduce", "allreduce", "all reduce", "All-Reduces"] {
            for alias in ["all-reduce", "allreduce", "all reduce"] {
                assert!(hit(alias, &format!("an {form} over links")), "{alias} in {form}");
            }
        }
        assert!(hit("all-to-all", "the alltoall call"));
        assert!(hit("micro-batch size", "microbatch sizes"));
        assert!(hit("KV cache", "the K/V cache"));
        assert!(hit("Llama 3", "llama3") && hit("llama3", "Llama-3"));
        assert!(hit("8-bit", "8bit"));
    }

    #[test]
    fn articles_are_ignored_inside() {
        assert!(hit("share the key head", "they share a key head"));
    }

    #[test]
    fn han_aliases_are_substrings_and_spaces_do_not_matter() {
        assert!(hit("共享一组 KV", "它们共享一组KV头"));
        assert!(hit("缓存", "键值缓存变小"));
        assert!(!hit("缓存", "缓，存"));
    }

    #[test]
    fn punctuation_in_aliases() {
        assert!(hit("O(n^2)", "costs O(n²) time"));
        assert!(hit("O(n²)", "O(n2)"));
        assert!(hit("</s>", "it ends with </s>."));
        assert!(!hit("</s>", "it starts with <s>"));
        assert!(hit("25%", "about 25 % less") && hit("5 %", "five percent"));
        assert!(hit("n-m", "depends on n − m"));
        assert!(!hit("n+m", "n-m"));
        assert!(hit("1e-4", "a rate of 1e-4"));
    }

    #[test]
    fn an_alias_never_spans_a_sentence_or_comma() {
        assert!(!hit("query head", "one query. Head two"));
        assert!(!hit("query head", "query, head"));
        assert!(hit("layers, heads", "layers, heads"));
    }

    #[test]
    fn acronyms_that_are_words_need_capitals() {
        assert!(hit("PI", "we use PI here") && !hit("PI", "pi is 3.14"));
        assert!(hit("MIT", "the MIT licence") && !hit("MIT", "mit der Lizenz"));
        assert!(hit("LoRA", "lora"));
        assert!(hit("RAG", "rag"));
    }

    #[test]
    fn hits_name_list_group_and_alias() {
        let one = vec![vec!["x1".to_owned()], vec!["no".to_owned(), "yes".to_owned()]];
        let two = vec![vec!["yes".to_owned()]];
        let matcher = Matcher::over([one.as_slice(), two.as_slice()]);
        let hits = matcher.hits(&Text::new("oh yes"));
        assert_eq!(hits.len(), 2);
        assert_eq!(hits[0], Hit { list: 0, group: 1, alias: 1, first: 1, end: 2 });
        assert_eq!(hits[1].list, 1);
    }

    #[test]
    fn an_empty_alias_finds_nothing() {
        assert!(Matcher::new(&[vec!["the".to_owned(), "。".to_owned()]]).is_empty());
    }
}
