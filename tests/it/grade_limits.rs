//! `viva grade` and what it may not overrun: a server's limits, a budget, somebody's patience.
//!
//! The real program against real servers, in real time: where a wait is what is promised, it is
//! waited for.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Asked, Reply, Server, Typist, Viva, met, rows};

const GRADE: [&str; 4] = ["grade", "in.jsonl", "-o", "out.jsonl"];

/// Asserts that the output has each row once, graded, in order.
fn assert_whole(viva: &Viva, rows: usize) {
    let text = std::fs::read_to_string(viva.home().join("out.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, (0..rows).map(|i| format!("r{i}")).collect::<Vec<_>>());
    assert!(lines.iter().all(|line| line["score"] == 100.0));
}

#[test]
fn seven_seconds_that_the_server_asks_for_are_kept_by_all_and_then_they_go_on() {
    let (wait, close) = (Duration::from_secs(7), Duration::from_millis(6995));
    let arrivals: Arc<Mutex<Vec<(Instant, bool)>>> = Arc::default();
    let (seen, first) = (Arc::clone(&arrivals), Mutex::new(None::<Instant>));
    let flying = AtomicUsize::new(0);
    let server = Server::answering(move |request| {
        let now = Instant::now();
        let mut first = first.lock().unwrap();
        if flying.fetch_add(1, Ordering::SeqCst) == 63 {
            first.get_or_insert(now);
        }
        let refuses = first.is_some_and(|first| now < first + close);
        seen.lock().unwrap().push((now, refuses));
        drop(first);
        if !refuses {
            std::thread::sleep(Duration::from_millis(300));
        }
        flying.fetch_sub(1, Ordering::SeqCst);
        if refuses {
            return Reply::error(429, "limit per min reached").header("retry-after", "7");
        }
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(500));
    viva.run(&GRADE).exits(0);
    assert_whole(&viva, 500);
    let arrivals = arrivals.lock().unwrap();
    let refused: Vec<Instant> = arrivals.iter().filter(|(_, no)| *no).map(|(at, _)| *at).collect();
    let first = refused[0];
    assert!(refused.len() <= 64, "{} refused", refused.len());
    // What was on its way when the refusal was sent is there at once; nobody else comes.
    let late = refused.iter().filter(|at| **at - first > Duration::from_millis(500)).count();
    assert_eq!(late, 0, "{late} requests during the wait");
    let after = arrivals.iter().map(|(at, _)| *at - first).filter(|at| *at > wait).min();
    let after = after.expect("they go on");
    assert!(after < wait + Duration::from_secs(1), "they went on after {after:?}");
}

#[test]
fn a_day_that_the_server_asks_for_ends_the_run_and_the_same_command_goes_on() {
    let open = Arc::new(AtomicBool::new(false));
    let (count, gate) = (AtomicUsize::new(0), Arc::clone(&open));
    let server = Server::answering(move |request| {
        if count.fetch_add(1, Ordering::SeqCst) < 50 || gate.load(Ordering::SeqCst) {
            return met(request);
        }
        Reply::error(429, "slow down").header("retry-after", "86400")
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(300));
    let ran = viva.run(&GRADE).exits(4).says("asked to wait 24 h");
    assert!(ran.stderr.contains("grade in.jsonl -o out.jsonl"), "{}", ran.stderr);
    let refused = server.requests().len() - 50;
    assert!(refused <= 64, "{refused} requests were refused");
    open.store(true, Ordering::SeqCst);
    viva.run(&GRADE).exits(0);
    assert_whole(&viva, 300);
    assert_eq!(server.requests().len(), 300 + refused);
}

/// A profile with prices for the server of the environment.
fn priced(viva: &Viva, server: &Server) {
    let endpoint = format!(
        "endpoint = \"ours\"\n[endpoints.ours]\nbase_url = \"{}\"\nmodel = \"m\"\n\
         price = {{ input = 2.0, cached_input = 2.0, output = 8.0 }}\n",
        server.base_url()
    );
    viva.file(".config/viva/config.toml", endpoint);
}

#[test]
fn a_budget_is_used_and_not_overrun_and_the_same_command_goes_on_with_a_new_one() {
    let billed = Arc::new(Mutex::new((0_u64, 0_u64)));
    let bill = Arc::clone(&billed);
    let server = Server::answering(move |request| {
        let input = request.body.len() as u64 / 4;
        let mut bill = bill.lock().unwrap();
        *bill = (bill.0 + input, bill.1 + 300);
        met(request).usage(input, 300)
    });
    let viva = Viva::new();
    priced(&viva, &server);
    let total = || {
        let (input, output) = *billed.lock().unwrap();
        (input + output, (input * 2 + output * 8) as f64 / 1e6, server.requests().len())
    };
    viva.file("in.jsonl", rows(200));
    let capped = |flag: &str, cap: &str| {
        let before = total();
        let ran =
            viva.run(&[&GRADE[..], &[flag, cap]].concat()).exits(7).says("the budget is spent");
        assert!(ran.stderr.contains(&format!("-o out.jsonl {flag} {cap}")), "{}", ran.stderr);
        let after = total();
        (after.0 - before.0, after.1 - before.1, after.2 - before.2)
    };
    assert_eq!(capped("--max-calls", "20").2, 20);
    let (tokens, ..) = capped("--max-tokens", "120000");
    assert!((102_000..=120_000).contains(&tokens), "{tokens}");
    let (_, cost, _) = capped("--max-cost", "0.25");
    assert!((0.85 * 0.25..=0.25).contains(&cost), "{cost}");
    let ran = viva.run(&GRADE).exits(0);
    assert!(ran.stderr.contains("cost 0."), "{}", ran.stderr);
    assert_whole(&viva, 200);
    assert_eq!(server.requests().len(), 200, "a row was graded twice");
}

#[test]
fn what_a_row_has_cost_before_it_failed_is_counted() {
    let count = AtomicUsize::new(0);
    let server = Server::answering(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::completion("{}"),
        _ => Reply::error(402, "insufficient balance"),
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(1));
    viva.run(&GRADE).exits(4).says("2 calls, 15 tokens");
}

#[test]
fn an_empty_account_ends_the_run_early_and_the_same_command_goes_on() {
    let empty = Arc::new(AtomicBool::new(true));
    let (count, state) = (AtomicUsize::new(0), Arc::clone(&empty));
    let server = Server::answering(move |request| {
        if count.fetch_add(1, Ordering::SeqCst) < 40 || !state.load(Ordering::SeqCst) {
            return met(request);
        }
        let error = json!({ "code": "insufficient_quota", "message": "no credit is left" });
        Reply::json(429, &json!({ "error": error }))
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(2000));
    let ran = viva.run(&GRADE).exits(4).says("quota").says("grade in.jsonl -o out.jsonl");
    assert!(ran.stderr.contains("balance"), "{}", ran.stderr);
    let first = server.requests().len();
    assert!(first <= 40 + 64, "{first} requests");
    empty.store(false, Ordering::SeqCst);
    viva.run(&GRADE).exits(0);
    assert_whole(&viva, 2000);
    assert_eq!(server.requests().len(), first + 1960);
}

#[test]
fn a_server_that_dies_ends_the_run_early_and_its_successor_goes_on() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let dead = Arc::new(AtomicBool::new(false));
    let is_dead = Arc::clone(&dead);
    let server = Server::answering(move |request| {
        if is_dead.load(Ordering::SeqCst) {
            return Reply::hangup();
        }
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(2000));
    let child = viva.command(&GRADE).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while served.load(Ordering::SeqCst) < 100 {
        std::thread::sleep(Duration::from_millis(5));
    }
    dead.store(true, Ordering::SeqCst);
    drop(server);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("25 answers in a row got no reply"), "{stderr}");
    assert!(stderr.contains("grade in.jsonl -o out.jsonl"), "{stderr}");
    let successor = Server::answering(met);
    let viva = viva.env("VIVA_BASE_URL", &successor.base_url());
    viva.run(&GRADE).exits(0);
    assert_whole(&viva, 2000);
    let all = served.load(Ordering::SeqCst) + successor.requests().len();
    assert!((2000..=2064).contains(&all), "{all} answers to 2000 rows");
}

#[test]
fn ctrl_c_lets_what_is_in_flight_end_and_names_the_command_that_goes_on() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(1500));
        met(request)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("my answers.jsonl", rows(60));
    let arguments = ["grade", "my answers.jsonl", "-o", "out.jsonl"];
    let mut typist = Typist::start(&viva, &arguments);
    typist.sees("/60 · ").sees("in flight").sees("left");
    let before = server.requests().len();
    typist.keys("\x03").sees("Ctrl-C again stops at once");
    assert_eq!(typist.ends(), 130);
    let screen = typist.screen();
    assert!(screen.contains("grade 'my answers.jsonl' -o out.jsonl"), "{screen}");
    let sent = server.requests().len();
    assert!(sent < 60 && sent <= before + 16, "{sent} requests, {before} before Ctrl-C");
    viva.run(&arguments).exits(0);
    assert_whole(&viva, 60);
    assert_eq!(server.requests().len(), 60, "an answer in flight was lost, or graded twice");
}

#[test]
fn ctrl_c_waits_five_seconds_at_most_and_not_at_all_when_pressed_twice() {
    let server = Server::answering(|_| Reply::silent());
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("in.jsonl", rows(10));
    let interrupted = |arguments: &[&str], in_flight: &str, twice: bool| {
        let mut typist = Typist::start(&viva, &[&GRADE, arguments].concat());
        typist.sees(in_flight);
        let begun = Instant::now();
        typist.keys("\x03").sees("Ctrl-C again stops at once");
        if twice {
            typist.keys("\x03");
        }
        assert_eq!(typist.ends(), 130);
        begun.elapsed()
    };
    // The second run is ending already, since its budget is spent, with more time than that.
    for (arguments, in_flight) in
        [(&[][..], "8 of 8 in flight"), (&["--max-calls", "4"], "4 of 8 in flight")]
    {
        let once = interrupted(arguments, in_flight, false);
        assert!((Duration::from_secs(5)..Duration::from_secs(8)).contains(&once), "{once:?}");
        let twice = interrupted(arguments, in_flight, true);
        assert!(twice < Duration::from_secs(3), "{twice:?}");
    }
}

#[test]
fn the_bar_says_how_far_how_fast_and_how_dear_within_eighty_columns() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(600));
        if Asked::of(request).answer.contains("case 5.") {
            return Reply::error(400, "this one cannot be graded");
        }
        met(request).usage(2000, 300)
    });
    let viva = Viva::new();
    priced(&viva, &server);
    viva.file("in.jsonl", rows(200));
    let mut typist = Typist::start(&viva, &GRADE);
    let words = [
        "/200 · ",
        " left · ",
        " graded · 1 ungraded",
        " in flight · ",
        " answers/",
        " tokens · cost 0.",
    ];
    typist.waits("all of the bar", |screen| words.iter().all(|word| screen.contains(word)));
    assert!(!typist.screen().contains('…'), "clipped: {}", typist.screen());
    typist.keys("\x03");
    assert_eq!(typist.ends(), 130);
}

#[test]
fn a_server_that_queues_more_than_it_can_do_in_time_is_given_less() {
    let turn = Mutex::new(());
    let server = Server::answering(move |request| {
        let _one_at_a_time = turn.lock().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        met(request)
    });
    let viva = Viva::new();
    priced(&viva, &server);
    let config = viva.home().join(".config/viva/config.toml");
    let patient = std::fs::read_to_string(&config).unwrap() + "timeouts = { read = 3 }\n";
    viva.file(".config/viva/config.toml", patient);
    viva.file("in.jsonl", rows(300));
    viva.run(&GRADE).exits(0);
    assert_whole(&viva, 300);
    let sent = server.requests().len();
    assert!(sent <= 330, "{sent} requests for 300 rows");
}
