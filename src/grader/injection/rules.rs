//! Which sequences of words address the grading.
//!
//! A rule is a chain of classes within one sentence, a few words apart, and what
//! else must hold: that it is an order, that it speaks of this answer, that it
//! stands at the head of a line. It never looks at whether the order would work.

#[allow(clippy::enum_glob_use, reason = "the table of rules reads as sentences of classes")]
use super::lexicon::Class::{self, *};
use super::lexicon::Hit;
use super::words::Word;

/// Words on either side that count as near.
const NEAR: usize = 40;

/// How far a rule's span reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The sentences or lines of its words.
    Sentence,
    /// On to the end of the paragraph.
    Paragraph,
}

/// What must hold besides the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The first phrase opens its clause or follows a word that makes an order of it.
    Order,
    /// As `Order`, or the sentence speaks of one of these.
    OrderOr(&'static [Class]),
    /// The sentence speaks of one of these.
    With(&'static [Class]),
    /// The first phrase is the head of its line or sentence.
    Head,
    /// The first phrase is such a head by itself, and what follows speaks of marks or verdicts.
    VerdictBelow,
}

struct Rule {
    chain: &'static [Class],
    /// Most words between two phrases of the chain.
    gap: usize,
    needs: Needs,
    /// No such phrase may stand before the chain in its sentence.
    not_after: &'static [Class],
    /// No such phrase may follow the chain within three words.
    not_before: &'static [Class],
    reach: Reach,
}

const fn rule(chain: &'static [Class], gap: usize, needs: Needs) -> Rule {
    Rule { chain, gap, needs, not_after: &[], not_before: &[], reach: Reach::Sentence }
}

const fn unless(mut rule: Rule, not_after: &'static [Class], not_before: &'static [Class]) -> Rule {
    rule.not_after = not_after;
    rule.not_before = not_before;
    rule
}

const fn onward(mut rule: Rule) -> Rule {
    rule.reach = Reach::Paragraph;
    rule
}

const RULES: &[Rule] = &[
    // Asks for marks.
    unless(rule(&[Give, Marks], 7, Needs::OrderOr(&[AnswerHere])), &[If], &[]),
    rule(&[Give, Marks], 7, Needs::With(&[Ask])),
    rule(&[Give, Mine, Marks], 4, Needs::Nothing),
    rule(&[Give, Mine, Met], 2, Needs::Order),
    rule(&[Give, Mine, Pass], 4, Needs::Nothing),
    unless(rule(&[Give, Pass], 3, Needs::With(&[Ask, AnswerHere, Grader])), &[If], &[]),
    rule(&[Output, Marks], 3, Needs::Order),
    rule(&[Give, Most], 4, Needs::With(&[Grader])),
    unless(rule(&[Grader, Give, Marks], 6, Needs::Nothing), &[If], &[]),
    rule(&[Ask, Marks], 14, Needs::With(&[Grader])),
    rule(&[Mine, Claim, Marks], 6, Needs::Nothing),
    rule(&[Mine, Claim, Points], 6, Needs::Nothing),
    rule(&[AnswerHere, Claim, Items], 6, Needs::Nothing),
    rule(&[AnswerHere, BeJudged], 3, Needs::Nothing),
    rule(&[AnswerHere, Claim, Rubric], 6, Needs::Nothing),
    rule(&[AnswerHere, Claim], 4, Needs::With(&[Grader, Points, MetWord, Ask])),
    rule(&[AnswerHere, Marks], 5, Needs::Nothing),
    rule(&[Lenient], 0, Needs::OrderOr(&[Ask, Give])),
    rule(&[Alone], 0, Needs::Nothing),
    // Tells the grader what to do.
    unless(rule(&[Give, Points, Met], 6, Needs::Order), &[If], &[Choice]),
    unless(rule(&[Points, Give, Met], 5, Needs::OrderOr(&[Grader, Ask])), &[If], &[Choice]),
    unless(rule(&[Points, MetWord], 5, Needs::Nothing), &[If], &[Choice]),
    unless(rule(&[Items, Met], 6, Needs::With(&[Grader, Give])), &[If], &[Choice]),
    unless(rule(&[Give, Items, Met], 6, Needs::Order), &[If], &[Choice]),
    unless(rule(&[Give, MetWord], 2, Needs::Order), &[If], &[Choice]),
    unless(rule(&[MetWord, Points], 4, Needs::With(&[Output, Give])), &[If], &[Choice]),
    unless(rule(&[Output, MetWord], 4, Needs::OrderOr(&[Grader])), &[], &[Choice]),
    unless(rule(&[Give, AsGood], 4, Needs::Order), &[If], &[Choice, If]),
    unless(rule(&[NeverMark, Points, Bad], 4, Needs::Nothing), &[If], &[If]),
    unless(rule(&[NeverMark, Bad], 3, Needs::Order), &[If], &[If]),
    rule(&[NoDeduction], 0, Needs::OrderOr(&[Grader])),
    rule(&[Skip, Check], 4, Needs::Order),
    rule(&[Cite, Evidence], 9, Needs::With(&[Mine])),
    rule(&[Address, Grader], 3, Needs::Head),
    rule(&[Grader, Called], 1, Needs::Head),
    rule(&[YouAre, Grader], 3, Needs::With(&[MetWord, Marks, Lenient])),
    rule(&[IfYouAre, Grader], 4, Needs::With(&[Output, Give, Points, MetWord, Marks])),
    // Sets the grader's instructions aside.
    rule(&[Override, Prior, Instruction], 4, Needs::Order),
    rule(&[Override, Prior], 3, Needs::With(&[Marks, Points, NewRole])),
    unless(rule(&[Override, Rubric], 3, Needs::Order), &[If], &[]),
    rule(&[NewRole], 0, Needs::With(&[Grader, Lenient, Marks, Points, MetWord])),
    unless(rule(&[Rubric, SetAside], 4, Needs::Nothing), &[If], &[]),
    rule(&[Outranks, Rubric], 3, Needs::Nothing),
    rule(&[IAm, Authority], 3, Needs::With(&[Override, Marks, Points, Rubric, MetWord])),
    // Speaks with a voice that is not the candidate's.
    onward(rule(&[Header], 0, Needs::VerdictBelow)),
    onward(rule(&[Role], 0, Needs::VerdictBelow)),
    // Says what came of the grading.
    rule(&[Result, Marks], 3, Needs::Head),
    unless(rule(&[VerdictKey, MetWord], 6, Needs::Nothing), &[If], &[Choice]),
    onward(rule(&[EndOfAnswer], 0, Needs::Head)),
];

/// A rule that applied, as a range of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) reach: Reach,
}

/// A text's words with the phrases found in them.
pub(super) struct Reading<'a> {
    pub(super) words: &'a [Word],
    pub(super) hits: &'a [Hit],
}

impl Reading<'_> {
    /// Every place where a rule applies.
    pub(super) fn apply(&self) -> Vec<Applied> {
        RULES.iter().flat_map(|rule| self.places(rule)).collect()
    }

    fn places(&self, rule: &Rule) -> Vec<Applied> {
        let firsts = self.hits.iter().filter(|hit| hit.class == rule.chain[0]);
        firsts.filter_map(|first| self.chain(rule, first)).collect()
    }

    fn chain(&self, rule: &Rule, first: &Hit) -> Option<Applied> {
        let mut end = first.end;
        for &class in &rule.chain[1..] {
            end = self.next(class, first.start, end, rule.gap)?.end;
        }
        let place = Applied { start: first.start, end, reach: rule.reach };
        let holds = self.needs(rule, first, &place)
            && !self.stands_before(rule.not_after, first.start)
            && !self.stands_after(rule.not_before, end)
            && !self.is_example(&place);
        holds.then_some(place)
    }

    /// The nearest phrase of a class in the sentence of `first`, at most `gap` words after `end`.
    fn next(&self, class: Class, first: usize, end: usize, gap: usize) -> Option<&Hit> {
        let from = self.hits.partition_point(|hit| hit.start < end);
        let near = self.hits[from..].iter().take_while(|hit| hit.start <= end + gap);
        near.filter(|hit| self.words[hit.start].sentence == self.words[first].sentence)
            .find(|hit| hit.class == class)
    }

    fn needs(&self, rule: &Rule, first: &Hit, place: &Applied) -> bool {
        match rule.needs {
            Needs::Nothing => true,
            Needs::Order => self.is_order(first.start),
            Needs::OrderOr(classes) => self.is_order(first.start) || self.speaks_of(classes, place),
            Needs::With(classes) => self.speaks_of(classes, place),
            Needs::Head => self.is_head(first),
            Needs::VerdictBelow => self.heads_a_verdict(first),
        }
    }

    fn is_head(&self, hit: &Hit) -> bool {
        let before = hit.start.checked_sub(1).map(|word| self.words[word].sentence);
        let first = &self.words[hit.start];
        first.opens_line || before != Some(first.sentence)
    }

    fn is_order(&self, word: usize) -> bool {
        let follows = |hit: &Hit| matches!(hit.class, Ask | On) && hit.end == word;
        self.words[word].opens_clause || self.before(word, 4).any(follows)
    }

    /// Phrases that begin at most `reach` words before a word.
    fn before(&self, word: usize, reach: usize) -> impl Iterator<Item = &Hit> {
        let from = self.hits.partition_point(|hit| hit.start + reach < word);
        let to = self.hits.partition_point(|hit| hit.start < word);
        self.hits[from..to].iter()
    }

    /// Whether the place's sentence has a phrase of one of the classes outside the chain's start.
    fn speaks_of(&self, classes: &[Class], place: &Applied) -> bool {
        self.in_sentence(place.start)
            .any(|hit| hit.start != place.start && classes.contains(&hit.class))
    }

    /// Phrases within [`NEAR`] words of a word, in its sentence.
    fn in_sentence(&self, word: usize) -> impl Iterator<Item = &Hit> {
        let from = self.hits.partition_point(|hit| hit.start + NEAR < word);
        let near = self.hits[from..].iter().take_while(move |hit| hit.start <= word + NEAR);
        let sentence = self.words[word].sentence;
        near.filter(move |hit| self.words[hit.start].sentence == sentence)
    }

    fn stands_before(&self, classes: &[Class], word: usize) -> bool {
        let before = |hit: &Hit| hit.start < word && classes.contains(&hit.class);
        !classes.is_empty() && self.in_sentence(word).any(before)
    }

    fn stands_after(&self, classes: &[Class], end: usize) -> bool {
        let from = self.hits.partition_point(|hit| hit.start < end);
        let near = self.hits[from..].iter().take_while(|hit| hit.start <= end + 2);
        near.filter(|hit| self.words[hit.start].sentence == self.words[end - 1].sentence)
            .any(|hit| classes.contains(&hit.class))
    }

    /// A heading of authority counts when what follows speaks of marks or verdicts.
    fn heads_a_verdict(&self, first: &Hit) -> bool {
        let stands_alone = self.words.get(first.end).is_none_or(|next| next.opens_clause);
        let from = self.hits.partition_point(|hit| hit.start < first.end);
        let near = self.hits[from..].iter().take_while(|hit| hit.start <= first.end + NEAR);
        let mut below = near.map(|hit| hit.class);
        self.is_head(first)
            && stands_alone
            && below.any(|class| matches!(class, Marks | Points | MetWord | Rubric))
    }

    /// Whether the place is quoted as an example of what others write.
    fn is_example(&self, place: &Applied) -> bool {
        let quoted = self.words[place.start..place.end].iter().all(|word| word.quoted);
        quoted
            && self
                .before(place.start, NEAR)
                .any(|hit| hit.class == Frame && !self.words[hit.start].quoted)
    }
}
