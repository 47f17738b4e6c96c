//! Placeholder until the gate is merged.
#![allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Pass,
    Blank,
    RestatesQuestion,
}
pub fn gate(answer: &str, _titles: &[&str]) -> Gate {
    if answer.trim().is_empty() { Gate::Blank } else { Gate::Pass }
}
