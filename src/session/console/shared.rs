//! What the editor's thread and its owner share: the text as it stands, and why
//! a reading ended.
//!
//! Invariant: after each change of the text, the owner hears of it once until
//! it takes the text; so an owner that takes it soon after hearing never holds
//! a text that is older than that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::{Input, Mode};

/// Why a key ended the reading, when it was not Enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Interrupt,
    End,
    Editor,
    Command,
    Suspend,
}

#[derive(Debug)]
pub(super) struct Shared {
    text: Mutex<String>,
    told: AtomicBool,
    mode: Mutex<Mode>,
    reason: Mutex<Option<Reason>>,
    /// Byte offset after the line break that Enter typed at the end of the text.
    typed: Mutex<Option<usize>>,
    events: UnboundedSender<Input>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(events: UnboundedSender<Input>) -> Self {
        Self {
            text: Mutex::default(),
            told: AtomicBool::new(false),
            mode: Mutex::new(Mode::Answer),
            reason: Mutex::default(),
            typed: Mutex::default(),
            events,
        }
    }

    /// Prepares for a new reading.
    pub(super) fn begin(&self, mode: Mode, initial: &str) {
        *locked(&self.mode) = mode;
        *locked(&self.reason) = None;
        *locked(&self.typed) = None;
        // A change that was told in the last reading may never have been looked at.
        self.told.store(false, Ordering::SeqCst);
        if mode == Mode::Answer {
            initial.clone_into(&mut locked(&self.text));
        }
    }

    pub(super) fn mode(&self) -> Mode {
        *locked(&self.mode)
    }

    /// Notes the text of an answer as it now stands.
    pub(super) fn note(&self, text: &str) {
        if self.mode() != Mode::Answer {
            return;
        }
        {
            let mut kept = locked(&self.text);
            if *kept == text {
                return;
            }
            text.clone_into(&mut kept);
        }
        if !self.told.swap(true, Ordering::SeqCst) {
            self.send(Input::Typed);
        }
    }

    /// The text of the answer as it stands; the next change will be told again.
    pub(super) fn text(&self) -> String {
        self.told.store(false, Ordering::SeqCst);
        locked(&self.text).clone()
    }

    pub(super) fn end_with(&self, reason: Reason) {
        *locked(&self.reason) = Some(reason);
    }

    pub(super) fn take_reason(&self) -> Option<Reason> {
        locked(&self.reason).take()
    }

    pub(super) fn set_typed(&self, offset: Option<usize>) {
        *locked(&self.typed) = offset;
    }

    pub(super) fn typed(&self) -> Option<usize> {
        *locked(&self.typed)
    }

    pub(super) fn send(&self, input: Input) {
        // Nobody listens any more when the interview is over.
        let _ = self.events.send(input);
    }
}
