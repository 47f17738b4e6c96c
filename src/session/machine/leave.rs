//! The ways out of an interview: Ctrl-C, Ctrl-D, `/quit`, a terminal that is gone.
//!
//! Whatever the way, the draft is kept before anything else happens.

use std::time::Duration;

use super::{Effect, Ending, Machine, Notice, Place, State};

/// Two Ctrl-C within this time leave the interview.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

impl Machine {
    /// Once: everything is kept and goes on. Twice within two seconds: leave.
    pub(super) fn interrupt(&mut self, text: String, at: Duration) -> Vec<Effect> {
        let twice =
            self.interrupted_at.is_some_and(|before| at.saturating_sub(before) <= LEAVE_WITHIN);
        self.interrupted_at = Some(at);
        if self.state == State::Typing {
            text.clone_into(&mut self.draft);
        }
        let place = self.place();
        if twice {
            return self.leave(place, Ending::Interrupted);
        }
        match place {
            Place::Typing => {
                let draft = !self.draft.trim().is_empty();
                let mut effects = vec![Effect::Keep(self.draft.clone())];
                effects.extend(self.say(Notice::Interrupted { draft }));
                effects
            }
            Place::Review => {
                let line = if self.state == State::Review { text } else { String::new() };
                self.state = State::Review;
                let said = Effect::Say(Notice::Interrupted { draft: false });
                vec![said, Effect::ReadReview(line)]
            }
        }
    }

    /// Away for a while; the line that was being read is read again.
    pub(super) fn suspend(&mut self, text: String) -> Vec<Effect> {
        match self.state {
            State::Typing => {
                self.draft = text;
                let keep = Effect::Keep(self.draft.clone());
                vec![keep, Effect::Suspend, Effect::Read(self.draft.clone())]
            }
            State::Review => vec![Effect::Suspend, Effect::ReadReview(text)],
            State::Command => vec![Effect::Suspend, Effect::ReadCommand],
            State::Choice(_) => vec![Effect::Suspend, Effect::ReadChoice],
            _ => Vec::new(),
        }
    }

    pub(super) fn place(&self) -> Place {
        match self.state {
            State::Review | State::Grading | State::Choice(Place::Review) => Place::Review,
            _ => Place::Typing,
        }
    }

    /// Ctrl-D offers a choice; at the choice, or once the terminal is gone, it leaves.
    pub(super) fn end(&mut self, text: String) -> Vec<Effect> {
        let place = self.place();
        if matches!(self.state, State::Choice(_)) {
            return self.leave(place, Ending::Left);
        }
        if self.state == State::Command {
            return self.read();
        }
        if place == Place::Typing {
            self.draft = text;
        }
        self.state = State::Choice(place);
        vec![Effect::ReadChoice]
    }

    /// The terminal is gone or the process is to end: leave at once.
    pub(super) fn gone(&mut self, text: String) -> Vec<Effect> {
        if self.state == State::Typing {
            self.draft = text;
        }
        self.leave(self.place(), Ending::Interrupted)
    }

    /// Leaves with the draft kept; after the last question nothing is left to come back to.
    pub(super) fn leave(&mut self, place: Place, ending: Ending) -> Vec<Effect> {
        let mut effects = Vec::new();
        match place {
            Place::Typing => effects.push(Effect::Keep(self.draft.clone())),
            Place::Review => self.position += 1,
        }
        let finished = ending == Ending::Left && self.position >= self.questions.len();
        effects.extend(self.over(if finished { Ending::Finished } else { ending }));
        effects
    }

    pub(super) fn chosen(&mut self, place: Place, text: &str) -> Vec<Effect> {
        let word = text.trim().trim_start_matches(['/', '／']).to_lowercase();
        match (word.as_str(), place) {
            ("q" | "ｑ" | "quit", _) => self.leave(place, Ending::Left),
            ("e" | "ｅ" | "end", _) => self.over(Ending::Finished),
            (_, Place::Typing) => self.read(),
            (_, Place::Review) => {
                self.state = State::Review;
                vec![Effect::ReadReview(String::new())]
            }
        }
    }
}
