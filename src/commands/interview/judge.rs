//! Grading for a session: an answer goes in, an assessment or the reason why it
//! stays pending comes out.
//!
//! After an error that only a person can mend, the endpoint is not asked again
//! for the rest of the session; no other grader steps in.

use std::sync::Arc;

use crate::commands::Context;
use crate::commands::grading;
use crate::commands::score::feedback_language;
use crate::domain::{Answer, Assessment, Flag, Lang, Question, ResultLine, SCHEMA_VERSION};
use crate::failure::Failure;
use crate::grader::{Grader, Prepared};
use crate::llm::Class;
use crate::store::Store;

/// A grader with what it has met.
pub(super) struct Judge<'a> {
    context: &'a Context,
    grader: Grader,
    /// Why the endpoint is not asked any more.
    closed: Option<String>,
}

/// An answer that was graded.
pub(super) struct Judged {
    /// The question as it was graded, with drafted points where it had none.
    pub(super) prepared: Prepared,
    pub(super) assessment: Assessment,
}

impl<'a> Judge<'a> {
    pub(super) fn new(context: &'a Context, grader: Grader) -> Self {
        Self { context, grader, closed: None }
    }

    pub(super) fn grader(&self) -> &Grader {
        &self.grader
    }

    /// Whether an answer takes no time to grade.
    pub(super) fn is_instant(&self) -> bool {
        matches!(self.grader, Grader::Lexical { .. }) || self.closed.is_some()
    }

    /// Why the endpoint is out of reach for the rest of the session, if it is.
    pub(super) fn closed(&self) -> Option<&str> {
        self.closed.as_deref()
    }

    /// Grades one answer, or tells why it stays pending.
    pub(super) async fn judge(
        &mut self,
        question: &Arc<Question>,
        lang: Lang,
        answer: &Answer,
        store: Option<&mut Store>,
    ) -> Result<Judged, String> {
        if let Some(reason) = &self.closed {
            return Err(reason.clone());
        }
        let (prepared, drafted) = self.prepare(question, lang, store).await?;
        let feedback_lang = feedback_language(self.context, answer);
        match self.grader.assess(&prepared, answer, feedback_lang).await {
            Ok(mut assessment) => {
                if drafted {
                    assessment.flags.push(Flag::DraftedPoints);
                }
                Ok(Judged { prepared, assessment })
            }
            Err(error) => {
                let reason = format!("{error}; {}", error.advice);
                if matches!(error.class, Class::RunFatal { .. }) {
                    self.closed = Some(reason.clone());
                }
                Err(reason)
            }
        }
    }

    async fn prepare(
        &self,
        question: &Arc<Question>,
        lang: Lang,
        store: Option<&mut Store>,
    ) -> Result<(Prepared, bool), String> {
        if !question.points.is_empty() {
            return Ok((self.grader.prepare(Arc::clone(question), lang), false));
        }
        let bare = Question::clone(question);
        let (question, drafted) = grading::with_points(&self.grader, bare, lang, store)
            .await
            .map_err(|failure| failure.in_one_line())?;
        Ok((self.grader.prepare(Arc::new(question), lang), drafted))
    }
}

/// The result line of a graded answer.
pub(super) fn graded_line(number: usize, judged: &Judged, answer: &Answer) -> ResultLine {
    let assessment = judged.assessment.clone();
    grading::result_line(number.to_string(), &judged.prepared, answer, assessment)
}

/// The result line of a question without an assessment, and why.
pub(super) fn error_line(
    number: usize,
    question: &Question,
    lang: Lang,
    answer: Option<&Answer>,
    error: &str,
) -> ResultLine {
    ResultLine {
        schema_version: SCHEMA_VERSION,
        id: number.to_string(),
        candidate: None,
        question: Some(grading::summary(question, lang)),
        answer: answer.map(|answer| answer.as_str().to_owned()),
        assessment: None,
        line: None,
        error: Some(error.to_owned()),
        input: None,
    }
}

/// Writes a result line to stdout.
pub(super) fn print_line(context: &Context, line: &ResultLine) -> Result<(), Failure> {
    let text = serde_json::to_string(line).map_err(anyhow::Error::from)?;
    Ok(context.terminal.result(&text)?)
}
