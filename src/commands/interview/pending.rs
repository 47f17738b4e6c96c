//! `viva interview --pending`: grades what was submitted and never graded.

use super::judge::{Judge, Judged, error_line, graded_line, print_line};
use super::keep::SessionLock;
use crate::bank::Bank;
use crate::commands::context::now;
use crate::commands::{Context, grading};
use crate::domain::{Answer, Lang};
use crate::failure::{Failure, Kind, Status};
use crate::report::{View, feedback};
use crate::store::{Attempt, Store};
use crate::term::{Screen, safe_line, wrap};

/// How a round over the waiting answers ended.
#[derive(Debug, Default)]
pub(super) struct Round {
    graded: usize,
    /// Why answers still wait, a reason each.
    left: Vec<String>,
    /// Whether the endpoint is out of reach.
    closed: bool,
}

impl Round {
    fn count(&mut self, judged: Result<Judged, String>) {
        match judged {
            Ok(_) => self.graded += 1,
            Err(reason) => self.left.push(reason),
        }
    }
}

/// Answers that wait and that no other process is about to grade.
pub(super) fn waiting(store: &Store, context: &Context) -> Result<Vec<Attempt>, Failure> {
    let pending = store.pending().map_err(|error| Failure::new(Kind::Internal, error))?;
    let free = |attempt: &Attempt| {
        attempt
            .session
            .is_none_or(|session| SessionLock::take(context.data_folder(), session).is_some())
    };
    Ok(pending.into_iter().filter(free).collect())
}

pub(super) async fn run(context: &Context, mut judge: Judge<'_>) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let mut store = context.store().map_err(|error| Failure::new(Kind::Internal, error))?;
    let waiting = waiting(&store, context)?;
    context.terminal.message(&grading::introduction(context));
    if waiting.is_empty() {
        context.terminal.message(context.terminal.say("No answer is waiting.", "没有待评的回答。"));
        return Ok(Status::Done);
    }
    if !grading::is_chosen(context) {
        return Err(grading::no_endpoint().hint((
            "the answers are kept; `--grader lexical` gives them an estimate instead",
            "回答都保存着；也可以用 `--grader lexical` 给出估分",
        )));
    }
    let round = grade_and_print(context, &bank, &mut store, &mut judge, &waiting).await?;
    context.terminal.message(&told(context, &round));
    if round.closed {
        return Err(Failure::message(
            Kind::Endpoint,
            ("answers were left without a grade", "有回答没能评分"),
        )
        .hint((
            "they are kept; try again with `viva interview --pending`",
            "回答都保存着；以后用 `viva interview --pending` 再评",
        )));
    }
    Ok(if round.left.is_empty() { Status::Done } else { Status::Incomplete })
}

/// Grades and stores, without a word.
pub(super) async fn grade(
    bank: &Bank,
    store: &mut Store,
    judge: &mut Judge<'_>,
    waiting: &[Attempt],
) -> Result<Round, Failure> {
    let mut round = Round::default();
    for attempt in waiting {
        round.count(one(bank, store, judge, attempt).await?);
    }
    round.closed = judge.closed().is_some();
    Ok(round)
}

async fn grade_and_print(
    context: &Context,
    bank: &Bank,
    store: &mut Store,
    judge: &mut Judge<'_>,
    waiting: &[Attempt],
) -> Result<Round, Failure> {
    let mut round = Round::default();
    let terminal = &context.terminal;
    let screen = Screen::controlling(terminal.columns).ok();
    let screen = screen.filter(|_| terminal.stderr_is_terminal && !terminal.quiet);
    for attempt in waiting {
        let wait = screen.as_ref().filter(|_| !judge.is_instant());
        let wait = wait.map(|screen| screen.wait(terminal.say("grading…", "评分中…"), ""));
        let judged = one(bank, store, judge, attempt).await;
        if let Some(wait) = wait {
            wait.finish();
        }
        let judged = judged?;
        print(context, bank, attempt, &judged)?;
        round.count(judged);
    }
    round.closed = judge.closed().is_some();
    Ok(round)
}

/// Grades and stores one answer, or tells why it still waits.
async fn one(
    bank: &Bank,
    store: &mut Store,
    judge: &mut Judge<'_>,
    attempt: &Attempt,
) -> Result<Result<Judged, String>, Failure> {
    let Some(question) = bank.get(&attempt.question) else {
        let id = safe_line(&attempt.question);
        return Ok(Err(format!("question {id} is not in the bank; give its --bank PATH")));
    };
    let answer = match Answer::new(attempt.answer.as_str()) {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let judged = judge.judge(question, attempt.lang, &answer, Some(store)).await;
    if let Ok(judged) = &judged {
        store
            .save_assessment(attempt.id, &judged.assessment, &now())
            .map_err(|error| Failure::new(Kind::Internal, error))?;
    }
    Ok(judged)
}

fn print(
    context: &Context,
    bank: &Bank,
    attempt: &Attempt,
    judged: &Result<Judged, String>,
) -> Result<(), Failure> {
    let number = usize::try_from(attempt.id).unwrap_or(0);
    let answer = Answer::new(attempt.answer.as_str()).ok();
    let terminal = &context.terminal;
    match (judged, answer, bank.get(&attempt.question)) {
        (Ok(judged), Some(answer), _) if context.json => {
            print_line(context, &graded_line(number, judged, &answer))
        }
        (Ok(judged), ..) => {
            let painted = terminal.stdout_is_terminal;
            let view = View { terminal, painted, lang: attempt.lang };
            let title = safe_line(judged.prepared.question.title.get(attempt.lang));
            let text = feedback(&view, &judged.prepared.question, &judged.assessment);
            Ok(terminal.result(&format!("{}\n{title}\n{text}\n", attempt.question))?)
        }
        (Err(reason), answer, Some(question)) if context.json => {
            let line = error_line(number, question, attempt.lang, answer.as_ref(), reason);
            print_line(context, &line)
        }
        (Err(reason), ..) => {
            terminal.error(&format!("{}: {}", safe_line(&attempt.question), safe_line(reason)));
            Ok(())
        }
    }
}

/// How it ended, in words.
pub(super) fn told(context: &Context, round: &Round) -> String {
    let Round { graded, left, .. } = round;
    let still = left.len();
    let reason = left.last().map(|reason| safe_line(reason));
    let text = match (context.terminal.ui, reason) {
        (Lang::En, None) => format!("{graded} graded"),
        (Lang::Zh, None) => format!("评了 {graded} 个回答"),
        (Lang::En, Some(why)) => format!("{graded} graded, {still} still waiting: {why}"),
        (Lang::Zh, Some(why)) => format!("评了 {graded} 个回答，还有 {still} 个待评：{why}"),
    };
    wrap(&text, context.terminal.text_columns()).join("\n")
}
