//! Fields of a question under the names that people give them, in English or
//! Chinese.

use std::collections::BTreeMap;

use crate::bank::filter;
use crate::domain::{Lang, Localised, Question, Source};

/// A question as named fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: Option<String>,
    pub(super) topic: Option<String>,
    title: BTreeMap<Tongue, String>,
    reference: BTreeMap<Tongue, String>,
    difficulty: Option<String>,
    kind: Option<String>,
    tags: Option<String>,
    covers: Option<String>,
    source: Option<String>,
}

/// In which language a field is, when its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tongue {
    English,
    Chinese,
    Unsaid,
}

impl Row {
    /// A title and its reference.
    pub(super) fn of(title: &str, reference: &str) -> Self {
        let mut row = Self::default();
        row.set("title", title);
        row.set("reference", reference);
        row
    }

    /// Takes a field; says whether its name means anything.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        let name =
            name.trim().trim_start_matches('\u{feff}').to_lowercase().replace([' ', '-'], "_");
        let (name, tongue) = match name.rsplit_once('_') {
            Some((name, "en")) => (name.to_owned(), Tongue::English),
            Some((name, "zh" | "cn")) => (name.to_owned(), Tongue::Chinese),
            _ => (name, Tongue::Unsaid),
        };
        let value = value.trim().to_owned();
        let field = match name.as_str() {
            "title" | "question" | "ask" | "q" | "front" | "题目" | "问题" => {
                return put(&mut self.title, tongue, value);
            }
            "reference" | "answer" | "model_answer" | "reference_answer" | "a" | "back"
            | "答案" | "参考答案" => return put(&mut self.reference, tongue, value),
            "id" => &mut self.id,
            "topic" | "category" | "主题" | "分类" => &mut self.topic,
            "difficulty" | "level" | "难度" => &mut self.difficulty,
            "kind" | "类型" => &mut self.kind,
            "tags" | "标签" => &mut self.tags,
            "covers" => &mut self.covers,
            "source" | "url" | "来源" => &mut self.source,
            _ => return false,
        };
        if !value.is_empty() {
            *field = Some(value);
        }
        true
    }

    pub(super) fn is_blank(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn title(&self) -> Option<Result<Localised, String>> {
        localised(&self.title)
    }

    pub(super) fn reference(&self) -> Option<Result<Localised, String>> {
        localised(&self.reference)
    }

    /// Puts the other fields into a question made of title and reference.
    pub(super) fn complete(self, mut question: Question) -> Result<Question, String> {
        if let Some(text) = &self.difficulty {
            let difficulty = filter::difficulties(text).map_err(|e| format!("{text:?}: {e}"))?;
            question.difficulty = *difficulty.start();
        }
        if let Some(text) = &self.kind {
            question.kind = filter::kind(text).map_err(|e| format!("{text:?}: {e}"))?;
        }
        question.tags = list(self.tags.as_deref());
        question.covers = list(self.covers.as_deref());
        if let Some(source) = self.source {
            let url = source.starts_with("http").then(|| source.clone());
            question.sources.push(Source { title: source, year: None, url });
        }
        match question.check().first() {
            None => Ok(question),
            Some(fault) => Err(format!("{}: {}", fault.field, fault.message)),
        }
    }
}

fn put(texts: &mut BTreeMap<Tongue, String>, tongue: Tongue, value: String) -> bool {
    if !value.is_empty() {
        texts.insert(tongue, value);
    }
    true
}

/// A text whose language nobody says is in the language it looks like.
fn localised(texts: &BTreeMap<Tongue, String>) -> Option<Result<Localised, String>> {
    let mut form = BTreeMap::new();
    for (tongue, text) in texts {
        let lang = match tongue {
            Tongue::English => Lang::En,
            Tongue::Chinese => Lang::Zh,
            Tongue::Unsaid => Lang::of(text),
        };
        form.entry(lang.code()).or_insert_with(|| text.replace("\r\n", "\n"));
    }
    if form.is_empty() {
        return None;
    }
    let value = serde_json::to_value(form).and_then(serde_json::from_value);
    Some(value.map_err(|error| error.to_string()))
}

fn list(words: Option<&str>) -> Vec<String> {
    let words = words.unwrap_or_default().split([',', ';', '，', '；', '、']);
    words.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}
