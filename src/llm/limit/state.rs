//! The limiter as a state machine: pure, on a time that is passed in.

use std::time::Duration;

use super::Pressure;
use super::headers::Window;
use super::learnt::Learnt;
use super::pace::{Bucket, Pace, SHARE, number};
use super::refusal::Refusal;
use crate::llm::profile::Limits;

/// Requests in flight at the start.
const START: u32 = 8;
/// Clean requests before the limit is felt out again just below the last refusal.
const FIRST_GAP: u32 = 30;
const LARGEST_GAP: u32 = 6400;
/// Waits between two feelers while a server refuses everybody: doubling from here to there.
const FIRST_FEELER: Duration = Duration::from_millis(500);
const LARGEST_FEELER: Duration = Duration::from_secs(8);
/// The commonest window, and a little for the clocks.
const MINUTE: Duration = Duration::from_millis(60_250);
/// Growth by this factor is weighed: it has to bring so many times the replies per second,
/// else the server only queues what comes on top, and it is taken back.
const WEIGHED: f64 = 1.5;
const WORTH: f64 = 1.15;

/// A request in flight, as it was admitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    sent: Duration,
    /// Requests in flight, itself included.
    beside: u32,
    /// How many times the limit had been cut.
    epoch: u64,
    tokens: u64,
    feeler: bool,
}

/// Whether a request may be sent.
#[derive(Debug)]
pub(super) enum Admission {
    Go(Ticket),
    /// Not before another one ends.
    Full,
    /// Not for this long.
    Wait(Duration),
}

/// While the server refuses: one request at a time feels whether it still does.
#[derive(Debug, Clone, Copy)]
struct Closed {
    /// Whether fewer in flight have not helped.
    by_rate: bool,
    feeling: bool,
    next: Duration,
    feelers: u32,
    limit_before: f64,
}

/// Everything that is known about the limits.
#[derive(Debug)]
pub(super) struct State {
    most: f64,
    limit: f64,
    in_flight: u32,
    starting: bool,
    epoch: u64,
    /// Clean requests since the limit last changed, and the time that they took together.
    clean: u32,
    taken: Duration,
    /// The last limit that was worth having, and the replies per second it brought.
    worth: Option<(f64, f64)>,
    /// The number in flight at which a request was refused.
    ceiling: Option<u32>,
    gap: u32,
    /// Refusals of requests sent after the last cut, with no success since.
    strikes: u32,
    /// The limit before the first of these refusals.
    limit_before: f64,
    closed: Option<Closed>,
    /// What was learnt about a limit per time.
    pace: Option<Learnt>,
    /// Since when, and how many requests the server has let through; none before the first.
    cycle: Option<(Duration, u64)>,
    profile: Option<Pace>,
    window: Option<(Pace, Duration)>,
    tokens: Option<Bucket>,
    average_tokens: f64,
    refused: u64,
}

impl State {
    pub(super) fn new(most: u32, limits: Limits) -> Self {
        let most = if limits.concurrency > 0 { most.min(limits.concurrency) } else { most }.max(1);
        let limit = f64::from(most.min(START));
        let rate = f64::from(limits.rpm) / 60.0 * SHARE;
        Self {
            most: f64::from(most),
            limit,
            in_flight: 0,
            starting: true,
            epoch: 0,
            clean: 0,
            taken: Duration::ZERO,
            worth: None,
            ceiling: None,
            gap: FIRST_GAP,
            strikes: 0,
            limit_before: limit,
            closed: None,
            pace: None,
            cycle: None,
            profile: (rate > 0.0).then(|| Pace::new(rate, Duration::ZERO)),
            window: None,
            tokens: Bucket::per_minute(limits.tpm),
            average_tokens: 0.0,
            refused: 0,
        }
    }

    pub(super) fn pressure(&self) -> Pressure {
        let learnt = self.pace.map(|learnt| learnt.pace);
        let paces = [learnt, self.profile, self.window.map(|(pace, _)| pace)];
        let slowest = paces.iter().flatten().map(|pace| pace.rate).reduce(f64::min);
        Pressure {
            in_flight: self.in_flight,
            limit: self.whole_limit(),
            per_minute: slowest.map(|rate| rate * 60.0),
            refused: self.refused,
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to a u32")]
    fn whole_limit(&self) -> u32 {
        self.limit.clamp(1.0, self.most) as u32
    }

    /// Whether a request of about this many tokens may go now.
    pub(super) fn admit(&mut self, now: Duration, tokens: u64) -> Admission {
        let feeler = match &self.closed {
            Some(closed) if closed.feeling => return Admission::Full,
            Some(closed) if closed.next > now => {
                return Admission::Wait(closed.next.saturating_sub(now));
            }
            closed => closed.is_some(),
        };
        if self.in_flight >= self.whole_limit() && !(feeler && self.in_flight == 0) {
            return Admission::Full;
        }
        let wait = self.spacing(now);
        if !wait.is_zero() && !feeler {
            return Admission::Wait(wait);
        }
        if let Some(closed) = &mut self.closed {
            closed.feeling = true;
        }
        self.in_flight += 1;
        self.took_off(now, tokens);
        Admission::Go(Ticket {
            sent: now,
            beside: self.in_flight,
            epoch: self.epoch,
            tokens,
            feeler,
        })
    }

    /// How long spacing holds the next request back.
    fn spacing(&mut self, now: Duration) -> Duration {
        self.window = self.window.filter(|(_, until)| *until > now);
        let own = self.pace.as_mut().map_or(Duration::ZERO, |learnt| learnt.left(now));
        let paces = [self.profile, self.window.map(|(pace, _)| pace)];
        let given = paces.iter().flatten().map(|pace| pace.left(now)).max().unwrap_or_default();
        let tokens = self.tokens.as_mut().map_or(Duration::ZERO, |bucket| bucket.left(now));
        own.max(given).max(tokens)
    }

    fn took_off(&mut self, now: Duration, tokens: u64) {
        self.cycle.get_or_insert((now, 0));
        let window = self.window.as_mut().map(|(pace, _)| pace);
        let learnt = self.pace.as_mut().map(|learnt| &mut learnt.pace);
        for pace in [learnt, self.profile.as_mut(), window].into_iter().flatten() {
            pace.gone(now);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.draw(tokens);
        }
    }

    /// A request ended without saying anything about limits.
    pub(super) fn left(&mut self, ticket: Ticket) {
        self.in_flight -= 1;
        if let (true, Some(closed)) = (ticket.feeler, &mut self.closed) {
            closed.feeling = false;
        }
    }

    /// The server took too long. One that queues what it cannot do at once says no more than
    /// this; but without a success since the last cut it may as well be dead, and fewer in flight
    /// would only make that take longer to see.
    pub(super) fn timed_out(&mut self, ticket: Ticket, now: Duration) {
        if self.strikes > 0 || ticket.feeler || ticket.beside == 1 {
            self.left(ticket);
        } else {
            self.refused(ticket, now, Refusal::Concurrency);
            self.refused -= 1;
        }
    }

    pub(super) fn succeeded(&mut self, ticket: Ticket, now: Duration, tokens: u64) {
        self.in_flight -= 1;
        if let Some((_, through)) = &mut self.cycle {
            *through += 1;
        }
        if let (Some(bucket), true) = (&mut self.tokens, tokens > 0) {
            bucket.give_back(ticket.tokens.saturating_sub(tokens));
        }
        if tokens > 0 {
            let seen = if self.average_tokens > 0.0 { 0.9 } else { 0.0 };
            self.average_tokens = seen * self.average_tokens + (1.0 - seen) * number(tokens);
        }
        if ticket.epoch == self.epoch {
            self.strikes = 0;
        }
        if ticket.feeler {
            self.reopen(now);
        }
        self.grow(ticket, now);
        if let Some(learnt) = &mut self.pace {
            learnt.raise(now);
        }
    }

    /// Grows when the limit was what held requests back.
    fn grow(&mut self, ticket: Ticket, now: Duration) {
        if ticket.epoch != self.epoch || f64::from(ticket.beside) < 0.8 * self.limit.floor() {
            return;
        }
        self.clean += 1;
        self.taken += now.saturating_sub(ticket.sent);
        let round = self.whole_limit();
        let near = self.ceiling.is_some_and(|ceiling| round + 1 >= ceiling);
        if self.clean < if near { self.gap } else { round } {
            return;
        }
        let pays = self.pays();
        (self.clean, self.taken) = (0, Duration::ZERO);
        if !pays {
            return;
        }
        let step = if self.starting { self.limit } else { (0.05 * self.limit).max(1.0) };
        let below = self.ceiling.filter(|_| !near).map_or(self.most, |c| f64::from(c - 1));
        self.limit = (self.limit + if near { 1.0 } else { step }).min(below.min(self.most));
    }

    /// Weighs what growth has brought so far, and takes it back when that is too little.
    fn pays(&mut self) -> bool {
        let mean = self.taken.as_secs_f64() / f64::from(self.clean);
        // Little's law: what is in flight over how long each is.
        let rate = self.limit.floor() / mean.max(1e-6);
        match self.worth {
            Some((limit, _)) if limit < self.limit && self.limit < WEIGHED * limit => true,
            Some((limit, old)) if limit < self.limit && rate < WORTH * old => {
                self.starting = false;
                self.gap = (2 * self.gap).min(LARGEST_GAP);
                self.limit = limit;
                self.ceiling = Some(self.whole_limit() + 1);
                false
            }
            _ => {
                self.worth = Some((self.limit, rate));
                true
            }
        }
    }

    pub(super) fn refused(&mut self, ticket: Ticket, now: Duration, refusal: Refusal) {
        self.in_flight -= 1;
        self.refused += 1;
        self.starting = false;
        self.clean = 0;
        if ticket.feeler {
            return self.still_closed(ticket, now);
        }
        let by_rate = refusal == Refusal::Rate
            || (refusal == Refusal::Unknown && (self.pace.is_some() || ticket.beside == 1));
        if ticket.epoch != self.epoch {
            // Sent before the last cut: no news but for how few were too many.
            if !by_rate && self.closed.is_none() {
                self.keep_below(ticket.beside);
            }
            return;
        }
        self.epoch += 1;
        self.strikes += 1;
        if self.strikes == 1 {
            self.limit_before = self.limit;
        }
        if by_rate {
            self.close(now, true);
        } else if self.strikes == 1 {
            let again = self.ceiling.filter(|ceiling| ceiling.abs_diff(ticket.beside) <= 1);
            self.gap = if again.is_some() { (self.gap * 2).min(LARGEST_GAP) } else { FIRST_GAP };
            // A step up to the ceiling may cost another request than the one too many: they
            // overtake each other on their way.
            let probed = again.filter(|ceiling| self.whole_limit() >= *ceiling);
            self.ceiling = None;
            self.keep_below(probed.unwrap_or(ticket.beside).max(ticket.beside));
        } else {
            self.limit = (self.limit / 2.0).max(1.0);
            if refusal == Refusal::Unknown {
                self.close(now, false);
            }
        }
    }

    fn keep_below(&mut self, refused: u32) {
        let lowest = self.ceiling.map_or(refused, |ceiling| ceiling.min(refused)).max(2);
        self.ceiling = Some(lowest);
        self.limit = self.limit.min(f64::from(lowest - 1)).max(1.0);
    }

    fn close(&mut self, now: Duration, by_rate: bool) {
        let limit_before = self.limit_before;
        let closed =
            Closed { by_rate, feeling: false, next: now + FIRST_FEELER, feelers: 0, limit_before };
        self.closed.get_or_insert(closed).by_rate |= by_rate;
    }

    /// A feeler was refused.
    fn still_closed(&mut self, ticket: Ticket, now: Duration) {
        let minute = self.cycle.map_or(now, |(since, _)| since) + MINUTE;
        let Some(closed) = &mut self.closed else { return };
        closed.feeling = false;
        closed.by_rate |= ticket.beside == 1;
        closed.feelers += 1;
        let wait = (FIRST_FEELER * 2_u32.pow(closed.feelers.min(6))).min(LARGEST_FEELER);
        closed.next = if now < minute && minute < now + wait { minute } else { now + wait };
    }

    /// A feeler came through.
    fn reopen(&mut self, now: Duration) {
        let Some(closed) = self.closed.take() else { return };
        if closed.by_rate {
            let (since, through) = self.cycle.unwrap_or((now, 0));
            self.pace = Some(Learnt::of(self.pace, through, now.saturating_sub(since), now));
            self.limit = closed.limit_before;
            self.ceiling = None;
        }
        self.cycle = Some((now, 0));
        self.epoch += 1;
    }

    /// Spreads what a window still holds over the time that it still lasts.
    pub(super) fn learn(&mut self, now: Duration, window: Window) {
        let flying = u64::from(self.in_flight.saturating_sub(1));
        let by_requests =
            window.requests.map(|(left, span)| (number(left.saturating_sub(flying)), span));
        let average = self.average_tokens.max(1.0);
        let by_tokens =
            window.tokens.map(|(left, span)| (number(left) / average - number(flying), span));
        let slower = |a: (f64, Duration), b: (f64, Duration)| if a.0 <= b.0 { a } else { b };
        let rates = [by_requests, by_tokens]
            .into_iter()
            .flatten()
            .map(|(left, span)| (left.max(1.0) / span.as_secs_f64(), now + span));
        if let Some((rate, until)) = rates.reduce(slower) {
            let pace = self.window.map_or(Pace::new(rate, now), |(pace, _)| Pace { rate, ..pace });
            self.window = Some((pace, until));
        }
    }
}
