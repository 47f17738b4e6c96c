//! One HTTP exchange: bounded in time and size, with the key bound to its origin.
//!
//! HTTP/1.1 only (with HTTP/2 one connection would carry, and stall, all
//! calls), no redirects, every timeout set. A body ends by itself, by the cap or
//! by the total timeout. What a response means is not judged here. The usual
//! proxy variables are honoured by the library below, but not for loopback.
//! Invariant: the key header is only ever put on a request to its own origin.

use std::error::Error;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, Request, Url, redirect, retry};

use super::address::Address;
use super::error::{Reach, SetupError};
use super::profile::{Auth, Profile, Timeouts};
use super::secret::Secret;

/// Largest body that is read of a reply, and of an error.
const MAX_REPLY: usize = 4 << 20;
const MAX_ERROR: usize = 64 << 10;

/// How long an idle connection is kept: below what servers themselves keep (uvicorn and Node: 5 s).
const IDLE_LOCAL: Duration = Duration::from_secs(4);
const IDLE_HOSTED: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(15);

/// What came back, as it came.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why nothing usable came back; the texts are not scrubbed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    Unreachable(Reach, String),
    Lost(String),
    TimedOut(String),
    TooLarge(String),
}

impl Broken {
    /// Whether the server may have worked on the request nevertheless.
    pub(crate) fn was_sent(&self) -> bool {
        !matches!(self, Self::Unreachable(..))
    }
}

/// The outcome of one exchange.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Requests it took, those that were lost included.
    pub(crate) calls: u32,
    /// Requests whose fate is not known: lost, cut off or timed out after sending.
    pub(crate) lost: u32,
    pub(crate) outcome: Result<Response, Broken>,
}

impl Sent {
    /// One more attempt, after `before` that were lost.
    fn after(before: u32, outcome: Result<Response, Broken>) -> Self {
        let lost = before + u32::from(outcome.as_ref().is_err_and(Broken::was_sent));
        Self { calls: before + 1, lost, outcome }
    }
}

/// Sends requests to one origin.
pub(crate) struct Transport {
    pooled: Client,
    /// Keeps no connection; made when a pooled connection first turns out to be dead.
    fresh: OnceLock<Client>,
    /// Whether a connection may stand in the pool.
    used: AtomicBool,
    settings: Settings,
    key: Option<(HeaderName, HeaderValue)>,
    origin: Url,
}

/// What both clients have in common.
#[derive(Debug, Clone, Copy)]
struct Settings {
    timeouts: Timeouts,
    idle: Duration,
    loopback: bool,
    /// Whether nothing is ever encrypted: no TLS to the server, and no proxy between.
    plain: bool,
}

impl Transport {
    pub(crate) fn new(
        profile: &Profile,
        address: &Address,
        key: Option<&Secret>,
    ) -> Result<Self, SetupError> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let near = profile.local || address.loopback;
        let settings = Settings {
            timeouts: profile.timeouts,
            idle: if near { IDLE_LOCAL } else { IDLE_HOSTED },
            loopback: address.loopback,
            plain: address.loopback && address.chat.scheme() == "http",
        };
        Ok(Self {
            pooled: settings.client(None)?,
            fresh: OnceLock::new(),
            used: AtomicBool::new(false),
            settings,
            key: key.and_then(|key| key_header(&profile.auth, key)),
            origin: address.chat.clone(),
        })
    }

    /// Posts JSON and reads the reply. `again` allows a second request when a pooled connection
    /// turns out to be dead.
    pub(crate) async fn post(
        &self,
        url: &Url,
        body: Bytes,
        again: &(dyn Fn() -> bool + Sync),
    ) -> Sent {
        let request = || {
            let mut request = self.request(Method::POST, url);
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.clone().into());
            request
        };
        self.exchange(&request, again).await
    }

    /// Gets a resource of the same origin.
    pub(crate) async fn get(&self, url: &Url) -> Sent {
        self.exchange(&|| self.request(Method::GET, url), &|| true).await
    }

    /// One request, and once more on a fresh connection when a pooled one turned out to be dead.
    async fn exchange(
        &self,
        request: &(dyn Fn() -> Request + Sync),
        again: &(dyn Fn() -> bool + Sync),
    ) -> Sent {
        let pooled = self.used.load(Ordering::Relaxed);
        let outcome = attempt(&self.pooled, request()).await;
        if pooled
            && matches!(outcome, Err(Broken::Lost(_)))
            && let Some(fresh) = self.fresh()
            && again()
        {
            return Sent::after(1, attempt(fresh, request()).await);
        }
        self.used.fetch_or(outcome.is_ok(), Ordering::Relaxed);
        Sent::after(0, outcome)
    }

    fn fresh(&self) -> Option<&Client> {
        if self.fresh.get().is_none() {
            // Another caller may have been faster; either client will do.
            let _ = self.fresh.set(self.settings.client(Some(0)).ok()?);
        }
        self.fresh.get()
    }

    fn request(&self, method: Method, url: &Url) -> Request {
        let mut request = Request::new(method, url.clone());
        if let Some((name, value)) =
            self.key.as_ref().filter(|_| url.origin() == self.origin.origin())
        {
            request.headers_mut().insert(name, value.clone());
        }
        request
    }
}

impl Settings {
    fn client(self, idle_connections: Option<usize>) -> Result<Client, SetupError> {
        let mut builder = ClientBuilder::new()
            .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .connect_timeout(self.timeouts.connect())
            .read_timeout(self.timeouts.read())
            .timeout(self.timeouts.total())
            .tcp_keepalive(KEEPALIVE)
            .pool_idle_timeout(self.idle);
        if let Some(most) = idle_connections {
            builder = builder.pool_max_idle_per_host(most);
        }
        if self.loopback {
            builder = builder.no_proxy();
        }
        if self.plain {
            // Reading the system's certificates takes longer than a start should.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| SetupError::Client(chain(&error)))
    }
}

fn key_header(auth: &Auth, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    match auth {
        Auth::Bearer => Some((reqwest::header::AUTHORIZATION, key.header("Bearer "))),
        Auth::ApiKey => Some((HeaderName::from_static("api-key"), key.header(""))),
        Auth::Header(name) => Some((HeaderName::from_bytes(name.as_bytes()).ok()?, key.header(""))),
        Auth::None => None,
    }
}

async fn attempt(client: &Client, request: Request) -> Result<Response, Broken> {
    let mut response = client.execute(request).await.map_err(|error| sort(error, false))?;
    let status = response.status().as_u16();
    let success = response.status().is_success();
    let headers = std::mem::take(response.headers_mut());
    let body = match read(&mut response, if success { MAX_REPLY } else { MAX_ERROR }).await {
        (body, None) => body,
        // An error is judged by its status; how its body ended does not matter.
        (partial, Some(_)) if !success => partial,
        (_, Some(broken)) => return Err(broken),
    };
    Ok(Response { status, headers, body })
}

/// Reads chunk by chunk, so that a body without end is cut at `cap` and not in memory.
async fn read(response: &mut reqwest::Response, cap: usize) -> (Bytes, Option<Broken>) {
    // Nearly every body comes in one chunk, which need not be copied.
    let mut first = Bytes::new();
    let mut body = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if first.len().max(body.len()) + chunk.len() > cap => {
                let message = format!("the reply is larger than {} KiB", cap >> 10);
                break Some(Broken::TooLarge(message));
            }
            Ok(Some(chunk)) if first.is_empty() => first = chunk,
            Ok(Some(chunk)) => {
                if body.is_empty() {
                    body.extend_from_slice(&first);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break None,
            Err(error) => break Some(sort(error, true)),
        }
    };
    (if body.is_empty() { first } else { body.into() }, broken)
}

/// What a failure of the HTTP client means. A connect timeout counts as unreachable.
fn sort(error: reqwest::Error, answered: bool) -> Broken {
    let error = error.without_url();
    let said = chain(&error);
    let message = if speaks_no_tls(&error) {
        format!("the server does not speak https, try http:// in base_url ({said})")
    } else {
        said
    };
    if error.is_connect() && !answered {
        return Broken::Unreachable(reach(&error), message);
    }
    if error.is_timeout() { Broken::TimedOut(message) } else { Broken::Lost(message) }
}

/// Whether what came was no TLS at all, as from a server that speaks plain http.
fn speaks_no_tls(error: &reqwest::Error) -> bool {
    use rustls::{Error, InvalidMessage};
    let plain = Error::InvalidMessage(InvalidMessage::InvalidContentType);
    causes(error).any(|cause| cause.downcast_ref::<Error>() == Some(&plain))
}

fn reach(error: &reqwest::Error) -> Reach {
    let refused = causes(error).any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
    });
    match (error.is_dns(), refused) {
        (true, _) => Reach::Dns,
        (_, true) => Reach::Refused,
        _ if causes(error).any(<dyn Error>::is::<rustls::Error>) => Reach::Tls,
        _ => Reach::Other,
    }
}

/// An error and all its causes. Errors inside an [`io::Error`] are no `source` of it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => cause.source(),
    })
}

/// The causes of an error in one line, each said once; the outer layers of the HTTP client, which
/// say nothing of their own, only where there is nothing else.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = String::new();
    let outer = |cause: &dyn Error| cause.to_string().starts_with("client error (");
    for cause in causes(error).filter(|cause| !cause.is::<reqwest::Error>() && !outer(*cause)) {
        let cause = cause.to_string();
        if !line.contains(&cause) {
            let between = if line.is_empty() { "" } else { ": " };
            line = format!("{line}{between}{cause}");
        }
    }
    if line.is_empty() { error.to_string() } else { line }
}
