//! Rate limits: the server's wish is the wait, up to the patience, for all callers.

use std::time::Duration;

use viva::llm::{Class, Clock, Kind};

use super::{Bench, request};
use crate::support::{Reply, Server};

fn limited(header: &str, value: &str) -> Reply {
    Reply::error(429, "Rate limit reached, requests per min").header(header, value)
}

#[tokio::test]
async fn retry_after_is_waited_for_in_every_form() {
    for (header, value, seconds) in [
        ("retry-after", "20", 20.0),
        ("retry-after", "2.5", 2.5),
        ("retry-after", "Tue, 24 Nov 2026 12:00:20 GMT", 20.0),
        ("retry-after", "1m30s", 90.0),
        ("retry-after-ms", "1500", 1.5),
        ("x-ratelimit-reset-tokens", "6m0s", 360.0),
        ("anthropic-ratelimit-tokens-reset", "2026-11-24T12:00:30Z", 30.0),
    ] {
        let server = Server::scripted([limited(header, value), Reply::completion("{}")]);
        let bench = Bench::new();
        assert_eq!(bench.chat(&server).await.expect("a reply").calls, 2);
        assert_eq!(bench.clock.slept(), [Duration::from_secs_f64(seconds)], "{header}: {value}");
    }
}

#[tokio::test]
async fn a_wish_in_the_body_counts_too_and_the_largest_wins() {
    let reply = Reply::error(429, "Try again in 30 seconds").header("retry-after", "10");
    let server = Server::scripted([reply, Reply::completion("{}")]);
    let bench = Bench::new();
    bench.chat(&server).await.expect("a reply");
    assert_eq!(bench.clock.slept(), [Duration::from_secs(30)]);
}

#[tokio::test]
async fn without_a_wish_the_wait_grows_and_ends_with_the_patience() {
    let limit = || Reply::error(429, "slow down");
    let server = Server::scripted(std::iter::repeat_with(limit).take(7));
    let bench = Bench::new();
    let error = bench.chat(&server).await.expect_err("limited for ever");
    assert_eq!((error.class, error.kind, error.calls), (Class::Retryable, Kind::RateLimited, 7));
    let waits: Vec<f64> = bench.clock.slept().iter().map(Duration::as_secs_f64).collect();
    for (n, wait) in (0u8..).zip(&waits) {
        let grown = 2f64.powi(n.into());
        assert!((0.5 * grown..=grown).contains(wait), "retry {n} waited {wait} s");
    }
}

#[tokio::test]
async fn a_wish_beyond_the_patience_is_reported_and_not_waited_for() {
    let wordy = Reply::error(429, &"slow down, ".repeat(100)).header("retry-after", "125");
    let server = Server::scripted([wordy]);
    let bench = Bench::new().patience(30);
    let error = bench.chat(&server).await.expect_err("too long a wait");
    assert_eq!((error.class, error.kind), (Class::Retryable, Kind::RateLimited));
    assert_eq!(error.retry_after, Some(Duration::from_secs(125)));
    assert!(error.message.contains("asked to wait 2 min 5 s"), "{}", error.message);
    assert_eq!(bench.clock.slept(), [Duration::ZERO; 0]);
}

#[tokio::test]
async fn waits_add_up_against_the_patience() {
    let server = Server::scripted([limited("retry-after", "20"), limited("retry-after", "20")]);
    let bench = Bench::new().patience(30);
    let error = bench.chat(&server).await.expect_err("too long in all");
    assert_eq!((error.kind, error.calls), (Kind::RateLimited, 2));
}

#[tokio::test]
async fn one_callers_limit_holds_for_all() {
    let server = Server::scripted([limited("retry-after", "40"), Reply::completion("{}")]);
    let bench = Bench::new().patience(30);
    let endpoint = bench.endpoint(&server);
    endpoint.chat(&request()).await.expect_err("too long a wait");
    let error = endpoint.chat(&request()).await.expect_err("still too long");
    assert_eq!((error.kind, error.calls), (Kind::RateLimited, 0), "nothing was sent");
    assert_eq!(error.retry_after, Some(Duration::from_secs(40)));

    bench.clock.sleep(Duration::from_secs(15)).await;
    endpoint.chat(&request()).await.expect("a reply once the gate is open");
    assert_eq!(bench.clock.slept(), [Duration::from_secs(15), Duration::from_secs(25)]);
}

#[tokio::test]
async fn retries_that_no_server_scheduled_are_rationed() {
    let server = Server::answering(|_| Reply::error(500, "broken"));
    let endpoint = Bench::new().endpoint(&server);
    let mut calls = 0;
    for _ in 0..40 {
        calls += endpoint.chat(&request()).await.expect_err("broken").calls;
    }
    assert!(calls <= 40 + 10 + 40 / 5, "{calls} requests for 40 calls");
}
