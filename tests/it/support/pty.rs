//! Somebody at a terminal of 24 × 80: a real pseudo-terminal with the program on
//! it, keys that go in, and the screen as it stands.
//!
//! Waiting is for what the screen shows, never for a time; the deadline only
//! ends a test that would hang.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Pty, open};

use super::Viva;

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(3);

/// What the terminal has been sent.
struct Shown {
    parser: vt100::Parser,
    /// All bytes, in order.
    all: Vec<u8>,
}

/// Somebody who types and reads.
pub(crate) struct Typist {
    terminal: Arc<Pty>,
    shown: Arc<Mutex<Shown>>,
    child: Child,
}

impl Typist {
    /// Starts the program on a terminal of its own.
    pub(crate) fn start(viva: &Viva, arguments: &[&str]) -> Self {
        Self::run(viva.command(arguments), None)
    }

    /// As [`Typist::start`], with stdout in a file.
    pub(crate) fn start_into(viva: &Viva, arguments: &[&str], stdout: File) -> Self {
        Self::run(viva.command(arguments), Some(stdout))
    }

    /// Starts a program that is set up already; `TERM` is xterm unless it is set.
    pub(crate) fn run(mut command: Command, stdout: Option<File>) -> Self {
        let (terminal, slave) = open().expect("a pseudo-terminal");
        terminal.resize(Size::new(ROWS, COLUMNS)).expect("a size");
        if !command.get_envs().any(|(name, _)| name == "TERM") {
            command.env("TERM", "xterm-256color");
        }
        let mut command = pty_process::blocking::Command::from(command);
        if let Some(stdout) = stdout {
            command = command.stdout(stdout);
        }
        let child = command.spawn(slave).expect("the program starts");
        let terminal = Arc::new(terminal);
        let size = |n| NonZeroU16::new(n).expect("not zero");
        let parser = vt100::Parser::new(size(ROWS), size(COLUMNS), 1000);
        let shown = Arc::new(Mutex::new(Shown { parser, all: Vec::new() }));
        let (reader, writer) = (Arc::clone(&terminal), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The terminal reports an error when the program is gone.
            while let Ok(n @ 1..) = (&*reader).read(&mut bytes) {
                let mut shown = writer.lock().expect("no panic while locked");
                shown.parser.process(&bytes[..n]);
                shown.all.extend_from_slice(&bytes[..n]);
            }
        });
        Self { terminal, shown, child }
    }

    /// Presses keys.
    pub(crate) fn keys(&self, keys: &str) -> &Self {
        (&*self.terminal).write_all(keys.as_bytes()).expect("the terminal takes keys");
        self
    }

    /// Types text and Enter.
    pub(crate) fn line(&self, text: &str) -> &Self {
        self.keys(text).keys("\r")
    }

    /// Types an answer and sends it.
    pub(crate) fn answer(&self, text: &str) -> &Self {
        self.keys(text).keys("\r").keys("\r")
    }

    /// Pastes, as a terminal with bracketed paste does.
    pub(crate) fn paste(&self, text: &str) -> &Self {
        let text = text.replace('\n', "\r");
        self.keys(&format!("\x1b[200~{text}\x1b[201~"))
    }

    /// Waits until the screen shows this text.
    #[track_caller]
    pub(crate) fn sees(&self, text: &str) -> &Self {
        self.waits(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until the screen no longer shows this text.
    #[track_caller]
    pub(crate) fn sees_no(&self, text: &str) -> &Self {
        self.waits(&format!("no {text:?} on the screen"), |screen| !screen.contains(text))
    }

    /// Waits until the last line that is not blank is this one.
    #[track_caller]
    pub(crate) fn sees_last(&self, line: &str) -> &Self {
        self.waits(&format!("{line:?} as the last line"), |screen| {
            screen.trim_end().lines().last().is_some_and(|last| last.trim_end() == line)
        })
    }

    /// Waits until the screen, from top to bottom, is as wanted.
    #[track_caller]
    pub(crate) fn waits(&self, wanted: &str, is: impl Fn(&str) -> bool) -> &Self {
        let end = Instant::now() + DEADLINE;
        loop {
            let screen = self.screen();
            if is(&screen) {
                return self;
            }
            assert!(Instant::now() < end, "waited in vain for {wanted}; the screen is\n{screen}");
            thread::sleep(POLL);
        }
    }

    /// The screen as it stands.
    pub(crate) fn screen(&self) -> String {
        self.shown.lock().expect("no panic while locked").parser.screen().contents()
    }

    /// Everything that was ever sent to the terminal, escape sequences included.
    pub(crate) fn everything(&self) -> String {
        let shown = self.shown.lock().expect("no panic while locked");
        String::from_utf8_lossy(&shown.all).into_owned()
    }

    /// Id of the program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program ends");
    }

    /// Waits for the end of the program and returns its exit code.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> i32 {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                // What it wrote last may still be on its way to the screen.
                thread::sleep(Duration::from_millis(20));
                return status.code().unwrap_or(-1);
            }
            assert!(
                Instant::now() < end,
                "the program does not end; the screen is\n{}",
                self.screen()
            );
            thread::sleep(POLL);
        }
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        // Ended already, in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
