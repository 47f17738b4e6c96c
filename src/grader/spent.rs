//! What gradings have cost: calls, tokens, time and, where prices are known, money.

use std::sync::Arc;

use serde_json::Value;

use crate::domain::Tokens;
use crate::llm::{CallError, ChatReply, Price, Usage};

/// What gradings have cost, retries and repairs included.
#[derive(Debug, Clone, Default)]
pub(super) struct Spent {
    pub(super) endpoint: Option<String>,
    pub(super) returned_model: Option<String>,
    pub(super) parameters: Arc<Value>,
    pub(super) calls: u32,
    pub(super) tokens: Tokens,
    pub(super) cost: Option<f64>,
    pub(super) latency_ms: u64,
}

impl Spent {
    pub(super) fn add_reply(&mut self, reply: &ChatReply) {
        self.returned_model = reply.model.clone().or(self.returned_model.take());
        self.parameters = Arc::clone(&reply.parameters);
        self.latency_ms += u64::try_from(reply.latency.as_millis()).unwrap_or(u64::MAX);
        self.add(reply.calls, &reply.usage);
    }

    pub(super) fn add_error(&mut self, error: &CallError) {
        self.add(error.calls, &error.usage);
    }

    fn add(&mut self, calls: u32, usage: &Usage) {
        self.calls += calls;
        self.tokens.input += usage.input;
        self.tokens.cached += usage.cached;
        self.tokens.output += usage.output;
    }

    /// What two gradings have cost together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            returned_model: other.returned_model.or(self.returned_model),
            calls: self.calls + other.calls,
            tokens: Tokens {
                input: self.tokens.input + other.tokens.input,
                cached: self.tokens.cached + other.tokens.cached,
                output: self.tokens.output + other.tokens.output,
            },
            latency_ms: self.latency_ms + other.latency_ms,
            ..self
        }
    }

    /// The cost in the profile's currency, when it names prices (per million tokens).
    pub(super) fn priced(mut self, price: &Price) -> Self {
        if price.is_known() {
            let Tokens { input, cached, output } = self.tokens;
            self.cost = Some(price.of(Usage { input, cached, output }));
        }
        self
    }
}
