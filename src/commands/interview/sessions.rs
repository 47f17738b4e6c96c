//! A session about to begin or to go on: its questions, its place, its draft.
//!
//! A session belongs to one process at a time; nothing here talks to anybody.

use std::sync::Arc;

use super::keep::{Keeper, SessionLock};
use super::show::draft_file;
use super::{Args, plan_failure};
use crate::bank::Bank;
use crate::bank::plan::Plan;
use crate::commands::Context;
use crate::commands::context::now;
use crate::commands::planned::{drawn, find_plan};
use crate::config::Origin;
use crate::domain::{Lang, Question};
use crate::failure::{Failure, Kind};
use crate::session::editor::Edit;
use crate::session::plan::{Wanted, plan};
use crate::session::summary::{Outcome, OutcomeEnd};
use crate::store::{AttemptKind, SessionRecord, SessionState, Store, StoredAssessment};
use crate::term::safe;

/// A session about to begin or to go on.
pub(super) struct Session {
    pub(super) questions: Vec<Arc<Question>>,
    pub(super) position: usize,
    pub(super) lang: Lang,
    pub(super) draft: String,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) keeper: Keeper,
    pub(super) lock: Option<SessionLock>,
    /// What is said about it.
    pub(super) said: String,
}

/// A new session.
pub(super) fn begun(
    args: &Args,
    context: &Context,
    bank: &Bank,
    store: Option<Store>,
) -> Result<Session, Failure> {
    let mut wanted = args.wanted()?;
    let planned = args.plan.as_ref().map(|name| find_plan(bank, name)).transpose()?;
    if let Some(planned) = planned {
        let questions = drawn(planned, wanted.seed, bank, context)?;
        wanted.ids = questions.iter().map(|question| question.id.to_string()).collect();
    }
    let questions = plan(bank, &wanted).map_err(plan_failure)?;
    let lang = language(context, planned);
    let mut lock = None;
    let keeper = match store {
        None => Keeper::nothing(),
        Some(mut store) => {
            let ids: Vec<String> = questions.iter().map(|q| q.id.to_string()).collect();
            let id = store
                .begin_session(lang, &ids, &now())
                .map_err(|error| Failure::new(Kind::Internal, error))?;
            lock = SessionLock::take(context.data_folder(), id);
            Keeper::stored(store, id)
        }
    };
    let mut said = new_session(context, questions.len(), &wanted, planned.is_some());
    if let Some(planned) = planned {
        let title = crate::term::safe_line(planned.title.get(context.terminal.ui));
        let minutes = context.terminal.say("min", "分钟");
        said = format!("{title} · {} {minutes} · {said}", planned.minutes);
    }
    let (position, draft, outcomes) = (0, String::new(), Vec::new());
    Ok(Session { questions, position, lang, draft, outcomes, keeper, lock, said })
}

/// The flag's language, else the plan's own, else the configured one.
fn language(context: &Context, planned: Option<&Arc<Plan>>) -> Lang {
    match planned.and_then(|plan| plan.lang) {
        Some(lang) if !matches!(context.settings.lang.origin, Origin::Flag(_)) => lang,
        _ => context.lang(),
    }
}

fn new_session(context: &Context, count: usize, wanted: &Wanted, planned: bool) -> String {
    let drawn = planned || wanted.ids.is_empty();
    let short = wanted.count.filter(|wanted| *wanted > count);
    let ui = context.terminal.ui;
    let number = match ui {
        Lang::En if count == 1 => "1 question".to_owned(),
        Lang::En => format!("{count} questions"),
        Lang::Zh => format!("共 {count} 题"),
    };
    let short = match (ui, short) {
        (_, None) => String::new(),
        (Lang::En, Some(n)) => format!(" (of {n} wanted: the bank has no more that match)"),
        (Lang::Zh, Some(n)) => format!("（想要 {n} 题，符合条件的只有这些）"),
    };
    let seed = match (ui, drawn) {
        (_, false) => String::new(),
        (Lang::En, true) => format!(" · seed {}", wanted.seed),
        (Lang::Zh, true) => format!(" · 种子 {}", wanted.seed),
    };
    format!("{number}{short}{seed}")
}

/// The session to go on with: this one, or the one left last.
pub(super) fn find(
    store: &Store,
    context: &Context,
    id: Option<i64>,
) -> Result<SessionRecord, Failure> {
    let missing = |en: String, zh: String| {
        Failure::message(Kind::Usage, (en, zh))
            .hint(("`viva interview` begins a new one", "`viva interview` 另开一场"))
    };
    let Some(id) = id else {
        return unfinished(store, context)?.ok_or_else(|| {
            missing("there is no unfinished session".into(), "没有未完成的面试".into())
        });
    };
    let record =
        store.session(id).map_err(|error| Failure::new(Kind::Internal, error))?.ok_or_else(
            || missing(format!("there is no session {id}"), format!("没有第 {id} 场面试")),
        )?;
    match record.state {
        SessionState::Unfinished => Ok(record),
        SessionState::Finished => {
            Err(missing(format!("session {id} is finished"), format!("第 {id} 场面试已经结束")))
        }
    }
}

/// The newest unfinished session that no other process holds.
pub(super) fn unfinished(
    store: &Store,
    context: &Context,
) -> Result<Option<SessionRecord>, Failure> {
    let sessions =
        store.unfinished_sessions().map_err(|error| Failure::new(Kind::Internal, error))?;
    let free =
        |record: &SessionRecord| SessionLock::take(context.data_folder(), record.id).is_some();
    Ok(sessions.into_iter().find(free))
}

/// A session that goes on, with its draft and what was graded before.
pub(super) fn resumed(
    context: &Context,
    bank: &Bank,
    store: Store,
    record: &SessionRecord,
) -> Result<Session, Failure> {
    let lock = SessionLock::take(context.data_folder(), record.id).ok_or_else(|| {
        let id = record.id;
        let said = (
            format!("session {id} is open in another terminal"),
            format!("第 {id} 场面试正在另一个终端里进行"),
        );
        Failure::message(Kind::Usage, said)
            .hint(("go on there, or close it first", "请在那里继续，或先关掉它"))
    })?;
    let questions = record
        .questions
        .iter()
        .map(|id| bank.get(id).map(Arc::clone).ok_or_else(|| gone(record.id, id)))
        .collect::<Result<Vec<_>, _>>()?;
    let assessed =
        store.assessed(record.id).map_err(|error| Failure::new(Kind::Internal, error))?;
    let outcomes = outcomes(&questions, assessed);
    let draft = draft(context, record, questions.get(record.position));
    let said = went_on(context, record, !draft.is_empty());
    Ok(Session {
        questions,
        position: record.position,
        lang: record.lang,
        draft,
        outcomes,
        keeper: Keeper::stored(store, record.id),
        lock: Some(lock),
        said,
    })
}

fn gone(session: i64, id: &str) -> Failure {
    let id = safe(id);
    let said = (
        format!("question {id} of session {session} is not in the bank any more"),
        format!("第 {session} 场面试的题目 {id} 已不在题库里"),
    );
    Failure::message(Kind::Usage, said)
        .hint((
            "give the --bank PATH that the session began with",
            "请给出这场面试开始时用的 --bank 路径",
        ))
        .hint(("or begin a new one: viva interview --new", "或另开一场：viva interview --new"))
}

/// What became of the questions before the one at hand.
fn outcomes(questions: &[Arc<Question>], assessed: Vec<StoredAssessment>) -> Vec<Outcome> {
    assessed
        .into_iter()
        .filter_map(|stored| {
            let question = Arc::clone(questions.get(stored.attempt.position)?);
            let end = match (stored.attempt.kind, stored.assessment) {
                (_, Some(assessment)) => OutcomeEnd::Graded(Box::new(assessment)),
                (AttemptKind::Skipped, None) => OutcomeEnd::Skipped,
                (_, None) => OutcomeEnd::Pending,
            };
            Some(Outcome { question, end })
        })
        .collect()
}

/// The draft, or what the external editor had saved when everything ended.
fn draft(context: &Context, record: &SessionRecord, question: Option<&Arc<Question>>) -> String {
    let title = question.map_or(String::new(), |q| safe(q.title.get(record.lang)));
    let file = draft_file(context, record.id, record.position);
    let edit = Edit { editor: "", file: &file, question: &title, ui: context.terminal.ui };
    let text = edit.left_over().unwrap_or_else(|| record.draft.clone());
    edit.remove();
    text
}

fn went_on(context: &Context, record: &SessionRecord, draft: bool) -> String {
    let (next, of) = (record.position + 1, record.questions.len());
    match (context.terminal.ui, draft) {
        (Lang::En, false) => format!("session {} goes on at question {next}/{of}", record.id),
        (Lang::En, true) => {
            format!("session {} goes on at question {next}/{of}, with your draft", record.id)
        }
        (Lang::Zh, false) => format!("继续第 {} 场面试，从第 {next}/{of} 题开始", record.id),
        (Lang::Zh, true) => {
            format!("继续第 {} 场面试，从第 {next}/{of} 题开始，草稿已恢复", record.id)
        }
    }
}
