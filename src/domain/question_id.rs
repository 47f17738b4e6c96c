//! The identity of a question, which never changes.
//!
//! Progress hangs on it, so it comes from a file's place and not from its text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `<topic>/<slug>`: stable for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuestionId(String);

impl QuestionId {
    /// Checks the form `<topic>/<slug>` in lower-case letters, digits and hyphens.
    ///
    /// # Errors
    /// A message that says what the form is.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        let part_ok = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        match text.split_once('/') {
            Some((topic, slug)) if part_ok(topic) && part_ok(slug) && text.len() <= 120 => {
                Ok(Self(text))
            }
            _ => Err(format!(
                "bad question id {text:?}: write <topic>/<slug> in lower-case letters, digits and hyphens"
            )),
        }
    }

    /// The id of a question that is not in any bank, from the hash of its content.
    pub fn ad_hoc(content_hash: &str) -> Self {
        let short: String = content_hash.chars().take(12).collect();
        Self(format!("ad-hoc/{short}"))
    }

    /// The id of a question that has not been given its own yet.
    pub(super) fn unnamed() -> Self {
        Self("ad-hoc/unnamed".to_owned())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash.
    pub fn topic(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(topic, _)| topic)
    }
}

impl TryFrom<String> for QuestionId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(text)
    }
}

impl From<QuestionId> for String {
    fn from(id: QuestionId) -> Self {
        id.0
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
