//! The words of the project as types: question, rubric, answer, verdict, assessment.
//!
//! Pure data with checked constructors. Nothing here reads a file, prints, or
//! knows how an answer is graded. What enters through a constructor is valid,
//! so no other module checks it again.

mod answer;
mod assessment;
mod lang;
mod question;
mod question_id;
mod rubric;
pub mod score;
mod soundness;
mod verdict;

pub use answer::{Answer, AnswerError, MAX_ANSWER_BYTES};
pub use assessment::{
    Assessment, Band, Clarity, ClarityLevel, FeedbackLine, Flag, GraderKind, MisconceptionFound,
    PointAssessment, PointSummary, Provenance, QuestionSummary, ResultLine, SCHEMA_VERSION,
    SecondGrading, Tokens,
};
pub use lang::{Lang, Localised};
pub use question::{
    Allow, FollowUp, Kind, Level, Misconception, Point, Question, Sample, Source, Terms,
};
pub use question_id::QuestionId;
pub use rubric::{Bands, PromptRubric, Rubric, Scoring};
pub use soundness::{FaultKind, QuestionFault};
pub use verdict::{Evidence, Tier, Verdict};
