//! The two languages of the bank, and text that exists in one or both.
//!
//! A `Localised` always holds at least one non-empty text, so asking for a
//! language never fails: the other one stands in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::is_han;

/// A language of questions, answers, feedback and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// Both languages, in the order in which they are listed everywhere.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The two-letter code: `en` or `zh`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The language's name in English, as prompts use it.
    pub fn english_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "Chinese",
        }
    }

    /// The other language.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }

    /// The language a text is written in: Chinese when Han characters are at
    /// least as many as Latin words, else English.
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self::En;
        }
        let han = text.chars().filter(|c| is_han(*c)).count();
        let latin =
            text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).count();
        if han > 0 && han >= latin { Self::Zh } else { Self::En }
    }
}

impl std::fmt::Display for Lang {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "en" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            _ => Err(format!("unknown language {text:?}: use en or zh")),
        }
    }
}

/// A text in English, in Chinese, or in both; never in neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawLocalised")]
pub struct Localised {
    #[serde(skip_serializing_if = "Option::is_none")]
    en: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zh: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLocalised {
    en: Option<String>,
    zh: Option<String>,
}

impl TryFrom<RawLocalised> for Localised {
    type Error = String;

    fn try_from(raw: RawLocalised) -> Result<Self, String> {
        let (en, zh) = (raw.en.and_then(trimmed), raw.zh.and_then(trimmed));
        for text in [&en, &zh].into_iter().flatten() {
            if let Some(c) = control_character(text, true) {
                return Err(format!("text holds the control character U+{:04X}", u32::from(c)));
            }
        }
        if en.is_none() && zh.is_none() {
            return Err(
                "text is empty in both languages: write `{ en = \"…\", zh = \"…\" }`".into()
            );
        }
        Ok(Self { en, zh })
    }
}

/// The text without white space around it; none when nothing is left.
fn trimmed(text: String) -> Option<String> {
    let inner = text.trim();
    match inner.len() {
        0 => None,
        length if length == text.len() => Some(text),
        _ => Some(inner.to_owned()),
    }
}

/// The first control character; line breaks and tabs are none in text of several lines.
///
/// Every text of a bank comes by here, so bytes are looked at before characters.
pub(super) fn control_character(text: &str, several_lines: bool) -> Option<char> {
    // 0xC2 begins the two bytes of U+0080 to U+009F, among others. Looking at every
    // byte is faster than stopping at the first, since it is done many at a time.
    let breaks = |b: u8| several_lines && matches!(b, b'\n' | b'\t');
    let suspect = |b: u8| (b < b' ' && !breaks(b)) || b == 0x7f || b == 0xc2;
    if !text.bytes().fold(false, |found, b| found | suspect(b)) {
        return None;
    }
    text.chars().find(|c| c.is_control() && !(several_lines && matches!(c, '\n' | '\t')))
}

impl Localised {
    /// A text in one language.
    pub fn single(lang: Lang, text: impl Into<String>) -> Self {
        let text = Some(text.into());
        match lang {
            Lang::En => Self { en: text, zh: None },
            Lang::Zh => Self { en: None, zh: text },
        }
    }

    /// A text in both languages.
    pub fn both(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: Some(en.into()), zh: Some(zh.into()) }
    }

    /// The text in `lang`, or in the other language when that one is missing.
    pub fn get(&self, lang: Lang) -> &str {
        self.exact(lang).or_else(|| self.exact(lang.other())).unwrap_or_default()
    }

    /// The text in `lang`, if it exists in that language.
    pub fn exact(&self, lang: Lang) -> Option<&str> {
        match lang {
            Lang::En => self.en.as_deref(),
            Lang::Zh => self.zh.as_deref(),
        }
    }

    /// The texts there are, English first.
    pub fn texts(&self) -> impl Iterator<Item = (Lang, &str)> {
        Lang::ALL.into_iter().filter_map(|lang| self.exact(lang).map(|text| (lang, text)))
    }
}
