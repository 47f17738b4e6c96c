//! The reply to a chat request, with what a record of it needs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::capability::Rung;
use super::wire::{Finish, Usage};

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
    /// The request as sent, without its messages and with the rung in place of the schema.
    pub parameters: Arc<Value>,
    /// Name of the endpoint.
    pub endpoint: String,
}
