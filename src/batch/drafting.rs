//! Points for bare references, for one pass over the rows.
//!
//! A reference gets its points once in a run: they are kept in the run's own
//! file, and taken from the user's store where that has them. Nothing is
//! drafted in a pass without a runtime. What is asked of the endpoint when the
//! run is stopped has the time that answers have. Invariant: a draft that was
//! paid for is kept before anybody uses it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::control::{Control, Watched};
use super::journal::DraftFile;
use super::pipeline::{Run, Task};
use super::window::Window;
use crate::domain::{Lang, Point, Question};
use crate::grader::{DraftError, Drafts, Grader, content_hash};
use crate::llm::Class;

/// Where the points of bare references come from.
pub(super) trait Points {
    /// The question with its points.
    fn of(&self, question: &Question, lang: Lang) -> Result<Question, DraftError>;
    /// The question with its points where there are any already.
    fn there(&self, question: &Question) -> Result<Option<Question>, DraftError>;
}

/// A question with its drafted points.
type Drafted = Result<Question, DraftError>;

/// Drafts points, and keeps them.
pub(super) struct Drafting {
    grader: Arc<Grader>,
    store: Arc<dyn Drafts>,
    kept: Arc<DraftFile>,
    runtime: Option<Handle>,
    control: Arc<Control>,
    under_way: Mutex<HashMap<String, Arc<OnceCell<Drafted>>>>,
    /// Drafts that are asked of the endpoint; as many as there are references read ahead.
    in_flight: Window,
}

impl Drafting {
    /// For a pass of a run; without a runtime what is kept is read, and nothing drafted.
    pub(super) fn new(run: &Run, runtime: Option<&Handle>) -> Self {
        let kept = match &run.task {
            Task::Grade => Arc::new(DraftFile::nameless(&run.scratch)),
            Task::Record(journal) | Task::Recall(journal) => Arc::clone(journal.drafts()),
        };
        let (grader, store) = (run.resolver.grader(), run.resolver.drafts());
        Self {
            grader: Arc::clone(grader),
            store: Arc::clone(store),
            kept,
            runtime: runtime.cloned(),
            control: Arc::clone(&run.control),
            under_way: Mutex::default(),
            in_flight: Window::new(usize::MAX, usize::MAX),
        }
    }

    /// Begins with the points of a question that will be needed soon, so that several are
    /// drafted at a time.
    pub(super) fn ahead(self: &Arc<Self>, question: Question, lang: Lang) {
        let Some(runtime) = &self.runtime else { return };
        let hash = content_hash(&question);
        // By itself: what is kept is not read under the lock.
        let is_under_way = self.under_way().contains_key(&hash);
        if is_under_way || !matches!(self.load(&hash), Ok(None)) {
            return;
        }
        let (cell, drafting) = (self.cell(&hash), Arc::clone(self));
        runtime.spawn(async move {
            let _watched = Watched(Arc::clone(&drafting.control));
            let drafted = cell.get_or_init(|| drafting.draft(&question, lang)).await;
            // A failure waits for who needs the points, since it may end the run.
            if drafted.is_ok() {
                drafting.under_way().remove(&hash);
            }
        });
    }

    /// Begins no more drafts; whether none is in flight.
    pub(super) fn close(&self) -> bool {
        self.in_flight.close();
        self.in_flight.is_empty()
    }

    async fn draft(&self, question: &Question, lang: Lang) -> Drafted {
        let stopped = || Err(DraftError::Absent("the run was stopped".to_owned()));
        if !self.in_flight.enter(0) {
            return stopped();
        }
        let drafted = tokio::select! {
            drafted = self.grader.with_points(question, lang, self) => drafted,
            () = self.control.aborted() => stopped(),
        };
        self.in_flight.leave(0);
        drafted
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, Arc<OnceCell<Drafted>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the draft of a reference is or will be, so that equal ones are drafted once.
    fn cell(&self, hash: &str) -> Arc<OnceCell<Drafted>> {
        Arc::clone(self.under_way().entry(hash.to_owned()).or_default())
    }
}

impl Points for Drafting {
    fn of(&self, question: &Question, lang: Lang) -> Result<Question, DraftError> {
        let Some(runtime) = &self.runtime else {
            let none = || DraftError::Absent("there is no draft of this reference".to_owned());
            return with(question, self.load(&content_hash(question))?).ok_or_else(none);
        };
        let hash = content_hash(question);
        let cell = self.cell(&hash);
        let drafted = runtime.block_on(cell.get_or_init(|| self.draft(question, lang))).clone();
        let noted = match &drafted {
            Err(error) if is_final(error) => self.kept.put(&hash, &Err(error.to_string())),
            _ => Ok(()),
        };
        self.under_way().remove(&hash);
        noted.map_err(|error| unkept(&error))?;
        drafted
    }

    fn there(&self, question: &Question) -> Result<Option<Question>, DraftError> {
        match self.load(&content_hash(question)) {
            Err(DraftError::Absent(_)) => Ok(None),
            points => Ok(with(question, points?)),
        }
    }
}

/// Whether a draft that failed is not tried again by this command: not where the run ends with it.
fn is_final(error: &DraftError) -> bool {
    match error {
        DraftError::Call(error) => !matches!(error.class, Class::RunFatal { .. }),
        DraftError::Unusable(_) => true,
        DraftError::Absent(_) | DraftError::Unkept(_) => false,
    }
}

/// The question with these points, if there are any.
pub(super) fn with(question: &Question, points: Option<Vec<Point>>) -> Option<Question> {
    points.map(|points| Question { points, ..question.clone() })
}

/// In the run's own file, and in the store for other runs.
impl Drafts for Drafting {
    fn load(&self, hash: &str) -> Result<Option<Vec<Point>>, DraftError> {
        if let Some(draft) = self.kept.get(hash).map_err(|error| unkept(&error))? {
            return draft.map(Some).map_err(DraftError::Absent);
        }
        let stored = if self.runtime.is_some() { self.store.load(hash)? } else { None };
        if let Some(points) = &stored {
            let kept = self.kept.put(hash, &Ok(points.clone()));
            kept.map_err(|error| unkept(&error))?;
        }
        Ok(stored)
    }

    fn save(&self, hash: &str, drafted: &Question) -> Result<(), DraftError> {
        let kept = self.kept.put(hash, &Ok(drafted.points.clone()));
        kept.map_err(|error| unkept(&error))?;
        self.store.save(hash, drafted)
    }
}

/// Drafts cannot be kept or read.
pub(super) fn unkept(error: &io::Error) -> DraftError {
    DraftError::Unkept(error.to_string())
}
