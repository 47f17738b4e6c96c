//! Sessions of the store as result lines, and their history.

use super::source::Source;
use crate::bank::Bank;
use crate::commands::{Context, grading};
use crate::domain::{Assessment, PointSummary, QuestionSummary, ResultLine, SCHEMA_VERSION};
use crate::failure::{Failure, Kind, Status};
use crate::report::rows::Row;
use crate::report::{PastSession, View, history as render, history_json};
use crate::store::{AttemptKind, SessionRecord, SessionState, Store, StoredAssessment};

/// Sessions in the history.
const SESSIONS: u32 = 50;

/// The history of sessions.
pub(super) fn history(context: &Context) -> Result<Status, Failure> {
    let Some(store) = store(context)? else { return none_yet(context) };
    let bank = context.bank()?;
    let records = store.sessions(SESSIONS).map_err(anyhow::Error::from)?;
    if records.is_empty() {
        return none_yet(context);
    }
    let mut sessions = Vec::new();
    for record in records {
        let rows = (1..).zip(lines(&store, &bank, &record)?);
        sessions.push(PastSession {
            id: record.id,
            started_at: record.started_at,
            lang: record.lang,
            finished: record.state == SessionState::Finished,
            questions: record.questions.len(),
            rows: rows.map(|(number, line)| Row::new(number, line)).collect(),
        });
    }
    let terminal = &context.terminal;
    if context.json {
        terminal.result(&history_json(&sessions).to_string())?;
    } else {
        let painted = terminal.stdout_is_terminal;
        let view = View { terminal, painted, lang: context.lang() };
        terminal.result(&render(&view, &sessions))?;
    }
    Ok(Status::Done)
}

/// The store, when there is one; a report creates none.
fn store(context: &Context) -> Result<Option<Store>, Failure> {
    if !context.data_folder().join("viva.db").exists() {
        return Ok(None);
    }
    Ok(Some(context.store().map_err(anyhow::Error::from)?))
}

fn none_yet(context: &Context) -> Result<Status, Failure> {
    if context.json {
        context.terminal.result(&history_json(&[]).to_string())?;
    } else {
        context.terminal.message(context.terminal.say(
            "no sessions yet: `viva interview` holds one, and `viva report RUN.jsonl` reads a file of results",
            "还没有面试记录：`viva interview` 开始一场；`viva report RUN.jsonl` 读取结果文件",
        ));
    }
    Ok(Status::Done)
}

/// One session as a source.
pub(super) fn session(id: i64, context: &Context) -> Result<Source, Failure> {
    let missing = || {
        let said = (
            format!("there is neither a file nor a session {id}"),
            format!("既没有名为 {id} 的文件，也没有第 {id} 场面试"),
        );
        Failure::message(Kind::Usage, said)
            .hint(("`viva report` alone lists the sessions", "单独运行 `viva report` 列出全部面试"))
    };
    let store = store(context)?.ok_or_else(missing)?;
    let record = store.session(id).map_err(anyhow::Error::from)?.ok_or_else(missing)?;
    let lines = lines(&store, &context.bank()?, &record)?;
    let said = context.terminal.say("Session", "面试");
    let date = record.started_at.get(..10).unwrap_or_default();
    Ok(Source::Session { title: format!("{said} {id} · {date}"), lines })
}

/// The answers of a session; questions that were skipped have none.
fn lines(store: &Store, bank: &Bank, record: &SessionRecord) -> Result<Vec<ResultLine>, Failure> {
    let attempts = store.assessed(record.id).map_err(anyhow::Error::from)?;
    let answered = attempts.into_iter().filter(|one| one.attempt.kind != AttemptKind::Skipped);
    Ok(answered.map(|one| line(bank, one)).collect())
}

fn line(bank: &Bank, stored: StoredAssessment) -> ResultLine {
    let attempt = stored.attempt;
    let question = match bank.get(&attempt.question) {
        Some(question) => grading::summary(question, attempt.lang),
        None => gone(&attempt.question, stored.assessment.as_ref()),
    };
    let pending = stored.assessment.is_none();
    ResultLine {
        schema_version: SCHEMA_VERSION,
        id: attempt.id.to_string(),
        candidate: None,
        question: Some(question),
        answer: Some(attempt.answer),
        assessment: stored.assessment,
        line: None,
        error: pending.then(|| "pending: not graded yet".to_owned()),
        input: None,
    }
}

/// A question that the bank has no longer: its points without their texts.
fn gone(id: &str, assessment: Option<&Assessment>) -> QuestionSummary {
    let points = assessment.into_iter().flat_map(|assessment| &assessment.points);
    let points =
        points.map(|point| PointSummary { id: point.id.clone(), tier: point.tier, claim: None });
    QuestionSummary { id: id.to_owned(), title: id.to_owned(), points: points.collect() }
}
