//! How the input is read: arguments, as typed and as resolved.

use std::path::Path;

use clap::ValueEnum;

use crate::commands::refused::refused;
use crate::failure::Failure;
use crate::input::sheet::Wordings;
use crate::input::{self, Format, Reader, Source};

/// How the input is read.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Input")]
pub(super) struct RowArgs {
    /// Form of the input (default: by its name, else by its first line)
    #[arg(long, value_name = "FORM")]
    format: Option<FormatArg>,
    /// Name of a field in this input: answer=Response; with --wide the question of a column:
    /// "Column title=question-id"
    #[arg(long, value_name = "NAME=NAME", value_parser = pair)]
    map: Vec<(String, String)>,
    /// One column a question, one row a candidate, as form tools export them
    #[arg(long)]
    wide: bool,
    /// Delimiter of CSV (default: told by the header)
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Encoding of text, such as gb18030 (default: detected)
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    Jsonl,
    Csv,
    Folder,
    Sheet,
}

impl From<FormatArg> for Format {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Jsonl => Self::Jsonl,
            FormatArg::Csv => Self::Csv,
            FormatArg::Folder => Self::Folder,
            FormatArg::Sheet => Self::Sheet,
        }
    }
}

/// Two names, the second of which holds no `=`.
pub(in crate::commands) fn pair(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((name, other)) if !name.is_empty() && !other.is_empty() => {
            Ok((name.to_owned(), other.to_owned()))
        }
        _ => Err("write NAME=NAME".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "\\t" | "tab" => Ok(b'\t'),
        text if text.len() == 1 => Ok(text.as_bytes()[0]),
        _ => Err("write one character, such as `;`, or `tab`".to_owned()),
    }
}

/// Whether a wide sheet may have this field beside its answers.
fn is_row_field(name: &str) -> bool {
    ["id", "candidate", "lang"].contains(&name)
}

impl RowArgs {
    /// Opens the rows of an input.
    pub(super) fn open(
        &self,
        path: &Path,
        whole_question: bool,
        wordings: Wordings,
    ) -> Result<Reader, Failure> {
        let options = input::Options { wordings, ..self.options(whole_question) };
        input::open(Source::new(path), &options).map_err(refused)
    }

    /// The questions that the map names, of a wide sheet.
    pub(super) fn questions(&self) -> impl Iterator<Item = &str> {
        let columns = self.map.iter().filter(|(name, _)| self.wide && !is_row_field(name));
        columns.map(|(_, question)| question.as_str())
    }

    /// A map entry whose first name is a field renames it; with --wide any other is a column.
    fn options(&self, whole_question: bool) -> input::Options {
        let (map, columns): (Vec<_>, Vec<_>) =
            self.map.iter().cloned().partition(|(name, _)| !self.wide || is_row_field(name));
        input::Options {
            format: self.format.map(Format::from),
            whole_question,
            wide: self.wide.then_some(columns),
            map,
            delimiter: self.delimiter,
            encoding: self.encoding.clone(),
            wordings: Wordings::default(),
        }
    }
}
