//! How an interview begins: a new session or one that goes on.

use super::judge::Judge;
use super::live::{self, Live};
use super::piped::Piped;
use super::sessions::{Session, begun, find, resumed, unfinished};
use super::show::Show;
use super::signals::{Asked, Signals};
use super::{Args, pending};
use crate::bank::Bank;
use crate::commands::context::{environment, now};
use crate::commands::{Context, grading};
use crate::failure::{Failure, Kind, Status};
use crate::session::console::{Console, End, Input, Mode, Modes, Settings};
use crate::session::machine::Machine;
use crate::store::{Attempt, SessionRecord, Store};
use crate::term::{Paint, Screen};

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
    let mut desk = Desk { context, bank, show, console, signals, judge };
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
        signals: desk.signals,
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
        let said = ("cannot open the terminal /dev/tty", "无法打开终端 /dev/tty");
        Failure::io(Kind::Internal, error, said).hint((
            "pipe the answers in, or leave stdout a terminal",
            "请用管道输入回答，或让标准输出留在终端",
        ))
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
    signals: Signals,
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
        // They wait for a model: an estimate is given only when it is asked for.
        if waiting.is_empty() || !grading::is_chosen(self.context) {
            return Ok(None);
        }
        self.show.pending_offer(waiting.len());
        match self.choose().await {
            Choice::Left(status) => Ok(Some(status)),
            Choice::Word(word) if word == "n" || word == "ｎ" => Ok(None),
            Choice::Word(_) => self.grade_pending(store, &waiting).await,
        }
    }

    /// Grades what is waiting; Ctrl-C leaves the rest waiting.
    async fn grade_pending(
        &mut self,
        store: &mut Store,
        waiting: &[Attempt],
    ) -> Result<Option<Status>, Failure> {
        let wait = (!self.judge.is_instant()).then(|| self.show.wait());
        let graded = tokio::select! {
            graded = pending::grade(&self.bank, store, &mut self.judge, waiting) => Ok(graded?),
            asked = self.signals.next() => Err(asked),
        };
        if let Some(wait) = wait {
            wait.finish();
        }
        match graded {
            Ok(round) => self.show.line(&pending::told(self.context, &round)),
            Err(Asked::Interrupt) => self.show.pending_interrupted(),
            Err(Asked::End) => return Ok(Some(Status::Interrupted)),
        }
        Ok(None)
    }

    async fn offer(&mut self, record: &SessionRecord) -> Choice {
        self.show.resume_offer(record);
        self.choose().await
    }

    async fn choose(&mut self) -> Choice {
        self.console.read(Mode::Line, self.show.prompt("> "), "");
        loop {
            let input = tokio::select! {
                input = self.console.next() => input,
                _ = self.signals.next() => return Choice::Left(Status::Interrupted),
            };
            match input {
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
