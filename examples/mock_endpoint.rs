//! A chat completions endpoint that costs next to nothing: for measurements.
//!
//! Replies in the form that the schema of a request asks for: to grade, it counts
//! the points there, echoes the nonce and quotes the answer; to draft points, it
//! makes as many as must be of the reference's words. What it can be told to
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
use hyper::header::HeaderName;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// Tokens that a reply claims to have cost.
const REPLY_TOKENS: u64 = 200;

/// A chat completions endpoint for measurements.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// Port on loopback
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Time that a reply takes, in milliseconds
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// Requests in flight beyond which it refuses
    #[arg(long)]
    slots: Option<u64>,
    /// Requests in a window beyond which it refuses
    #[arg(long)]
    rpm: Option<u32>,
    /// Tokens in a window beyond which it refuses
    #[arg(long)]
    tpm: Option<u32>,
    /// Length of a window, in seconds
    #[arg(long, default_value_t = 60)]
    window: u64,
    /// What a window is
    #[arg(long, value_enum, default_value_t = Windows::Sliding)]
    windows: Windows,
    /// Says in headers and words what the limits are
    #[arg(long)]
    helpful: bool,
    /// Refuses with status 200 and words in the body, as some gateways do
    #[arg(long)]
    by_body: bool,
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

/// What a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Windows {
    /// Any span of that length.
    Sliding,
    /// One after the other.
    Fixed,
    /// A bucket that fills evenly and holds one window's worth.
    Bucket,
}

/// What is counted, and what the limits look at.
#[derive(Default)]
struct Shared {
    requests: AtomicU64,
    refused: AtomicU64,
    tokens: AtomicU64,
    in_flight: AtomicU64,
    meters: Mutex<Vec<Meter>>,
}

/// What is left of a limit on requests or tokens.
struct Meter {
    of: &'static str,
    most: f64,
    windows: Windows,
    window: Duration,
    used: f64,
    /// Since when a fixed window lasts, or when a bucket was last filled.
    since: Instant,
    recent: VecDeque<(Instant, f64)>,
}

impl Meter {
    fn new(of: &'static str, most: Option<u32>, options: &Options) -> Option<Self> {
        Some(Self {
            of,
            most: most?.into(),
            windows: options.windows,
            window: Duration::from_secs(options.window),
            used: 0.0,
            since: Instant::now(),
            recent: VecDeque::new(),
        })
    }

    /// Lets go what no longer counts.
    fn pass(&mut self, now: Instant) {
        match self.windows {
            Windows::Sliding => {
                while let Some((at, amount)) = self.recent.front().copied()
                    && now - at >= self.window
                {
                    self.recent.pop_front();
                    self.used -= amount;
                }
            }
            Windows::Fixed => {
                while now - self.since >= self.window {
                    self.since += self.window;
                    self.used = 0.0;
                }
            }
            Windows::Bucket => {
                let filled = (now - self.since).as_secs_f64() / self.window.as_secs_f64();
                self.used = (self.used - filled * self.most).max(0.0);
                self.since = now;
            }
        }
    }

    fn take(&mut self, now: Instant, amount: f64) {
        self.used += amount;
        if self.windows == Windows::Sliding {
            self.recent.push_back((now, amount));
        }
    }

    /// When there is more, or, as its servers say it, when a bucket is full again.
    fn reset(&self, now: Instant) -> Duration {
        match self.windows {
            Windows::Sliding => {
                self.recent.front().map_or(Duration::ZERO, |(at, _)| *at + self.window - now)
            }
            Windows::Fixed => self.since + self.window - now,
            Windows::Bucket => self.window.mul_f64(self.used / self.most),
        }
    }

    /// How long until so much fits.
    fn wait(&self, now: Instant, amount: f64) -> Duration {
        match self.windows {
            Windows::Bucket => {
                self.window.mul_f64((self.used + amount - self.most).max(0.0) / self.most)
            }
            _ => self.reset(now),
        }
    }
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
    let meters = [("requests", options.rpm), ("tokens", options.tpm)];
    let meters = meters.into_iter().filter_map(|(of, most)| Meter::new(of, most, &options));
    let shared = Shared { meters: Mutex::new(meters.collect()), ..Shared::default() };
    let (options, shared) = (Arc::new(options), Arc::new(shared));
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
    let mut before = [0; 3];
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let counts = [&shared.requests, &shared.refused, &shared.tokens];
        let now = counts.map(|count| count.load(Ordering::Relaxed));
        let [requests, refused, tokens] = std::array::from_fn(|n| now[n] - before[n]);
        eprintln!("{requests} requests, {refused} refused, {tokens} tokens");
        before = now;
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
        let tokens = body.len() as u64 / 4 + REPLY_TOKENS;
        if let Some(refusal) = refusal(options, shared, flying, tokens) {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            return Ok(refusal);
        }
        shared.tokens.fetch_add(tokens, Ordering::Relaxed);
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
        let mut response = Response::new(Full::new(reply.into()));
        tell(options, shared, &mut response);
        Ok(response)
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
    let status = if options.by_body { 200 } else { 429 };
    if options.slots.is_some_and(|slots| flying > slots) {
        let words = "too many concurrent requests";
        return Some(error(status, if options.helpful { words } else { "too many requests" }));
    }
    let (now, mut wait) = (Instant::now(), None);
    let mut meters = shared.meters.lock().unwrap_or_else(PoisonError::into_inner);
    let amount = |meter: &Meter| if meter.of == "tokens" { small(tokens) } else { 1.0 };
    for meter in &mut *meters {
        meter.pass(now);
        if meter.used + amount(meter) > meter.most {
            wait = wait.max(Some(meter.wait(now, amount(meter))));
        }
    }
    let Some(wait) = wait else {
        meters.iter_mut().for_each(|meter| meter.take(now, amount(meter)));
        return None;
    };
    drop(meters);
    if !options.helpful {
        return Some(error(status, "rate limit reached"));
    }
    let seconds = wait.as_secs() + 1;
    let words = format!("rate limit per min reached, try again in {seconds} seconds");
    let mut response = error(status, &words);
    if !options.by_body {
        response.headers_mut().insert("retry-after", seconds.into());
        tell(options, shared, &mut response);
    }
    Some(response)
}

/// Says in headers what is left.
fn tell(options: &Options, shared: &Shared, response: &mut Response<Full<Bytes>>) {
    if !options.helpful || options.by_body {
        return;
    }
    let now = Instant::now();
    for meter in &mut *shared.meters.lock().unwrap_or_else(PoisonError::into_inner) {
        meter.pass(now);
        let values = [
            ("limit", format!("{}", meter.most)),
            ("remaining", format!("{:.0}", (meter.most - meter.used).max(0.0).floor())),
            ("reset", format!("{:.3}s", meter.reset(now).as_secs_f64())),
        ];
        for (what, value) in values {
            let name = format!("x-ratelimit-{what}-{}", meter.of);
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                response.headers_mut().insert(name, value);
            }
        }
    }
}

fn small(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn error(status: u16, message: &str) -> Response<Full<Bytes>> {
    let body = format!("{{\"error\":{{\"message\":\"{message}\"}}}}");
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

/// A completion for a request, by what its schema asks for.
fn completion(body: &str) -> String {
    let reply = if body.contains("\"claim\":{") { drafted(body) } else { graded(body) };
    format!(
        "{{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"mock\",\"choices\":[{{\"index\":0,\"finish_reason\":\"stop\",\"message\":{{\"role\":\"assistant\",\"content\":\"{reply}\"}}}}],\"usage\":{{\"prompt_tokens\":{},\"completion_tokens\":{REPLY_TOKENS},\"total_tokens\":0}}}}",
        body.len() / 4
    )
}

/// Points of the reference's own words, the fewest that the schema allows.
fn drafted(body: &str) -> String {
    let least = body.split_once("\"minItems\":").map_or("", |(_, rest)| rest);
    let end = least.find(|c: char| !c.is_ascii_digit()).unwrap_or(least.len());
    let count: usize = least[..end].parse().unwrap_or(1);
    // A JSON string: what is escaped in it ends a word.
    let reference = body.split_once("# Reference\\n").map_or("", |(_, rest)| rest);
    let end = reference.find('"').unwrap_or(reference.len());
    let words: Vec<&str> = reference[..end].split([' ', '\\']).collect();
    let points = (1..=count).map(|n| {
        let share = words.len().div_ceil(count).max(1);
        let words = words.chunks(share).nth(n - 1).unwrap_or_default();
        let words = words[..words.len().min(20)].join(" ");
        format!("{{\\\"claim\\\":\\\"Point {n}: {words}\\\",\\\"tier\\\":\\\"must\\\"}}")
    });
    format!("{{\\\"points\\\":[{}]}}", points.collect::<Vec<_>>().join(","))
}

/// The points of a request, met with a quote of the answer.
fn graded(body: &str) -> String {
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
    reply
}
