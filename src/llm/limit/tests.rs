//! The limiter against simulated servers, in simulated time.
//!
//! A server decides at arrival; replies come after a latency. As many callers as
//! the limiter lets through want to send all the time.

#![allow(clippy::cast_precision_loss)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::state::{Admission, State, Ticket};
use super::*;

/// What a simulated server allows.
#[derive(Debug, Clone, Copy)]
enum Rule {
    InFlight(u32),
    /// In each minute of the clock, that begins this many seconds off.
    Fixed(u64, u64),
    /// In any 60 seconds.
    Sliding(u64),
    /// A bucket of this size that fills so many a minute.
    Bucket(f64, f64),
}

struct Simulated {
    rule: Rule,
    in_flight: u32,
    accepted: VecDeque<u64>,
    level: f64,
    seen: u64,
}

impl Simulated {
    fn new(rule: Rule) -> Self {
        let level = if let Rule::Bucket(size, _) = rule { size } else { 0.0 };
        Self { rule, in_flight: 0, accepted: VecDeque::new(), level, seen: 0 }
    }

    /// Decides about a request at `now`, in milliseconds.
    fn accepts(&mut self, now: u64) -> bool {
        let accepted = match self.rule {
            Rule::InFlight(n) => self.in_flight < n,
            Rule::Fixed(n, off) => {
                let window = |at: u64| (at + off * 1000) / 60_000;
                self.accepted.retain(|at| window(*at) == window(now));
                (self.accepted.len() as u64) < n
            }
            Rule::Sliding(n) => {
                self.accepted.retain(|at| at + 60_000 > now);
                (self.accepted.len() as u64) < n
            }
            Rule::Bucket(size, per_minute) => {
                let filled = (now - self.seen) as f64 * per_minute / 60_000.0;
                self.level = (self.level + filled).min(size);
                self.seen = now;
                let full = self.level >= 1.0;
                self.level -= f64::from(u8::from(full));
                full
            }
        };
        if accepted {
            self.in_flight += 1;
            self.accepted.push_back(now);
        }
        accepted
    }

    /// Requests an hour that the rule lets through at this latency.
    fn per_hour(&self, latency: u64) -> f64 {
        match self.rule {
            Rule::InFlight(n) => f64::from(n) * 3_600_000.0 / latency as f64,
            Rule::Fixed(n, _) | Rule::Sliding(n) => 60.0 * n as f64,
            Rule::Bucket(_, per_minute) => 60.0 * per_minute,
        }
    }
}

/// Accepted and refused requests between two times, in seconds.
fn simulate(rule: Rule, latency: u64, most: u32, from: u64, to: u64, words: Refusal) -> (f64, f64) {
    let mut state = State::new(most, Limits::default());
    let mut server = Simulated::new(rule);
    // Replies under way: when, a number that keeps equal times apart, and whether accepted.
    let mut replies: BinaryHeap<Reverse<(u64, u64, bool)>> = BinaryHeap::new();
    let mut tickets: std::collections::HashMap<u64, Ticket> = std::collections::HashMap::new();
    // A program is a while old when it first sends something.
    let (mut now, mut number, mut jitter) = (1500_u64, 0_u64, 1_u64);
    let (mut accepted, mut refused) = (0.0, 0.0);
    while now < to * 1000 {
        let wait = match state.admit(Duration::from_millis(now), 100) {
            Admission::Go(ticket) => {
                let ok = server.accepts(now);
                if now >= from * 1000 {
                    *(if ok { &mut accepted } else { &mut refused }) += 1.0;
                }
                number += 1;
                jitter = jitter.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let takes =
                    if ok { latency * 9 / 10 + (jitter >> 33) % (latency / 5 + 1) } else { 5 };
                replies.push(Reverse((now + takes, number, ok)));
                tickets.insert(number, ticket);
                continue;
            }
            Admission::Full => u64::MAX,
            Admission::Wait(span) => now + u64::try_from(span.as_millis()).unwrap() + 1,
        };
        match replies.peek() {
            Some(Reverse((at, _, _))) if *at <= wait => {
                let Reverse((at, number, ok)) = replies.pop().unwrap();
                now = now.max(at);
                let (ticket, time) = (tickets.remove(&number).unwrap(), Duration::from_millis(now));
                if ok {
                    server.in_flight -= 1;
                    state.succeeded(ticket, time, 100);
                } else {
                    state.refused(ticket, time, words);
                }
            }
            _ => now = wait,
        }
    }
    (accepted, refused)
}

#[test]
fn after_two_minutes_hardly_anything_is_refused_and_nearly_all_that_is_allowed_is_used() {
    let rules = [
        Rule::InFlight(1),
        Rule::InFlight(2),
        Rule::InFlight(7),
        Rule::InFlight(30),
        Rule::Fixed(60, 0),
        Rule::Fixed(60, 25),
        Rule::Fixed(600, 40),
        Rule::Fixed(3000, 10),
        Rule::Sliding(60),
        Rule::Sliding(500),
        Rule::Bucket(10.0, 120.0),
        Rule::Bucket(300.0, 300.0),
        Rule::Bucket(50.0, 1200.0),
    ];
    let mut faults = Vec::new();
    for rule in rules {
        for latency in [50, 400, 2000] {
            for words in [Refusal::Unknown, Refusal::Rate, Refusal::Concurrency] {
                let misleads = matches!(
                    (rule, words),
                    (Rule::InFlight(_), Refusal::Rate)
                        | (
                            Rule::Fixed(..) | Rule::Sliding(_) | Rule::Bucket(..),
                            Refusal::Concurrency
                        )
                );
                if misleads {
                    continue;
                }
                let (accepted, refused) = simulate(rule, latency, 64, 120, 720, words);
                let possible = (Simulated::new(rule).per_hour(latency) / 6.0)
                    .min(64.0 * 600_000.0 / latency as f64);
                let (used, share) = (accepted / possible, refused / (accepted + refused));
                if used < 0.85 || share > 0.05 {
                    faults.push(format!(
                        "{rule:?} {latency} ms {words:?}: used {used:.3}, refused {share:.3}"
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn without_refusals_it_doubles_to_the_most_and_stays() {
    let mut state = State::new(64, Limits::default());
    let mut seen = vec![state.pressure().limit];
    for _ in 0..200 {
        let mut flying = Vec::new();
        while let Admission::Go(ticket) = state.admit(Duration::ZERO, 1) {
            flying.push(ticket);
        }
        flying.drain(..).for_each(|ticket| state.succeeded(ticket, Duration::ZERO, 1));
        seen.push(state.pressure().limit);
    }
    seen.dedup();
    assert_eq!(seen, [8, 16, 32, 64]);
}

/// Runs against a server that works on `workers` requests at once and lets all others wait;
/// the limit at the end, and the share of the server's time that was used, from the second minute.
fn simulate_queue(workers: usize, service: u64) -> (u32, f64) {
    let mut state = State::new(64, Limits::default());
    let mut free = vec![0_u64; workers];
    let mut flying: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    let mut tickets = std::collections::HashMap::new();
    let (mut now, mut number, mut jitter, mut busy) = (0_u64, 0_u64, 1_u64, 0_u64);
    while now < 600_000 {
        while let Admission::Go(ticket) = state.admit(Duration::from_millis(now), 1) {
            jitter = jitter.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let takes = service / 2 + (jitter >> 33) % service;
            let worker = free.iter_mut().min().unwrap();
            *worker = (*worker).max(now) + takes;
            busy += if now >= 60_000 { takes } else { 0 };
            number += 1;
            flying.push(Reverse((*worker, number)));
            tickets.insert(number, ticket);
        }
        let Reverse((at, number)) = flying.pop().unwrap();
        now = at;
        state.succeeded(tickets.remove(&number).unwrap(), Duration::from_millis(now), 1);
    }
    (state.pressure().limit, busy as f64 / (540_000.0 * workers as f64))
}

#[test]
fn a_server_that_queues_is_kept_busy_and_not_buried() {
    for (workers, least, most) in
        [(1, 1, 13), (4, 4, 24), (10, 10, 48), (40, 40, 64), (200, 64, 64)]
    {
        let (limit, used) = simulate_queue(workers, 2000);
        assert!((least..=most).contains(&limit), "{workers} workers: {limit} in flight");
        let possible = (64.0 / workers as f64).min(1.0);
        assert!(used > 0.95 * possible, "{workers} workers: {used:.3} of {possible:.3} used");
    }
}

#[test]
fn a_step_up_that_costs_another_request_leaves_the_limit_where_it_was() {
    let mut state = State::new(64, Limits::default());
    let fill = |state: &mut State| {
        let mut flying = VecDeque::new();
        while let Admission::Go(ticket) = state.admit(Duration::ZERO, 1) {
            flying.push_back(ticket);
        }
        flying
    };
    // Eight may be in flight: found with sixteen, the ninth is the first that is refused.
    while state.pressure().limit == 8 {
        fill(&mut state).drain(..).for_each(|ticket| state.succeeded(ticket, Duration::ZERO, 1));
    }
    for (number, ticket) in fill(&mut state).into_iter().enumerate() {
        if number < 8 {
            state.succeeded(ticket, Duration::ZERO, 1);
        } else {
            state.refused(ticket, Duration::ZERO, Refusal::Unknown);
        }
    }
    assert_eq!(state.pressure().limit, 8);
    for _ in 0..3 {
        while state.pressure().limit == 8 {
            for ticket in fill(&mut state) {
                state.succeeded(ticket, Duration::ZERO, 1);
            }
        }
        assert_eq!(state.pressure().limit, 9);
        // The eighth overtook nobody: it came last, and was refused.
        let mut flying = fill(&mut state);
        let last = flying.remove(7).unwrap();
        state.refused(last, Duration::ZERO, Refusal::Unknown);
        flying.drain(..).for_each(|ticket| state.succeeded(ticket, Duration::ZERO, 1));
        assert_eq!(state.pressure().limit, 8);
    }
}

/// A clock that stands where it is set, in milliseconds.
#[derive(Debug, Default)]
struct SetClock(std::sync::atomic::AtomicU64);

impl Clock for SetClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }

    fn sleep(&self, _: Duration) -> crate::llm::Sleep<'_> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn those_who_stand_in_line_while_the_gate_shuts_cost_nobody_time() {
    let (clock, gate) = (SetClock::default(), Gate::default());
    let limiter = Limiter::new(64, Limits { rpm: 60, tpm: 0, concurrency: 0 });
    limiter.admit(&clock, &gate, 1).await.unwrap().succeeded(Duration::ZERO, Usage::default());
    gate.close(Duration::ZERO, Duration::from_secs(7));
    for _ in 0..100 {
        assert!(limiter.admit(&clock, &gate, 1).await.is_none());
    }
    clock.0.store(7_001, std::sync::atomic::Ordering::SeqCst);
    let next = std::pin::pin!(limiter.admit(&clock, &gate, 1));
    tokio::select! {
        biased;
        slot = next => assert!(slot.is_some()),
        () = tokio::task::yield_now() => panic!("the pace went on while nothing was sent"),
    }
}

#[test]
fn a_timeout_is_a_refusal_once_between_two_successes() {
    let mut state = State::new(64, Limits::default());
    let mut flying = VecDeque::new();
    while let Admission::Go(ticket) = state.admit(Duration::ZERO, 1) {
        flying.push_back(ticket);
    }
    assert_eq!(flying.len(), 8);
    let last = flying.pop_back().unwrap();
    state.timed_out(last, Duration::ZERO);
    assert_eq!((state.pressure().limit, state.pressure().refused), (7, 0));
    // Without a success the server may be dead: fewer in flight would only hide it longer.
    flying.drain(..).for_each(|ticket| state.timed_out(ticket, Duration::ZERO));
    assert_eq!((state.pressure().limit, state.pressure().in_flight), (7, 0));
}

#[test]
fn limits_of_the_profile_space_requests_from_the_start() {
    let limits = Limits { rpm: 600, tpm: 0, concurrency: 3 };
    let mut state = State::new(64, limits);
    let mut sent = 0;
    for ms in 0..60_000 {
        if let Admission::Go(ticket) = state.admit(Duration::from_millis(ms), 1) {
            sent += 1;
            state.succeeded(ticket, Duration::from_millis(ms), 1);
        }
    }
    assert!((570..=600).contains(&sent), "{sent}");
    let limits = Limits { rpm: 0, tpm: 60_000, concurrency: 0 };
    let mut state = State::new(64, limits);
    let mut tokens = 0;
    for ms in 0..60_000 {
        // Drawn with what it could cost, set right by what it cost.
        if let Admission::Go(ticket) = state.admit(Duration::from_millis(ms), 2000) {
            tokens += 500;
            state.succeeded(ticket, Duration::from_millis(ms), 500);
        }
    }
    assert!((55_000..=60_000).contains(&tokens), "{tokens}");
}

#[test]
fn what_headers_leave_is_spread_over_their_window() {
    let mut state = State::new(64, Limits::default());
    let window = Window { requests: Some((30, Duration::from_secs(30))), tokens: None };
    state.learn(Duration::ZERO, window);
    let mut sent = 0;
    for ms in 0..30_000 {
        if let Admission::Go(ticket) = state.admit(Duration::from_millis(ms), 1) {
            sent += 1;
            state.succeeded(ticket, Duration::from_millis(ms), 1);
        }
    }
    assert!((29..=31).contains(&sent), "{sent}");
    assert_eq!(state.pressure().refused, 0);
}
