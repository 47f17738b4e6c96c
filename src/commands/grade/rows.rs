//! How the input is read: arguments, as typed and as resolved.

use std::path::Path;

use clap::ValueEnum;

use crate::failure::{Failure, Kind};
use crate::input::{self, Format, InputError, Reader, Source};

/// How the input is read.
#[derive(Debug, clap::Args)]
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

/// What to do about an input that cannot be opened, in the words of the command line.
fn hints(error: &InputError) -> &'static [[&'static str; 2]] {
    match error {
        InputError::NoColumn { column, .. } if column == "answer" => &[
            [
                "--map answer=COLUMN names the column with the answers",
                "--map answer=列名 指定哪一列是回答",
            ],
            [
                "with one column a question: --wide --map \"Column title=question-id\"",
                "如果每题一列：--wide --map \"列名=题目编号\"",
            ],
        ],
        InputError::NoColumn { column, .. } if column == "question_id" => &[
            ["--question ID is the question of all rows", "--question ID 指定所有行共用的题目"],
            [
                "--map question_id=COLUMN names the column with the ids of questions",
                "--map question_id=列名 指定哪一列是题目编号",
            ],
        ],
        InputError::NoQuestions { .. } => &[[
            "--map \"Column title=question-id\", once for each column with answers",
            "--map \"列名=题目编号\"，每个回答列各写一次",
        ]],
        InputError::UnknownFormat => &[[
            "--format jsonl, csv, folder or sheet says which it is",
            "用 --format jsonl、csv、folder 或 sheet 说明格式",
        ]],
        _ => &[],
    }
}

/// Why an input cannot be read at all, in Chinese.
fn in_chinese(error: &InputError) -> Option<String> {
    Some(match error {
        InputError::UnknownFormat => {
            "看不出输入的格式：请用 .jsonl、.csv、.tsv、.md 作后缀，或直接说明格式".to_owned()
        }
        InputError::Empty => "输入是空的".to_owned(),
        InputError::Office(ending) => {
            format!("不能读取 .{ending} 文件：请另存为 CSV（UTF-8）或文本")
        }
        InputError::NotAFolder => "输入是文件，不是目录".to_owned(),
        InputError::IsAFolder => "输入是目录：目录里只能放回答和答题纸".to_owned(),
        InputError::JsonArray => {
            "输入是一整个 JSON 数组；请改成每行一个对象，例如用 `jq -c '.[]'`".to_owned()
        }
        InputError::UnknownEncoding(name) => {
            format!("没有名为 {name:?} 的编码：可用 utf-8、utf-16le、gb18030、windows-1252 等")
        }
        InputError::UnknownField(name) => format!("没有名为 {name:?} 的字段"),
        InputError::NoHeader => "输入是空的：第一行必须是列名".to_owned(),
        InputError::BadHeader(why) => format!("无法读取表头：{why}"),
        InputError::NoColumn { column, header } => format!("没有 {column:?} 列；表头有 {header}"),
        InputError::NoQuestions { header } => format!("没有哪一列对应题目；表头有 {header}"),
        InputError::Conflict(_, zh) => (*zh).to_owned(),
        InputError::QuestionTwice(id) => {
            format!("有两列都对应题目 {id}：同一考生的一道题只能有一份回答")
        }
        InputError::MappedTwice(name) => format!("--map 里 {name:?} 出现两次，无法判断用哪一个"),
        InputError::AmbiguousColumn(name) => format!("表头里有两列都叫 {name:?}：请改掉一个"),
        _ => return None,
    })
}

impl RowArgs {
    /// Opens the rows of an input.
    pub(super) fn open(&self, path: &Path, whole_question: bool) -> Result<Reader, Failure> {
        input::open(Source::new(path), &self.options(whole_question)).map_err(|error| {
            let (hints, zh) = (hints(&error), in_chinese(&error));
            let failure = match error {
                InputError::Open { path, source } => {
                    let shown = path.display();
                    let said = (format!("cannot open {shown}"), format!("无法打开 {shown}"));
                    Failure::io(Kind::Usage, source, said)
                }
                error => Failure::new(Kind::Usage, error),
            };
            let failure = zh.into_iter().fold(failure, Failure::in_chinese);
            hints.iter().fold(failure, |failure, [en, zh]| failure.hint((*en, *zh)))
        })
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
        }
    }
}
