//! Form: languages, lengths, counts, hints, sources, samples, names.

use super::length::{Bounds, Unit};
use super::notes::Notes;
use crate::bank::rule::Rule;
use crate::bank::{fields, items};
use crate::domain::{Lang, Level, Localised, Question, Sample, Tier, Verdict};

/// What the template writes where an author is to write.
pub(crate) const TO_DO: &str = "TODO";

pub(super) fn check(question: &Question, notes: &mut Notes) {
    languages(question, notes);
    lengths(question, notes);
    points(question, notes);
    sources(question, notes);
    samples(question, notes);
    names(question, notes);
    placeholders(question, notes);
    if question.follow_ups.is_empty() {
        notes.add(Rule::NoFollowUp, "follow_ups", "no follow-up question");
    }
}

fn languages(question: &Question, notes: &mut Notes) {
    let fields = fields::localised(question);
    for lang in Lang::ALL {
        let lacks = |text: &Localised| text.exact(lang).is_none();
        if fields.iter().all(|(_, text)| lacks(text)) {
            let message = format!("the whole question is in {} alone", lang.other());
            notes.add(Rule::MissingLanguage, "title", message);
            continue;
        }
        for (field, _) in fields.iter().filter(|(_, text)| lacks(text)) {
            notes.add(Rule::MissingLanguage, field, format!("no text in {lang}"));
        }
    }
}

fn lengths(question: &Question, notes: &mut Notes) {
    let title = Bounds { unit: Unit::PlainCharacters, en: 0..=120, zh: 0..=45 };
    title.check(Rule::TitleLength, "title", &question.title, notes);
    let reference = Bounds { unit: Unit::Words, en: 90..=260, zh: 150..=450 };
    reference.check(Rule::ReferenceLength, "reference", &question.reference, notes);
    let claim = Bounds { unit: Unit::Characters, en: 0..=230, zh: 0..=100 };
    for (index, point) in question.points.iter().enumerate() {
        claim.check(Rule::ClaimLength, &format!("points[{index}].claim"), &point.claim, notes);
    }
    for (index, wrong) in question.misconceptions.iter().enumerate() {
        let field = format!("misconceptions[{index}].claim");
        claim.check(Rule::ClaimLength, &field, &wrong.claim, notes);
    }
}

fn points(question: &Question, notes: &mut Notes) {
    let points = &question.points;
    let least = if question.difficulty == 1 { 3 } else { 4 };
    if !(least..=7).contains(&points.len()) {
        let message = format!("{} points, not {least} to 7", points.len());
        notes.add(Rule::PointCount, "points", message);
    }
    if !points.is_empty() && !points.iter().any(|point| point.tier == Tier::Must) {
        notes.add(Rule::NoMust, "points", "no must point: what would an interviewer insist on?");
    }
    for index in 1..points.len() {
        if points[index].tier < points[index - 1].tier {
            let message = "stands after a point of a lesser tier; the order is must, should, bonus";
            notes.add(Rule::TierOrder, format!("points[{index}]"), message);
        }
    }
    for (index, point) in points.iter().enumerate() {
        if point.tier == Tier::Must && point.hint.is_none() {
            let message = format!("the must point {:?} has no hint", point.id);
            notes.add(Rule::MustWithoutHint, format!("points[{index}]"), message);
        }
        let joints = point.claim.texts().find_map(|(lang, claim)| Some((lang, joint(claim)?)));
        if let Some((lang, joint)) = joints {
            let message = format!("several facts, joined by {joint}: one point, one fact");
            notes.add(Rule::CompoundPoint, format!("points[{index}].claim.{lang}"), message);
        }
    }
}

/// What joins several statements in a claim, if anything does. One semicolon may
/// join the two sides of a comparison, which is one fact.
fn joint(claim: &str) -> Option<&'static str> {
    const JOINTS: [(&str, &str); 7] = [
        (". ", "a full stop"),
        ("。", "a full stop"),
        (" and also ", "\"and also\""),
        ("in addition,", "\"in addition\""),
        ("，此外", "“此外”"),
        ("，另外", "“另外”"),
        ("；另外", "“另外”"),
    ];
    let body = claim.trim_end_matches(['.', '。', ' ']);
    let several = |mark: &str| body.matches(mark).count() >= 2;
    let semicolons = several("; ") || several("；");
    let found = JOINTS.iter().find(|(joint, _)| stands_in(body, joint)).map(|(_, name)| *name);
    found.or_else(|| semicolons.then_some("semicolons"))
}

/// Whether the joint stands in the text; a full stop counts only after a word
/// of three letters or more, and before a capital, so that `e.g. x` does not.
fn stands_in(body: &str, joint: &str) -> bool {
    body.match_indices(joint).any(|(at, _)| {
        if joint != ". " {
            return true;
        }
        let word = body[..at].chars().rev().take_while(|c| c.is_alphanumeric()).count();
        word >= 3 && body[at + joint.len()..].starts_with(char::is_uppercase)
    })
}

fn sources(question: &Question, notes: &mut Notes) {
    for (index, item) in question.covers.iter().enumerate() {
        if items::position(item).is_none() {
            let message = format!("{item:?} is no item of the article: they are 1.01 to 5.07");
            notes.add(Rule::UnknownItem, format!("covers[{index}]"), message);
        }
    }
    if question.sources.is_empty() {
        notes.add(Rule::NoSource, "sources", "no source: where do the facts come from?");
    }
    for (index, source) in question.sources.iter().enumerate() {
        if let Some(url) = source.url.as_deref()
            && !is_address(url)
        {
            let message = format!("{url:?} is no address such as https://arxiv.org/abs/1911.02150");
            notes.add(Rule::BadUrl, format!("sources[{index}].url"), message);
        }
    }
}

/// An address of the web with a host that has a dot; no user, no blanks or quotes.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | ':');
    let dotted = host.contains('.') && !host.starts_with('.') && !host.contains("..");
    let blank = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`');
    dotted && host.chars().all(good) && !url.contains(blank)
}

fn samples(question: &Question, notes: &mut Notes) {
    let count = |level| question.samples.iter().filter(|sample| sample.level == level).count();
    let levels = [Level::Strong, Level::Middling, Level::Wrong];
    let wrong: Vec<String> = levels
        .into_iter()
        .filter(|level| count(*level) != 1)
        .map(|level| format!("{} {}", count(level), level_name(level)))
        .collect();
    if !wrong.is_empty() {
        let message = format!("{} samples, not one of each level", wrong.join(", "));
        notes.add(Rule::MissingSample, "samples", message);
    }
    let length = Bounds { unit: Unit::Words, en: 35..=160, zh: 55..=280 };
    for (index, sample) in question.samples.iter().enumerate() {
        let field = format!("samples[{index}]");
        length.check(Rule::SampleLength, &format!("{field}.answer"), &sample.answer, notes);
        for message in level_faults(question, sample) {
            notes.add(Rule::SampleLevel, format!("{field}.expect"), message);
        }
    }
}

fn level_faults(question: &Question, sample: &Sample) -> Vec<String> {
    let musts = question.points.iter().filter(|point| point.tier == Tier::Must);
    let met = |id: &str| sample.expected(id) == Verdict::Met;
    let mut faults: Vec<String> = match sample.level {
        Level::Strong => musts
            .filter(|point| !met(&point.id))
            .map(|point| format!("a strong sample that does not meet the must {:?}", point.id))
            .collect(),
        Level::Wrong => musts
            .filter(|point| met(&point.id))
            .map(|point| format!("a wrong sample that meets the must {:?}", point.id))
            .collect(),
        Level::Middling => Vec::new(),
    };
    if sample.level == Level::Strong && !sample.misconceptions.is_empty() {
        faults.push("a strong sample that holds a misconception".to_owned());
    }
    faults
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Strong => "strong",
        Level::Middling => "middling",
        Level::Wrong => "wrong",
    }
}

fn names(question: &Question, notes: &mut Notes) {
    let points = question.points.iter().enumerate();
    let wrong = question.misconceptions.iter().enumerate();
    let tags = question.tags.iter().enumerate();
    let named = points
        .map(|(index, point)| (format!("points[{index}].id"), &point.id))
        .chain(wrong.map(|(index, wrong)| (format!("misconceptions[{index}].id"), &wrong.id)))
        .chain(tags.map(|(index, tag)| (format!("tags[{index}]"), tag)));
    for (field, name) in named.filter(|(_, name)| !is_kebab(name)) {
        let message = format!("{name:?}: write lower-case letters, digits and hyphens");
        notes.add(Rule::Naming, field, message);
    }
}

fn is_kebab(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    name.split('-').all(part)
}

fn placeholders(question: &Question, notes: &mut Notes) {
    let mut texts: Vec<(String, &str)> = Vec::new();
    let localised = fields::localised(question);
    for (field, text) in &localised {
        texts.extend(text.texts().map(|(lang, text)| (format!("{field}.{lang}"), text)));
    }
    for (index, point) in question.points.iter().enumerate() {
        let aliases = point.terms.iter().flatten();
        texts.extend(aliases.map(|alias| (format!("points[{index}].terms"), alias.as_str())));
    }
    for (index, wrong) in question.misconceptions.iter().enumerate() {
        let aliases = wrong.terms.iter().flatten();
        texts.extend(aliases.map(|a| (format!("misconceptions[{index}].terms"), a.as_str())));
    }
    for (index, source) in question.sources.iter().enumerate() {
        texts.push((format!("sources[{index}].title"), &source.title));
    }
    texts.extend(question.tags.iter().map(|tag| ("tags".to_owned(), tag.as_str())));
    let mut seen = Vec::new();
    for (field, _) in texts.into_iter().filter(|(_, text)| text.contains(TO_DO)) {
        if !seen.contains(&field) {
            notes.add(Rule::Placeholder, field.clone(), "still says TODO");
            seen.push(field);
        }
    }
}
