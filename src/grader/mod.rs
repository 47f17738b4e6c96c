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

pub use draft::{DraftError, content_hash};
pub use judge::LlmGrader;
pub use key::{fingerprint, scoring_hash, verdict_key};
pub use prompt::{PromptError, Prompts};

use crate::domain::{Answer, Assessment, Flag, GraderKind, Lang, Question, Rubric};
use crate::llm::CallError;
use gate::{Gate, Titles};
use lexical::LexicalGrader;
use prompt::Head;

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
    kind: PreparedKind,
}

#[derive(Debug, Clone)]
enum PreparedKind {
    Llm(Arc<Head>),
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
    /// ([`LlmGrader::draft`]).
    pub fn prepare(&self, question: Arc<Question>, lang: Lang) -> Prepared {
        let titles = Titles::of(&question);
        match self {
            Self::Llm(grader) => {
                let kind = PreparedKind::Llm(Arc::new(grader.head(&question, lang)));
                Prepared { question, lang, flags: Vec::new(), titles, kind }
            }
            Self::Lexical { grader, .. } => {
                let kind = PreparedKind::Lexical(Arc::new(grader.prepare(&question)));
                let bare = question.points.is_empty();
                let flags = if bare { vec![Flag::ReferenceOnly] } else { Vec::new() };
                let question =
                    if bare { Arc::new(reference_as_point(&question)) } else { question };
                Prepared { question, lang, flags, titles, kind }
            }
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
        match (self, &prepared.kind) {
            (Self::Llm(grader), PreparedKind::Llm(head)) => {
                match Gate::of(&prepared.titles, answer.as_str()) {
                    Gate::Pass => grader.assess(prepared, head, answer, feedback_lang).await,
                    gate => Ok(assemble::nothing_said(&grader.shared(), prepared, answer, gate)),
                }
            }
            (Self::Lexical { grader, rubric }, PreparedKind::Lexical(ready)) => {
                let verdicts = grader.grade(ready, answer.as_str());
                Ok(assemble::lexical(grader, rubric, prepared, answer, verdicts))
            }
            _ => unreachable!("invariant: a question is graded by the grader that prepared it"),
        }
    }
}

/// A bare reference as a question with one point, so that one arithmetic serves all.
fn reference_as_point(question: &Question) -> Question {
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
