//! Batch grading: a stream of rows in, one result line per row out, in bounded memory.
//!
//! ```text
//! rows ─► plan (resolve, key, known? same as another?) ─► workers ─► order ─► lines
//!                                                            └────► journal ─► assemble ─► OUT
//! ```
//!
//! The pipeline emits events and knows no progress bar, no report and no clap. A
//! row that cannot be graded is a result line with an error and stops nothing;
//! what ends a run early is a [`Stop`]. Invariant: however long one row takes, at
//! most [`Window::ROWS`] rows are under way, and no more outcomes are kept for rows
//! that equal them; what grows with the input stands in files.

mod breaker;
mod control;
mod crew;
mod drafting;
mod equals;
mod foresee;
mod journal;
mod line;
mod order;
mod outcome;
mod pipeline;
mod plan;
mod purse;
mod resolve;
mod seen;
mod tally;
mod window;

pub use breaker::{Breaker, Hopeless};
pub use control::{Control, Stop};
pub use foresee::{Plan, Terms, foresee};
pub use journal::{
    Appender, Difference, Finished, Hold, Journal, JournalError, Look, Manifest, Stamp, Stamped,
};
pub use line::{Form, Placed};
pub use pipeline::{Event, Output, Run, Task, Watch, run};
pub use purse::Account;
pub use resolve::{Key, Languages, Resolver};
pub use tally::Tally;
pub use window::Window;
