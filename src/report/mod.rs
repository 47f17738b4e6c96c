//! Assessments as people read them.
//!
//! A report is a pure function of what it shows; it writes to no stream.

mod feedback;

pub use feedback::{View, explain, feedback, headline, tier_name};
