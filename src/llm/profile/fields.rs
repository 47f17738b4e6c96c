//! The types of a profile's fields: closed sets and small records.
//!
//! Each says what may stand in the file and what it stands for. None of them
//! acts; an unknown value is an error that lists the known ones.

use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::llm::capability::Rung;
use crate::llm::wire::Usage;

/// How the key is presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `api-key: KEY`, as at Azure.
    ApiKey,
    /// `NAME: KEY`.
    Header(String),
    /// No key is sent, even where one is known.
    None,
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("bearer"),
            Self::ApiKey => f.write_str("api-key"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::None => f.write_str("none"),
        }
    }
}

impl Serialize for Auth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match (text.as_str(), text.strip_prefix("header:")) {
            ("bearer", _) => Ok(Self::Bearer),
            ("api-key", _) => Ok(Self::ApiKey),
            ("none", _) => Ok(Self::None),
            (_, Some(name)) if is_header_name(name) => Ok(Self::Header(name.to_owned())),
            _ => Err(D::Error::custom(format!(
                "auth is `{text}`, but must be bearer, api-key, header:NAME or none"
            ))),
        }
    }
}

fn is_header_name(name: &str) -> bool {
    reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// Name of the token limit, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLimitField {
    /// `max_tokens` first, since a server that does not know a name may ignore it silently.
    Auto,
    /// As reasoning models insist.
    MaxCompletionTokens,
    /// As everybody else.
    MaxTokens,
}

/// Name of the token limit, as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenField {
    /// `max_completion_tokens`.
    MaxCompletionTokens,
    /// `max_tokens`.
    MaxTokens,
}

impl TokenField {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
        }
    }

    /// The other name.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::MaxCompletionTokens => Self::MaxTokens,
            Self::MaxTokens => Self::MaxCompletionTokens,
        }
    }
}

impl From<TokenLimitField> for TokenField {
    fn from(configured: TokenLimitField) -> Self {
        match configured {
            TokenLimitField::MaxCompletionTokens => Self::MaxCompletionTokens,
            TokenLimitField::Auto | TokenLimitField::MaxTokens => Self::MaxTokens,
        }
    }
}

/// Where the structured-output ladder starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// At the top.
    Auto,
    /// At a JSON Schema with `strict`.
    JsonSchemaStrict,
    /// At a JSON Schema.
    JsonSchema,
    /// At JSON of any shape.
    JsonObject,
    /// At the bottom: the prompt alone asks for JSON.
    Prompt,
}

impl From<Structured> for Rung {
    fn from(configured: Structured) -> Self {
        match configured {
            Structured::Auto | Structured::JsonSchemaStrict => Self::JsonSchemaStrict,
            Structured::JsonSchema => Self::JsonSchema,
            Structured::JsonObject => Self::JsonObject,
            Structured::Prompt => Self::Prompt,
        }
    }
}

/// When to stop waiting, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For the connection to stand.
    pub connect: u64,
    /// Between two pieces of a reply.
    pub read: u64,
    /// For one request, from first byte sent to last byte received.
    pub total: u64,
}

impl Timeouts {
    pub(crate) fn connect(self) -> Duration {
        Duration::from_secs(self.connect)
    }

    pub(crate) fn read(self) -> Duration {
        Duration::from_secs(self.read)
    }

    pub(crate) fn total(self) -> Duration {
        Duration::from_secs(self.total)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: 10, read: 300, total: 900 }
    }
}

/// What the account is allowed; 0 where it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests a minute.
    pub rpm: u32,
    /// Tokens a minute, prompt and reply together.
    pub tpm: u64,
    /// Requests in flight at once; 0 lets the client find out.
    pub concurrency: u32,
}

/// What a million tokens cost, in one currency; 0 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// Prompt tokens.
    pub input: f64,
    /// Prompt tokens served from the server's cache.
    pub cached_input: f64,
    /// Tokens of the reply, reasoning among them.
    pub output: f64,
    /// Factor on all three for batch interfaces, 0–1.
    pub batch_factor: f64,
}

impl Price {
    /// Whether prices are known at all.
    pub fn is_known(self) -> bool {
        self.input > 0.0 || self.output > 0.0
    }

    /// What so many tokens cost.
    pub fn of(self, usage: Usage) -> f64 {
        let number = |count: u64| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        let million = |tokens: u64, price: f64| {
            (number(tokens / 1_000_000) + number(tokens % 1_000_000) / 1e6) * price
        };
        let fresh = usage.input.saturating_sub(usage.cached);
        million(fresh, self.input)
            + million(usage.cached, self.cached_input)
            + million(usage.output, self.output)
    }
}

impl Default for Price {
    fn default() -> Self {
        Self { input: 0.0, cached_input: 0.0, output: 0.0, batch_factor: 0.5 }
    }
}

/// Which batch interface the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Batch {
    /// None that this program speaks.
    None,
    /// Files of JSON lines, and `/batches`.
    Openai,
}
