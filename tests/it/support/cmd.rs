//! Runs the program as a user would, in a home folder of its own and a clean environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A home folder with nothing in it, and the program to run in it.
pub(crate) struct Viva {
    home: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Viva {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a temporary folder"), env: Vec::new() }
    }

    /// Sets an environment variable for all runs.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Connects the program to an endpoint, with a key that must never show.
    pub(crate) fn endpoint(self, base_url: &str) -> Self {
        self.env("VIVA_BASE_URL", base_url)
            .env("VIVA_MODEL", "test-model")
            .env("VIVA_API_KEY", CANARY)
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder of the store.
    pub(crate) fn data(&self) -> PathBuf {
        self.home().join(".local/share/viva")
    }

    /// Writes a file below the home folder and returns its path.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The program with these arguments, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
        command.args(arguments).current_dir(self.home()).env_clear();
        command.env("HOME", self.home()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it without input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs it with `input` on a pipe.
    pub(crate) fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.as_ref().to_vec();
        // On a thread: a program that streams writes while it reads. One that does not read its
        // input closes the pipe early.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("the program ends");
        feeder.join().expect("no panic while feeding");
        let ran = Ran {
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
            code: output.status.code().unwrap_or(-1),
        };
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(&CANARY[..12]), "the key is shown: {text}");
        }
        ran
    }
}

/// A key that must appear in no output, log, store or error.
pub(crate) const CANARY: &str = "sk-canary-0123456789abcdef";

impl Ran {
    /// Asserts the exit code, with all that was printed when it is another.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that stderr holds these words.
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "{words:?} is not in stderr:\n{}", self.stderr);
        self
    }

    /// The lines of stdout as JSON.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(read).collect()
    }
}
