//! A chat completions endpoint that costs next to nothing: for measurements.
//!
//! Replies in the form that any grading request asks for: it counts the points
//! in the schema, echoes the nonce and quotes the answer. What it can be told to
//! do wrong stands in its usage. It parses no JSON, so that most of the time
//! measured against it is the client's.

#![allow(clippy::print_stderr)]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// A chat completions endpoint for measurements.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// Port on loopback
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Time that a reply takes, in milliseconds
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// Requests in flight beyond which it answers 429
    #[arg(long)]
    slots: Option<u64>,
    /// Requests in any 60 seconds beyond which it answers 429
    #[arg(long)]
    rpm: Option<usize>,
    /// Tokens in any 60 seconds beyond which it answers 429
    #[arg(long)]
    tpm: Option<u64>,
    /// Says in headers and words what the limits are
    #[arg(long)]
    helpful: bool,
    /// Of a thousand requests, those answered 503
    #[arg(long, default_value_t = 0)]
    errors: u64,
    /// Of a thousand requests, those whose connection is dropped
    #[arg(long, default_value_t = 0)]
    resets: u64,
    /// Of a thousand requests, those whose reply is cut off
    #[arg(long, default_value_t = 0)]
    truncations: u64,
    /// Threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Prints counts every second
    #[arg(long)]
    verbose: bool,
}

/// What is counted, and what the limits look at.
#[derive(Default)]
struct Shared {
    requests: AtomicU64,
    refused: AtomicU64,
    in_flight: AtomicU64,
    recent: Mutex<VecDeque<(Instant, u64)>>,
}

fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads)
        .enable_all()
        .build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: Options) -> std::io::Result<()> {
    let address = SocketAddr::from(([127, 0, 0, 1], options.port));
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on http://{}/v1", listener.local_addr()?);
    let (options, shared) = (Arc::new(options), Arc::new(Shared::default()));
    if options.verbose {
        tokio::spawn(report(Arc::clone(&shared)));
    }
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (options, shared) = (Arc::clone(&options), Arc::clone(&shared));
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &options, &shared));
            // A client that goes away is none of our business.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn report(shared: Arc<Shared>) {
    let (mut requests, mut refused) = (0, 0);
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = (shared.requests.load(Ordering::Relaxed), shared.refused.load(Ordering::Relaxed));
        eprintln!("{} requests, {} refused", now.0 - requests, now.1 - refused);
        (requests, refused) = now;
    }
}

/// Why the connection is dropped.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
struct Dropped;

async fn answer(
    request: Request<Incoming>,
    options: &Options,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    let flying = shared.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
    let body = request.into_body().collect().await.map_err(|_| Dropped);
    let result = async {
        let body = body?.to_bytes();
        if let Some(refusal) = refusal(options, shared, flying, body.len() as u64 / 4) {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            return Ok(refusal);
        }
        if options.delay > 0 {
            tokio::time::sleep(Duration::from_millis(options.delay)).await;
        }
        // A fixed, well mixed order of faults.
        let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
        if dice < options.errors {
            return Ok(error(503, "overloaded"));
        }
        if dice < options.errors + options.resets {
            return Err(Dropped);
        }
        let mut reply = completion(&String::from_utf8_lossy(&body));
        if dice < options.errors + options.resets + options.truncations {
            reply.truncate(reply.len() / 2);
        }
        Ok(Response::new(Full::new(reply.into())))
    }
    .await;
    shared.in_flight.fetch_sub(1, Ordering::Relaxed);
    result
}

fn refusal(
    options: &Options,
    shared: &Shared,
    flying: u64,
    tokens: u64,
) -> Option<Response<Full<Bytes>>> {
    if options.slots.is_some_and(|slots| flying > slots) {
        let words = if options.helpful { "too many concurrent requests" } else { "slow down" };
        return Some(error(429, words));
    }
    if options.rpm.is_none() && options.tpm.is_none() {
        return None;
    }
    let now = Instant::now();
    let mut recent = shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
    while recent.front().is_some_and(|(at, _)| now - *at >= Duration::from_mins(1)) {
        recent.pop_front();
    }
    let spent: u64 = recent.iter().map(|(_, tokens)| tokens).sum();
    let full = options.rpm.is_some_and(|most| recent.len() >= most)
        || options.tpm.is_some_and(|most| spent + tokens > most);
    if !full {
        recent.push_back((now, tokens));
        return None;
    }
    let first = recent.front().map_or(now, |(at, _)| *at);
    let wait = Duration::from_mins(1).saturating_sub(now - first).as_secs() + 1;
    let mut response = error(429, if options.helpful { "limit per min reached" } else { "no" });
    if options.helpful {
        response.headers_mut().insert("retry-after", wait.into());
    }
    Some(response)
}

fn error(status: u16, message: &str) -> Response<Full<Bytes>> {
    let body = format!("{{\"error\":{{\"message\":\"{message}\"}}}}");
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

/// A completion for a request: its points met with a quote of the answer.
fn completion(body: &str) -> String {
    let count = |letter: char| {
        (1..=30).take_while(|n| body.contains(&format!("\"{letter}{n}\":{{"))).count()
    };
    let fence = body.rfind("<answer-").map_or("", |at| &body[at + 8..]);
    let (nonce, rest) = fence.split_once('>').unwrap_or(("", ""));
    // The answer is a JSON string within a JSON string: its quotes are escaped once more.
    let text = rest.strip_prefix("\\n\\\"").unwrap_or_default();
    let end = text.find("\\\"").unwrap_or(text.len());
    let quote: Vec<&str> = text[..end].split([' ', '\\']).take(8).collect();
    let quote = quote.join(" ");
    let mut reply = format!("{{\\\"nonce\\\":\\\"{nonce}\\\"");
    for n in 1..=count('p') {
        let _ = write!(
            reply,
            ",\\\"p{n}\\\":{{\\\"quotes\\\":[\\\"{quote}\\\"],\\\"why\\\":\\\"It says so.\\\",\\\"verdict\\\":\\\"met\\\"}}"
        );
    }
    for n in 1..=count('m') {
        let _ = write!(reply, ",\\\"m{n}\\\":{{\\\"quotes\\\":[],\\\"held\\\":false}}");
    }
    reply += ",\\\"clarity\\\":\\\"clear\\\",\\\"feedback\\\":[{\\\"point\\\":\\\"p1\\\",\\\"text\\\":\\\"Say more.\\\"}]}";
    format!(
        "{{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"mock\",\"choices\":[{{\"index\":0,\"finish_reason\":\"stop\",\"message\":{{\"role\":\"assistant\",\"content\":\"{reply}\"}}}}],\"usage\":{{\"prompt_tokens\":{},\"completion_tokens\":200,\"total_tokens\":0}}}}",
        body.len() / 4
    )
}
