//! The client of one OpenAI-compatible endpoint.
//!
//! A request goes in as two messages, a JSON Schema and a token limit; out
//! comes the model's text with what it cost, or an error that says who has to
//! act. Between the two stand the differences of some twenty servers, kept as
//! data ([`Profile`]), and the patience to get through rate limits, stalls and
//! refused parameters ([`Endpoint::chat`]).
//!
//! The module knows nothing of questions, rubrics or grading, never parses what
//! the model wrote, and reads no environment variable and no file. Time,
//! randomness, keys and remembered capabilities come in as arguments.
//!
//! Invariant: the key leaves in one header, to one origin, and nowhere else.

mod address;
mod advice;
mod budget;
mod call;
mod capability;
mod classify;
mod clock;
mod endpoint;
mod error;
mod gate;
mod hint;
mod http;
mod limit;
mod place;
mod profile;
mod reply;
mod retry;
mod secret;
mod spent;
mod wire;

pub use budget::{Caps, most_of};
pub use capability::{Capabilities, Capability, InMemory, Rung};
pub use clock::{Clock, Sleep, SystemClock};
pub use endpoint::{Endpoint, Options};
pub use error::{CallError, Class, Kind, Parameter, Reach, SetupError};
pub use limit::Pressure;
pub use profile::{
    Auth, Batch, Layer, Limits, Price, Profile, ProfileError, Structured, Timeouts, TokenField,
    TokenLimitField, preset_names,
};
pub use reply::ChatReply;
pub use secret::{KeySource, Secret};
pub use spent::Spent;
pub use wire::{ChatRequest, Finish, Template, Usage};
