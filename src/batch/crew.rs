//! Who grades: tasks on the runtime for a model, threads for the lexical grader.
//!
//! Tasks and threads live as long as the run and take row after row: the state of a call is
//! large, and making a task for each row costs as much as reading the row.
//!
//! A worker grades one row, makes its line and sends both to the writer. After
//! a stop nobody begins a row and nothing more is sent; what is in flight ends by
//! itself or is dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::breaker::{Breaker, Hopeless};
use super::control::{Stop, Watched};
use super::journal::{self, Journal, Kept};
use super::outcome::Outcome;
use super::pipeline::{Message, Run, Task};
use super::resolve::Ready;
use crate::grader::{DraftError, Grader};
use crate::llm::{CallError, Class, Kind};

/// Jobs that a thread takes at once.
const LOT: usize = 16;

/// A row on its way to a worker.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) ready: Box<Ready>,
}

/// Who grades.
pub(super) enum Crew {
    /// Tasks on the runtime, one for each answer that is graded at a time.
    Tasks(Tasks),
    /// Threads that take jobs in small lots.
    Threads(Arc<Queue>),
}

/// Tasks that take jobs one by one; made one by one until there are as many as may be at once.
pub(super) struct Tasks {
    runtime: tokio::runtime::Handle,
    desk: Arc<Desk>,
    /// The window bounds what waits here.
    sender: UnboundedSender<Job>,
    jobs: Arc<Jobs>,
    made: AtomicUsize,
}

/// Jobs in the order in which they were given.
type Jobs = tokio::sync::Mutex<UnboundedReceiver<Job>>;

/// What every worker needs.
pub(super) struct Desk {
    run: Run,
    breaker: Mutex<Breaker>,
    out: Sender<Message>,
}

/// Jobs that wait for a thread; the window bounds them.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<(VecDeque<Job>, bool)>,
    changed: Condvar,
}

impl Queue {
    fn push(&self, job: Job) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(job);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.changed.notify_all();
    }

    /// Some jobs; none when there will be no more.
    fn take(&self) -> Vec<Job> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.0.is_empty() && !state.1 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let lot = LOT.min(state.0.len());
        state.0.drain(..lot).collect()
    }
}

impl Crew {
    /// A crew for a run; without a runtime nothing can be put to an endpoint.
    pub(super) fn new(
        run: &Run,
        runtime: Option<&tokio::runtime::Handle>,
        out: &Sender<Message>,
    ) -> Self {
        let desk = Desk { run: run.clone(), breaker: Mutex::default(), out: out.clone() };
        let desk = Arc::new(desk);
        let calls = run.resolver.calls() && !matches!(run.task, Task::Recall(_));
        if let (true, Some(runtime)) = (calls, runtime) {
            return Self::Tasks(Tasks::new(runtime.clone(), desk));
        }
        let queue = Arc::new(Queue::default());
        for _ in 0..run.threads.max(1) {
            let (queue, desk) = (Arc::clone(&queue), Arc::clone(&desk));
            std::thread::spawn(move || desk.work(&queue));
        }
        Self::Threads(queue)
    }

    /// Gives a row to a worker.
    pub(super) fn give(&self, job: Job) {
        match self {
            Self::Tasks(tasks) => tasks.give(job),
            Self::Threads(queue) => queue.push(job),
        }
    }

    /// Whether a row whose points could not be drafted is a failure of its own; else the run
    /// has been stopped.
    pub(super) fn undrafted(&self, error: &DraftError) -> bool {
        match (self, error) {
            (Self::Tasks(Tasks { desk, .. }), DraftError::Call(error)) => {
                desk.give_up(error.clone()).is_some()
            }
            (Self::Tasks(Tasks { desk, .. }), DraftError::Unusable(_)) => {
                // The endpoint has replied, if with nothing that can be used.
                desk.trip(&error.to_string(), |breaker| breaker.replied(false));
                true
            }
            // Nothing was put to the endpoint.
            (Self::Threads(_), _) | (_, DraftError::Absent(_) | DraftError::Unkept(_)) => true,
        }
    }
}

impl Tasks {
    fn new(runtime: tokio::runtime::Handle, desk: Arc<Desk>) -> Self {
        let (sender, jobs) = unbounded_channel();
        let jobs = Arc::new(Jobs::new(jobs));
        let (run, left) = (desk.run.clone(), Arc::clone(&jobs));
        // Not the desk itself: the run is over when nobody holds that any more.
        let crew = Arc::downgrade(&desk);
        runtime.spawn(async move {
            run.control.stopped().await;
            if let Grader::Llm(grader) = &**run.resolver.grader() {
                grader.endpoint().close();
            }
            // Every task may be in a call: what waits is dropped without them.
            if let Some(desk) = crew.upgrade() {
                desk.serve(&left).await;
            }
        });
        Self { runtime, desk, sender, jobs, made: AtomicUsize::new(0) }
    }

    fn give(&self, job: Job) {
        // The other end is held here.
        let _ = self.sender.send(job);
        if self.made.load(Ordering::Relaxed) < self.desk.run.concurrency {
            self.made.fetch_add(1, Ordering::Relaxed);
            let (desk, jobs) = (Arc::clone(&self.desk), Arc::clone(&self.jobs));
            self.runtime.spawn(async move { desk.serve(&jobs).await });
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        if let Self::Threads(queue) = self {
            queue.close();
        }
    }
}

impl Desk {
    /// A thread of the lexical grader.
    fn work(&self, queue: &Queue) {
        let _watched = Watched(Arc::clone(&self.run.control));
        loop {
            let lot = queue.take();
            if lot.is_empty() {
                return;
            }
            for job in lot {
                self.estimate(&job);
            }
        }
    }

    /// A task of the crew; after a stop it drops what it gets.
    async fn serve(&self, jobs: &Jobs) {
        let _watched = Watched(Arc::clone(&self.run.control));
        loop {
            let job = jobs.lock().await.recv().await;
            match job {
                None => return,
                Some(job) if self.run.control.is_stopped() => self.drop_job(&job),
                Some(job) => self.grade(&job).await,
            }
        }
    }

    fn estimate(&self, job: &Job) {
        let grader = self.run.resolver.grader();
        if self.run.control.is_stopped() {
            return self.drop_job(job);
        }
        if let Task::Recall(journal) = &self.run.task {
            let outcome = self.recall(journal, job);
            return self.end(job, outcome);
        }
        match grader.assess_offline(&job.ready.prepared, &job.ready.answer) {
            Some(assessment) => self.end(job, Outcome::assessed(&assessment)),
            None => self.end(job, Outcome::failed("no endpoint to grade it")),
        }
    }

    /// What the journal says, under the scoring of today.
    fn recall(&self, journal: &Journal, job: &Job) -> Outcome {
        let prepared = &job.ready.prepared;
        match journal.recall(job.ready.key, prepared.fingerprint()) {
            Ok(Some(Kept::Outcome(outcome))) => outcome,
            Ok(Some(Kept::Otherwise(mut assessment))) => {
                self.run.resolver.grader().rescore(prepared, &mut assessment);
                Outcome::assessed(&assessment)
            }
            Ok(None) => self.unknown(job),
            Err(error) => Outcome::failed(&format!("its result cannot be read: {error}")),
        }
    }

    /// An answer of which the journal knows nothing. To a bare reference that may be one that says
    /// nothing: it was judged before another answer had points drafted.
    fn unknown(&self, job: &Job) -> Outcome {
        let (resolver, ready) = (&self.run.resolver, &job.ready);
        let gated = || resolver.grader().assess_offline(&ready.prepared, &ready.answer);
        resolver.calls().then(gated).flatten().map_or_else(
            || Outcome::failed("not graded yet; run the same command again"),
            |assessment| Outcome::assessed(&assessment),
        )
    }

    async fn grade(&self, job: &Job) {
        let (run, ready) = (&self.run, &job.ready);
        let grader = run.resolver.grader();
        let graded = tokio::select! {
            graded = grader.assess(&ready.prepared, &ready.answer, ready.feedback) => Some(graded),
            () = run.control.aborted() => None,
        };
        match graded {
            Some(Ok(assessment)) => {
                if assessment.provenance.calls > 0 {
                    let open = assessment.points.iter().find(|point| point.credit.is_none());
                    let why = open.map_or("", |point| &point.why);
                    self.trip(why, |breaker| breaker.replied(open.is_none()));
                }
                self.end(job, Outcome::assessed(&assessment));
            }
            Some(Err(error)) => self.failed(job, error),
            None => self.drop_job(job),
        }
    }

    fn failed(&self, job: &Job, error: CallError) {
        match self.give_up(error) {
            Some(why) => self.end(job, Outcome::failed(&why)),
            None => self.drop_job(job),
        }
    }

    /// Stops the run if no call can succeed; else says why this one has failed.
    fn give_up(&self, error: CallError) -> Option<String> {
        let too_long = error.retry_after.is_some_and(|wait| wait > self.run.patience);
        match error.class {
            Class::RunFatal { .. } if error.kind == Kind::Budget => {
                self.run.control.stop(Stop::Budget(error.message));
            }
            // The run was stopped for another reason.
            Class::RunFatal { .. } if error.kind == Kind::Stopped => {}
            Class::RunFatal { .. } => self.run.control.stop(Stop::Endpoint(error)),
            _ if too_long => self.run.control.stop(Stop::Endpoint(error)),
            _ => {
                let why = error.to_string();
                self.trip(&why, Breaker::failed);
                return Some(why);
            }
        }
        None
    }

    /// Tells the breaker how an answer ended, and why if it has no score.
    fn trip(&self, why: &str, note: impl FnOnce(&mut Breaker) -> Option<Hopeless>) {
        let hopeless = note(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(hopeless) = hopeless {
            self.run.control.stop(Stop::Breaker(hopeless, why.to_owned()));
        }
    }

    fn end(&self, job: &Job, outcome: Outcome) {
        let line = match &self.run.task {
            Task::Record(_) => journal::record(job.ready.key, &outcome),
            Task::Grade | Task::Recall(_) => self.run.form.line(&job.ready, &outcome),
        };
        let (number, bytes) = (job.number, job.ready.bytes);
        self.send(Message::Ended { number, bytes, outcome, line });
    }

    fn drop_job(&self, job: &Job) {
        self.send(Message::Dropped { number: job.number, bytes: job.ready.bytes });
    }

    fn send(&self, message: Message) {
        // Nobody listens only after a write has failed, which is reported there.
        let _ = self.out.send(message);
    }
}
