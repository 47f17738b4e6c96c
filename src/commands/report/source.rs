//! Where result lines come from: a file, standard input, or a session of the store.
//!
//! A source can be read more than once; what comes through a pipe is kept in a
//! temporary file that has no name any more, so nothing stays behind.

use std::fs::File;
use std::io::{self, BufRead, Seek};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::past;
use crate::commands::Context;
use crate::commands::context::private_file;
use crate::commands::grade::journal_of;
use crate::domain::ResultLine;
use crate::failure::{Failure, Kind};
use crate::input::{self, InputError};
use crate::report::rows::{Item, Row, rows};

/// Result lines that can be read more than once.
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// What came through standard input.
    Spooled(File),
    /// A session's answers.
    Session {
        /// What the report is called.
        title: String,
        /// The answers.
        lines: Vec<ResultLine>,
    },
}

type Items<'a> = Box<dyn Iterator<Item = io::Result<Item>> + 'a>;

impl Source {
    /// A file, `-`, or the number of a session; a file of that name comes first.
    pub(crate) fn open(name: &str, context: &Context) -> Result<Self, Failure> {
        if name == "-" {
            return Ok(Self::Spooled(spool().context("cannot keep standard input")?));
        }
        let path = Path::new(name);
        if let (false, Ok(session)) = (path.exists(), name.parse::<i64>()) {
            return past::session(session, context);
        }
        let unfinished = |failure: Failure| {
            failure.hint((
                "that run is not finished: the command that began it goes on with it",
                "那次运行还没有完成：再运行当初的那条命令即可继续",
            ))
        };
        if path.is_dir() {
            let is_journal = path.join("results.jsonl").is_file();
            return Err(if is_journal { of_journal(path, unfinished) } else { of_folder(name) });
        }
        File::open(path).map_err(|error| {
            let said = (format!("cannot read the run {name}"), format!("无法读取结果文件 {name}"));
            let failure = Failure::io(Kind::Usage, error, said);
            if journal_of(path).is_dir() { unfinished(failure) } else { failure }
        })?;
        Ok(Self::File(path.to_owned()))
    }

    /// What the report is called.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::File(path) => {
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
            }
            Self::Spooled(_) => "stdin".to_owned(),
            Self::Session { title, .. } => title.clone(),
        }
    }

    /// What is said when its lines cannot be read to the end.
    pub(crate) fn torn(&self, error: io::Error) -> Failure {
        let title = self.title();
        let said = (format!("cannot read {title} to its end"), format!("无法读完 {title}"));
        Failure::io(Kind::Internal, error, said)
    }

    /// The lines from the first on.
    pub(crate) fn items(&self) -> io::Result<Items<'_>> {
        Ok(match self {
            Self::File(path) => Box::new(rows(text(File::open(path)?, Some(path))?)),
            Self::Spooled(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Box::new(rows(text(file, None)?))
            }
            Self::Session { lines, .. } => {
                let numbered = (1..).zip(lines);
                Box::new(
                    numbered.map(|(number, line)| {
                        Ok(Item::Row(Box::new(Row::new(number, line.clone()))))
                    }),
                )
            }
        })
    }
}

/// What is said of a folder that holds a run's journal: where the run itself is or will be.
fn of_journal(folder: &Path, unfinished: impl Fn(Failure) -> Failure) -> Failure {
    let (name, out) = (folder.display(), folder.with_extension(""));
    let failure = Failure::message(
        Kind::Usage,
        (format!("{name} is the journal of a run"), format!("{name} 是一次运行的工作目录")),
    );
    if !out.is_file() {
        return unfinished(failure);
    }
    let out = out.display();
    failure.hint((format!("its results are in {out}"), format!("结果在 {out} 里")))
}

fn of_folder(name: &str) -> Failure {
    let said = (format!("the run {name} is a folder"), format!("结果文件 {name} 是目录"));
    Failure::message(Kind::Usage, said).hint((
        "a run is a file of result lines: `viva grade FOLDER -o OUT.jsonl` makes one",
        "结果文件由结果行组成：`viva grade 目录 -o OUT.jsonl` 会写出一个",
    ))
}

/// The text of a run as an input is read: packed or not, in any usual encoding.
fn text(file: File, name: Option<&Path>) -> io::Result<impl BufRead + use<>> {
    input::text_of(file, name).map_err(|error| match error {
        InputError::Read(error) => error,
        other => io::Error::other(other),
    })
}

fn spool() -> io::Result<File> {
    let name = format!("viva-report-{}.jsonl", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut file = private_file(&path)?;
    std::fs::remove_file(&path)?;
    io::copy(&mut io::stdin().lock(), &mut file)?;
    Ok(file)
}
