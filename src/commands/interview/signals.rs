//! Signals that end a wait: Ctrl-C while nobody reads keys, and the end of the
//! terminal or of the process.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that end a wait.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Ctrl-C.
    Interrupt,
    /// To end: the terminal is gone, or the process is told to.
    End,
}

impl Signals {
    /// Takes the signals over; a runtime must be running.
    pub(super) fn take() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::End,
            _ = self.hangup.recv() => Asked::End,
        }
    }

    /// Forgets a Ctrl-C that was meant for something else, as for an editor.
    pub(super) async fn forget_interrupt(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            () = std::future::ready(()) => {}
        }
    }
}
