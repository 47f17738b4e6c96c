//! How a command can fail, and the exit code of each way.
//!
//! The kind alone decides the code; hints are data, printed below the message. What
//! is said stands in both languages side by side; what servers, files and libraries
//! say stays as it is.

use std::io;
use std::process::ExitCode;

use crate::domain::Lang;
use crate::term::Unwritten;

/// What is said to a person: in English, and in Chinese where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    en: String,
    zh: Option<String>,
}

impl Said {
    fn get(&self, ui: Lang) -> &str {
        match (ui, &self.zh) {
            (Lang::Zh, Some(zh)) => zh,
            _ => &self.en,
        }
    }
}

impl From<&str> for Said {
    fn from(en: &str) -> Self {
        Self { en: en.to_owned(), zh: None }
    }
}

impl From<String> for Said {
    fn from(en: String) -> Self {
        Self { en, zh: None }
    }
}

/// English and Chinese.
impl<E: Into<String>, Z: Into<String>> From<(E, Z)> for Said {
    fn from((en, zh): (E, Z)) -> Self {
        Self { en: en.into(), zh: Some(zh.into()) }
    }
}

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A fault of the program or of the machine (1).
    Internal,
    /// Arguments that make no sense (2).
    Usage,
    /// Configuration that is missing or wrong (3).
    Config,
    /// The endpoint is unreachable or refuses (4).
    Endpoint,
    /// The budget is spent; the same command goes on with another one (7).
    Budget,
    /// A signal stopped it, by its number: the user with [`INTERRUPT`] (130), or the system.
    Signal(u8),
}

/// The signal of Ctrl-C.
pub const INTERRUPT: u8 = 2;

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All is well (0).
    Done,
    /// Something was found, as by a lint (1).
    Findings,
    /// Finished, but some answers are missing or ungraded (5).
    Incomplete,
    /// Finished, but below the limit that was given, or worse than before by more than it (6).
    BelowLimit,
    /// Interrupted, everything kept (130).
    Interrupted,
}

/// A failure with its cause and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The way it failed.
    pub kind: Kind,
    /// What happened.
    pub source: anyhow::Error,
    /// What happened, in Chinese, where that is written.
    zh: Option<String>,
    /// What to do, one sentence each.
    hints: Vec<Said>,
}

impl Failure {
    /// A failure of a kind, in the words of an error.
    pub fn new(kind: Kind, source: impl Into<anyhow::Error>) -> Self {
        Self { kind, source: source.into(), zh: None, hints: Vec::new() }
    }

    /// A failure that is told in one sentence.
    pub fn message(kind: Kind, said: impl Into<Said>) -> Self {
        let Said { en, zh } = said.into();
        Self { zh, ..Self::new(kind, anyhow::Error::msg(en)) }
    }

    /// What could not be done with a file, and why.
    pub fn io(kind: Kind, error: io::Error, said: impl Into<Said>) -> Self {
        let Said { en, zh } = said.into();
        let zh = zh.map(|zh| format!("{zh}：{}", in_chinese(&error)));
        Self { zh, ..Self::new(kind, anyhow::Error::new(error).context(en)) }
    }

    /// The same failure with what happened in Chinese.
    #[must_use]
    pub fn in_chinese(mut self, zh: impl Into<String>) -> Self {
        self.zh = Some(zh.into());
        self
    }

    /// The same failure with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Said>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether it only says that nobody reads the output any more.
    pub fn is_broken_pipe(&self) -> bool {
        let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        self.source.chain().any(|e| e.downcast_ref::<std::io::Error>().is_some_and(broken))
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self.kind {
            Kind::Internal => 1,
            Kind::Usage => 2,
            Kind::Config => 3,
            Kind::Endpoint => 4,
            Kind::Budget => 7,
            Kind::Signal(number) => 128 + number,
        }
    }

    /// The same failure with what was probably meant.
    #[must_use]
    pub fn meant(self, names: &[&str]) -> Self {
        let (en, zh) = (names.join(", "), names.join("、"));
        self.hint((format!("did you mean {en}?"), format!("是不是 {zh}？")))
    }

    /// The message and its hints in one line of English, as it stands in result lines.
    pub fn in_one_line(&self) -> String {
        let hints = self.hints.iter().map(|hint| hint.en.clone());
        std::iter::once(format!("{:#}", self.source)).chain(hints).collect::<Vec<_>>().join("; ")
    }

    /// The message and its hints, as they are printed.
    pub fn render(&self, ui: Lang) -> String {
        let mut text = match (ui, &self.zh) {
            (Lang::Zh, Some(zh)) => format!("viva：{zh}"),
            _ => format!("viva: {:#}", self.source),
        };
        for hint in &self.hints {
            text.push_str("\n  → ");
            text.push_str(hint.get(ui));
        }
        text
    }
}

/// What the system says, in Chinese where it is one of the usual things.
fn in_chinese(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::NotFound => "没有这个文件或目录",
        io::ErrorKind::PermissionDenied => "没有权限",
        io::ErrorKind::AlreadyExists => "已存在",
        io::ErrorKind::IsADirectory => "这是一个目录",
        io::ErrorKind::NotADirectory => "路径中有一段不是目录",
        io::ErrorKind::StorageFull => "磁盘已满",
        io::ErrorKind::QuotaExceeded => "磁盘配额已用完",
        io::ErrorKind::FileTooLarge => "文件太大",
        io::ErrorKind::ReadOnlyFilesystem => "文件系统只读",
        io::ErrorKind::InvalidData => "内容不是 UTF-8 文本",
        _ => return error.to_string(),
    };
    known.to_owned()
}

/// Anything unforeseen is internal; a command gives foreseen failures their kind.
impl From<anyhow::Error> for Failure {
    fn from(source: anyhow::Error) -> Self {
        Self::new(Kind::Internal, source)
    }
}

impl From<std::io::Error> for Failure {
    fn from(source: std::io::Error) -> Self {
        Self::new(Kind::Internal, source)
    }
}

impl From<Unwritten> for Failure {
    fn from(Unwritten(error): Unwritten) -> Self {
        let said = ("cannot write to standard output", "无法写到标准输出");
        Self::io(Kind::Internal, error, said)
    }
}

impl Status {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Incomplete => 5,
            Self::BelowLimit => 6,
            Self::Interrupted => 130,
        }
    }
}

/// The exit code of a command's end.
pub fn exit_code(end: &Result<Status, Failure>) -> ExitCode {
    ExitCode::from(match end {
        Ok(status) => status.code(),
        Err(failure) if failure.is_broken_pipe() => 0,
        Err(failure) => failure.code(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_in_the_language_of_the_user() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let failure = Failure::io(Kind::Internal, full, ("cannot write x", "无法写入 x"))
            .hint(("free some space", "请腾出空间"))
            .hint("said in English only");
        assert_eq!(
            failure.render(Lang::En),
            "viva: cannot write x: no storage space\n  → free some space\n  → said in English only"
        );
        assert_eq!(
            failure.render(Lang::Zh),
            "viva：无法写入 x：磁盘已满\n  → 请腾出空间\n  → said in English only"
        );
        let unforeseen = Failure::from(io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(unforeseen.render(Lang::Zh), "viva: entity not found");
    }
}
