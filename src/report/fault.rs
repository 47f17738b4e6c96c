//! What is wrong with a file that people have written, in both languages.
//!
//! A parser's own words never reach a person: they name types of this program and lines
//! of a text that it was given alone.

use serde_json::Value;

use crate::domain::{Lang, Verdict};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Fault {
    /// The words in a language.
    pub fn get(&self, ui: Lang) -> &str {
        match ui {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// What is wrong with the file as a whole.
    pub(super) fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// The same, in a line of the file.
    #[must_use]
    pub fn at(self, line: u64) -> Self {
        let Self { en, zh } = self;
        Self { en: format!("line {line}: {en}"), zh: format!("第 {line} 行：{zh}") }
    }

    /// The same, and that it is so of what is named.
    #[must_use]
    pub(super) fn of(self, en: &str, zh: &str) -> Self {
        Self { en: format!("{en}: {}", self.en), zh: format!("{zh}：{}", self.zh) }
    }

    /// The same, with what would be right.
    #[must_use]
    pub(super) fn but(self, en: &str, zh: &str) -> Self {
        Self { en: format!("{}; {en}", self.en), zh: format!("{}；{zh}", self.zh) }
    }
}

/// The fields of a line that must be one JSON object.
pub(super) fn object(text: &str) -> Result<serde_json::Map<String, Value>, Fault> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Fault::new("JSON, but no object", "是 JSON，但不是对象")),
        Err(_) => Err(Fault::new("not JSON", "不是 JSON")),
    }
}

/// What a parser says about a value of a result line, without types and places of its own.
pub(super) fn in_words(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
    if let Some(field) = text.strip_prefix("missing field ") {
        return Fault::new(text, format!("缺少字段 {field}"));
    }
    let Some((found, wanted)) = text.rsplit_once(", expected ") else {
        return Fault::new(text, text);
    };
    let (en, zh) = match wanted.split(' ').next().unwrap_or_default() {
        "f64" => ("a number", "数字"),
        "u16" | "u32" | "u64" | "usize" => ("a whole number", "整数"),
        "struct" | "map" => ("an object", "对象"),
        "sequence" => ("a list", "列表"),
        _ => (wanted, wanted),
    };
    let found = found.trim_start_matches("invalid type: ").trim_start_matches("unknown variant ");
    Fault::new(format!("{found} where {en} belongs"), format!("{found} 处应为 {zh}"))
}

/// A verdict by its name, in either case.
pub(super) fn verdict(word: &str) -> Result<Verdict, Fault> {
    serde_json::from_value(Value::from(word.to_ascii_lowercase())).map_err(|_| {
        Fault::new(
            format!("verdict {word:?} is none of met, partial, missing, contradicted, ungraded"),
            format!("评判 {word:?} 不是 met、partial、missing、contradicted、ungraded 之一"),
        )
    })
}
