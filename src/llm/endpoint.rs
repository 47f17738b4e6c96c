//! One endpoint: sends, waits, adapts and remembers.
//!
//! [`Endpoint::chat`] is the loop around the pure parts: [`super::wire`] builds
//! and reads, [`super::classify`] sorts, [`super::call`] decides, and here it is
//! done. Nothing is printed or logged; what a record needs is in the reply.
//! Invariant: every error that leaves has been scrubbed of the key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::address::Address;
use super::advice::advice;
use super::call::{Around, Call, Step, in_words};
use super::capability::{Capabilities, Capability, Rung};
use super::classify;
use super::clock::Clock;
use super::error::{CallError, Class, Fault, Kind, SetupError};
use super::gate::Gate;
use super::hint::hint;
use super::http::{Response, Transport};
use super::profile::Profile;
use super::retry::{Jitter, RetryBudget};
use super::secret::{Secret, clean};
use super::wire::{self, ChatRequest, Completion, ErrorBody, Finish, Usage};

/// Fields of the request that `extra_body` may not touch.
const OURS: [&str; 2] = ["messages", "stream"];

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

/// The reply to one chat request, with what a record of it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatReply {
    /// What the model wrote, reasoning apart; not parsed, not validated.
    pub text: String,
    /// How the shape of the reply was asked for.
    pub rung: Rung,
    /// The model that the server says it used.
    pub model: Option<String>,
    /// Tokens over all requests of this call.
    pub usage: Usage,
    /// Why the model stopped.
    pub finish: Finish,
    /// Whether the text stood where reasoning belongs, the content being blank.
    pub from_reasoning: bool,
    /// Requests sent for this call.
    pub calls: u32,
    /// Of these, the requests that may have cost tokens which nobody reported: timed out, cut
    /// off, or answered without usage.
    pub unreported: u32,
    /// From sending the last request to its last byte.
    pub latency: Duration,
    /// The request as sent, without its messages.
    pub parameters: Value,
    /// Name of the endpoint.
    pub endpoint: String,
}

/// A server of chat completions, and all that is known about it.
pub struct Endpoint {
    profile: Profile,
    address: Address,
    transport: Transport,
    key: Option<Secret>,
    capabilities: Arc<dyn Capabilities>,
    options: Options,
    gate: Gate,
    jitter: Jitter,
    budget: RetryBudget,
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
    body: Value,
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
        check(&profile)?;
        let address = Address::of(&profile)?;
        if key.is_some() {
            address.check_key(&profile.auth)?;
        }
        Ok(Self {
            transport: Transport::new(&profile, &address, key.as_ref())?,
            jitter: Jitter::seeded(options.seed),
            gate: Gate::default(),
            budget: RetryBudget::default(),
            proven: AtomicBool::new(false),
            profile,
            address,
            key,
            capabilities,
            options,
        })
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
        let mut spent = Spent::default();
        if self.profile.model.is_empty() {
            let class = Class::RunFatal { resumable: false };
            let fault = Fault::new(class, Kind::ModelNotFound, "no model is set");
            return Err(self.error(fault, spent));
        }
        self.budget.earn();
        let mut call =
            Call::new(self.capability(), request.max_output_tokens, self.options.patience);
        loop {
            if let Err(fault) = self.pass_gate(&mut call).await {
                return Err(self.error(fault, spent));
            }
            let fault = match self.attempt(request, &call, &mut spent).await {
                Ok(answered) => return Ok(self.reply(answered, &call, spent)),
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
            Ok(response) if response.is_success() => model_names(&response.body),
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
        let known = self.capabilities.load(&Capability::key(&self.profile));
        known.unwrap_or_else(|| Capability::promised(&self.profile))
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

    /// Sends once and sorts what comes back.
    async fn attempt(
        &self,
        request: &ChatRequest,
        call: &Call,
        spent: &mut Spent,
    ) -> Result<Answered, Fault> {
        let body = wire::body(&self.profile, &call.capability, request, call.max_tokens);
        let begun = self.options.clock.elapsed();
        let exchange = self.transport.post(&self.address.chat, body.to_string().into()).await;
        let latency = self.options.clock.elapsed().saturating_sub(begun);
        spent.calls += exchange.calls;
        spent.unreported += exchange.lost;
        let response = exchange.outcome.map_err(classify::broken)?;
        let (read, usage) = if response.is_success() {
            wire::read_success(&response.body, &self.profile)
        } else {
            (Err(ErrorBody::of_failure(&response.body)), Usage::default())
        };
        spent.usage += usage;
        spent.unreported += u32::from(response.is_success() && usage == Usage::default());
        let reading = read.map_err(|error| self.refused(&response, error))?;
        let completion = classify::success(reading)?;
        Ok(Answered { completion, body, latency })
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
            pay: &|| self.budget.spend(),
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
        }
        let Answered { completion, body, latency } = answered;
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
            parameters: wire::without_messages(body),
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

fn check(profile: &Profile) -> Result<(), SetupError> {
    let refuse = |field, reason: String| {
        Err(SetupError::Field { endpoint: profile.name.clone(), field, reason })
    };
    if let Some(name) = OURS.iter().find(|name| profile.extra_body.contains_key(**name)) {
        return refuse("extra_body", format!("sets `{name}`, which this program sets itself"));
    }
    let timeouts = profile.timeouts;
    if [timeouts.connect, timeouts.read, timeouts.total].contains(&0) {
        return refuse("timeouts", "must be 1 second or more each".into());
    }
    Ok(())
}

/// The ids in any list of models that servers are known to send.
fn model_names(body: &[u8]) -> Result<Vec<String>, Fault> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut lists = [value.get("data"), value.get("models"), Some(&value)].into_iter().flatten();
    let models = lists.find_map(Value::as_array).ok_or_else(|| {
        Fault::new(Class::ItemFinal, Kind::InvalidBody, "the reply is not a list of models")
    })?;
    let name = |model: &Value| {
        let names = ["id", "name", "model"].iter().find_map(|field| model[*field].as_str());
        names.map(str::to_owned)
    };
    Ok(models.iter().filter_map(name).collect())
}
