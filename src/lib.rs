//! Viva: a command-line mock interviewer for LLM engineers.
pub mod domain;
pub mod grader;
pub mod text;
