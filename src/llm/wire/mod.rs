//! The one wire format: requests built from a profile, replies read leniently.
//!
//! Building is strict (property order is part of the contract); reading takes
//! whatever some twenty servers are known to send and never fails on a shape.
//! What a shape means is decided elsewhere ([`super::classify`]).

mod completion;
mod error_body;
mod request;
mod usual;

pub use completion::{Finish, Usage};
pub use request::{ChatRequest, Template};

pub(crate) use completion::{Completion, Reading, read_success};
pub(crate) use error_body::ErrorBody;
pub(crate) use request::body;

#[cfg(test)]
mod tests;
