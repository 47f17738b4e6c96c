//! The screen that a session speaks through: stdout, or the controlling
//! terminal when stdout is for results alone.
//!
//! Also the line that tells how long something takes. Its one invariant: when
//! [`Wait::finish`] has returned, the line is gone and nothing draws any more.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::process::Stdio;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// How often the waiting line is drawn.
const TICK: Duration = Duration::from_millis(120);

/// Where a session's own words go.
#[derive(Debug)]
pub struct Screen {
    /// The controlling terminal, when it is used rather than stdout.
    controlling: Option<File>,
    columns: usize,
}

impl Screen {
    /// Stdout, which is a terminal.
    pub fn stdout(columns: usize) -> Self {
        Self { controlling: None, columns }
    }

    /// The controlling terminal, whatever the three streams are.
    ///
    /// # Errors
    /// When there is none.
    pub fn controlling(columns: usize) -> io::Result<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        Ok(Self { controlling: Some(terminal), columns })
    }

    /// Writes lines. A terminal that is gone leaves nobody to tell.
    pub fn print(&self, text: &str) {
        let _ = self.write(&format!("{text}\n"));
    }

    /// Stdin, stdout and stderr for a program that takes the terminal over.
    ///
    /// # Errors
    /// When the terminal cannot be shared.
    pub fn streams(&self) -> io::Result<[Stdio; 3]> {
        Ok(match &self.controlling {
            None => [Stdio::inherit(), Stdio::inherit(), Stdio::inherit()],
            Some(terminal) => [
                terminal.try_clone()?.into(),
                terminal.try_clone()?.into(),
                terminal.try_clone()?.into(),
            ],
        })
    }

    /// Shows a line with a running time behind it, until it is finished.
    pub fn wait(&self, before: &str, after: &str) -> Wait {
        let template = format!("{{spinner}} {before} {{elapsed}}{after}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .tick_chars("|/-\\ ");
        let screen = Self {
            controlling: self.controlling.as_ref().and_then(|file| file.try_clone().ok()),
            columns: self.columns,
        };
        let target = ProgressDrawTarget::term_like(Box::new(screen));
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        bar.enable_steady_tick(TICK);
        Wait(bar)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        if let Some(terminal) = &self.controlling {
            let mut terminal = terminal;
            terminal.write_all(text.as_bytes())?;
            return terminal.flush();
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn move_cursor(&self, n: usize, direction: char) -> io::Result<()> {
        if n == 0 { Ok(()) } else { self.write(&format!("\x1b[{n}{direction}")) }
    }
}

/// A line that is drawn until [`Wait::finish`].
#[derive(Debug)]
pub struct Wait(ProgressBar);

impl Wait {
    /// Removes the line.
    pub fn finish(self) {
        self.0.disable_steady_tick();
        self.0.finish_and_clear();
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        u16::try_from(self.columns).unwrap_or(80)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
