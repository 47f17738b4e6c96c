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
    by_first: HashedMap<Vec<u32>>,
}

#[derive(Debug, Clone)]
struct Pattern {
    list: usize,
    group: usize,
    alias: usize,
    tokens: Vec<Token>,
    /// Bit i: token i must be upper-case in the text.
    strict: u64,
    /// All words written as one; 0 when the alias is one token.
    whole: u64,
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
                    matcher.add(list, group, alias, text);
                }
            }
        }
        matcher
    }

    fn add(&mut self, list: usize, group: usize, alias: usize, text: &str) {
        let tokens = Text::new(text).tokens;
        let Some(first) = tokens.first() else { return };
        let strict = strict_bits(&tokens);
        let whole = whole_form(text, &tokens);
        let index = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
        let mut keys = vec![first.stem];
        keys.extend(tokens.get(1).map(|second| second.joined).filter(|key| *key != 0));
        keys.extend((whole != 0).then_some(whole));
        keys.dedup();
        for key in keys {
            self.by_first.entry(key).or_default().push(index);
        }
        self.patterns.push(Pattern { list, group, alias, tokens, strict, whole });
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Calls `found` with every hit, in the order of first tokens.
    pub fn each(&self, text: &Text, mut found: impl FnMut(Hit)) {
        let tokens = &text.tokens;
        for (first, token) in tokens.iter().enumerate() {
            let next = tokens.get(first + 1).map_or(0, |next| next.joined);
            self.try_key(tokens, first, token.stem, &mut found);
            if next != 0 && next != token.stem {
                self.try_key(tokens, first, next, &mut found);
            }
        }
    }

    fn try_key(&self, tokens: &[Token], first: usize, key: u64, found: &mut impl FnMut(Hit)) {
        let Some(candidates) = self.by_first.get(&key) else { return };
        for pattern in candidates.iter().map(|index| &self.patterns[*index as usize]) {
            if let Some(end) = pattern.end_of_hit(tokens, first, key) {
                let Pattern { list, group, alias, .. } = *pattern;
                found(Hit { list, group, alias, first, end });
            }
        }
    }

    /// All hits.
    pub fn hits(&self, text: &Text) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.each(text, |hit| hits.push(hit));
        hits
    }
}

impl Pattern {
    fn end_of_hit(&self, tokens: &[Token], first: usize, key: u64) -> Option<usize> {
        if self.whole == key {
            return Some(if tokens[first].stem == key { first + 1 } else { first + 2 });
        }
        self.consume(tokens, 0, first)
    }

    /// Matches the alias from its token `own` on at token `at` of the text.
    fn consume(&self, tokens: &[Token], own: usize, at: usize) -> Option<usize> {
        let Some(wanted) = self.tokens.get(own) else { return Some(at) };
        let token = tokens.get(at)?;
        if own > 0 && token.gap > wanted.gap.max(Gap::Soft) {
            return None;
        }
        let strict = (self.strict >> own.min(63)) & 1 == 1;
        if wanted.stem == token.stem
            && (!strict || token.upper)
            && let Some(end) = self.consume(tokens, own + 1, at + 1)
        {
            return Some(end);
        }
        // Two words of the text for one of the alias, then one for two.
        if tokens.get(at + 1).is_some_and(|next| next.joined == wanted.stem)
            && let Some(end) = self.consume(tokens, own + 1, at + 2)
        {
            return Some(end);
        }
        let joined = self.tokens.get(own + 1).map_or(0, |next| next.joined);
        if joined != 0 && joined == token.stem {
            return self.consume(tokens, own + 2, at + 1);
        }
        None
    }
}

/// The form of an alias of three or more words written as one (`alltoall`).
fn whole_form(text: &str, tokens: &[Token]) -> u64 {
    let latin = |t: &Token| matches!(t.kind, Kind::Word | Kind::Number) || t.first == '^';
    let words = tokens.iter().filter(|t| t.kind == Kind::Word).count();
    if tokens.len() < 2 || words < 2 || !tokens.iter().all(latin) {
        return 0;
    }
    let folded = super::fold::fold(text);
    let joined: String = folded.iter().map(|s| s.c).filter(|c| c.is_alphanumeric()).collect();
    match Text::new(&joined).tokens.as_slice() {
        [only] => only.stem,
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

fn strict_bits(tokens: &[Token]) -> u64 {
    let strict = |t: &Token| t.upper && t.end - t.start >= 2 && ORDINARY.contains(&t.stem);
    let bits = tokens.iter().enumerate().filter(|(i, t)| *i < 63 && strict(t));
    bits.fold(0, |bits, (i, _)| bits | 1 << i)
}

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
