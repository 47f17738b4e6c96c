//! Signals that ask a run to stop: Ctrl-C, the end of the process, the end of its terminal.
//!
//! Who was started with hang-ups ignored, as by `nohup`, goes on when the terminal is closed.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::INTERRUPT;

const HANGUP: u8 = 1;
const TERMINATE: u8 = 15;
const FILE_TOO_LARGE: u8 = 25;

/// Signals that ask a run to stop.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// None where it is left as it was.
    hangup: Option<Signal>,
    /// Taken so that a limit on the size of files is an error of the write and no sudden end.
    _too_large: Signal,
}

impl Signals {
    /// Takes the signals over; a runtime must be entered.
    pub(super) fn take() -> io::Result<Self> {
        let taken = |number: u8| signal(SignalKind::from_raw(i32::from(number)));
        Ok(Self {
            interrupt: taken(INTERRUPT)?,
            terminate: taken(TERMINATE)?,
            hangup: if is_ignored(HANGUP) { None } else { Some(taken(HANGUP)?) },
            _too_large: taken(FILE_TOO_LARGE)?,
        })
    }

    /// The number of the next one.
    pub(super) async fn next(&mut self) -> u8 {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
            _ = hangup => HANGUP,
        }
    }
}

/// Whether a signal was to be ignored from the start. Where the system does not say, it counts as
/// ignored, and what is done at it stays as it was.
fn is_ignored(number: u8) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask >> (number - 1) & 1 == 1)
}
