//! Grading: from an answer and a question to verdicts.
//!
//! The gate comes first, then one of two graders. Nothing here reads the
//! environment, a clock or a file.

pub mod gate;
pub mod lexical;
