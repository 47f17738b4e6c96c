//! The interview: which questions, what follows from what, and how answers are
//! read from a terminal or from a pipe.
//!
//! The course of an interview is a pure machine ([`machine`]); streams stand
//! at its edges ([`console`], [`pipe`]). Nothing here grades or stores: the
//! command that drives the machine does. Invariant: a text that was typed is
//! either submitted or comes back as the next draft.

pub mod command;
pub mod console;
pub mod editor;
pub mod machine;
pub mod notices;
pub mod pipe;
pub mod plan;
pub mod screens;
pub mod summary;
