//! x
pub mod prompt;
pub mod score;
