//! Keeping what a session makes: in the store, or in memory while the store
//! fails or when nothing is to be stored.
//!
//! Invariant: an answer that could not be stored is stored by the next write
//! that succeeds, or handed back at the end, so that it can be printed.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::commands::context::now;
use crate::domain::{Answer, Assessment, Lang};
use crate::session::machine::Submission;
use crate::store::{AttemptKind, NewAttempt, Store, StoreError};

/// An attempt that the store has not taken yet.
#[derive(Debug)]
pub(super) struct Unsaved {
    position: usize,
    pub(super) question: String,
    kind: AttemptKind,
    lang: Lang,
    pub(super) answer: String,
    hints: u32,
    seconds: u64,
    at: String,
    assessment: Option<Assessment>,
    /// Its number until the store gives it one; below zero.
    id: i64,
}

/// The session's memory.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Option<Store>,
    session: Option<i64>,
    unsaved: Vec<Unsaved>,
    draft: Option<(usize, String)>,
    /// Numbers that were given out in memory, each with the store's.
    numbers: Vec<(i64, i64)>,
    next: i64,
}

impl Keeper {
    /// Keeps in the store, for a session that has begun.
    pub(super) fn stored(store: Store, session: i64) -> Self {
        Self { store: Some(store), session: Some(session), ..Self::nothing() }
    }

    /// Keeps nothing beyond the end of the program.
    pub(super) fn nothing() -> Self {
        Self {
            store: None,
            session: None,
            unsaved: Vec::new(),
            draft: None,
            numbers: Vec::new(),
            next: -1,
        }
    }

    /// Number of the session, when it is stored.
    pub(super) fn session(&self) -> Option<i64> {
        self.session
    }

    /// The store, for what else is kept in it.
    pub(super) fn store(&mut self) -> Option<&mut Store> {
        self.store.as_mut()
    }

    /// What is not in the store, as long as there is one that should hold it:
    /// attempts and the draft.
    pub(super) fn unsaved(&self) -> (&[Unsaved], Option<&str>) {
        if self.store.is_none() {
            return (&[], None);
        }
        let draft = self.draft.as_ref().map(|(_, text)| text.as_str());
        (&self.unsaved, draft.filter(|text| !text.trim().is_empty()))
    }

    /// Keeps a draft.
    pub(super) fn draft(&mut self, position: usize, text: &str) -> Result<(), StoreError> {
        self.draft = Some((position, text.to_owned()));
        self.flush()
    }

    /// Keeps an attempt and returns its number.
    pub(super) fn submit(
        &mut self,
        position: usize,
        question: &str,
        lang: Lang,
        submission: &Submission,
    ) -> (i64, Result<(), StoreError>) {
        let (kind, answer, hints, seconds) = match submission {
            Submission::Answer { answer, hints, seconds } => {
                (AttemptKind::Answer, answer.as_str(), *hints, *seconds)
            }
            Submission::GaveUp { draft, hints, seconds } => {
                (AttemptKind::GaveUp, draft.as_str(), *hints, *seconds)
            }
            Submission::Skipped { draft } => (AttemptKind::Skipped, draft.as_str(), 0, 0),
        };
        let id = self.next;
        self.next -= 1;
        self.draft = None;
        self.unsaved.push(Unsaved {
            position,
            question: question.to_owned(),
            kind,
            lang,
            answer: answer.to_owned(),
            hints,
            seconds,
            at: now(),
            assessment: None,
            id,
        });
        (id, self.flush_attempts())
    }

    /// Keeps the assessment of an attempt.
    pub(super) fn assessment(
        &mut self,
        attempt: i64,
        assessment: &Assessment,
    ) -> Result<(), StoreError> {
        if let Some(unsaved) = self.unsaved.iter_mut().find(|unsaved| unsaved.id == attempt) {
            unsaved.assessment = Some(assessment.clone());
            return self.flush();
        }
        let number = self.numbers.iter().find(|(given, _)| *given == attempt);
        match (&mut self.store, number) {
            (Some(store), Some((_, id))) => store.save_assessment(*id, assessment, &now()),
            _ => Ok(()),
        }
    }

    /// Marks the session as finished.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        match (&mut self.store, self.session) {
            (Some(store), Some(session)) => store.finish_session(session, &now()),
            _ => Ok(()),
        }
    }

    /// Tries to store all that is not stored yet.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        self.flush_attempts()?;
        if let (Some(store), Some(session), Some((position, text))) =
            (&mut self.store, self.session, &self.draft)
        {
            store.save_draft(session, *position, text, &now())?;
            self.draft = None;
        }
        Ok(())
    }

    /// Stores attempts in their order.
    fn flush_attempts(&mut self) -> Result<(), StoreError> {
        let Some(store) = &mut self.store else {
            self.unsaved.clear();
            return Ok(());
        };
        while let Some(unsaved) = self.unsaved.first() {
            let id = store.submit(&unsaved.record(self.session))?;
            self.numbers.push((unsaved.id, id));
            let unsaved = self.unsaved.remove(0);
            if let Some(assessment) = &unsaved.assessment {
                store.save_assessment(id, assessment, &now())?;
            }
        }
        Ok(())
    }
}

impl Unsaved {
    fn record(&self, session: Option<i64>) -> NewAttempt<'_> {
        NewAttempt {
            session,
            position: self.position,
            question: &self.question,
            kind: self.kind,
            lang: self.lang,
            answer: &self.answer,
            hints: self.hints,
            seconds: self.seconds,
            at: &self.at,
        }
    }
}

/// The text of an attempt as it is graded: nothing where the candidate gave up.
pub(super) fn graded_text(submission: &Submission) -> Option<Answer> {
    match submission {
        Submission::Answer { answer, .. } => Some(answer.clone()),
        Submission::GaveUp { .. } => Answer::new("").ok(),
        Submission::Skipped { .. } => None,
    }
}

/// Holds a session for one process, as long as it lives.
///
/// The lock goes with the process, however it ends. A file system that cannot
/// lock is taken for one on which nobody else works.
#[derive(Debug)]
pub(super) struct SessionLock {
    _file: Option<File>,
    path: PathBuf,
}

impl SessionLock {
    /// Takes the session, unless another process has it.
    pub(super) fn take(folder: &Path, session: i64) -> Option<Self> {
        let path = folder.join(format!("session-{session}.lock"));
        let file = File::create(&path).ok();
        match file.as_ref().map(File::try_lock) {
            Some(Err(std::fs::TryLockError::WouldBlock)) => None,
            _ => Some(Self { _file: file, path }),
        }
    }

    /// Removes the file of a session that is finished; nobody takes it again.
    pub(super) fn remove(self) {
        // A file that stays behind is empty and locks nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}
