//! An interview whose answers come from a pipe: no prompts, results on stdout,
//! messages on stderr, stored only with `--save`.

use std::io::BufReader;
use std::sync::Arc;

use super::judge::{Judge, Judged, error_line, graded_line, print_line};
use super::keep::Keeper;
use crate::commands::Context;
use crate::domain::{Answer, AnswerError, Lang, Question};
use crate::failure::{Failure, Kind, Status};
use crate::report::{View, feedback};
use crate::session::machine::Submission;
use crate::session::pipe::{Answers, Given, Next};
use crate::session::screens::Look;
use crate::session::summary::{Outcome, OutcomeEnd, summary};
use crate::term::safe_line;

/// An interview read from a pipe.
pub(super) struct Piped<'a> {
    pub(super) context: &'a Context,
    pub(super) judge: Judge<'a>,
    pub(super) keeper: Keeper,
    pub(super) questions: Vec<Arc<Question>>,
    /// Index of the first question to ask.
    pub(super) position: usize,
    pub(super) lang: Lang,
    pub(super) separator: Option<String>,
    pub(super) outcomes: Vec<Outcome>,
}

impl Piped<'_> {
    /// Reads and grades to the last question or the end of the input.
    pub(super) async fn run(mut self) -> Result<Status, Failure> {
        let input = BufReader::new(std::io::stdin());
        let mut answers = Answers::new(input, self.separator.take());
        let mut unusable = 0;
        while self.position < self.questions.len() {
            let next = answers.read().map_err(|error| {
                Failure::io(Kind::Internal, error, ("cannot read stdin", "无法读取标准输入"))
            })?;
            match next {
                Next::End => break,
                Next::NeedsTerminal(command) => {
                    let number = self.position + 1;
                    let name = command.name();
                    self.message(
                        &format!("answer {number}: /{name} works only at a terminal; left out"),
                        &format!("第 {number} 个回答：/{name} 只能在终端里用，已忽略"),
                    );
                    continue;
                }
                Next::Given(Given::Unusable(error)) => {
                    unusable += 1;
                    self.unusable(&error)?;
                }
                Next::Given(Given::Answer(answer)) => {
                    self.take(Submission::Answer { answer, hints: 0, seconds: 0 }).await?;
                }
                Next::Given(Given::GaveUp) => {
                    let draft = String::new();
                    self.take(Submission::GaveUp { draft, hints: 0, seconds: 0 }).await?;
                }
                Next::Given(Given::Skipped) => {
                    self.take(Submission::Skipped { draft: String::new() }).await?;
                }
            }
            self.position += 1;
        }
        let more = answers.has_more_at_hand();
        self.end(unusable, more)
    }

    fn question(&self) -> Arc<Question> {
        Arc::clone(&self.questions[self.position])
    }

    fn message(&self, en: &str, zh: &str) {
        self.context.terminal.message(self.context.terminal.say(en, zh));
    }

    fn error(&self, en: &str, zh: &str) {
        self.context.terminal.error(self.context.terminal.say(en, zh));
    }

    fn unusable(&mut self, error: &AnswerError) -> Result<(), Failure> {
        let number = self.position + 1;
        self.error(
            &format!("answer {number} is not graded: {error}"),
            &format!("第 {number} 个回答没有评分：{error}"),
        );
        if self.context.json {
            let line = error_line(number, &self.question(), self.lang, None, &error.to_string());
            print_line(self.context, &line)?;
        }
        Ok(())
    }

    async fn take(&mut self, submission: Submission) -> Result<(), Failure> {
        let question = self.question();
        let (id, stored) =
            self.keeper.submit(self.position, question.id.as_str(), self.lang, &submission);
        stored.map_err(|error| Failure::new(Kind::Internal, error))?;
        let Some(answer) = super::keep::graded_text(&submission) else {
            return self.skipped(question);
        };
        match self.judge.judge(&question, self.lang, &answer, self.keeper.store()).await {
            Ok(judged) => {
                self.keeper
                    .assessment(id, &judged.assessment)
                    .map_err(|error| Failure::new(Kind::Internal, error))?;
                self.graded(question, &judged, &answer)
            }
            Err(reason) => self.pending(question, &answer, &reason),
        }
    }

    fn skipped(&mut self, question: Arc<Question>) -> Result<(), Failure> {
        if self.context.json {
            let line = error_line(self.position + 1, &question, self.lang, None, "skipped");
            print_line(self.context, &line)?;
        }
        self.outcomes.push(Outcome { question, end: OutcomeEnd::Skipped });
        Ok(())
    }

    fn graded(
        &mut self,
        question: Arc<Question>,
        judged: &Judged,
        answer: &Answer,
    ) -> Result<(), Failure> {
        if self.context.json {
            print_line(self.context, &graded_line(self.position + 1, judged, answer))?;
        } else {
            let text = self.feedback_text(&question, judged);
            self.context.terminal.result(&text)?;
        }
        let end = OutcomeEnd::Graded(Box::new(judged.assessment.clone()));
        self.outcomes.push(Outcome { question, end });
        Ok(())
    }

    fn feedback_text(&self, question: &Question, judged: &Judged) -> String {
        let terminal = &self.context.terminal;
        let view = View { terminal, painted: terminal.stdout_is_terminal, lang: self.lang };
        format!(
            "Q{}/{} · {}\n{}\n{}\n",
            self.position + 1,
            self.questions.len(),
            question.id,
            safe_line(question.title.get(self.lang)),
            feedback(&view, &judged.prepared.question, &judged.assessment)
        )
    }

    fn pending(
        &mut self,
        question: Arc<Question>,
        answer: &Answer,
        reason: &str,
    ) -> Result<(), Failure> {
        let number = self.position + 1;
        self.error(
            &format!("answer {number} is not graded: {}", safe_line(reason)),
            &format!("第 {number} 个回答没有评分：{}", safe_line(reason)),
        );
        if self.context.json {
            let line = error_line(number, &question, self.lang, Some(answer), reason);
            print_line(self.context, &line)?;
        }
        self.outcomes.push(Outcome { question, end: OutcomeEnd::Pending });
        Ok(())
    }

    /// The summary, what is missing, and the status that follows from it.
    fn end(mut self, unusable: usize, more: bool) -> Result<Status, Failure> {
        let of = self.questions.len();
        let missing = of - self.position;
        if missing == 0 {
            self.keeper.finish().map_err(|error| Failure::new(Kind::Internal, error))?;
        }
        if !self.context.json && !self.outcomes.is_empty() {
            let terminal = &self.context.terminal;
            let look = Look { terminal, lang: self.lang, painted: terminal.stdout_is_terminal };
            self.context.terminal.result(&summary(
                &look,
                &self.outcomes,
                of,
                self.keeper.session().is_some(),
            ))?;
        }
        if more {
            self.message(
                "the input holds more answers than there were questions; the rest is not graded. \
                 If your answers have empty lines in them, put a line between two answers and \
                 name it with --separator",
                "输入里的回答比题目多，多出的没有评分。如果回答里有空行，请在两个回答之间放一行\
                 分隔符，并用 --separator 指定",
            );
        }
        if missing > 0 {
            self.missing(missing, of);
        }
        let pending = self.outcomes.iter().any(|o| matches!(o.end, OutcomeEnd::Pending));
        if pending && self.judge.closed().is_some() {
            return Err(self.endpoint_failed());
        }
        let open = self.outcomes.iter().any(Outcome::is_open);
        let incomplete = missing > 0 || unusable > 0 || open;
        Ok(if incomplete { Status::Incomplete } else { Status::Done })
    }

    fn missing(&self, missing: usize, of: usize) {
        let given = of - missing;
        let resume = self.keeper.session().map(|id| format!("viva interview --resume {id}"));
        let (en, zh) = match resume {
            Some(command) => (
                format!(" (the session is stored: {command} < answers)"),
                format!("（已保存：{command} < 回答文件）"),
            ),
            None => (String::new(), String::new()),
        };
        self.error(
            &format!("{missing} of {of} answers are missing: the input ended after {given}{en}"),
            &format!("{of} 个回答缺了 {missing} 个：输入在第 {given} 个之后结束{zh}"),
        );
    }

    fn endpoint_failed(&self) -> Failure {
        let failure = Failure::message(
            Kind::Endpoint,
            ("answers were left without a grade", "有回答没能评分"),
        );
        match self.keeper.session() {
            Some(_) => failure.hint((
                "`viva interview --pending` grades them later",
                "以后用 `viva interview --pending` 评分",
            )),
            None => failure.hint((
                "nothing was stored; run the same command again",
                "没有保存任何内容；请再运行同一条命令",
            )),
        }
    }
}
