//! What the integration tests share. Nothing here asserts anything about the program.

mod clock;
mod cmd;
mod judge;
mod pty;
mod rows;
mod server;

pub(crate) use clock::InstantClock;
pub(crate) use cmd::{CANARY, Ran, Viva};
pub(crate) use judge::{Asked, met};
pub(crate) use pty::Typist;
pub(crate) use rows::{answer, row, rows};
pub(crate) use server::{Reply, Request, Server};
