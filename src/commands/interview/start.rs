//! How an interview begins: a new session or one that goes on.

use std::sync::Arc;

use super::judge::Judge;
use super::keep::{Keeper, SessionLock};
use super::live::{self, Live, Signals};
use super::piped::Piped;
use super::show::{Show, draft_file};
use super::{Args, pending, plan_failure};
use crate::bank::Bank;
use crate::commands::context::{environment, now};
use crate::commands::{Context, grading};
use crate::domain::{Lang, Question};
use crate::failure::{Failure, Kind, Status};
use crate::session::console::{Console, End, Input, Mode, Modes, Settings};
use crate::session::editor::Edit;
use crate::session::machine::Machine;
use crate::session::plan::plan;
use crate::session::summary::{Outcome, OutcomeEnd};
use crate::store::{AttemptKind, SessionRecord, SessionState, Store, StoredAssessment};
use crate::term::{Paint, Screen, safe};

/// A session about to begin or to go on.
struct Session {
    questions: Vec<Arc<Question>>,
    position: usize,
    lang: Lang,
    draft: String,
    outcomes: Vec<Outcome>,
    keeper: Keeper,
    lock: Option<SessionLock>,
    /// What is said about it.
    said: String,
}

/// Holds an interview at the terminal.
pub(super) async fn live(
    args: &Args,
    context: &Context,
    judge: Judge<'_>,
) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let store = writable_store(context)?;
    let show = Show::new(context, screen(context)?);
    let signals = Signals::take()?;
    let settings = console_settings(context);
    let modes = if settings.dumb { None } else { Some(Modes::take()?) };
    let console = Console::open(settings)?;
    let mut desk = Desk { context, bank, show, console, judge };
    if !context.terminal.quiet {
        desk.show.line(&grading::introduction(context));
    }
    let session = match desk.begin(args, store).await? {
        Begin::Session(session) => session,
        Begin::Over(status) => return Ok(status),
    };
    desk.show.line(&context.terminal.paint(Paint::Dim, &session.said, true));
    let machine = Machine::new(session.questions, session.position, session.lang, session.draft);
    live::run(Live {
        show: desk.show,
        console: desk.console,
        modes,
        signals,
        judge: desk.judge,
        keeper: session.keeper,
        lock: session.lock,
        machine,
        outcomes: session.outcomes,
    })
    .await
}

/// An interview whose answers come from a pipe, ready to run.
pub(super) fn piped<'a>(
    args: Args,
    context: &'a Context,
    judge: Judge<'a>,
) -> Result<Piped<'a>, Failure> {
    let bank = context.bank()?;
    let session = if let Some(id) = args.resume {
        let store = writable_store(context)?;
        let record = find(&store, context, id)?;
        resumed(context, &bank, store, &record)?
    } else if args.save {
        begun(&args, context, &bank, Some(writable_store(context)?))?
    } else {
        begun(&args, context, &bank, None)?
    };
    Ok(Piped {
        context,
        judge,
        keeper: session.keeper,
        questions: session.questions,
        position: session.position,
        lang: session.lang,
        separator: args.separator,
        outcomes: session.outcomes,
    })
}

/// The store, or why nothing could be kept.
fn writable_store(context: &Context) -> Result<Store, Failure> {
    context.store().map_err(|error| Failure::new(Kind::Internal, error))
}

/// The terminal's own words go to stdout, unless stdout is for results.
fn screen(context: &Context) -> Result<Screen, Failure> {
    let columns = context.terminal.columns;
    if context.terminal.stdout_is_terminal && !context.json {
        return Ok(Screen::stdout(columns));
    }
    Screen::controlling(columns).map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot open the terminal /dev/tty");
        Failure::new(Kind::Internal, error).hint("pipe the answers in, or leave stdout a terminal")
    })
}

fn console_settings(context: &Context) -> Settings {
    let term = environment("TERM").unwrap_or_default().to_lowercase();
    let sample = context.terminal.paint(Paint::Bold, "x", true);
    Settings {
        controlling: !context.terminal.stdout_is_terminal || context.json,
        colour: sample != "x",
        dumb: ["dumb", "cons25", "emacs"].contains(&term.as_str()),
    }
}

/// What stands ready before a session has been chosen.
struct Desk<'a> {
    context: &'a Context,
    bank: Bank,
    show: Show<'a>,
    console: Console,
    judge: Judge<'a>,
}

enum Begin {
    Session(Box<Session>),
    Over(Status),
}

/// What was answered to an offer.
enum Choice {
    Word(String),
    Left(Status),
}

impl Desk<'_> {
    /// The session to hold: the one asked for, the one left unfinished when the
    /// candidate wants it, or a new one.
    async fn begin(&mut self, args: &Args, mut store: Store) -> Result<Begin, Failure> {
        if let Some(id) = args.resume {
            let record = find(&store, self.context, id)?;
            let session = resumed(self.context, &self.bank, store, &record)?;
            return Ok(Begin::Session(Box::new(session)));
        }
        if !args.new
            && let Some(status) = self.offer_pending(&mut store).await?
        {
            return Ok(Begin::Over(status));
        }
        let unfinished = unfinished(&store, self.context)?;
        match unfinished {
            Some(record) if !args.new && !args.is_particular() => match self.offer(&record).await {
                Choice::Left(status) => return Ok(Begin::Over(status)),
                Choice::Word(word) if word == "x" || word == "ｘ" => {
                    store
                        .finish_session(record.id, &now())
                        .map_err(|error| Failure::new(Kind::Internal, error))?;
                }
                Choice::Word(word) if word == "n" || word == "ｎ" => {}
                Choice::Word(_) => {
                    let session = resumed(self.context, &self.bank, store, &record)?;
                    return Ok(Begin::Session(Box::new(session)));
                }
            },
            Some(record) => self.show.unfinished(&record),
            None => {}
        }
        let session = begun(args, self.context, &self.bank, Some(store))?;
        Ok(Begin::Session(Box::new(session)))
    }

    /// Offers to grade what is waiting; a status when the candidate leaves.
    async fn offer_pending(&mut self, store: &mut Store) -> Result<Option<Status>, Failure> {
        let waiting = pending::waiting(store, self.context)?;
        if waiting.is_empty() {
            return Ok(None);
        }
        self.show.pending_offer(waiting.len());
        match self.choose().await {
            Choice::Left(status) => Ok(Some(status)),
            Choice::Word(word) if word == "n" || word == "ｎ" => Ok(None),
            Choice::Word(_) => {
                let wait = self.show.wait();
                let graded = pending::grade(&self.bank, store, &mut self.judge, &waiting).await;
                wait.finish();
                self.show.line(&pending::told(self.context, &graded?));
                Ok(None)
            }
        }
    }

    async fn offer(&mut self, record: &SessionRecord) -> Choice {
        self.show.resume_offer(record);
        self.choose().await
    }

    async fn choose(&mut self) -> Choice {
        self.console.read(Mode::Line, self.show.prompt("> "), "");
        loop {
            match self.console.next().await {
                Input::Typed => {}
                Input::Ended(End::Interrupt, _) => return Choice::Left(Status::Interrupted),
                Input::Ended(End::End, _) => return Choice::Left(Status::Done),
                Input::Ended(_, text) => return Choice::Word(text.trim().to_lowercase()),
                Input::Failed(reason, _) => {
                    self.show.unreadable(&reason);
                    return Choice::Left(Status::Interrupted);
                }
            }
        }
    }
}

/// A new session.
fn begun(
    args: &Args,
    context: &Context,
    bank: &Bank,
    store: Option<Store>,
) -> Result<Session, Failure> {
    let wanted = args.wanted()?;
    let questions = plan(bank, &wanted).map_err(plan_failure)?;
    let lang = context.lang();
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
    let said = new_session(context, questions.len(), &wanted);
    let (position, draft, outcomes) = (0, String::new(), Vec::new());
    Ok(Session { questions, position, lang, draft, outcomes, keeper, lock, said })
}

fn new_session(context: &Context, count: usize, wanted: &crate::session::plan::Wanted) -> String {
    let drawn = wanted.ids.is_empty();
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
fn find(store: &Store, context: &Context, id: Option<i64>) -> Result<SessionRecord, Failure> {
    let missing = |what: String| {
        Failure::message(Kind::Usage, what).hint("`viva interview` begins a new one")
    };
    let Some(id) = id else {
        return unfinished(store, context)?
            .ok_or_else(|| missing("there is no unfinished session".to_owned()));
    };
    let record = store
        .session(id)
        .map_err(|error| Failure::new(Kind::Internal, error))?
        .ok_or_else(|| missing(format!("there is no session {id}")))?;
    match record.state {
        SessionState::Unfinished => Ok(record),
        SessionState::Finished => Err(missing(format!("session {id} is finished"))),
    }
}

/// The newest unfinished session that no other process holds.
fn unfinished(store: &Store, context: &Context) -> Result<Option<SessionRecord>, Failure> {
    let sessions =
        store.unfinished_sessions().map_err(|error| Failure::new(Kind::Internal, error))?;
    let free =
        |record: &SessionRecord| SessionLock::take(context.data_folder(), record.id).is_some();
    Ok(sessions.into_iter().find(free))
}

/// A session that goes on, with its draft and what was graded before.
fn resumed(
    context: &Context,
    bank: &Bank,
    store: Store,
    record: &SessionRecord,
) -> Result<Session, Failure> {
    let lock = SessionLock::take(context.data_folder(), record.id).ok_or_else(|| {
        let what = format!("session {} is open in another terminal", record.id);
        Failure::message(Kind::Usage, what).hint("go on there, or close it first")
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
    let what = format!("question {} of session {session} is not in the bank any more", safe(id));
    Failure::message(Kind::Usage, what)
        .hint("give the --bank PATH that the session began with")
        .hint("or begin a new one: viva interview --new")
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
