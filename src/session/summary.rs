//! How the interview went: per topic, the weakest points, and what waits.
//!
//! A mean is taken over graded answers alone, and only when one grader graded
//! them all: scores are comparable only within one fingerprint. What is pending,
//! skipped or partly ungraded is counted, never scored.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::screens::Look;
use crate::domain::{Assessment, GraderKind, Lang, PointAssessment, Question, Tier, Verdict};
use crate::report::tier_name;
use crate::term::{Paint, clip, pad, safe_line};

/// Most weak points shown.
const WEAKEST: usize = 3;

/// What became of one question.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The question.
    pub question: Arc<Question>,
    /// How it ended.
    pub end: OutcomeEnd,
}

/// How one question ended.
#[derive(Debug, Clone)]
pub enum OutcomeEnd {
    /// Graded, perhaps with ungraded points.
    Graded(Box<Assessment>),
    /// Answered and not graded yet.
    Pending,
    /// Passed over.
    Skipped,
}

impl Outcome {
    /// The score, when every point was graded.
    fn score(&self) -> Option<f64> {
        self.assessment().and_then(|assessment| assessment.score)
    }

    fn assessment(&self) -> Option<&Assessment> {
        match &self.end {
            OutcomeEnd::Graded(assessment) => Some(assessment),
            OutcomeEnd::Pending | OutcomeEnd::Skipped => None,
        }
    }

    /// Whether something about it is still open: pending, or with ungraded points.
    pub fn is_open(&self) -> bool {
        match &self.end {
            OutcomeEnd::Graded(assessment) => assessment.is_ungraded(),
            OutcomeEnd::Pending => true,
            OutcomeEnd::Skipped => false,
        }
    }
}

/// The summary of an interview of `of` questions.
///
/// `kept` says whether answers are in the store, where they can be graded later.
pub fn summary(look: &Look<'_>, outcomes: &[Outcome], of: usize, kept: bool) -> String {
    let title = look.say("Summary", "总结");
    let mut lines =
        vec![format!("{} · {}", look.paint(Paint::Bold, title), counts(look, outcomes, of))];
    lines.extend(means(look, outcomes));
    lines.extend(weakest(look, outcomes));
    if kept && outcomes.iter().any(|outcome| matches!(outcome.end, OutcomeEnd::Pending)) {
        lines.push(look.text(
            Some(Paint::Yellow),
            look.say(
                "Pending answers are kept; `viva interview --pending` grades them.",
                "待评的回答已保存；用 `viva interview --pending` 评分。",
            ),
        ));
    }
    lines.join("\n")
}

/// How many questions ended how, in one line.
fn counts(look: &Look<'_>, outcomes: &[Outcome], of: usize) -> String {
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let graded = count(|outcome| outcome.score().is_some());
    let partly = count(|outcome| outcome.assessment().is_some_and(Assessment::is_ungraded));
    let pending = count(|outcome| matches!(outcome.end, OutcomeEnd::Pending));
    let skipped = count(|outcome| matches!(outcome.end, OutcomeEnd::Skipped));
    let left = of.saturating_sub(outcomes.len());
    let parts = [
        (graded, "graded", "题已评分"),
        (partly, "partly graded", "题部分评分"),
        (pending, "pending", "题待评"),
        (skipped, "skipped", "题跳过"),
        (left, "not asked", "题未问"),
    ];
    let parts = parts.iter().filter(|(n, _, _)| *n > 0).map(|(n, en, zh)| match look.terminal.ui {
        Lang::En => format!("{n} {en}"),
        Lang::Zh => format!("{n} {zh}"),
    });
    parts.collect::<Vec<_>>().join(" · ")
}

/// The mean over all and over each topic, when they are comparable.
fn means(look: &Look<'_>, outcomes: &[Outcome]) -> Vec<String> {
    let scored: Vec<(&Outcome, f64)> =
        outcomes.iter().filter_map(|outcome| Some((outcome, outcome.score()?))).collect();
    let Some(first) = scored.first().and_then(|(outcome, _)| outcome.assessment()) else {
        return Vec::new();
    };
    let one_grader = scored.iter().all(|(outcome, _)| {
        outcome.assessment().is_some_and(|other| other.fingerprint == first.fingerprint)
    });
    if !one_grader {
        return vec![look.text(
            Some(Paint::Dim),
            look.say(
                "Graded by more than one grader or rubric: there is no common mean.",
                "由不同的评分方式或评分标准评出，没有可比的平均分。",
            ),
        )];
    }
    let mut topics: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (outcome, score) in &scored {
        topics.entry(outcome.question.id.topic()).or_default().push(*score);
    }
    let all: Vec<f64> = scored.iter().map(|(_, score)| *score).collect();
    let grader = match first.grader {
        GraderKind::Lexical => look.say(" (lexical estimate)", "（词面估分）"),
        GraderKind::Llm => "",
    };
    let mut lines = vec![row(look, look.say("mean", "平均"), &all, grader)];
    lines.extend(topics.iter().map(|(topic, scores)| row(look, &safe_line(topic), scores, "")));
    lines
}

fn row(look: &Look<'_>, name: &str, scores: &[f64], behind: &str) -> String {
    let count = u32::try_from(scores.len()).unwrap_or(u32::MAX);
    let mean = scores.iter().sum::<f64>() / f64::from(count);
    let of = match look.terminal.ui {
        Lang::En => format!("n = {count}"),
        Lang::Zh => format!("{count} 题"),
    };
    format!("  {} {mean:>3.0}/100  {of}{behind}", pad(&clip(name, 24), 24))
}

/// The points that were missed and matter most, each with its question.
fn weakest(look: &Look<'_>, outcomes: &[Outcome]) -> Vec<String> {
    let mut weak: Vec<(&Outcome, &PointAssessment)> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome, outcome.assessment()?)))
        .flat_map(|(outcome, assessment)| assessment.points.iter().map(move |p| (outcome, p)))
        .filter(|(_, point)| is_weak(point))
        .collect();
    weak.sort_by(|(_, a), (_, b)| {
        let credit = |point: &PointAssessment| point.credit.unwrap_or(0.0);
        rank(a.tier).cmp(&rank(b.tier)).then(credit(a).total_cmp(&credit(b)))
    });
    if weak.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![look.paint(Paint::Bold, look.say("Weakest points", "最薄弱的要点"))];
    for (outcome, point) in of_different_questions(weak) {
        let claim = outcome.question.point(&point.id).map_or("", |p| p.claim.get(look.lang));
        let room = look.columns().saturating_sub(10);
        let tier = pad(tier_name(look.terminal.ui, point.tier), 7);
        lines.push(format!("  {tier} {}", clip(&safe_line(claim), room)));
        lines.push(look.paint(Paint::Dim, &format!("{}{}", " ".repeat(10), outcome.question.id)));
    }
    lines
}

/// The first few, one of each question before a second one of any.
fn of_different_questions<'a>(
    weak: Vec<(&'a Outcome, &'a PointAssessment)>,
) -> Vec<(&'a Outcome, &'a PointAssessment)> {
    let (mut first, mut further) = (Vec::new(), Vec::new());
    for (outcome, point) in weak {
        let seen = |(other, _): &(&Outcome, _)| other.question.id == outcome.question.id;
        let list = if first.iter().any(seen) { &mut further } else { &mut first };
        list.push((outcome, point));
    }
    first.append(&mut further);
    first.truncate(WEAKEST);
    first
}

fn is_weak(point: &PointAssessment) -> bool {
    point.tier != Tier::Bonus
        && matches!(point.verdict, Verdict::Missing | Verdict::Contradicted | Verdict::Partial)
}

fn rank(tier: Tier) -> u8 {
    match tier {
        Tier::Must => 0,
        Tier::Should => 1,
        Tier::Bonus => 2,
    }
}

#[cfg(test)]
mod tests;
