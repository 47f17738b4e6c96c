//! The terminal's modes while nobody reads.
//!
//! Between two readings, as during a grading, keys are neither shown nor taken
//! as lines, so that what is typed ahead reaches the next reading unchanged;
//! Ctrl-C still interrupts. The modes found at the start come back at the end.

use std::io;

use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

/// The modes of the terminal behind stdin, put back when this is dropped.
#[derive(Debug)]
pub struct Modes {
    found: Termios,
}

impl Modes {
    /// Notes the modes that stdin's terminal has now, and makes it quiet.
    ///
    /// # Errors
    /// When stdin is no terminal.
    pub fn take() -> io::Result<Self> {
        let modes = Self { found: tcgetattr(io::stdin())? };
        modes.quiet();
        Ok(modes)
    }

    /// Neither echo nor lines.
    pub fn quiet(&self) {
        let mut quiet = self.found.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN);
        quiet.local_modes.insert(LocalModes::ISIG);
        quiet.input_modes.remove(InputModes::ICRNL | InputModes::INLCR | InputModes::IXON);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        set(&quiet);
    }

    /// Stops the process group until the shell lets it go on; to be called on
    /// the main thread, where the process stops before the call returns.
    pub fn suspend(&self) {
        self.restore();
        // Where jobs cannot be stopped, nothing happens.
        let _ = kill_current_process_group(Signal::TSTP);
        self.quiet();
    }

    /// As they were found, for another program.
    pub fn restore(&self) {
        set(&self.found);
    }
}

fn set(modes: &Termios) {
    // A terminal that is gone has no modes to set.
    let _ = tcsetattr(io::stdin(), OptionalActions::Drain, modes);
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.restore();
    }
}
