//! Viva: a command-line mock interviewer for LLM engineers.
pub mod bank;
pub mod domain;
pub mod failure;
pub mod grader;
pub mod store;
pub mod term;
