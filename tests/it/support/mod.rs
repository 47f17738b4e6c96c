//! What the integration tests share. Nothing here asserts anything about the program.

mod clock;
mod server;

pub(crate) use clock::InstantClock;
pub(crate) use server::{Reply, Request, Server};
