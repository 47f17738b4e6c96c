//! What a command is asked to grade against: a question of the bank, or one in the user's own
//! words with a reference; and the texts that come with it, in any encoding.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Context;
use super::refused::refused;
use crate::domain::{Answer, AnswerError, Lang, Localised, MAX_ANSWER_BYTES, Question, QuestionId};
use crate::failure::{Failure, Kind};
use crate::grader::content_hash;
use crate::input::{self, InputError};

/// The question of one answer, or of all.
#[derive(Debug, clap::Args)]
pub(super) struct AskedArgs {
    /// Question of the bank, by its id
    #[arg(long, value_name = "ID", conflicts_with_all = ["ask", "reference"])]
    question: Option<String>,
    /// Question in your own words
    #[arg(long, value_name = "TEXT", requires = "reference", value_parser = words)]
    ask: Option<String>,
    /// File with a model answer to --ask; several are alternatives
    #[arg(long, value_name = "FILE", requires = "ask")]
    pub(super) reference: Vec<PathBuf>,
}

/// A text with anything in it.
pub(super) fn words(text: &str) -> Result<String, String> {
    let blank = text.trim().is_empty();
    if blank { Err("it must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

impl AskedArgs {
    pub(super) fn is_given(&self) -> bool {
        self.question.is_some() || self.ask.is_some()
    }

    /// The question, if one is given.
    pub(super) fn question(&self, context: &Context) -> Result<Option<Question>, Failure> {
        if let Some(id) = &self.question {
            let bank = context.bank()?;
            let found = bank.get(id).map(|question| Question::clone(question));
            return found.map(Some).ok_or_else(|| unknown_question(&bank, id));
        }
        let Some(title) = &self.ask else { return Ok(None) };
        let references = self.reference.iter().map(|path| reference(path));
        let references = references.collect::<Result<Vec<_>, _>>()?;
        let title = Localised::single(Lang::of(title), title);
        let placeholder = QuestionId::ad_hoc("");
        let mut question =
            Question::bare(placeholder, title, references).ok_or_else(needs_reference)?;
        question.id = QuestionId::ad_hoc(&content_hash(&question));
        Ok(Some(question))
    }
}

/// A command that needs a question was given none.
pub(super) fn no_question() -> Failure {
    Failure::message(Kind::Usage, ("no question was given", "没有给出题目")).hint((
        "--question ID, or --ask TEXT --reference FILE, says which",
        "用 --question ID，或 --ask 文字 --reference 文件 指定",
    ))
}

pub(super) fn needs_reference() -> Failure {
    let said = ("--ask needs --reference FILE", "--ask 需要 --reference 文件");
    Failure::message(Kind::Usage, said)
}

/// What could not be read, and why.
pub(super) fn unread(path: &Path, error: io::Error, en: &str, zh: &str) -> Failure {
    let shown = path.display();
    Failure::io(Kind::Usage, error, (format!("{en} {shown}"), format!("{zh} {shown}")))
}

/// An answer or a reference, called `name`, that is not fit to be graded.
pub(super) fn unfit(error: &AnswerError, name: [&str; 2]) -> Failure {
    let [en, zh] = name;
    Failure::message(
        Kind::Usage,
        match error {
            AnswerError::TooLong { .. } => (
                format!("{en} is too long: at most {MAX_ANSWER_BYTES} bytes are graded"),
                format!("{zh}太长：最多评 {MAX_ANSWER_BYTES} 字节"),
            ),
            AnswerError::NotUtf8 { offset } => (
                error.to_string().replace("the answer", en),
                format!("{zh}不是 UTF-8（首个错误字节在偏移 {offset} 处）；请另存为 UTF-8"),
            ),
        },
    )
}

/// An unknown id, with those that were probably meant.
pub(super) fn unknown_question(bank: &crate::bank::Bank, id: &str) -> Failure {
    let said = (format!("there is no question {id:?}"), format!("没有题目 {id:?}"));
    let failure = Failure::message(Kind::Usage, said);
    let nearest: Vec<&str> = bank.nearest(id).into_iter().map(QuestionId::as_str).collect();
    if nearest.is_empty() {
        failure
            .hint(("`viva questions list` shows all ids", "`viva questions list` 列出全部题目编号"))
    } else {
        failure.meant(&nearest)
    }
}

/// A file with a model answer.
pub(super) fn reference(path: &Path) -> Result<Localised, Failure> {
    let shown = path.display();
    let file = File::open(path)
        .map_err(|error| unread(path, error, "cannot read the reference", "无法读取参考答案"))?;
    let (en, zh) = (format!("{shown}: the reference"), format!("{shown}：参考答案"));
    let text = text(Box::new(file), None, [&en, &zh])?;
    let text = text.as_str().trim();
    if text.is_empty() {
        let said = (format!("{shown} is empty"), format!("{shown} 是空的"));
        return Err(Failure::message(Kind::Usage, said));
    }
    Ok(Localised::single(Lang::of(text), text))
}

/// A text, called `name`, that is no longer than an answer may be; in the named encoding, else in
/// the one that is detected.
pub(super) fn text(
    source: Box<dyn Read + Send>,
    encoding: Option<&str>,
    name: [&str; 2],
) -> Result<Answer, Failure> {
    let decoded = input::decoded(source, encoding).map_err(|error| match error {
        InputError::Office(en, zh) => {
            let [name, zh_name] = name;
            let said = (
                format!("{name} is {en}: save it as text"),
                format!("{zh_name}其实是{zh}：请另存为文本"),
            );
            Failure::message(Kind::Usage, said)
        }
        error => refused(error),
    })?;
    let mut bytes = Vec::new();
    decoded.take(MAX_ANSWER_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| {
        let [en, zh] = name;
        Failure::io(Kind::Usage, error, (format!("cannot read {en}"), format!("无法读取{zh}")))
    })?;
    Answer::from_bytes(&bytes).map_err(|error| {
        let failure = unfit(&error, name);
        if matches!(error, AnswerError::NotUtf8 { .. }) && encoding.is_none() {
            return failure.hint((
                "UTF-16 and GB18030 are detected; score --encoding NAME names another for the answer",
                "UTF-16 与 GB18030 会自动识别；其他编码的回答用 score --encoding 指定",
            ));
        }
        failure
    })
}
