//! What is said about an input that cannot be read at all: why, and what to do about it in the
//! words of the command line. Nothing here is about a single row.

use crate::failure::{Failure, Kind};
use crate::input::InputError;

/// Why an input cannot be read, and what would help.
pub(super) fn refused(error: InputError) -> Failure {
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
        InputError::NoText(_, kind) => {
            format!("输入其实是{kind}：请导出为 CSV（UTF-8），或另存为文本")
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
