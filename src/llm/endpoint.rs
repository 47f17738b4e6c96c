//! One endpoint: sends, waits, adapts and remembers.
//!
//! [`Endpoint::chat`] is the loop around the pure parts: [`super::wire`] builds
//! and reads, [`super::classify`] sorts, [`super::call`] decides, and here it is
//! done. Nothing is printed or logged; what a record needs is in the reply.
//! Invariant: every error that leaves has been scrubbed of the key.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::address::Address;
use super::advice::advice;
use super::budget::{Budget, Caps, Reservation};
use super::call::{Around, Call, Step};
use super::capability::{Capabilities, Capability, Rung};
use super::classify;
use super::clock::Clock;
use super::error::{CallError, Class, Fault, Kind, SetupError};
use super::hint::hint;
use super::http::{Response, Transport};
use super::limit::{Limiter, Pressure, Window};
use super::place::{Entrance, Place};
use super::profile::{self, Profile};
use super::reply::ChatReply;
use super::retry::{Jitter, RetryBudget};
use super::secret::{KeySource, Secret, clean};
use super::spent::{Ledger, Spent};
use super::wire::{self, ChatRequest, Completion, ErrorBody, Template, Usage};

/// What the caller decides about waiting.
#[derive(Clone)]
pub struct Options {
    /// Longest time that one call may spend waiting, in all: for Retry-After and between retries.
    pub patience: Duration,
    /// Where the key is from, or would be.
    pub key: KeySource,
    /// Seed of the jitter.
    pub seed: u64,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

/// A server of chat completions, and all that is known about it.
pub struct Endpoint {
    profile: Profile,
    address: Address,
    transport: Transport,
    key: Option<Secret>,
    capabilities: Arc<dyn Capabilities>,
    /// What was loaded or learnt last, so that a call does not ask again.
    found: Mutex<Option<Capability>>,
    options: Options,
    jitter: Jitter,
    retries: RetryBudget,
    entrance: Entrance,
    ledger: Ledger,
    /// Whether it has ever given a usable reply.
    proven: AtomicBool,
}

/// A usable reply, with what was sent for it.
struct Answered {
    completion: Completion,
    parameters: Arc<Value>,
    latency: Duration,
}

impl Endpoint {
    /// Sets up an endpoint without sending anything.
    ///
    /// # Errors
    /// When the profile cannot be used, or a key would travel over plain http to another machine.
    pub fn new(
        profile: Profile,
        key: Option<Secret>,
        capabilities: Arc<dyn Capabilities>,
        options: Options,
    ) -> Result<Self, SetupError> {
        profile::check(&profile)?;
        let address = Address::of(&profile)?;
        if key.is_some() {
            address.check_key(&profile.auth)?;
        }
        Ok(Self {
            transport: Transport::new(&profile, &address, key.as_ref())?,
            jitter: Jitter::seeded(options.seed),
            found: Mutex::new(None),
            retries: RetryBudget::default(),
            entrance: Entrance::new(Arc::clone(&options.clock)),
            ledger: Ledger::default(),
            proven: AtomicBool::new(false),
            profile,
            address,
            key,
            capabilities,
            options,
        })
    }

    /// Makes it ready for many calls at once: at most `most` in flight, fewer and more slowly as
    /// the server wants it, and never beyond the caps.
    #[must_use]
    pub fn for_many(mut self, most: u32, caps: Caps) -> Self {
        let limiter = Limiter::new(most, self.profile.limits);
        self.entrance.limit(limiter, Budget::new(caps, self.profile.price));
        self
    }

    /// Sends nothing more: what is in flight may end, every other call fails at once.
    pub fn close(&self) {
        self.entrance.close();
    }

    /// How hard it is being worked; nothing for a single caller.
    pub fn pressure(&self) -> Pressure {
        self.entrance.pressure()
    }

    /// What all requests so far have cost, those of failed calls included.
    pub fn spent(&self) -> Spent {
        self.ledger.spent()
    }

    /// The profile, as resolved.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The model as it is asked for.
    pub fn model(&self) -> &str {
        &self.profile.model
    }

    /// The rung of structured output in use, as far as it is known by now.
    pub fn rung(&self) -> Rung {
        self.capability().rung
    }

    /// Whether what is asked travels unencrypted to another machine; a key never does.
    pub fn is_plaintext(&self) -> bool {
        self.address.chat.scheme() == "http" && !self.address.loopback
    }

    /// Asks the model, and sees the request through rate limits, stalls and refused parameters.
    ///
    /// # Errors
    /// When no usable reply can be had within the patience; the error says who has to act.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, CallError> {
        self.ask(&Template::new(request.clone()), "").await
    }

    /// Asks what a template says, with `tail` at the end of the user message; otherwise as
    /// [`Endpoint::chat`]. What a template has in common over many calls is made once.
    ///
    /// # Errors
    /// As [`Endpoint::chat`].
    pub async fn ask(&self, template: &Template, tail: &str) -> Result<ChatReply, CallError> {
        let mut spent = Spent::default();
        if self.profile.model.is_empty() {
            let class = Class::RunFatal { resumable: false };
            let fault = Fault::new(class, Kind::ModelNotFound, "no model is set");
            return Err(self.error(fault, spent));
        }
        self.retries.earn();
        let limit = template.max_output_tokens();
        let mut call = Call::new(self.capability(), limit, self.options.patience);
        if self.entrance.is_limited() {
            call.govern();
        }
        loop {
            let common = template.common(&self.profile, &call.capability, call.max_tokens);
            let body = common.with(tail);
            let place = match self.entrance.place(&mut call, body.len()).await {
                Ok(place) => place,
                Err(fault) => return Err(self.error(fault, spent)),
            };
            let fault = match self.attempt(body, place, &mut spent).await {
                Ok((completion, latency)) => {
                    let parameters = Arc::clone(common.parameters());
                    let answered = Answered { completion, parameters, latency };
                    return Ok(self.reply(answered, &call, spent));
                }
                Err(fault) => fault,
            };
            if let Err(fault) = self.recover(&mut call, fault).await {
                return Err(self.error(fault, spent));
            }
        }
    }

    /// The models that the server offers, by one `GET {base_url}/models` without retries.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or sends no list.
    pub async fn models(&self) -> Result<Vec<String>, CallError> {
        let exchange = self.transport.get(&self.address.models).await;
        let spent = Spent { calls: exchange.calls, ..Spent::default() };
        let listed = match exchange.outcome.map_err(classify::broken) {
            Ok(response) if response.is_success() => classify::models(&response.body),
            Ok(response) => Err(self.refused(&response, ErrorBody::of_failure(&response.body))),
            Err(fault) => Err(fault),
        };
        listed.map_err(|fault| self.error(fault, spent))
    }

    /// The URL and body that [`Endpoint::chat`] would send first. The key is in neither.
    pub fn request_body(&self, request: &ChatRequest) -> (String, Value) {
        let body =
            wire::body(&self.profile, &self.capability(), request, request.max_output_tokens);
        (self.address.chat.to_string(), body)
    }

    fn capability(&self) -> Capability {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || {
            let known = self.capabilities.load(&Capability::key(&self.profile));
            known.unwrap_or_else(|| Capability::promised(&self.profile))
        };
        found.get_or_insert_with(load).clone()
    }

    /// Sends once and sorts what comes back.
    async fn attempt(
        &self,
        body: Bytes,
        place: Place<'_>,
        spent: &mut Spent,
    ) -> Result<(Completion, Duration), Fault> {
        let begun = self.options.clock.elapsed();
        self.ledger.sent();
        let again = || place.reservation.as_ref().is_none_or(Reservation::again);
        let exchange = self.transport.post(&self.address.chat, body, &again).await;
        let now = self.options.clock.elapsed();
        let mut sent =
            Spent { calls: exchange.calls, unreported: exchange.lost, ..Spent::default() };
        let result = match exchange.outcome {
            Ok(response) => self.read(&response, place, now, &mut sent),
            Err(broken) => {
                place.broken(now, &broken);
                Err(classify::broken(broken))
            }
        };
        self.ledger.ended(sent);
        *spent += sent;
        Ok((result?, now.saturating_sub(begun)))
    }

    /// Reads a response and gives back what its request held.
    fn read(
        &self,
        response: &Response,
        place: Place<'_>,
        now: Duration,
        sent: &mut Spent,
    ) -> Result<Completion, Fault> {
        let (read, usage) = if response.is_success() {
            wire::read_success(&response.body, &self.profile)
        } else {
            (Err(ErrorBody::of_failure(&response.body)), Usage::default())
        };
        sent.usage = usage;
        let silent = response.is_success() && usage == Usage::default();
        sent.unreported += u32::from(silent);
        let window = Window::of(&response.headers, self.options.clock.now());
        let result =
            read.map_err(|error| self.refused(response, error)).and_then(classify::success);
        place.over(now, window, (!silent).then_some(usage), result.as_ref().err());
        result
    }

    /// Sorts an error response, by status, headers and body together.
    fn refused(&self, response: &Response, error: ErrorBody) -> Fault {
        let location = response.headers.get(reqwest::header::LOCATION);
        let error = match location.filter(|_| (300..400).contains(&response.status)) {
            Some(to) => ErrorBody::of_redirect(&String::from_utf8_lossy(to.as_bytes())),
            None => error,
        };
        let text = format!("{} {}", error.message, error.detail);
        let asked = hint(&response.headers, &text, self.options.clock.now());
        let extra: Vec<String> = self.profile.extra_body.keys().cloned().collect();
        classify::response(response.status, &error, asked, &extra)
    }

    /// Does what the call decides after a failure; an error when it gives up.
    async fn recover(&self, call: &mut Call, fault: Fault) -> Result<(), Fault> {
        let around = Around {
            proven: self.proven.load(Ordering::Relaxed),
            jitter: self.jitter.next(),
            pay: &|| self.retries.spend(),
        };
        match call.after(fault, &around) {
            Step::Resend => Ok(()),
            Step::Wait { span, gate } => self.entrance.wait(span, gate).await,
            Step::Stop(fault) => {
                // A wait too long for this call is still to be respected by the others.
                if let (Class::Retryable, Some(span)) = (&fault.class, fault.retry_after) {
                    self.entrance.shut(span);
                }
                Err(fault)
            }
        }
    }

    fn reply(&self, answered: Answered, call: &Call, spent: Spent) -> ChatReply {
        self.proven.store(true, Ordering::Relaxed);
        if call.learnt {
            self.capabilities.save(&Capability::key(&self.profile), call.findings());
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            *found = Some(call.findings().clone());
        }
        let Answered { completion, parameters, latency } = answered;
        let (model, finish) = (completion.model.clone(), completion.finish.clone());
        let (text, from_reasoning) = completion.into_text();
        ChatReply {
            text,
            rung: call.capability.rung,
            model,
            usage: spent.usage,
            finish,
            from_reasoning,
            calls: spent.calls,
            unreported: spent.unreported,
            latency,
            parameters,
            endpoint: self.profile.name.clone(),
        }
    }

    /// The one way out for errors: scrubbed, and with advice.
    fn error(&self, fault: Fault, spent: Spent) -> CallError {
        let [advice, advice_zh] = advice(fault.kind, &self.profile, &self.options.key);
        CallError {
            class: fault.class,
            kind: fault.kind,
            message: clean(&fault.message, self.key.as_ref()),
            advice,
            advice_zh,
            retry_after: fault.retry_after,
            calls: spent.calls,
            unreported: spent.unreported,
            usage: spent.usage,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.profile.name)
            .field("url", &self.address.chat.as_str())
            .field("model", &self.profile.model)
            .finish_non_exhaustive()
    }
}
