//! One chat as a state machine: what to send next after what came back.
//!
//! Pure: it neither sends nor sleeps, so every course of events can be tested
//! without a server. It holds what one call may still spend: patience, retries
//! of each kind, one doubling of the token limit, one step down for a blank
//! reply. Invariant: every path ends, since each step uses up one of these.

use std::mem::discriminant;
use std::time::Duration;

use super::capability::Capability;
use super::error::{Class, Fault, Kind, Parameter};
use super::retry::backoff;

/// What is to be done after a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send again at once; the request has changed, or nothing speaks against it.
    Resend,
    /// Wait, then send again.
    Wait {
        /// How long this call waits.
        span: Duration,
        /// How long everybody else has to wait too, where the server has had enough of all.
        gate: Option<Duration>,
    },
    /// Give up.
    Stop(Fault),
}

/// What an attempt finds around it.
pub(crate) struct Around<'a> {
    /// Whether this endpoint has ever given a usable reply.
    pub(crate) proven: bool,
    /// The next number of the jitter, 0.5–1.
    pub(crate) jitter: f64,
    /// Pays for a retry that no server scheduled; `false` when the budget is spent.
    pub(crate) pay: &'a (dyn Fn() -> bool + Sync),
}

/// One chat in progress.
#[derive(Debug)]
pub(crate) struct Call {
    /// What is sent, lowered by what this call has learnt.
    pub(crate) capability: Capability,
    /// The token limit that is sent.
    pub(crate) max_tokens: u32,
    /// Waiting this call may still do.
    pub(crate) patience: Duration,
    /// Whether the server refused something, so that the findings are worth keeping.
    pub(crate) learnt: bool,
    /// Whether a limiter spaces requests, so that a rate limit is its business.
    governed: bool,
    /// What to go back to when a step was only for this reply.
    kept: Capability,
    retried: Vec<Kind>,
    done: Vec<Once>,
}

/// What may be tried one time in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Once {
    DoubleLimit,
    StepDown,
    RenameLimit,
}

impl Call {
    pub(crate) fn new(capability: Capability, max_tokens: u32, patience: Duration) -> Self {
        Self {
            kept: capability.clone(),
            capability,
            max_tokens,
            patience,
            learnt: false,
            governed: false,
            retried: Vec::new(),
            done: Vec::new(),
        }
    }

    /// Leaves it to a limiter when to send again after a refusal for a rate limit.
    pub(crate) fn govern(&mut self) {
        self.governed = true;
    }

    /// What the server has been found to accept, without what was only for one reply.
    pub(crate) fn findings(&self) -> &Capability {
        &self.kept
    }

    /// What to do after `fault`.
    pub(crate) fn after(&mut self, fault: Fault, around: &Around) -> Step {
        match &fault.class {
            Class::RunFatal { .. } | Class::ItemFinal => stop(self.explained(fault)),
            Class::Retryable => self.retry(fault, around),
            Class::Adaptable { parameter } => {
                let parameter = parameter.clone();
                self.adapt(fault, &parameter, around)
            }
        }
    }

    fn adapt(&mut self, fault: Fault, parameter: &Parameter, around: &Around) -> Step {
        match (fault.kind, parameter) {
            (Kind::Truncated, _) => self.double(fault),
            // The model's own slip, most likely: once more as it was, then looser.
            (Kind::InvalidGeneration, _) if !self.retried.contains(&fault.kind) => {
                self.retry(fault, around)
            }
            (Kind::Empty | Kind::InvalidGeneration, _) => self.step_down(fault),
            (_, Parameter::TokenLimitName) if !self.first(Once::RenameLimit) => stop(fault),
            _ => self.concede(fault, parameter),
        }
    }

    /// Whether this is the first time.
    fn first(&mut self, once: Once) -> bool {
        let new = !self.done.contains(&once);
        self.done.push(once);
        new
    }

    fn double(&mut self, fault: Fault) -> Step {
        if !self.first(Once::DoubleLimit) {
            return stop(fault);
        }
        self.max_tokens = self.max_tokens.saturating_mul(2);
        Step::Resend
    }

    /// One rung lower for this reply alone: it says nothing about what the server accepts.
    fn step_down(&mut self, fault: Fault) -> Step {
        if !self.first(Once::StepDown) {
            return stop(fault);
        }
        // At the bottom there is nothing lower, and the same is sent again.
        self.capability.concede(&Parameter::ResponseFormat);
        Step::Resend
    }

    fn concede(&mut self, fault: Fault, parameter: &Parameter) -> Step {
        if !self.capability.concede(parameter) {
            return stop(fault);
        }
        self.kept.concede(parameter);
        self.learnt = true;
        Step::Resend
    }

    fn retry(&mut self, fault: Fault, around: &Around) -> Step {
        let scheduled = fault.retry_after.is_some();
        let before = self.retried.iter().filter(|kind| same(**kind, fault.kind)).count();
        let governed = self.governed && fault.kind == Kind::RateLimited;
        let most = if governed { GOVERNED_TRIES } else { allowed(fault.kind) };
        if !scheduled && before >= most {
            return stop(exhausted(fault, around.proven));
        }
        let n = if governed { 0 } else { u32::try_from(self.retried.len()).unwrap_or(u32::MAX) };
        let span = match fault.retry_after {
            None if governed => GOVERNED_WAIT.mul_f64(around.jitter),
            hint => backoff(n, hint, around.jitter),
        };
        if span > self.patience {
            return stop(impatient(exhausted(fault, around.proven), self.patience));
        }
        if !scheduled && !governed && !(around.pay)() {
            let message = format!("too many retries at this endpoint: {}", fault.message);
            return stop(Fault { message, ..fault });
        }
        self.retried.push(fault.kind);
        self.patience -= span;
        // Everybody waits as long as the server asked, but not for this call's bad luck.
        let shared = shared(&fault) && (scheduled || !governed);
        let gate = shared.then(|| backoff(0, fault.retry_after, around.jitter));
        Step::Wait { span, gate }
    }

    /// A larger token limit that does not fit, or is refused, leaves the reply truncated.
    fn explained(&self, fault: Fault) -> Fault {
        let by_size = matches!(fault.kind, Kind::RequestRejected | Kind::TooLong);
        if !by_size || !self.done.contains(&Once::DoubleLimit) {
            return fault;
        }
        let message = format!("a doubled token limit was refused: {}", fault.message);
        Fault::new(Class::ItemFinal, Kind::Truncated, message)
    }
}

/// How often a refusal is tried again when a limiter decides when.
const GOVERNED_TRIES: usize = 60;
/// Wait before a refused request asks the limiter for another place.
const GOVERNED_WAIT: Duration = Duration::from_millis(200);

/// How often a failure of one kind is tried again when the server names no time.
fn allowed(kind: Kind) -> usize {
    match kind {
        Kind::Unreachable(_) | Kind::Timeout | Kind::Empty | Kind::InvalidBody => 2,
        _ => 6,
    }
}

fn same(a: Kind, b: Kind) -> bool {
    discriminant(&a) == discriminant(&b)
}

/// Whether other callers will meet the same failure.
fn shared(fault: &Fault) -> bool {
    fault.retry_after.is_some() || fault.kind == Kind::RateLimited
}

/// What a failure amounts to once it has been tried often enough. A server that gives nothing
/// usable, and never did, fails the run: no use in trying every item.
fn exhausted(fault: Fault, proven: bool) -> Fault {
    let class = match fault.kind {
        Kind::Unreachable(_) | Kind::InvalidBody if !proven => Class::RunFatal { resumable: true },
        Kind::Empty => Class::ItemFinal,
        _ => fault.class,
    };
    Fault { class, ..fault }
}

/// Says first why nobody waits: what the server said may be long, and is cut.
fn impatient(fault: Fault, patience: Duration) -> Fault {
    let why = match fault.retry_after {
        Some(asked) => {
            let (asked, left) = (in_words(asked), in_words(patience));
            format!("the server asked to wait {asked}, and {left} of patience are left")
        }
        None => "no patience is left for a retry".to_owned(),
    };
    Fault { message: format!("{why}: {}", fault.message), ..fault }
}

/// A span in whole seconds: `45 s`, `2 min 5 s`, `3 h 20 min`.
pub(crate) fn in_words(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// Gives up; what could have been adapted, and no longer can be, is final for this item.
fn stop(fault: Fault) -> Step {
    let class = match fault.class {
        Class::Adaptable { .. } => Class::ItemFinal,
        class => class,
    };
    Step::Stop(Fault { class, ..fault })
}

#[cfg(test)]
mod tests;
