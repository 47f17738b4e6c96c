//! The integration tests, in one binary: a module for each part of the program.
//!
//! `support` holds what they share: a scripted HTTP server and a clock that does
//! not wait. A new part is a file here and one line below.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::format_collect,
    clippy::too_many_lines
)]

mod anecdotes;
mod architecture;
mod calibrate;
mod consistency;
mod endpoint;
mod failures;
mod full_disk;
mod grade;
mod grade_begin;
mod grade_ci;
mod grade_counts;
mod grade_drafts;
mod grade_dry_run;
mod grade_forms;
mod grade_kept;
mod grade_limits;
mod grade_resume;
mod grade_sheets;
mod grade_stopped;
mod grade_table;
mod grade_user;
mod grade_words;
mod grading;
mod injection;
mod interview;
mod interview_kill;
mod interview_pipe;
mod outputs;
mod questions;
mod real_llm;
mod report;
mod request;
mod setup;
mod support;
