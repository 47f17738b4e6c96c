//! One answer as its template takes it.

use serde::Serialize;

use super::marks::{self, Piece, class};
use crate::domain::{Assessment, Evidence, GraderKind, Verdict};
use crate::report::Setting;
use crate::report::rows::{Row, State};
use crate::report::words::{self, cut, thousands};

/// Characters shown of one answer.
const ANSWER: usize = 20_000;
/// Characters shown of a name or id.
const NAME: usize = 200;
/// Characters shown of a sentence.
const SENTENCE: usize = 2_000;

/// One answer.
#[derive(Debug, Serialize)]
pub(super) struct AnswerView {
    number: u64,
    open: bool,
    id: String,
    candidate: Option<String>,
    question: Option<String>,
    title: Option<String>,
    score: String,
    failed: bool,
    below: bool,
    band: Option<&'static str>,
    band_class: &'static str,
    pieces: Vec<Piece>,
    shortened: Option<String>,
    points: Vec<PointView>,
    misconceptions: Vec<WrongView>,
    clarity: Option<&'static str>,
    feedback: Vec<String>,
    flags: Vec<&'static str>,
    corrected: bool,
    error: Option<String>,
    source: String,
}

#[derive(Debug, Serialize)]
struct PointView {
    label: String,
    tier: &'static str,
    claim: String,
    mark: &'static str,
    class: &'static str,
    verdict: &'static str,
    why: String,
    quotes: Vec<String>,
    before: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct WrongView {
    label: String,
    correction: String,
    quotes: Vec<String>,
}

impl AnswerView {
    pub(super) fn new(setting: &Setting<'_>, row: &Row, number: u64, open: bool) -> Self {
        let line = &row.line;
        let ui = setting.ui;
        let name = |text: Option<&str>| text.map(|text| cut(text, NAME));
        let assessment = line.assessment.as_ref();
        let band = assessment.and_then(|assessment| assessment.band);
        let (_, high) = row.interval();
        Self {
            number,
            open,
            id: cut(&line.id, NAME),
            candidate: name(line.candidate.as_deref()),
            question: name(row.question()),
            title: line.question.as_ref().map(|question| cut(&question.title, SENTENCE)),
            score: score(row),
            failed: row.state() == State::Failed,
            below: setting.fail_under.is_some_and(|limit| high < limit),
            band: band.map(|band| words::band(ui, band)),
            band_class: band.map_or("open", band_class),
            pieces: pieces(line.answer.as_deref(), assessment),
            shortened: shortened(line.answer.as_deref()),
            points: assessment.map_or_else(Vec::new, |a| points(setting, row, a)),
            misconceptions: assessment.map_or_else(Vec::new, misconceptions),
            clarity: assessment.and_then(|a| a.clarity).map(|level| words::clarity(ui, level)),
            feedback: assessment.map_or_else(Vec::new, |a| {
                a.feedback.iter().map(|line| cut(&line.text, SENTENCE)).collect()
            }),
            flags: assessment.map_or_else(Vec::new, |a| {
                a.flags.iter().map(|flag| words::flag(ui, *flag)).collect()
            }),
            corrected: !row.corrections.is_empty(),
            error: line.error.as_deref().map(|error| cut(error, SENTENCE)),
            source: assessment.map(|a| source(setting, a)).unwrap_or_default(),
        }
    }
}

fn score(row: &Row) -> String {
    match row.state() {
        State::Graded(score) => format!("{score:.0}"),
        State::Ungraded { low, high } => format!("{low:.0}–{high:.0}"),
        State::Failed => "–".to_owned(),
    }
}

fn band_class(band: crate::domain::Band) -> &'static str {
    use crate::domain::Band;
    match band {
        Band::Strong | Band::Hire => "met",
        Band::Borderline => "partial",
        Band::NoHire => "wrong",
    }
}

fn pieces(answer: Option<&str>, assessment: Option<&Assessment>) -> Vec<Piece> {
    match (answer, assessment) {
        (None, _) => Vec::new(),
        (Some(answer), Some(assessment)) => marks::pieces(answer, ANSWER, assessment),
        (Some(answer), None) => {
            let text = cut(answer, ANSWER);
            let (rests, ends) = (String::new(), String::new());
            vec![Piece { text, class: "", rests, ends }]
        }
    }
}

/// How many characters are not shown, when some are not.
fn shortened(answer: Option<&str>) -> Option<String> {
    let more = answer?.chars().count().saturating_sub(ANSWER);
    (more > 0).then(|| thousands(more as u64))
}

fn points(setting: &Setting<'_>, row: &Row, assessment: &Assessment) -> Vec<PointView> {
    let numbered = (1..).zip(&assessment.points);
    numbered
        .map(|(number, point)| PointView {
            label: number.to_string(),
            tier: words::tier(setting.ui, point.tier),
            claim: cut(row.claim(&point.id).unwrap_or(&point.id), SENTENCE),
            mark: words::mark(point.verdict),
            class: class(point.verdict),
            verdict: words::verdict(setting.ui, point.verdict),
            why: if why_matters(assessment, point.verdict) {
                cut(&point.why, SENTENCE)
            } else {
                String::new()
            },
            quotes: quotes(&point.evidence),
            before: row
                .corrections
                .iter()
                .find(|one| one.point == point.id)
                .map(|one| words::verdict(setting.ui, one.before)),
        })
        .collect()
}

/// The lexical estimate has no reasons to give.
fn why_matters(assessment: &Assessment, verdict: Verdict) -> bool {
    assessment.grader == GraderKind::Llm || verdict == Verdict::Ungraded
}

fn misconceptions(assessment: &Assessment) -> Vec<WrongView> {
    let lettered = ('a'..='z').cycle().zip(&assessment.misconceptions);
    lettered
        .map(|(letter, found)| WrongView {
            label: letter.to_string(),
            correction: cut(&found.correction, SENTENCE),
            quotes: quotes(&found.evidence),
        })
        .collect()
}

fn quotes(evidence: &[Evidence]) -> Vec<String> {
    evidence.iter().map(|one| cut(&one.quote, SENTENCE)).collect()
}

/// Grader, endpoint, calls and fingerprint in a line.
fn source(setting: &Setting<'_>, assessment: &Assessment) -> String {
    let source = &assessment.provenance;
    let grader = match assessment.grader {
        GraderKind::Lexical => words::grader(setting.ui, GraderKind::Lexical).to_owned(),
        GraderKind::Llm => {
            let model = source.returned_model.as_ref().or(source.model.as_ref());
            let [model, endpoint] = [model, source.endpoint.as_ref()]
                .map(|name| name.map(|name| cut(name, NAME)).unwrap_or_default());
            format!("{model} @ {endpoint}")
        }
    };
    format!("{grader} · {}", cut(&assessment.fingerprint, NAME))
}
