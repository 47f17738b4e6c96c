//! The course of an interview: what follows from what the candidate does.
//!
//! Pure: no stream, store, clock or grader. An [`Event`] goes in with the time
//! since the start, [`Effect`]s come out, and the caller carries them out in
//! their order. The invariant: no effect drops text that the candidate typed.
//! A text is either submitted or comes back as the next draft.

mod event;
mod leave;

use std::sync::Arc;
use std::time::Duration;

pub use event::{Effect, Ending, Event, Notice, Place, Submission};

use super::command::{self, Command, Parsed};
use crate::domain::{Answer, Lang, Question, Tier};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Typing,
    /// Reading a command, the draft put aside.
    Command,
    /// In the external editor.
    Editing,
    Grading,
    /// Done with a question, before the next one.
    Between,
    Review,
    /// At the choice that Ctrl-D offers, to go back to where it was.
    Choice(Place),
    Over,
}

/// An interview on its way.
#[derive(Debug)]
pub struct Machine {
    questions: Vec<Arc<Question>>,
    position: usize,
    lang: Lang,
    shown: Lang,
    state: State,
    draft: String,
    hinted: Vec<String>,
    asked_at: Duration,
    interrupted_at: Option<Duration>,
    warned: bool,
}

impl Machine {
    /// An interview in `lang` that goes on at `position` with a draft.
    pub fn new(questions: Vec<Arc<Question>>, position: usize, lang: Lang, draft: String) -> Self {
        Self {
            questions,
            position,
            lang,
            shown: lang,
            state: State::Typing,
            draft,
            hinted: Vec::new(),
            asked_at: Duration::ZERO,
            interrupted_at: None,
            warned: false,
        }
    }

    /// Index of the question at hand.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The questions of the interview.
    pub fn questions(&self) -> &[Arc<Question>] {
        &self.questions
    }

    /// The question at hand; none when all have been asked.
    pub fn question(&self) -> Option<&Arc<Question>> {
        self.questions.get(self.position)
    }

    /// Language in which the question at hand is shown.
    pub fn shown(&self) -> Lang {
        self.shown
    }

    /// Hints taken for the question at hand.
    pub fn hints_taken(&self) -> usize {
        self.hinted.len()
    }

    /// Whether the question at hand is the last one.
    pub fn is_last(&self) -> bool {
        self.position + 1 >= self.questions.len()
    }

    /// What follows from an event at a time since the start.
    pub fn step(&mut self, event: Event, at: Duration) -> Vec<Effect> {
        match (self.state, event) {
            (State::Over, _) => Vec::new(),
            (_, Event::Begin) => self.ask(at),
            (_, Event::Suspend(text)) => self.suspend(text),
            (_, Event::Interrupt(text)) => self.interrupt(text, at),
            (_, Event::End(text)) => self.end(text),
            (_, Event::Gone(text)) => self.gone(text),
            (State::Typing, Event::Entered(text)) => self.entered(&text, at),
            (State::Typing, Event::EditorKeys(text)) => {
                self.draft = text;
                self.edit()
            }
            (State::Typing, Event::CommandKeys(text)) => {
                self.draft = text;
                self.state = State::Command;
                vec![Effect::Keep(self.draft.clone()), Effect::ReadCommand]
            }
            (State::Command, Event::Entered(text)) => self.command_line(&text, at),
            (State::Editing, Event::Edited(text)) => self.edited(text),
            (State::Editing, Event::NotEdited) => self.read(),
            (State::Grading, Event::Graded | Event::LeftPending) => self.review(Vec::new()),
            (State::Grading, Event::GradingInterrupted) => {
                self.interrupted_at = Some(at);
                self.review(Vec::new())
            }
            (State::Between, Event::GoOn) => self.next(at),
            (State::Review, Event::Entered(text)) => self.reviewed(&text, at),
            (State::Choice(place), Event::Entered(text)) => self.chosen(place, &text),
            // Keys that mean something in another place mean nothing here.
            (state, Event::EditorKeys(text) | Event::CommandKeys(text)) => match state {
                State::Review => vec![Effect::ReadReview(text)],
                _ => self.read(),
            },
            _ => Vec::new(),
        }
    }

    /// Asks the question at hand, or ends when there is none.
    fn ask(&mut self, at: Duration) -> Vec<Effect> {
        if self.position >= self.questions.len() {
            return self.over(Ending::Finished);
        }
        self.asked_at = at;
        self.shown = self.lang;
        self.state = State::Typing;
        vec![Effect::Question, Effect::Read(self.draft.clone())]
    }

    fn read(&mut self) -> Vec<Effect> {
        self.state = State::Typing;
        vec![Effect::Read(self.draft.clone())]
    }

    /// Says something and reads on with the draft as it is.
    fn say(&mut self, notice: Notice) -> Vec<Effect> {
        let mut effects = vec![Effect::Say(notice)];
        effects.extend(self.read());
        effects
    }

    fn over(&mut self, ending: Ending) -> Vec<Effect> {
        self.state = State::Over;
        vec![Effect::Over(ending)]
    }

    fn entered(&mut self, text: &str, at: Duration) -> Vec<Effect> {
        match command::parse(text) {
            Parsed::Answer(answer) => self.answered(text, without_blank_ends(&answer), at),
            Parsed::Command(command) => {
                self.draft.clear();
                self.run(command, at)
            }
            Parsed::Unknown(name) => {
                text.clone_into(&mut self.draft);
                self.say(Notice::UnknownCommand(name))
            }
        }
    }

    fn answered(&mut self, typed: &str, answer: &str, at: Duration) -> Vec<Effect> {
        if answer.is_empty() {
            self.draft.clear();
            return self.say(Notice::Empty);
        }
        typed.trim_end().clone_into(&mut self.draft);
        if let Some(command) = command::command_at_the_end(typed).filter(|_| !self.warned) {
            self.warned = true;
            return self.say(Notice::CommandInText(command));
        }
        match Answer::new(answer) {
            Ok(answer) => {
                let (hints, seconds) = (self.hints(), self.seconds(at));
                self.draft.clear();
                self.state = State::Grading;
                let submission = Submission::Answer { answer, hints, seconds };
                vec![Effect::Submit(submission), Effect::Grade]
            }
            Err(_) => self.say(Notice::TooLong(answer.len())),
        }
    }

    fn hints(&self) -> u32 {
        u32::try_from(self.hinted.len()).unwrap_or(u32::MAX)
    }

    fn seconds(&self, at: Duration) -> u64 {
        at.saturating_sub(self.asked_at).as_secs()
    }

    /// A line of the command line, with the slash or without.
    fn command_line(&mut self, text: &str, at: Duration) -> Vec<Effect> {
        let name = text.trim().trim_start_matches(['/', '／']);
        if name.is_empty() {
            return self.read();
        }
        match Command::named(name) {
            Some(command) => self.run(command, at),
            None => self.say(Notice::UnknownCommand(name.to_owned())),
        }
    }

    /// A command while answering.
    fn run(&mut self, command: Command, at: Duration) -> Vec<Effect> {
        match command {
            Command::Hint => self.hint(),
            Command::Skip => self.skip(),
            Command::Idk => {
                let (hints, seconds) = (self.hints(), self.seconds(at));
                let draft = std::mem::take(&mut self.draft);
                self.state = State::Grading;
                vec![Effect::Submit(Submission::GaveUp { draft, hints, seconds }), Effect::Grade]
            }
            Command::Edit => self.edit(),
            Command::Draft => self.then_read(Effect::Draft(self.draft.clone())),
            Command::Show(lang) => self.show_in(lang),
            Command::Help => self.then_read(Effect::Help(Place::Typing)),
            Command::Quit => self.leave(Place::Typing, Ending::Left),
            Command::Reference | Command::Samples | Command::Next => {
                self.say(Notice::NotYet(command))
            }
        }
    }

    fn then_read(&mut self, effect: Effect) -> Vec<Effect> {
        let mut effects = vec![effect];
        effects.extend(self.read());
        effects
    }

    /// The hint of the most important point not yet hinted at.
    fn hint(&mut self) -> Vec<Effect> {
        let Some(question) = self.question() else { return Vec::new() };
        let order = |tier: Tier| match tier {
            Tier::Must => 0,
            Tier::Should => 1,
            Tier::Bonus => 2,
        };
        let next = question
            .points
            .iter()
            .filter(|point| point.hint.is_some() && !self.hinted.contains(&point.id))
            .min_by_key(|point| order(point.tier))
            .map(|point| point.id.clone());
        match next {
            Some(id) => {
                self.hinted.push(id.clone());
                self.then_read(Effect::Hint(id))
            }
            None => self.say(Notice::NoMoreHints),
        }
    }

    fn skip(&mut self) -> Vec<Effect> {
        let draft = std::mem::take(&mut self.draft);
        self.state = State::Between;
        let submission = Submission::Skipped { draft };
        vec![Effect::Submit(submission), Effect::Say(Notice::Skipped), Effect::GoOn]
    }

    fn next(&mut self, at: Duration) -> Vec<Effect> {
        self.position += 1;
        self.draft.clear();
        self.hinted.clear();
        self.warned = false;
        self.ask(at)
    }

    fn show_in(&mut self, lang: Lang) -> Vec<Effect> {
        let exists = self.question().is_some_and(|question| question.title.exact(lang).is_some());
        if !exists {
            return self.say(Notice::NotIn(lang));
        }
        self.shown = lang;
        self.then_read(Effect::Question)
    }

    fn edit(&mut self) -> Vec<Effect> {
        self.state = State::Editing;
        vec![Effect::Keep(self.draft.clone()), Effect::Edit(self.draft.clone())]
    }

    fn edited(&mut self, text: String) -> Vec<Effect> {
        self.draft = text;
        let mut effects = vec![Effect::Keep(self.draft.clone())];
        effects.extend(self.say(Notice::Edited));
        effects
    }

    /// The last attempt has been judged or left pending; its feedback is next.
    fn review(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        self.state = State::Review;
        effects.extend([Effect::Feedback, Effect::ReadReview(String::new())]);
        effects
    }

    fn reviewed(&mut self, text: &str, at: Duration) -> Vec<Effect> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return self.next(at);
        }
        // Without a slash only a whole known word is taken for a command here.
        let name = trimmed.strip_prefix(['/', '／']);
        let effect = match (Command::named(name.unwrap_or(trimmed)), name) {
            (Some(Command::Next), _) => return self.next(at),
            (Some(Command::Quit), _) => return self.leave(Place::Review, Ending::Left),
            (Some(Command::Reference), _) => Effect::Reference,
            (Some(Command::Samples), _) => Effect::Samples,
            (Some(Command::Help), _) => Effect::Help(Place::Review),
            (Some(Command::Show(lang)), _) => return self.review_in(lang),
            (Some(command), _) => Effect::Say(Notice::TooLate(command)),
            (None, Some(name)) => Effect::Say(Notice::UnknownCommand(name.to_owned())),
            (None, None) => {
                return vec![Effect::Say(Notice::NotAsked), Effect::ReadReview(text.to_owned())];
            }
        };
        vec![effect, Effect::ReadReview(String::new())]
    }

    /// The feedback once more, its points in this language.
    fn review_in(&mut self, lang: Lang) -> Vec<Effect> {
        self.shown = lang;
        self.review(Vec::new())
    }
}

/// The text without blank lines before it and without blanks after it; the
/// first line keeps its indent.
pub(super) fn without_blank_ends(text: &str) -> &str {
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    let start = text[..blank].rfind('\n').map_or(0, |newline| newline + 1);
    &text[start..]
}

#[cfg(test)]
mod tests;
