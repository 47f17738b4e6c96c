//! Why an input cannot be read at all; nothing here is about a single row.
//!
//! Every message names what is wrong and what would be right.

use std::io;
use std::path::PathBuf;

/// Why an input cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be read as far as its header.
    #[error("cannot read the input")]
    Read(#[from] io::Error),
    /// Neither name nor content tell its form.
    #[error(
        "cannot tell the form of the input: name it .jsonl, .csv, .tsv or .md, or say which it is"
    )]
    UnknownFormat,
    /// A spreadsheet's or word processor's own file, an image and the like, whatever its name; in
    /// English and Chinese.
    #[error("the input is {0}: export it as CSV (UTF-8), or save it as text")]
    NoText(&'static str, &'static str),
    /// A folder was asked for.
    #[error("the input is a file, not a folder")]
    NotAFolder,
    /// A folder cannot be read as a file of rows.
    #[error("the input is a folder: only answers and answer sheets are read from folders")]
    IsAFolder,
    /// One JSON array instead of an object a line.
    #[error("the input is one JSON array; write one object a line, for example with `jq -c '.[]'`")]
    JsonArray,
    /// There is no such encoding.
    #[error("unknown encoding {0:?}: use a name such as utf-8, utf-16le, gb18030 or windows-1252")]
    UnknownEncoding(String),
    /// The map names a field that rows do not have.
    #[error("unknown field {0:?}: a row has {list}", list = super::field::LIST)]
    UnknownField(String),
    /// A header that cannot be read.
    #[error("cannot read the header: {0}")]
    BadHeader(String),
    /// A column that is needed is not there.
    #[error("there is no column {column:?}; the header has {header}")]
    NoColumn {
        /// The column.
        column: String,
        /// What is there.
        header: String,
    },
    /// A column that is needed is there twice.
    #[error("the header has the column {0:?} twice: rename one")]
    AmbiguousColumn(String),
    /// A wide sheet two of whose columns are mapped to one question.
    #[error("two columns are mapped to the question {0}: a candidate answers it once")]
    QuestionTwice(String),
    /// The map gives a field two names, or two fields one name.
    #[error("--map gives {0:?} twice: which of the two is meant?")]
    MappedTwice(String),
    /// A wide sheet none of whose columns holds answers.
    #[error("no column is mapped to a question; the header has {header}")]
    NoQuestions {
        /// What is there.
        header: String,
    },
    /// Options that do not go together; why, in English and in Chinese.
    #[error("{0}")]
    Conflict(&'static str, &'static str),
}
