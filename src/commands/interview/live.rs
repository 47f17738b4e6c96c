//! An interview at a terminal: carries out what the machine says.
//!
//! One reading, grading or editor at a time. An answer is stored before it is
//! graded; a draft is stored within [`SAVE_AFTER`] of the first change that is
//! not stored yet. No waiting line is alive while the editor reads.

use std::time::{Duration, Instant};

use super::judge::Judge;
use super::keep::{Keeper, SessionLock};
use super::show::Show;
use super::signals::{Asked, Signals};
use crate::commands::context::environment;
use crate::failure::{Failure, Kind, Status};
use crate::session::console::{Console, End, Input, Mode, Modes};
use crate::session::editor::{Edit, EditError};
use crate::session::machine::{Effect, Ending, Event, Machine, Submission};
use crate::session::screens;
use crate::session::summary::{Outcome, OutcomeEnd};

/// Longest time between a change and its being stored, less the write itself.
const SAVE_AFTER: Duration = Duration::from_millis(150);

/// What was submitted last.
struct Attempt {
    id: i64,
    submission: Submission,
    /// Its assessment, or why it is pending.
    judged: Option<Result<super::judge::Judged, String>>,
}

/// An interview at a terminal.
pub(super) struct Live<'a> {
    pub(super) show: Show<'a>,
    pub(super) console: Console,
    /// None on a terminal that only prints lines.
    pub(super) modes: Option<Modes>,
    pub(super) signals: Signals,
    pub(super) judge: Judge<'a>,
    pub(super) keeper: Keeper,
    pub(super) lock: Option<SessionLock>,
    pub(super) machine: Machine,
    pub(super) outcomes: Vec<Outcome>,
}

/// What an effect leads to.
enum Next {
    Nothing,
    Event(Event),
    Over(Ending),
}

pub(super) async fn run(live: Live<'_>) -> Result<Status, Failure> {
    Driver { live, attempt: None, started: Instant::now(), storing: true, told_length: false }
        .run()
        .await
}

struct Driver<'a> {
    live: Live<'a>,
    attempt: Option<Attempt>,
    started: Instant,
    /// Whether the last write to the store succeeded.
    storing: bool,
    /// Whether the candidate was told that the draft outgrows the screen.
    told_length: bool,
}

impl Driver<'_> {
    async fn run(mut self) -> Result<Status, Failure> {
        let mut event = Event::Begin;
        loop {
            let effects = self.live.machine.step(event, self.started.elapsed());
            let mut next = None;
            for effect in effects {
                match self.carry_out(effect).await? {
                    Next::Nothing => {}
                    Next::Event(event) => next = Some(event),
                    Next::Over(ending) => return self.end(ending),
                }
            }
            // The machine's effects always end with one that leads on.
            event = next.unwrap_or(Event::Gone(String::new()));
        }
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<Next, Failure> {
        match effect {
            Effect::Read(draft) => return Ok(Next::Event(self.read_answer(&draft).await)),
            Effect::ReadReview(text) => {
                let last = self.live.machine.is_last();
                self.print(|look| screens::review(&look, last));
                return Ok(Next::Event(self.read_line("> ", &text).await));
            }
            Effect::ReadCommand => return Ok(Next::Event(self.read_line(": ", "/").await)),
            Effect::ReadChoice => {
                self.live.show.choice();
                return Ok(Next::Event(self.read_line("> ", "").await));
            }
            Effect::Edit(draft) => return Ok(Next::Event(self.edit(&draft))),
            Effect::Keep(draft) => self.keep_draft(&draft),
            Effect::Submit(submission) => self.submit(submission)?,
            Effect::Suspend => {
                self.live.modes.as_ref().map(Modes::suspend);
            }
            Effect::GoOn => return Ok(Next::Event(Event::GoOn)),
            Effect::Say(notice) => {
                self.print(|look| crate::session::notices::notice(&look, &notice));
            }
            Effect::Grade => return self.grade().await.map(Next::Event),
            Effect::Over(ending) => return Ok(Next::Over(ending)),
            shown => self.show(&shown),
        }
        Ok(Next::Nothing)
    }

    /// Effects that only show something.
    fn show(&mut self, effect: &Effect) {
        if *effect == Effect::Question {
            self.told_length = false;
            self.live.show.measure();
        }
        let machine = &self.live.machine;
        let Some(question) = machine.question().cloned() else { return };
        let (position, of) = (machine.position(), machine.questions().len());
        let hints = machine.hints_taken();
        let scoring = self.live.judge.grader().rubric().scoring.clone();
        match effect {
            Effect::Question => {
                self.print(|look| screens::question(&look, &question, position, of));
            }
            Effect::Feedback => self.feedback(),
            Effect::Hint(point) => self.print(|look| screens::hint(&look, &question, point, hints)),
            Effect::Reference => self.print(|look| screens::reference(&look, &question)),
            Effect::Samples => self.print(|look| screens::samples(&look, &question, &scoring)),
            Effect::Draft(text) => self.print(|look| screens::draft(&look, text)),
            Effect::Help(place) => self.print(|look| screens::help(&look, *place)),
            _ => {}
        }
    }

    fn print(&self, text: impl FnOnce(screens::Look<'_>) -> String) {
        self.live.show.print(self.live.machine.shown(), text);
    }

    async fn read_answer(&mut self, draft: &str) -> Event {
        let prompt = self.live.show.prompt("> ");
        self.live.console.read(Mode::Answer, prompt, draft);
        self.reading().await
    }

    async fn read_line(&mut self, prompt: &str, initial: &str) -> Event {
        let prompt = self.live.show.prompt(prompt);
        self.live.console.read(Mode::Line, prompt, initial);
        self.reading().await
    }

    /// Waits for the end of a reading and stores the draft meanwhile.
    async fn reading(&mut self) -> Event {
        let mut unsaved = false;
        let plain = self.live.console.is_plain();
        loop {
            tokio::select! {
                input = self.live.console.next() => match input {
                    Input::Typed => unsaved = true,
                    Input::Ended(end, text) => return event(end, text),
                    Input::Failed(reason, text) => {
                        self.live.show.unreadable(&reason);
                        return Event::Gone(text);
                    }
                },
                () = tokio::time::sleep(SAVE_AFTER), if unsaved => {
                    unsaved = false;
                    self.store_draft_while_typing();
                }
                // The editor sees Ctrl-C itself; a plain terminal makes it a signal.
                asked = self.live.signals.next() => if plain || asked == Asked::End {
                    return Event::Gone(self.live.console.text());
                }
            }
        }
    }

    fn store_draft_while_typing(&mut self) {
        let text = self.live.console.text();
        let kept = self.live.keeper.draft(self.live.machine.position(), &text);
        if let Some(said) = self.storing(kept) {
            self.live.console.print_above(&said);
        }
        if !self.told_length && self.live.show.outgrows_screen(&text) {
            self.told_length = true;
            let said = self.live.show.long_draft();
            self.live.console.print_above(&said);
        }
    }

    fn keep_draft(&mut self, text: &str) {
        let kept = self.live.keeper.draft(self.live.machine.position(), text);
        if let Some(said) = self.storing(kept) {
            self.live.show.line(&said);
        }
    }

    /// What to say when storing begins to fail or works again.
    fn storing(&mut self, kept: Result<(), crate::store::StoreError>) -> Option<String> {
        let works = kept.is_ok();
        if works == std::mem::replace(&mut self.storing, works) {
            return None;
        }
        Some(self.live.show.storing(kept.err().as_ref()))
    }

    fn submit(&mut self, submission: Submission) -> Result<(), Failure> {
        let machine = &self.live.machine;
        let (position, lang) = (machine.position(), machine.shown());
        let Some(question) = machine.question().cloned() else { return Ok(()) };
        let (id, kept) = self.live.keeper.submit(position, question.id.as_str(), lang, &submission);
        if let Some(said) = self.storing(kept) {
            self.live.show.line(&said);
        }
        if matches!(submission, Submission::Skipped { .. }) {
            self.live.show.skipped(position + 1, &question, lang)?;
            self.live.outcomes.push(Outcome { question, end: OutcomeEnd::Skipped });
        } else {
            self.attempt = Some(Attempt { id, submission, judged: None });
        }
        Ok(())
    }

    /// Grades what was submitted; Ctrl-C leaves it pending.
    async fn grade(&mut self) -> Result<Event, Failure> {
        let machine = &self.live.machine;
        let (position, lang) = (machine.position(), machine.shown());
        let (Some(question), Some(attempt)) = (machine.question().cloned(), &mut self.attempt)
        else {
            return Ok(Event::LeftPending);
        };
        let Some(answer) = super::keep::graded_text(&attempt.submission) else {
            return Ok(Event::LeftPending);
        };
        self.live.signals.forget_interrupt().await;
        // The shell may have changed them while the program was stopped.
        self.live.modes.as_ref().map(Modes::quiet);
        let wait = (!self.live.judge.is_instant()).then(|| self.live.show.wait());
        let judged = tokio::select! {
            judged = self.live.judge.judge(&question, lang, &answer, self.live.keeper.store()) => {
                Some(judged)
            }
            asked = self.live.signals.next() => match asked {
                Asked::Interrupt => None,
                Asked::End => return Ok(Event::Gone(String::new())),
            },
        };
        if let Some(wait) = wait {
            wait.finish();
        }
        let (event, end, kept) = match &judged {
            Some(Ok(judged)) => {
                let kept = self.live.keeper.assessment(attempt.id, &judged.assessment);
                let end = OutcomeEnd::Graded(Box::new(judged.assessment.clone()));
                (Event::Graded, end, kept)
            }
            Some(Err(_)) => (Event::LeftPending, OutcomeEnd::Pending, Ok(())),
            None => (Event::GradingInterrupted, OutcomeEnd::Pending, Ok(())),
        };
        let judged = judged.unwrap_or_else(|| Err(self.live.show.interrupted()));
        self.live.show.emit(position + 1, &question, lang, &answer, &judged)?;
        attempt.judged = Some(judged);
        self.live.outcomes.push(Outcome { question, end });
        if let Some(said) = self.storing(kept) {
            self.live.show.line(&said);
        }
        Ok(event)
    }

    fn feedback(&self) {
        let Some(Attempt { submission, judged: Some(judged), .. }) = &self.attempt else { return };
        let gave_up = matches!(submission, Submission::GaveUp { .. });
        let lang = self.live.machine.shown();
        match judged {
            Ok(judged) if gave_up => self.live.show.gave_up(judged, lang),
            Ok(judged) => self.live.show.feedback(judged, lang),
            Err(reason) => self.live.show.pending(reason, self.storing),
        }
    }

    /// Opens the external editor; nothing else happens meanwhile.
    fn edit(&mut self, draft: &str) -> Event {
        let machine = &self.live.machine;
        let title = machine.question().map_or("", |question| question.title.get(machine.shown()));
        let editor = environment("VISUAL")
            .or_else(|| environment("EDITOR"))
            .unwrap_or_else(|| "vi".to_owned());
        let file = self.live.show.draft_file(self.live.keeper.session(), machine.position());
        let edit = Edit {
            editor: &editor,
            file: &file,
            question: &crate::term::safe(title),
            ui: self.live.show.ui(),
        };
        self.live.modes.as_ref().map(Modes::restore);
        let streams = self.live.show.streams();
        let end = match streams {
            Ok(streams) => edit.run(draft, streams),
            Err(source) => Err(EditError::Start { editor: editor.clone(), source }),
        };
        self.live.modes.as_ref().map(Modes::quiet);
        match end {
            Ok(text) => Event::Edited(text),
            Err(error) => {
                self.live.show.not_edited(&error);
                Event::NotEdited
            }
        }
    }

    /// The summary, how to go on, and what could not be stored.
    fn end(mut self, ending: Ending) -> Result<Status, Failure> {
        if ending == Ending::Finished {
            if self.live.keeper.finish().is_ok()
                && let Some(lock) = self.live.lock.take()
            {
                lock.remove();
            }
        } else if self.live.keeper.flush().is_err() {
            self.storing = false;
        }
        let of = self.live.machine.questions().len();
        self.live.show.summary(&self.live.outcomes, of, self.live.machine.shown());
        if ending != Ending::Finished
            && let Some(session) = self.live.keeper.session()
        {
            self.live.show.how_to_resume(session, self.live.machine.position(), of);
        }
        let (attempts, draft) = self.live.keeper.unsaved();
        self.live.show.unsaved(attempts, draft);
        let lost = !attempts.is_empty() || draft.is_some();
        let open = self.live.outcomes.iter().any(Outcome::is_open);
        match ending {
            Ending::Interrupted => Ok(Status::Interrupted),
            _ if lost => Err(Failure::message(
                Kind::Internal,
                ("not everything could be stored", "有内容没能保存"),
            )
            .hint(("what is not stored is printed above", "没能保存的已在上面打印出来"))),
            Ending::Finished if open => Ok(Status::Incomplete),
            Ending::Finished | Ending::Left => Ok(Status::Done),
        }
    }
}

fn event(end: End, text: String) -> Event {
    match end {
        End::Entered => Event::Entered(text),
        End::Interrupt => Event::Interrupt(text),
        End::End => Event::End(text),
        End::Editor => Event::EditorKeys(text),
        End::Command => Event::CommandKeys(text),
        End::Suspend => Event::Suspend(text),
    }
}
