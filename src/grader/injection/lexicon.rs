//! Classes of words that the rules are made of, in English and Chinese.
//!
//! A class is a list of phrases, matched word by word; it says nothing by itself.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::{Words, words};
use crate::text::{PassThrough, is_han};

/// A class of phrases with one role in a rule; what each holds stands in `phrases.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Give,
    Marks,
    Pass,
    Most,
    Mine,
    AnswerHere,
    Points,
    Items,
    Met,
    MetWord,
    AsGood,
    Choice,
    NeverMark,
    Bad,
    Ask,
    On,
    Grader,
    Address,
    Called,
    YouAre,
    IfYouAre,
    Override,
    Prior,
    Instruction,
    Rubric,
    NewRole,
    Lenient,
    Alone,
    NoDeduction,
    BeJudged,
    Claim,
    Header,
    Role,
    IAm,
    Authority,
    Result,
    Output,
    Check,
    Skip,
    Cite,
    Evidence,
    VerdictKey,
    SetAside,
    Outranks,
    Frame,
    If,
    EndOfAnswer,
}

/// Every class under its name in `phrases.txt`.
const CLASSES: &[(&str, Class)] = &[
    ("give", Class::Give),
    ("marks", Class::Marks),
    ("pass", Class::Pass),
    ("most", Class::Most),
    ("mine", Class::Mine),
    ("answer-here", Class::AnswerHere),
    ("points", Class::Points),
    ("items", Class::Items),
    ("met", Class::Met),
    ("met-word", Class::MetWord),
    ("as-good", Class::AsGood),
    ("choice", Class::Choice),
    ("never-mark", Class::NeverMark),
    ("bad", Class::Bad),
    ("ask", Class::Ask),
    ("on", Class::On),
    ("grader", Class::Grader),
    ("address", Class::Address),
    ("called", Class::Called),
    ("you-are", Class::YouAre),
    ("if-you-are", Class::IfYouAre),
    ("override", Class::Override),
    ("prior", Class::Prior),
    ("instruction", Class::Instruction),
    ("rubric", Class::Rubric),
    ("new-role", Class::NewRole),
    ("lenient", Class::Lenient),
    ("alone", Class::Alone),
    ("no-deduction", Class::NoDeduction),
    ("be-judged", Class::BeJudged),
    ("claim", Class::Claim),
    ("header", Class::Header),
    ("role", Class::Role),
    ("i-am", Class::IAm),
    ("authority", Class::Authority),
    ("result", Class::Result),
    ("output", Class::Output),
    ("check", Class::Check),
    ("skip", Class::Skip),
    ("cite", Class::Cite),
    ("evidence", Class::Evidence),
    ("verdict-key", Class::VerdictKey),
    ("set-aside", Class::SetAside),
    ("outranks", Class::Outranks),
    ("frame", Class::Frame),
    ("if", Class::If),
    ("end-of-answer", Class::EndOfAnswer),
];

/// The phrases of every class.
const PHRASES: &str = include_str!("phrases.txt");

/// Phrases by their first word, each with its class and its further words.
type Index = HashMap<String, Vec<(Class, Vec<String>)>, PassThrough>;

static BY_FIRST: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for (class, phrase) in phrases() {
        let chars: Vec<char> = phrase.chars().collect();
        let words = words(&chars);
        let mut texts = words.list.iter().map(|word| words.text(word).to_owned());
        if let Some(first) = texts.next() {
            index.entry(first).or_default().push((class, texts.collect()));
        }
    }
    index
});

/// Every phrase with its class.
fn phrases() -> Vec<(Class, &'static str)> {
    let mut class = None;
    let mut phrases = Vec::new();
    for line in PHRASES.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            class = CLASSES.iter().find(|(listed, _)| *listed == name).map(|(_, class)| *class);
        } else if let Some(class) = class {
            let all = line.split('|').map(str::trim).filter(|phrase| !phrase.is_empty());
            phrases.extend(all.map(|phrase| (class, phrase)));
        }
    }
    phrases
}

/// Longest word of the phrases in letters; a longer one holds several run together.
const LONGEST_WORD: usize = 14;

/// Longest run of spaced-out letters that is cut into words.
const LONGEST_JOINED: usize = 300;

/// A phrase found, as a range of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) class: Class,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All phrases of all classes in order of their first word.
pub(super) fn hits(words: &Words) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (start, word) in words.list.iter().enumerate() {
        let others = word.others.iter().map(String::as_str);
        for reading in std::iter::once(words.text(word)).chain(others) {
            for (class, rest) in BY_FIRST.get(reading).into_iter().flatten() {
                let end = start + 1 + rest.len();
                let follows = |(offset, wanted): (usize, &String)| {
                    let found = &words.list[start + 1 + offset];
                    found.sentence == word.sentence
                        && (words.text(found) == wanted || found.others.contains(wanted))
                };
                if end <= words.list.len() && rest.iter().enumerate().all(follows) {
                    hits.push(Hit { class: *class, start, end });
                }
            }
        }
    }
    hits
}

/// The ends of the words that a word consists of when several of ours were run together, as
/// spaced-out letters leave it.
pub(super) fn split_joined(word: &str) -> Option<Vec<usize>> {
    if !word.is_ascii() || word.len() > LONGEST_JOINED {
        return None;
    }
    let (mut ends, mut at) = (Vec::new(), 0);
    while at < word.len() {
        let longest = (at + LONGEST_WORD).min(word.len());
        at = (at + 1..=longest).rev().find(|&end| KNOWN.contains(&word[at..end]))?;
        ends.push(at);
    }
    (ends.len() > 1).then_some(ends)
}

/// Every Latin word of the phrases.
static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let all = BY_FIRST.iter().flat_map(|(first, phrases)| {
        let rest = phrases.iter().flat_map(|(_, rest)| rest.iter().cloned());
        std::iter::once(first.clone()).chain(rest)
    });
    let glue =
        ["the", "as", "for", "to", "on", "all", "every", "point", "points", "answer", "this"];
    all.chain(glue.map(str::to_owned)).filter(|word| !word.chars().any(is_han)).collect()
});
