//! Term groups: whether they find what is right and leave alone what is wrong.

use super::notes::Notes;
use super::reading::{Groups, Said};
use crate::bank::rule::Rule;
use crate::domain::{Lang, Level, Localised, Question, Sample, Terms, Tier, Verdict};
use crate::text::is_han;
use crate::text::tokenise::Text;

pub(super) fn check(question: &Question, notes: &mut Notes) {
    let groups = Groups::of(question);
    let checks = Checks { question, groups: &groups };
    for index in 0..groups.lists.len() {
        checks.aliases(index, notes);
    }
    checks.points(notes);
    checks.misconceptions(notes);
    checks.wrong_samples(notes);
    checks.overlaps(notes);
}

struct Checks<'a> {
    question: &'a Question,
    groups: &'a Groups<'a>,
}

impl Checks<'_> {
    /// Field of a list's terms.
    fn field(&self, list: usize) -> String {
        match list.checked_sub(self.question.points.len()) {
            None => format!("points[{list}].terms"),
            Some(index) => format!("misconceptions[{index}].terms"),
        }
    }

    fn aliases(&self, list: usize, notes: &mut Notes) {
        let field = self.field(list);
        let terms = self.groups.lists[list];
        if terms.is_empty() {
            notes.add(
                Rule::NoTerms,
                &field,
                "no terms: the lexical grader goes by the claim alone",
            );
        }
        for (index, group) in terms.iter().enumerate() {
            for alias in group.iter().filter(|alias| Text::new(alias).tokens.is_empty()) {
                let message = format!("the alias {alias:?} holds no word and is never found");
                notes.add(Rule::DeadAlias, format!("{field}[{index}]"), message);
            }
            for lang in Lang::ALL.into_iter().filter(|lang| !serves(group, *lang)) {
                let message = format!("{} has no alias for {lang}", group_name(terms, index));
                notes.add(Rule::AliasLanguage, format!("{field}[{index}]"), message);
            }
        }
    }

    fn points(&self, notes: &mut Notes) {
        let question = self.question;
        let references: Vec<_> = self.said(&question.reference);
        let titles = self.said(&question.title);
        for (list, point) in question.points.iter().enumerate() {
            let field = self.field(list);
            let terms = &point.terms;
            for (lang, said) in &references {
                if point.tier != Tier::Bonus {
                    let subject = format!("the {lang} reference");
                    self.missed(Rule::ReferenceMissesPoint, &subject, said, list, notes);
                }
            }
            for (lang, said) in self.said(&point.claim) {
                let subject = format!("the {lang} claim");
                self.missed(Rule::ClaimMissesTerms, &subject, &said, list, notes);
            }
            for (lang, said) in titles.iter().filter(|(_, said)| said.meets(list)) {
                let message = met(terms, &format!("the {lang} title"), &said.aliases(list));
                notes.add(Rule::MetByTitle, &field, message);
            }
            for (lang, said) in point.hint.iter().flat_map(|hint| self.said(hint)) {
                let aliases = said.aliases(list);
                if !aliases.is_empty() {
                    let message = format!("holds its own point's {}", quoted(&aliases));
                    notes.add(Rule::HintGivesAway, format!("points[{list}].hint.{lang}"), message);
                }
            }
        }
    }

    fn misconceptions(&self, notes: &mut Notes) {
        let question = self.question;
        let references = self.said(&question.reference);
        for (index, wrong) in question.misconceptions.iter().enumerate() {
            let own = question.points.len() + index;
            for (lang, said) in self.said(&wrong.claim) {
                let subject = format!("the {lang} claim");
                self.missed(Rule::MisconceptionMissesTerms, &subject, &said, own, notes);
                for (list, point) in question.points.iter().enumerate() {
                    if said.meets(list) {
                        let by = format!("the {lang} claim of the misconception {:?}", wrong.id);
                        let message = met(&point.terms, &by, &said.aliases(list));
                        notes.add(Rule::MetByMisconception, self.field(list), message);
                    }
                }
            }
            for (lang, said) in references.iter().filter(|(_, said)| said.meets(own)) {
                let message =
                    met(&wrong.terms, &format!("the {lang} reference"), &said.aliases(own));
                notes.add(Rule::MisconceptionInReference, self.field(own), message);
            }
        }
    }

    fn wrong_samples(&self, notes: &mut Notes) {
        for sample in self.question.samples.iter().filter(|s| s.level == Level::Wrong) {
            for (lang, said) in self.said(&sample.answer) {
                self.wrong_sample(sample, lang, &said, notes);
            }
        }
    }

    fn wrong_sample(&self, sample: &Sample, lang: Lang, said: &Said<'_>, notes: &mut Notes) {
        let question = self.question;
        for (index, wrong) in question.misconceptions.iter().enumerate() {
            if !sample.misconceptions.contains(&wrong.id) {
                continue;
            }
            let Some(window) = said.window(question.points.len() + index) else { continue };
            for (list, point) in question.points.iter().enumerate() {
                let earned = matches!(sample.expected(&point.id), Verdict::Met | Verdict::Partial);
                if !earned && said.meets_within(list, &window) {
                    let message = format!(
                        "met where the wrong sample states the misconception {:?} in {lang}",
                        wrong.id
                    );
                    notes.add(Rule::MetByWrongSample, self.field(list), message);
                }
            }
        }
    }

    /// Two points whose claims each meet the other's terms, in some language.
    fn overlaps(&self, notes: &mut Notes) {
        let points = &self.question.points;
        let claims: Vec<_> = points.iter().map(|point| self.said(&point.claim)).collect();
        let meets =
            |claim: usize, list: usize| claims[claim].iter().any(|(_, said)| said.meets(list));
        for second in 1..points.len() {
            for first in (0..second).filter(|first| meets(*first, second) && meets(second, *first))
            {
                let message = format!(
                    "the claims of {:?} and {:?} meet each other's terms",
                    points[first].id, points[second].id
                );
                notes.add(Rule::OverlappingPoints, self.field(second), message);
            }
        }
    }

    fn said(&self, text: &Localised) -> Vec<(Lang, Said<'_>)> {
        text.texts().map(|(lang, text)| (lang, self.groups.read(text))).collect()
    }

    fn missed(&self, rule: Rule, subject: &str, said: &Said<'_>, list: usize, notes: &mut Notes) {
        let terms = self.groups.lists[list];
        let names: Vec<String> =
            said.missed(list).into_iter().map(|group| group_name(terms, group)).collect();
        if !names.is_empty() {
            notes.add(rule, self.field(list), format!("{subject} misses {}", names.join(" and ")));
        }
    }
}

/// Whether a group can be hit in a language: Chinese text also holds Latin names,
/// signs and numbers, but no ordinary English words.
fn serves(group: &[String], lang: Lang) -> bool {
    group.iter().any(|alias| match lang {
        Lang::En => !alias.contains(is_han),
        Lang::Zh => alias.contains(is_han) || alias.contains(|c: char| !is_plain(c)),
    })
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || matches!(c, ' ' | '-' | '\'' | ',')
}

/// A group by its place and first alias.
fn group_name(terms: &Terms, group: usize) -> String {
    let first = terms[group].first().map_or("", String::as_str);
    format!("group {} ({first:?} …)", group + 1)
}

fn met(terms: &Terms, by: &str, aliases: &[&str]) -> String {
    let all = if terms.len() == 1 { "the group is" } else { "all groups are" };
    format!("{all} met by {by}: {}", quoted(aliases))
}

fn quoted(aliases: &[&str]) -> String {
    let quoted: Vec<String> = aliases.iter().map(|alias| format!("{alias:?}")).collect();
    quoted.join(", ")
}
