//! Verdicts to score: the arithmetic of the rubric, and nothing else.
//!
//! content = Σ weight × credit over must and should points ÷ Σ weight,
//! plus the bonus share × mean bonus credit, minus the penalty for each wrong
//! statement, clamped to 0–1; score = 100 × content. An ungraded point never
//! shrinks the denominator: it opens an interval instead.

use crate::domain::{Band, Evidence, MisconceptionFound, PointAssessment, Scoring, Tier, Verdict};

/// The score with every step of its arithmetic, as `--explain` prints it.
#[derive(Debug, Clone, PartialEq)]
pub struct Breakdown {
    /// One row for each must and should point.
    pub rows: Vec<Row>,
    /// Sum of the rows' weights.
    pub possible: f64,
    /// The steps with ungraded points at their worst.
    pub low: Steps,
    /// The steps with ungraded points at their best; equal to `low` when none is ungraded.
    pub high: Steps,
    /// Whether every point has a verdict, bonus points included.
    pub complete: bool,
    /// The band, when both ends agree on it.
    pub band: Option<Band>,
    /// The must point that capped the band, if one did.
    pub capped_by: Option<String>,
}

/// Weight and credit of one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The point's id.
    pub id: String,
    /// The point's tier.
    pub tier: Tier,
    /// Its weight.
    pub weight: f64,
    /// Its credit, 0 to 1; none when ungraded.
    pub credit: Option<f64>,
}

/// The steps from earned weight to score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    /// Sum of weight × credit.
    pub earned: f64,
    /// Bonus added to the content, 0 to the bonus share.
    pub bonus: f64,
    /// Wrong statements counted: contradicted points and misconceptions, overlapping ones once.
    pub wrong: usize,
    /// Taken off the content for them.
    pub penalty: f64,
    /// 0 to 100, rounded to a tenth.
    pub score: f64,
}

impl Breakdown {
    /// The score, when no point is ungraded.
    pub fn score(&self) -> Option<f64> {
        self.complete.then_some(self.low.score)
    }
}

/// What an ungraded point is taken for.
#[derive(Clone, Copy, PartialEq)]
enum Ungraded {
    Contradicted,
    Met,
}

/// Computes the score of one answer.
pub fn score(
    scoring: &Scoring,
    points: &[PointAssessment],
    misconceptions: &[MisconceptionFound],
) -> Breakdown {
    let rows: Vec<Row> = points
        .iter()
        .filter(|point| point.tier != Tier::Bonus)
        .map(|point| Row {
            id: point.id.clone(),
            tier: point.tier,
            weight: scoring.weight(point.tier),
            credit: point.credit,
        })
        .collect();
    let possible = rows.iter().map(|row| row.weight).sum();
    let at = |taken| steps(scoring, points, misconceptions, possible, taken);
    let (low, high) = (at(Ungraded::Contradicted), at(Ungraded::Met));
    let (band, capped_by) = band(scoring, points, low.score, high.score);
    let complete = points.iter().all(|point| point.credit.is_some());
    Breakdown { rows, possible, low, high, complete, band, capped_by }
}

fn steps(
    scoring: &Scoring,
    points: &[PointAssessment],
    misconceptions: &[MisconceptionFound],
    possible: f64,
    taken: Ungraded,
) -> Steps {
    let unknown = if taken == Ungraded::Met { 1.0 } else { 0.0 };
    let credit = |point: &PointAssessment| point.credit.unwrap_or(unknown);
    let earned = points.iter().map(|point| scoring.weight(point.tier) * credit(point)).sum::<f64>();
    let bonuses: Vec<f64> =
        points.iter().filter(|point| point.tier == Tier::Bonus).map(credit).collect();
    let bonus = scoring.bonus_share * mean(&bonuses);
    let wrong = wrong_statements(points, misconceptions, taken);
    let penalty = (scoring.penalty * count(wrong)).min(scoring.penalty_limit);
    let base = if possible > 0.0 { earned / possible } else { 0.0 };
    let content = (base + bonus - penalty).clamp(0.0, 1.0);
    Steps { earned, bonus, wrong, penalty, score: (content * 1000.0).round() / 10.0 }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count(values.len()) }
}

/// Counts as floating point; a question has at most tens of points.
fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

/// Contradicted points and misconceptions; those whose quotes overlap are one statement.
fn wrong_statements(
    points: &[PointAssessment],
    misconceptions: &[MisconceptionFound],
    taken: Ungraded,
) -> usize {
    let contradicted = points.iter().filter(|p| p.verdict == Verdict::Contradicted);
    let quoted = contradicted
        .map(|point| &point.evidence)
        .chain(misconceptions.iter().map(|found| &found.evidence));
    let mut statements: Vec<Vec<&Evidence>> = Vec::new();
    for evidence in quoted {
        merge_statement(&mut statements, evidence.iter().collect());
    }
    let unknown = points.iter().filter(|p| p.verdict == Verdict::Ungraded).count();
    statements.len() + if taken == Ungraded::Contradicted { unknown } else { 0 }
}

fn merge_statement<'a>(statements: &mut Vec<Vec<&'a Evidence>>, quotes: Vec<&'a Evidence>) {
    let overlaps = |other: &Vec<&Evidence>| {
        other.iter().any(|a| quotes.iter().any(|b| a.start < b.end && b.start < a.end))
    };
    match statements.iter_mut().find(|other| overlaps(other)) {
        Some(statement) => statement.extend(quotes),
        None => statements.push(quotes),
    }
}

fn band(
    scoring: &Scoring,
    points: &[PointAssessment],
    low: f64,
    high: f64,
) -> (Option<Band>, Option<String>) {
    let missed = |point: &&PointAssessment| {
        point.tier == Tier::Must
            && matches!(point.verdict, Verdict::Missing | Verdict::Contradicted)
    };
    let capped_by = points.iter().find(missed).map(|point| point.id.clone());
    let must_unknown =
        points.iter().any(|p| p.tier == Tier::Must && p.verdict == Verdict::Ungraded);
    let capped = |band: Band, cap: bool| if cap { band.min(Band::Borderline) } else { band };
    let worst = capped(scoring.bands.of(low), capped_by.is_some() || must_unknown);
    let best = capped(scoring.bands.of(high), capped_by.is_some());
    ((worst == best).then_some(worst), capped_by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Rubric;

    fn scoring() -> Scoring {
        Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap().scoring
    }

    fn point(id: &str, tier: Tier, verdict: Verdict) -> PointAssessment {
        PointAssessment {
            id: id.to_owned(),
            tier,
            verdict,
            credit: verdict.credit(),
            evidence: Vec::new(),
            why: String::new(),
        }
    }

    fn at(mut point: PointAssessment, start: usize, end: usize) -> PointAssessment {
        point.evidence.push(Evidence { quote: String::new(), start, end });
        point
    }

    fn found(id: &str, start: usize, end: usize) -> MisconceptionFound {
        MisconceptionFound {
            id: id.to_owned(),
            correction: String::new(),
            evidence: vec![Evidence { quote: String::new(), start, end }],
        }
    }

    #[test]
    fn weights_are_normalised_over_must_and_should() {
        let points = [
            point("a", Tier::Must, Verdict::Met),
            point("b", Tier::Should, Verdict::Partial),
            point("c", Tier::Should, Verdict::Missing),
        ];
        let breakdown = score(&scoring(), &points, &[]);
        assert_eq!(breakdown.score(), Some(57.1)); // (3 + 1) / 7
        assert_eq!(breakdown.band, Some(Band::Borderline));
    }

    #[test]
    fn bonus_adds_at_most_its_share_and_never_beyond_100() {
        let full = [point("a", Tier::Must, Verdict::Met), point("x", Tier::Bonus, Verdict::Met)];
        assert_eq!(score(&scoring(), &full, &[]).score(), Some(100.0));
        let half = [
            point("a", Tier::Must, Verdict::Partial),
            point("x", Tier::Bonus, Verdict::Met),
            point("y", Tier::Bonus, Verdict::Missing),
        ];
        assert_eq!(score(&scoring(), &half, &[]).score(), Some(55.0));
    }

    #[test]
    fn overlapping_wrong_statements_count_once_and_penalties_are_limited() {
        let points = [
            point("a", Tier::Must, Verdict::Met),
            at(point("b", Tier::Should, Verdict::Contradicted), 10, 20),
        ];
        let same = score(&scoring(), &points, &[found("m", 15, 30)]);
        assert_eq!(same.low.wrong, 1);
        assert_eq!(same.score(), Some(50.0));
        let many: Vec<_> = (0..6).map(|i| found("m", 100 * i + 40, 100 * i + 50)).collect();
        assert_eq!(score(&scoring(), &points, &many).score(), Some(30.0));
    }

    #[test]
    fn a_missing_must_caps_the_band_but_not_the_score() {
        let points = [
            point("a", Tier::Must, Verdict::Met),
            point("b", Tier::Must, Verdict::Met),
            point("c", Tier::Must, Verdict::Missing),
            point("d", Tier::Should, Verdict::Met),
            point("e", Tier::Should, Verdict::Met),
        ];
        let breakdown = score(&scoring(), &points, &[]);
        assert_eq!(breakdown.score(), Some(76.9));
        assert_eq!(breakdown.band, Some(Band::Borderline));
        assert_eq!(breakdown.capped_by.as_deref(), Some("c"));
    }

    #[test]
    fn an_ungraded_point_opens_an_interval() {
        let points =
            [point("a", Tier::Must, Verdict::Met), point("b", Tier::Must, Verdict::Ungraded)];
        let breakdown = score(&scoring(), &points, &[]);
        assert_eq!(breakdown.score(), None);
        assert_eq!((breakdown.low.score, breakdown.high.score), (40.0, 100.0));
        assert_eq!(breakdown.band, None);
    }

    #[test]
    fn a_band_stands_when_both_ends_fall_into_it() {
        let mut points: Vec<_> =
            (0..9).map(|i| point(&i.to_string(), Tier::Must, Verdict::Missing)).collect();
        points.push(point("x", Tier::Bonus, Verdict::Ungraded));
        let breakdown = score(&scoring(), &points, &[]);
        assert_eq!(breakdown.score(), None);
        assert_eq!(breakdown.band, Some(Band::NoHire));
    }
}
