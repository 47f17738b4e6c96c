//! Many calls at once through one endpoint: caps are never exceeded, waits hold for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use viva::llm::{Caps, Kind, Price};

use super::{Bench, request};
use crate::support::{Reply, Server};

/// Reproducible numbers for one run.
fn draw(seed: u64, n: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(n.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a server has billed.
#[derive(Default)]
struct Bill {
    calls: AtomicU64,
    input: AtomicU64,
    output: AtomicU64,
    /// Replies that did not arrive whole.
    lost: AtomicU64,
}

impl Bill {
    fn load(count: &AtomicU64) -> f64 {
        count.load(Ordering::SeqCst) as f64
    }

    /// What it comes to in the unit of the cap, and the cap.
    fn of(&self, caps: Caps, price: Price) -> (f64, f64) {
        let (input, output) = (Self::load(&self.input), Self::load(&self.output));
        match caps {
            Caps { calls: Some(cap), .. } => (Self::load(&self.calls), cap as f64),
            Caps { tokens: Some(cap), .. } => (input + output, cap as f64),
            _ => ((input * price.input + output * price.output) / 1e6, caps.cost.unwrap()),
        }
    }
}

/// Bills every request that it works on, also those whose reply never arrives. Every third server
/// loses no reply.
fn billing(seed: u64, bill: Arc<Bill>) -> Server {
    let reliable = seed % 9 < 3;
    Server::answering(move |asked| {
        let n = bill.calls.fetch_add(1, Ordering::SeqCst);
        let limit = asked.json()["max_tokens"].as_u64().unwrap_or(0);
        let (input, output) = (asked.body.len() as u64 / 3, draw(seed, n) % (limit + 1));
        let fault = draw(seed, n + 1_000_000) % 200;
        if fault < 10 {
            return Reply::error(500, "broken");
        }
        bill.input.fetch_add(input, Ordering::SeqCst);
        bill.output.fetch_add(output, Ordering::SeqCst);
        let finish = if (10..20).contains(&fault) { "length" } else { "stop" };
        let choice = json!({ "message": { "content": "{}" }, "finish_reason": finish });
        let usage = json!({ "prompt_tokens": input, "completion_tokens": output });
        let reply = Reply::json(200, &json!({ "choices": [choice], "usage": usage }));
        if reliable || !(20..36).contains(&fault) {
            return reply;
        }
        bill.lost.fetch_add(1, Ordering::SeqCst);
        match fault {
            20..27 => Reply::hangup(),
            27..34 => reply.cut_after(20),
            _ => Reply::silent(),
        }
    })
}

#[tokio::test]
async fn no_cap_is_ever_exceeded_and_each_is_used_to_the_end() {
    let runs = std::env::var("VIVA_TEST_RUNS").map_or(40, |n| n.parse().unwrap());
    let price = Price { input: 2.0, cached_input: 2.0, output: 8.0, batch_factor: 1.0 };
    for seed in 0..runs {
        let bill = Arc::new(Bill::default());
        let server = billing(seed, Arc::clone(&bill));
        let size = 20_000 + draw(seed, 1) % 40_000;
        let caps = match seed % 3 {
            0 => Caps { calls: Some(20 + size % 50), ..Caps::default() },
            1 => Caps { tokens: Some(size), ..Caps::default() },
            _ => Caps { cost: Some(size as f64 * 8.0 / 1e6), ..Caps::default() },
        };
        let bench = Bench::new()
            .set("price = { input = 2.0, cached_input = 2.0, output = 8.0 }")
            .set("timeouts = { read = 1 }");
        let endpoint = Arc::new(bench.endpoint(&server).for_many(8, caps));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let endpoint = Arc::clone(&endpoint);
            tasks.spawn(async move {
                loop {
                    match endpoint.chat(&request()).await {
                        Err(error) if error.kind == Kind::Budget => return error.message,
                        _ => {}
                    }
                }
            });
        }
        let mut said = String::new();
        while let Some(message) = tasks.join_next().await {
            said = message.unwrap();
        }
        let (billed, cap) = bill.of(caps, price);
        assert!(billed <= cap, "run {seed}: {billed} of {cap}");
        // What may have been spent is counted as spent.
        let counted: f64 = said.split(' ').next().unwrap().parse().unwrap();
        assert!(counted <= cap && counted >= 0.85 * cap, "run {seed}: {said}");
        let lost = Bill::load(&bill.lost);
        assert!(lost > 0.0 || billed >= 0.85 * cap, "run {seed}: {billed} of {cap}, {said}");
        let spent = endpoint.spent();
        assert_eq!(f64::from(spent.calls), Bill::load(&bill.calls), "run {seed}");
        assert_eq!(f64::from(spent.unreported), lost, "run {seed}");
    }
}

#[tokio::test]
async fn one_wish_to_wait_holds_for_all_and_costs_no_other_refusal() {
    let first = AtomicU64::new(0);
    let server = Server::answering(move |_| {
        if first.fetch_add(1, Ordering::SeqCst) == 5 {
            Reply::error(429, "limit per min").header("retry-after", "7")
        } else {
            Reply::completion("{}")
        }
    });
    let bench = Bench::new();
    let endpoint = Arc::new(bench.endpoint(&server).for_many(1, Caps::default()));
    for _ in 0..20 {
        endpoint.chat(&request()).await.expect("a reply");
    }
    assert_eq!(server.requests().len(), 21);
    assert_eq!(endpoint.pressure().refused, 1);
    let waits: Vec<u64> = bench.clock.slept().iter().map(std::time::Duration::as_secs).collect();
    assert!(waits.contains(&7), "{waits:?}");
}
