//! Courses of events: each ends, and ends as the table says.

use super::*;
use crate::llm::Profile;
use crate::llm::error::Reach;

const NEVER: Class = Class::RunFatal { resumable: false };

fn call() -> Call {
    Call::new(Capability::promised(&Profile::default()), 100, Duration::from_mins(10))
}

fn retryable(kind: Kind) -> Fault {
    Fault::new(Class::Retryable, kind, "trouble")
}

fn adaptable(kind: Kind, parameter: Parameter) -> Fault {
    Fault::new(Class::Adaptable { parameter }, kind, "refused")
}

fn after(call: &mut Call, fault: Fault) -> Step {
    call.after(fault, &Around { proven: true, jitter: 1.0, pay: &|| true })
}

/// Feeds the same fault until the call gives up; the number of further attempts and the end.
fn until_the_end(call: &mut Call, fault: &Fault) -> (u32, Fault) {
    for attempts in 0..100 {
        if let Step::Stop(end) = after(call, fault.clone()) {
            return (attempts, end);
        }
    }
    panic!("no end after 100 attempts: {fault:?}");
}

#[test]
fn every_fault_ends_and_none_is_left_adaptable() {
    let parameters = [
        Parameter::Temperature,
        Parameter::TokenLimitName,
        Parameter::TokenLimit,
        Parameter::ResponseFormat,
        Parameter::SchemaBounds,
        Parameter::Extra("x".into()),
        Parameter::Unnamed,
    ];
    let kinds = [
        Kind::Unreachable(Reach::Refused),
        Kind::Timeout,
        Kind::RateLimited,
        Kind::Unavailable,
        Kind::Empty,
        Kind::InvalidBody,
        Kind::InvalidGeneration,
        Kind::Truncated,
        Kind::RequestRejected,
        Kind::Quota,
    ];
    for kind in kinds {
        let mut faults = vec![retryable(kind), Fault::new(NEVER, kind, "no")];
        faults.push(retryable(kind).with_hint(Some(Duration::ZERO)));
        faults.extend(parameters.iter().map(|p| adaptable(kind, p.clone())));
        for fault in faults {
            let (attempts, end) = until_the_end(&mut call(), &fault);
            assert!(!matches!(end.class, Class::Adaptable { .. }), "{end:?}");
            assert!(attempts < 40, "{attempts} for {fault:?}");
        }
    }
}

#[test]
fn kinds_have_their_own_patience() {
    for (kind, attempts) in [
        (Kind::Unreachable(Reach::Dns), 2),
        (Kind::Timeout, 2),
        (Kind::Empty, 2),
        (Kind::InvalidBody, 2),
        (Kind::Unavailable, 6),
        (Kind::RateLimited, 6),
    ] {
        assert_eq!(until_the_end(&mut call(), &retryable(kind)).0, attempts, "{kind}");
    }
}

#[test]
fn a_server_never_reached_stops_the_run_and_one_lost_does_not() {
    for (proven, class) in [(false, Class::RunFatal { resumable: true }), (true, Class::Retryable)]
    {
        let around = Around { proven, jitter: 1.0, pay: &|| true };
        let mut call = call();
        let fault = retryable(Kind::Unreachable(Reach::Refused));
        let last = (0..3).map(|_| call.after(fault.clone(), &around)).last();
        assert_eq!(last, Some(Step::Stop(Fault { class, ..fault })));
    }
}

#[test]
fn a_rate_limit_closes_the_gate_only_as_long_as_the_server_asked() {
    let mut call = call();
    let hint = Some(Duration::from_secs(1));
    let mut steps = (0..3).map(|_| after(&mut call, retryable(Kind::RateLimited).with_hint(hint)));
    let second = |s| Duration::from_secs(s);
    assert_eq!(steps.next(), Some(Step::Wait { span: second(1), gate: hint }));
    assert_eq!(steps.next(), Some(Step::Wait { span: second(2), gate: hint }));
    assert_eq!(steps.next(), Some(Step::Wait { span: second(4), gate: hint }));
    let alone = after(&mut self::call(), retryable(Kind::Unavailable));
    assert_eq!(alone, Step::Wait { span: second(1), gate: None });
}

#[test]
fn an_empty_budget_ends_a_retry_but_not_one_the_server_scheduled() {
    let poor = Around { proven: true, jitter: 1.0, pay: &|| false };
    assert!(matches!(call().after(retryable(Kind::Unavailable), &poor), Step::Stop(_)));
    let scheduled = retryable(Kind::RateLimited).with_hint(Some(Duration::from_secs(1)));
    assert!(matches!(call().after(scheduled, &poor), Step::Wait { .. }));
}

#[test]
fn a_step_down_for_one_reply_is_not_among_the_findings() {
    let mut call = call();
    after(&mut call, adaptable(Kind::Empty, Parameter::ResponseFormat));
    after(&mut call, adaptable(Kind::RequestRejected, Parameter::Temperature));
    assert!(call.learnt);
    assert!(!call.findings().temperature);
    assert!(call.findings().rung < call.capability.rung);
}

#[test]
fn spans_are_said_in_words() {
    for (seconds, words) in [
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
    ] {
        assert_eq!(in_words(Duration::from_secs(seconds)), words);
    }
    assert_eq!(in_words(Duration::from_millis(1200)), "2 s");
}
