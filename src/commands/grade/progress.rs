//! What is said while a run goes on.

use crate::batch::{Event, Watch};
use crate::term::Terminal;

/// Tells how far a run is.
pub(super) struct Progress {
    terminal: Terminal,
}

impl Progress {
    pub(super) fn new(terminal: &Terminal) -> Self {
        Self { terminal: terminal.clone() }
    }
}

impl Watch for Progress {
    fn event(&self, event: &Event<'_>) {
        if let Event::Bad(line, reason) = event {
            self.terminal.message(&format!("line {line}: {}", crate::term::safe_line(reason)));
        }
    }
}
