//! Changes to stored results that need no call: people's corrections, and another
//! rubric's scoring.
//!
//! Scores are always recomputed from verdicts by [`crate::domain::score`]; a
//! number is never edited.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde_json::Value;

use super::fault::{Fault, object, verdict};
use super::rows::{Correction, Row};
use crate::domain::{Assessment, Flag, GraderKind, Scoring, Verdict, score};

/// People's corrections by id of the answer.
#[derive(Debug, Clone, Default)]
pub struct Overrides(BTreeMap<String, Vec<Override>>);

#[derive(Debug, Clone)]
struct Override {
    line: u64,
    point: String,
    verdict: Verdict,
    reason: String,
    used: bool,
}

impl Overrides {
    /// Reads JSONL of `id`, `point`, `verdict` and `reason`.
    ///
    /// # Errors
    /// The first line that is not of this form, with its number and what is wrong.
    pub fn read(reader: impl BufRead) -> Result<Self, Fault> {
        let mut overrides: BTreeMap<String, Vec<Override>> = BTreeMap::new();
        for (number, text) in (1..).zip(reader.lines()) {
            let text = text.map_err(|_| Fault::new("not UTF-8", "不是 UTF-8").at(number))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() {
                continue;
            }
            let (id, read) = line(text, number).map_err(|fault| {
                let zh = "一行要有 id、point、verdict 和 reason";
                fault.at(number).but("a line has id, point, verdict and a reason", zh)
            })?;
            let of_answer = overrides.entry(id).or_default();
            if let Some(first) = of_answer.iter().find(|other| other.point == read.point) {
                let (point, first) = (read.point, first.line);
                return Err(Fault::new(
                    format!("point {point} of this answer was corrected in line {first} already"),
                    format!("这个回答的要点 {point} 已在第 {first} 行更正过"),
                )
                .at(number));
            }
            of_answer.push(read);
        }
        Ok(Self(overrides))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Corrections that no row took up: line number, id, point.
    pub fn unused(&self) -> Vec<(u64, String, String)> {
        let mut unused: Vec<_> = self
            .0
            .iter()
            .flat_map(|(id, list)| list.iter().map(move |one| (id, one)))
            .filter(|(_, one)| !one.used)
            .map(|(id, one)| (one.line, id.clone(), one.point.clone()))
            .collect();
        unused.sort_unstable();
        unused
    }

    fn apply(&mut self, row: &mut Row) -> bool {
        let Some(list) = self.0.get_mut(&row.line.id) else { return false };
        let Some(assessment) = &mut row.line.assessment else { return false };
        for one in list {
            let Some(before) = correct(assessment, one) else { continue };
            one.used = true;
            row.corrections.push(Correction {
                point: one.point.clone(),
                before,
                after: one.verdict,
                reason: one.reason.clone(),
            });
        }
        !row.corrections.is_empty()
    }
}

/// One line: the id of the answer, and the correction.
fn line(text: &str, number: u64) -> Result<(String, Override), Fault> {
    let mut fields = object(text)?;
    let mut take = |field: &str| match fields.remove(field) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        None => Ok(None),
        Some(_) => Err(Fault::new(format!("`{field}` is no text"), format!("`{field}` 不是文字"))),
    };
    let [id, point, word] = ["id", "point", "verdict"].map(&mut take);
    let reason = take("reason")?.unwrap_or_default();
    if let Some(other) = fields.keys().next() {
        return Err(Fault::new(
            format!("there is no field {other:?}"),
            format!("没有字段 {other:?}"),
        ));
    }
    let needed = |field: &str, value: Result<Option<String>, Fault>| {
        let missing = || Fault::new(format!("`{field}` is missing"), format!("缺少 `{field}`"));
        value?.ok_or_else(missing)
    };
    let (id, point) = (needed("id", id)?, needed("point", point)?);
    let verdict = verdict(&needed("verdict", word)?)?;
    Ok((id, Override { line: number, point, verdict, reason, used: false }))
}

/// Corrects one verdict and returns what it was; none when there is no such point.
fn correct(assessment: &mut Assessment, one: &Override) -> Option<Verdict> {
    if let Some(point) = assessment.points.iter_mut().find(|point| point.id == one.point) {
        let before = point.verdict;
        point.verdict = one.verdict;
        point.credit = one.verdict.credit();
        point.why.clone_from(&one.reason);
        if matches!(one.verdict, Verdict::Missing | Verdict::Ungraded) {
            point.evidence.clear();
        }
        return Some(before);
    }
    // A misconception can be struck out; adding one would need its correction text.
    let held = assessment.misconceptions.iter().position(|found| found.id == one.point)?;
    if one.verdict != Verdict::Missing {
        return None;
    }
    assessment.misconceptions.remove(held);
    Some(Verdict::Met)
}

/// A rubric's scoring with its hash.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Weights, penalties and bands.
    pub scoring: Scoring,
    /// Hash of them, as provenance carries it.
    pub hash: String,
    /// Whether rows that were scored by another rule are scored anew by this one.
    pub rescore: bool,
}

/// What is to be changed in every row.
#[derive(Debug, Clone)]
pub struct Revision {
    /// How scores are recomputed.
    pub rule: Rule,
    /// What people have corrected.
    pub overrides: Overrides,
}

/// Why a correction cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {number} was scored by rubric {found}, not by the one in use ({known}): corrections would put two scales into one report"
)]
pub struct OtherRubric {
    /// Line number in the run.
    pub number: u64,
    /// Hash of the scoring behind the row.
    pub found: String,
    /// Hash of the scoring in use.
    pub known: String,
}

impl Revision {
    /// Changes a row: corrections first, then scoring.
    ///
    /// # Errors
    /// When a corrected row was scored by another rubric and none was given to
    /// score the whole run anew.
    pub fn apply(&mut self, row: &mut Row) -> Result<(), OtherRubric> {
        let corrected = self.overrides.apply(row);
        let number = row.number;
        let Some(assessment) = &mut row.line.assessment else { return Ok(()) };
        let other = assessment.provenance.rubric_hash != self.rule.hash;
        if corrected && other && !self.rule.rescore {
            let found = assessment.provenance.rubric_hash.clone();
            return Err(OtherRubric { number, found, known: self.rule.hash.clone() });
        }
        if corrected {
            assessment.flags.push(Flag::Corrected);
            assessment.flags.sort_unstable();
            assessment.flags.dedup();
        }
        if other && self.rule.rescore {
            assessment.fingerprint = rescored_fingerprint(&assessment.fingerprint, &self.rule.hash);
            assessment.provenance.rubric_hash.clone_from(&self.rule.hash);
            rescore(assessment, &self.rule.scoring);
        } else if corrected {
            rescore(assessment, &self.rule.scoring);
        }
        Ok(())
    }
}

/// The fingerprint of a row that was scored anew. The line does not hold all that
/// the true one is computed from; this one is equal for equal changes and never
/// equal to another run's, so nothing is compared that should not be.
fn rescored_fingerprint(fingerprint: &str, hash: &str) -> String {
    let original = fingerprint.split('~').next().unwrap_or_default();
    format!("{original}~{hash}")
}

fn rescore(assessment: &mut Assessment, scoring: &Scoring) {
    let sum = score::score(scoring, &assessment.points, &assessment.misconceptions);
    assessment.score = sum.score();
    (assessment.low, assessment.high) = (sum.low.score, sum.high.score);
    assessment.band = sum.band.filter(|_| assessment.grader == GraderKind::Llm);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Band;
    use crate::report::samples;

    fn revision(overrides: &str, rescore: bool) -> Revision {
        let mut scoring = samples::scoring();
        let mut hash = "rubric".to_owned();
        if rescore {
            scoring.must = 1.0;
            "other".clone_into(&mut hash);
        }
        let overrides = Overrides::read(overrides.as_bytes()).unwrap();
        Revision { rule: Rule { scoring, hash, rescore }, overrides }
    }

    #[test]
    fn a_correction_changes_verdict_score_and_band_and_is_marked() {
        let mut revision = revision(
            "{\"id\":\"a\",\"point\":\"p2\",\"verdict\":\"met\",\"reason\":\"said in other words\"}\n",
            false,
        );
        let mut row = Row::new(1, samples::graded("a", "Ada", 0.0));
        let before = row.line.assessment.clone().unwrap();
        revision.apply(&mut row).unwrap();
        let after = row.line.assessment.as_ref().unwrap();
        assert_eq!((before.score, after.score), (Some(60.0), Some(100.0)));
        assert_eq!((before.band, after.band), (Some(Band::Borderline), Some(Band::Strong)));
        assert!(after.flags.contains(&Flag::Corrected));
        assert_eq!(after.point("p2").unwrap().why, "said in other words");
        assert_eq!(row.corrections[0].before, Verdict::Missing);
        assert_eq!(after.fingerprint, before.fingerprint);
        assert!(revision.overrides.unused().is_empty());
    }

    #[test]
    fn corrections_that_fit_nothing_are_told() {
        let mut revision = revision(
            "{\"id\":\"a\",\"point\":\"p9\",\"verdict\":\"met\"}\n{\"id\":\"zz\",\"point\":\"p1\",\"verdict\":\"met\"}\n",
            false,
        );
        let mut row = Row::new(1, samples::graded("a", "Ada", 0.0));
        let before = row.clone();
        revision.apply(&mut row).unwrap();
        assert_eq!(row, before);
        let unused = revision.overrides.unused();
        assert_eq!(unused.iter().map(|(line, _, _)| *line).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_misconception_can_be_struck_out() {
        let mut revision =
            revision("{\"id\":\"a\",\"point\":\"many-kv\",\"verdict\":\"missing\"}", false);
        let mut row = Row::new(1, samples::misled("a", "Ada"));
        assert_eq!(row.state(), super::super::rows::State::Graded(90.0));
        revision.apply(&mut row).unwrap();
        assert_eq!(row.state(), super::super::rows::State::Graded(100.0));
    }

    #[test]
    fn another_rubric_scores_anew_and_is_never_comparable() {
        let mut revision = revision("", true);
        let mut row = Row::new(1, samples::graded("a", "Ada", 0.0));
        let old = row.line.assessment.clone().unwrap().fingerprint;
        revision.apply(&mut row).unwrap();
        let assessment = row.line.assessment.clone().unwrap();
        assert_eq!(assessment.score, Some(33.3)); // 1 of 1 + 2
        assert_eq!(assessment.fingerprint, format!("{old}~other"));
        assert_eq!(assessment.provenance.rubric_hash, "other");
        // A second time changes nothing.
        revision.apply(&mut row).unwrap();
        assert_eq!(row.line.assessment.unwrap(), assessment);
    }

    #[test]
    fn corrections_on_a_row_of_another_rubric_are_refused() {
        let mut revision = revision("{\"id\":\"a\",\"point\":\"p1\",\"verdict\":\"met\"}", false);
        "elsewhere".clone_into(&mut revision.rule.hash);
        let mut row = Row::new(7, samples::graded("a", "Ada", 0.0));
        assert_eq!(revision.apply(&mut row).unwrap_err().number, 7);
    }

    #[test]
    fn faults_of_the_file_are_named_by_line() {
        let fault = |text: &str| Overrides::read(text.as_bytes()).unwrap_err();
        let bad = |text: &str| fault(text).en;
        let form = "; a line has id, point, verdict and a reason";
        assert_eq!(bad("\n{\"id\":\"a\"}"), format!("line 2: `point` is missing{form}"));
        let great = "{\"id\":\"a\",\"point\":\"p\",\"verdict\":\"great\"}";
        let named = "none of met, partial, missing, contradicted, ungraded";
        assert_eq!(bad(great), format!("line 1: verdict \"great\" is {named}{form}"));
        assert!(
            fault(great).zh.starts_with("第 1 行：评判 \"great\" 不是 met"),
            "{:?}",
            fault(great)
        );
        assert_eq!(bad("\n\n[1]"), format!("line 3: JSON, but no object{form}"));
        assert_eq!(bad("{\"id\""), format!("line 1: not JSON{form}"));
        assert_eq!(bad("{\"id\":{}}"), format!("line 1: `id` is no text{form}"));
        assert!(bad("{\"id\":\"a\",\"points\":1}").contains("no field \"points\""));
        let twice = "{\"id\":\"a\",\"point\":\"p\",\"verdict\":\"met\"}\n".repeat(2);
        assert!(bad(&twice).contains("line 1 already"));
    }
}
