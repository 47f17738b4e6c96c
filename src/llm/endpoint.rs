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

use serde_json::Value;

use super::address::Address;
use super::advice::advice;
use super::budget::{Budget, Caps, Reservation};
use super::call::{Around, Call, Step, in_words};
use super::capability::{Capabilities, Capability, Rung};
use super::classify;
use super::clock::Clock;
use super::error::{CallError, Class, Fault, Kind, SetupError};
use super::gate::Gate;
use super::hint::hint;
use super::http::{Response, Transport};
use super::limit::{Limiter, Pressure, Window};
use super::place::Place;
use super::profile::{self, Profile};
use super::reply::ChatReply;
use super::retry::{Jitter, RetryBudget};
use super::secret::{Secret, clean};
use super::wire::{self, ChatRequest, Completion, ErrorBody, Template, Usage};

/// What the caller decides about waiting.
#[derive(Clone)]
pub struct Options {
    /// Longest time that one call may spend waiting, in all: for Retry-After and between retries.
    pub patience: Duration,
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
    gate: Gate,
    jitter: Jitter,
    retries: RetryBudget,
    /// For many calls at once; a single caller needs none.
    limiter: Option<Limiter>,
    budget: Option<Budget>,
    /// Whether it has ever given a usable reply.
    proven: AtomicBool,
}

/// What one call has cost so far.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    calls: u32,
    unreported: u32,
    usage: Usage,
}

/// A usable reply, with what was sent for it.
struct Answered {
    completion: Completion,
    parameters: Arc<Value>,
    latency: Duration,
}

/// Bytes of a request that make about one token, for limits of tokens a minute.
const BYTES_PER_TOKEN: u64 = 4;

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
            gate: Gate::default(),
            retries: RetryBudget::default(),
            limiter: None,
            budget: None,
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
        self.limiter = Some(Limiter::new(most, self.profile.limits));
        self.budget = Budget::new(caps, self.profile.price);
        self
    }

    /// How hard it is being worked; nothing for a single caller.
    pub fn pressure(&self) -> Pressure {
        self.limiter.as_ref().map(Limiter::pressure).unwrap_or_default()
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
        if self.limiter.is_some() {
            call.govern();
        }
        loop {
            let common = template.common(&self.profile, &call.capability, call.max_tokens);
            let body = common.with(tail);
            let place = match self.place(&mut call, body.len()).await {
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

    /// Waits while the server has asked everybody to wait.
    async fn pass_gate(&self, call: &mut Call) -> Result<(), Fault> {
        loop {
            let left = self.gate.left(self.options.clock.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            if left > call.patience {
                let message =
                    format!("the server asked all callers to wait; {} are left", in_words(left));
                return Err(
                    Fault::new(Class::Retryable, Kind::RateLimited, message).with_hint(Some(left))
                );
            }
            call.patience -= left;
            self.options.clock.sleep(left).await;
        }
    }

    /// Waits for a place among the requests in flight and takes what the request may cost out
    /// of the budget, where there are limits.
    async fn place(&self, call: &mut Call, bytes: usize) -> Result<Place<'_>, Fault> {
        let tokens = bytes as u64 / BYTES_PER_TOKEN + u64::from(call.max_tokens);
        let slot = loop {
            self.pass_gate(call).await?;
            let Some(limiter) = &self.limiter else { break None };
            let slot = limiter.admit(&*self.options.clock, tokens).await;
            // It may have closed while this call stood in line.
            if self.gate.left(self.options.clock.elapsed()).is_zero() {
                break Some(slot);
            }
        };
        let Some(budget) = &self.budget else { return Ok(Place { slot, reservation: None }) };
        let class = Class::RunFatal { resumable: true };
        let reserved = budget.reserve(bytes, call.max_tokens).await;
        let reservation = Some(reserved.map_err(|spent| Fault::new(class, Kind::Budget, spent))?);
        Ok(Place { slot, reservation })
    }

    /// Sends once and sorts what comes back.
    async fn attempt(
        &self,
        body: Vec<u8>,
        place: Place<'_>,
        spent: &mut Spent,
    ) -> Result<(Completion, Duration), Fault> {
        let begun = self.options.clock.elapsed();
        let again = || place.reservation.as_ref().is_none_or(Reservation::again);
        let exchange = self.transport.post(&self.address.chat, body, &again).await;
        let now = self.options.clock.elapsed();
        spent.calls += exchange.calls;
        spent.unreported += exchange.lost;
        let response = match exchange.outcome {
            Ok(response) => response,
            Err(broken) => {
                place.broken(broken.was_sent());
                return Err(classify::broken(broken));
            }
        };
        let (read, usage) = if response.is_success() {
            wire::read_success(&response.body, &self.profile)
        } else {
            (Err(ErrorBody::of_failure(&response.body)), Usage::default())
        };
        spent.usage += usage;
        let silent = response.is_success() && usage == Usage::default();
        spent.unreported += u32::from(silent);
        let window = Window::of(&response.headers, self.options.clock.now());
        let result =
            read.map_err(|error| self.refused(&response, error)).and_then(classify::success);
        place.over(now, window, (!silent).then_some(usage), result.as_ref().err());
        Ok((result?, now.saturating_sub(begun)))
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
            Step::Wait { span, gate } => {
                let clock = &self.options.clock;
                if let Some(span) = gate {
                    self.gate.close(clock.elapsed(), span);
                }
                clock.sleep(span).await;
                Ok(())
            }
            Step::Stop(fault) => {
                // A wait too long for this call is still to be respected by the others.
                if let (Class::Retryable, Some(span)) = (&fault.class, fault.retry_after) {
                    self.gate.close(self.options.clock.elapsed(), span);
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
        CallError {
            class: fault.class,
            kind: fault.kind,
            message: clean(&fault.message, self.key.as_ref()),
            advice: advice(fault.kind, &self.profile, self.key.is_some()),
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
