//! The candidate's own editor on the draft, with the question above it.
//!
//! The question stands as lines that begin with `#` and end with a marker;
//! nothing else is taken out of what comes back. Invariant: when the editor
//! fails, what it had saved is still in its file or is what was given to it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::domain::Lang;

/// Why no text came back.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The editor could not be started.
    #[error("{editor}: {source}")]
    Start {
        /// The editor's command.
        editor: String,
        /// Why.
        source: io::Error,
    },
    /// The editor reported a failure.
    #[error("{editor} ended with {status}")]
    Failed {
        /// The editor's command.
        editor: String,
        /// Its status.
        status: ExitStatus,
        /// Where what it had saved is, when that is not what was given to it.
        kept: Option<PathBuf>,
    },
    /// What came back is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotUtf8(PathBuf),
}

/// An editor and a file for it.
#[derive(Debug)]
pub struct Edit<'a> {
    /// The editor as a shell command, such as `code --wait`.
    pub editor: &'a str,
    /// The file, made for the candidate's eyes alone and removed afterwards.
    pub file: &'a Path,
    /// What is asked.
    pub question: &'a str,
    /// Language of the marker.
    pub ui: Lang,
}

impl Edit<'_> {
    /// Opens the editor on a draft and gives back what was saved.
    ///
    /// # Errors
    /// [`EditError`]; the draft is as it was.
    pub fn run(
        &self,
        draft: &str,
        [stdin, stdout, stderr]: [Stdio; 3],
    ) -> Result<String, EditError> {
        let given = format!("{}{draft}\n", self.header());
        self.write(&given).map_err(|source| self.file_error(source))?;
        // As git does: the command is the shell's, the file is its argument.
        let status = Command::new("sh")
            .arg("-c")
            .arg(format!("{} \"$1\"", self.editor))
            .arg("viva")
            .arg(self.file)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .status()
            .map_err(|source| EditError::Start { editor: self.editor.to_owned(), source })?;
        let saved = std::fs::read(self.file).map_err(|source| self.file_error(source))?;
        if !status.success() {
            let changed = saved != given.as_bytes();
            if !changed {
                self.remove();
            }
            let kept = changed.then(|| self.file.to_owned());
            return Err(EditError::Failed { editor: self.editor.to_owned(), status, kept });
        }
        let text =
            String::from_utf8(saved).map_err(|_| EditError::NotUtf8(self.file.to_owned()))?;
        self.remove();
        Ok(self.without_header(&text))
    }

    /// What an editor had saved before everything ended, if there is such a file.
    pub fn left_over(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.file).ok()?;
        Some(self.without_header(&text)).filter(|text| !text.is_empty())
    }

    /// Removes the file.
    pub fn remove(&self) {
        // One that stays behind is offered again, which does no harm.
        let _ = std::fs::remove_file(self.file);
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.file)?.write_all(text.as_bytes())
    }

    fn file_error(&self, source: io::Error) -> EditError {
        EditError::File { path: self.file.to_owned(), source }
    }

    fn marker(&self) -> &'static str {
        match self.ui {
            Lang::En => "# ---- your answer stands below this line ----",
            Lang::Zh => "# ---- 在这一行下面写回答 ----",
        }
    }

    fn header(&self) -> String {
        let lines = self.question.lines().map(|line| format!("# {line}\n"));
        format!("{}{}\n", lines.collect::<String>(), self.marker())
    }

    /// The text without those lines at its start that are still the header's.
    fn without_header(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n");
        let header = self.header();
        let mut known = header.lines();
        let mut rest = text.as_str();
        loop {
            let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
            if line.is_empty() || !known.any(|known| known == line) {
                break;
            }
            rest = rest.get(line.len() + 1..).unwrap_or_default();
        }
        rest.trim_end().trim_start_matches('\n').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(editor: &str, draft: &str) -> (Result<String, EditError>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answer.md");
        let question = "What is MQA?\nIn two lines.";
        let edit = Edit { editor, file: &file, question, ui: Lang::En };
        let null = || Stdio::null();
        let end = edit.run(draft, [null(), null(), null()]);
        (end, file.exists())
    }

    #[test]
    fn the_draft_comes_back_without_the_question() {
        let (end, left) = run("true", "# my heading\n\ntext");
        assert_eq!(end.unwrap(), "# my heading\n\ntext");
        assert!(!left);
    }

    #[test]
    fn what_the_editor_saves_is_the_new_text() {
        let (end, _) = run("printf '更多\\r\\n\\n' >>", "text");
        assert_eq!(end.unwrap(), "text\n更多");
        let (end, _) =
            run("f() { sed 1,3d \"$1\" > \"$1.new\"; mv \"$1.new\" \"$1\"; }; f", "text");
        assert_eq!(end.unwrap(), "text");
        let (end, _) = run("f() { sed 2d \"$1\" > \"$1.new\"; mv \"$1.new\" \"$1\"; }; f", "text");
        assert_eq!(end.unwrap(), "text");
    }

    #[test]
    fn a_failing_editor_gives_nothing_back_and_loses_nothing() {
        let (end, left) = run("false", "text");
        assert!(matches!(end, Err(EditError::Failed { kept: None, .. })));
        assert!(!left);
        let (end, left) = run("f() { echo more >> \"$1\"; exit 3; }; f", "text");
        assert!(matches!(end, Err(EditError::Failed { kept: Some(_), .. })));
        assert!(left);
        let (end, _) = run("no-such-editor-at-all", "text");
        assert!(end.unwrap_err().to_string().contains("no-such-editor-at-all"));
    }

    #[test]
    fn bytes_that_are_no_text_stay_in_their_file() {
        let (end, left) = run("printf '\\377' >>", "text");
        assert!(matches!(end, Err(EditError::NotUtf8(_))));
        assert!(left);
    }
}
