//! Grading: from an answer and a question to verdicts with evidence.

pub mod evidence;
pub mod injection;
pub mod reply;
