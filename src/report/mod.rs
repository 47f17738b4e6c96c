//! Assessments as people and their tools read them.
//!
//! A report is a function of result lines and nothing else. Everything that comes
//! from an answer, a model or a bank is foreign text: each format makes it inert
//! in its own way.

pub mod calibration;
mod csv;
mod fault;
mod feedback;
mod gradebook;
mod history;
mod html;
mod junit;
mod known;
mod markdown;
pub mod revise;
pub mod rows;
pub mod run;
mod scores;
mod setting;
mod terminal;
mod words;

#[cfg(test)]
mod samples;

pub use csv::csv;
pub use fault::Fault;
pub use feedback::{View, explain, feedback, headline};
pub use gradebook::{Columns, Gradebook};
pub use history::{PastSession, history, history_json};
pub use html::{MOST_PAGES, PAGE, Place, html, pages};
pub use junit::junit;
pub use known::{HEAD, page_in};
pub use markdown::markdown;
pub use scores::{score_head, score_row};
pub use setting::Setting;
pub use terminal::terminal;
pub use words::tier as tier_name;
