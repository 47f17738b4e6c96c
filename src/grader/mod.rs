//! One answer to one assessment, by either grader.
//!
//! ```text
//! gate ► prompt ► endpoint ► reply ► evidence ► second grading ► score
//!   └──────────────── lexical ────────────────────────────────►┘
//! ```
//!
//! The model gives verdicts and quotes, never a number; everything that counts
//! is checked and computed here. A grading that cannot be completed leaves
//! points ungraded: nothing is ever coerced to a pass or to a zero. Only an
//! endpoint that is out of reach makes [`Grader::assess`] fail.

mod assemble;
mod draft;
pub mod evidence;
pub mod gate;
pub mod injection;
mod judge;
mod key;
pub mod lexical;
pub mod prompt;
pub mod reply;
mod second;
mod settle;
mod spent;

use std::sync::Arc;

pub use draft::{DraftError, Drafts, NoDrafts, content_hash};
pub use judge::{Foreseen, LlmGrader};
pub use key::scoring_hash;
pub(crate) use prompt::short_hash;
pub use prompt::{PromptError, Prompts};

use crate::domain::{Answer, Assessment, Flag, GraderKind, Lang, Question, Rubric, score};
use crate::llm::{CallError, Template};
use gate::{Gate, Titles};
use lexical::LexicalGrader;

/// A grader, chosen once for a session or run.
#[derive(Debug)]
pub enum Grader {
    /// A model behind an endpoint.
    Llm(Box<LlmGrader>),
    /// The embedded offline estimate.
    Lexical {
        /// The grader.
        grader: LexicalGrader,
        /// How credits become a score.
        rubric: Box<Rubric>,
    },
}

/// A question made ready for grading any number of answers.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The question; for a bare reference its only point is the reference.
    pub question: Arc<Question>,
    /// Language in which it was asked.
    pub lang: Lang,
    /// What a reader of every result on it should know.
    pub flags: Vec<Flag>,
    titles: Titles,
    stem: key::Stem,
    kind: PreparedKind,
}

impl Prepared {
    fn gate(&self, answer: &Answer) -> Gate {
        Gate::of(&self.titles, answer.as_str())
    }

    /// Hash of everything that decides the verdicts on an answer: as a number, what
    /// [`Provenance::verdict_key`](crate::domain::Provenance::verdict_key) says in digits.
    pub fn verdict_key(&self, answer: &Answer) -> u128 {
        self.stem.verdict_number(answer.as_str(), 0)
    }

    /// Hash of what a run shares, scoring included; see [`Assessment::fingerprint`].
    pub fn fingerprint(&self) -> &str {
        &self.stem.fingerprint
    }
}

/// What all assessments of a run have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Hash of what verdicts depend on beside question and answer.
    pub verdicts: String,
    /// The same with the scoring: scores are comparable only within one fingerprint.
    pub fingerprint: String,
    /// The model as it is asked for; empty for the lexical grader.
    pub model: String,
    /// Hash of the prompt files; empty for the lexical grader.
    pub prompt_hash: String,
}

#[derive(Debug, Clone)]
enum PreparedKind {
    Llm(Arc<Template>),
    Lexical(Arc<lexical::Prepared>),
}

impl Grader {
    /// Which grader it is.
    pub fn kind(&self) -> GraderKind {
        match self {
            Self::Llm(_) => GraderKind::Llm,
            Self::Lexical { .. } => GraderKind::Lexical,
        }
    }

    /// The rubric in use.
    pub fn rubric(&self) -> &Rubric {
        match self {
            Self::Llm(grader) => grader.rubric(),
            Self::Lexical { rubric, .. } => rubric,
        }
    }

    /// Makes a question ready. One without points can be prepared for the
    /// lexical grader alone; a model first has them drafted
    /// ([`Grader::with_points`]).
    pub fn prepare(&self, question: Arc<Question>, lang: Lang) -> Prepared {
        let titles = Titles::of(&question);
        match self {
            Self::Llm(grader) => {
                let kind = PreparedKind::Llm(Arc::new(grader.template(&question, lang)));
                let stem = key::Stem::new(&self.shared(), &question, lang);
                Prepared { question, lang, flags: Vec::new(), titles, stem, kind }
            }
            Self::Lexical { grader, .. } => {
                let kind = PreparedKind::Lexical(Arc::new(grader.prepare(&question)));
                let bare = question.points.is_empty();
                let flags = if bare { vec![Flag::ReferenceOnly] } else { Vec::new() };
                let question =
                    if bare { Arc::new(reference_as_point(&question)) } else { question };
                let stem = key::Stem::new(&self.shared(), &question, lang);
                Prepared { question, lang, flags, titles, stem, kind }
            }
        }
    }

    fn shared(&self) -> key::Shared<'_> {
        match self {
            Self::Llm(grader) => grader.shared(),
            Self::Lexical { grader, rubric } => key::Shared::lexical(grader.fingerprint(), rubric),
        }
    }

    /// What all assessments by this grader have in common.
    pub fn common(&self) -> Common {
        let shared = self.shared();
        Common {
            verdicts: key::verdicts_hash(&shared),
            fingerprint: key::fingerprint(&shared),
            model: shared.model.to_owned(),
            prompt_hash: shared.prompt_hash.to_owned(),
        }
    }

    /// The same verdicts under the scoring in use now; no call is made.
    pub fn rescore(&self, prepared: &Prepared, assessment: &mut Assessment) {
        let scoring = &self.rubric().scoring;
        let breakdown = score::score(scoring, &assessment.points, &assessment.misconceptions);
        assessment.score = breakdown.score();
        (assessment.low, assessment.high) = (breakdown.low.score, breakdown.high.score);
        assessment.band = breakdown.band.filter(|_| assessment.grader == GraderKind::Llm);
        assessment.fingerprint.clone_from(&prepared.stem.fingerprint);
        assessment.provenance.rubric_hash.clone_from(&prepared.stem.scoring);
    }

    /// Grades one answer at once when that needs no endpoint: by the gate, or by the
    /// lexical grader.
    pub fn assess_offline(&self, prepared: &Prepared, answer: &Answer) -> Option<Assessment> {
        match (self, &prepared.kind) {
            (Self::Llm(grader), _) => match prepared.gate(answer) {
                Gate::Pass => None,
                gate => Some(assemble::nothing_said(&grader.shared(), prepared, answer, gate)),
            },
            (Self::Lexical { grader, rubric }, PreparedKind::Lexical(ready)) => {
                let verdicts = grader.grade(ready, answer.as_str());
                Some(assemble::lexical(*grader, rubric, prepared, answer, verdicts))
            }
            _ => unreachable!("invariant: a question is graded by the grader that prepared it"),
        }
    }

    /// Grades one answer.
    ///
    /// # Errors
    /// When the endpoint is out of reach or refuses: nothing is known about the
    /// answer then, and it stays pending.
    pub async fn assess(
        &self,
        prepared: &Prepared,
        answer: &Answer,
        feedback_lang: Lang,
    ) -> Result<Assessment, CallError> {
        if let Some(assessment) = self.assess_offline(prepared, answer) {
            return Ok(assessment);
        }
        match (self, &prepared.kind) {
            (Self::Llm(grader), PreparedKind::Llm(template)) => {
                grader.assess(prepared, template, answer, feedback_lang).await
            }
            _ => unreachable!("invariant: a question is graded by the grader that prepared it"),
        }
    }
}

/// A bare reference as a question with one point, so that one arithmetic serves all.
pub(crate) fn reference_as_point(question: &Question) -> Question {
    use crate::domain::{Point, Tier};
    let point = Point {
        id: "reference".to_owned(),
        tier: Tier::Must,
        claim: question.reference.clone(),
        terms: Vec::new(),
        hint: None,
    };
    Question { points: vec![point], ..question.clone() }
}
