//! Reads a chat completion out of the body of a 2xx response.
//!
//! Reasoning is taken from the fields the profile names, from content parts
//! and from a leading think block, and kept apart from the text. What the
//! model wrote is not parsed. A missing field is a default, never an error.

use std::borrow::Cow;
use std::ops::AddAssign;

use serde_json::{Map, Value};

use super::error_body::{ErrorBody, is_html};
use super::usual;
use crate::llm::profile::Profile;

/// Tokens that a server reported; 0 where it reported none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones among them.
    pub input: u64,
    /// Tokens of the prompt that came from the server's cache.
    pub cached: u64,
    /// Tokens of the reply, reasoning among them.
    pub output: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.input += more.input;
        self.cached += more.cached;
        self.output += more.output;
    }
}

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// It was done, or the server gives no reason.
    Stop,
    /// It ran into the token limit.
    Length,
    /// A filter stopped it.
    Filtered,
    /// The server gave up in the middle.
    Interrupted,
    /// A reason this program does not know; treated like [`Finish::Stop`].
    Other(String),
}

impl Finish {
    pub(super) fn from_reason(reason: &str) -> Self {
        match reason.to_ascii_lowercase().as_str() {
            "" | "stop" | "eos" | "end_turn" | "completed" | "stop_sequence" => Self::Stop,
            "length" | "max_tokens" | "max_output_tokens" | "model_length" => Self::Length,
            "content_filter" | "sensitive" | "safety" | "prohibited_content" | "blocklist"
            | "recitation" => Self::Filtered,
            "insufficient_system_resource" | "error" | "abort" | "network_error" => {
                Self::Interrupted
            }
            _ => Self::Other(reason.to_owned()),
        }
    }
}

/// A chat completion, reduced to what matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) finish: Finish,
    pub(crate) refusal: Option<String>,
    pub(crate) model: Option<String>,
}

impl Completion {
    /// The text, or the reasoning where a server put the reply there; and whether it did.
    pub(crate) fn into_text(self) -> (String, bool) {
        if is_blank(&self.text) { (self.reasoning, true) } else { (self.text, false) }
    }

    /// Whether there is nothing to read anywhere.
    pub(crate) fn is_blank(&self) -> bool {
        is_blank(&self.text) && is_blank(&self.reasoning)
    }
}

/// What the body of a 2xx response turned out to be, when it is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    Completion(Completion),
    /// JSON, but with no choice in it.
    NoChoice,
    /// A web page: probably not an API at all.
    WebPage,
    /// Neither; the reason in words.
    Garbled(String),
}

/// Reads the body of a 2xx response, which may still be an error, and the tokens it reports.
pub(crate) fn read_success(body: &[u8], profile: &Profile) -> (Result<Reading, ErrorBody>, Usage) {
    // Valid text is told faster than repaired text is made.
    let text = str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
    let text = text.trim_start_matches('\u{feff}').trim();
    match usual::read(text, profile.strip_think_tags) {
        Some((completion, usage)) => (Ok(Reading::Completion(completion)), usage),
        None => read_at_large(text, profile),
    }
}

/// Reads a body of any form.
pub(super) fn read_at_large(text: &str, profile: &Profile) -> (Result<Reading, ErrorBody>, Usage) {
    let garbled = match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let usage = usage(&value);
            return (read_value(value, profile), usage);
        }
        Err(_) if is_html(text) => Reading::WebPage,
        Err(_) if text.is_empty() => Reading::Garbled("the body is empty".into()),
        Err(error) => Reading::Garbled(error.to_string()),
    };
    (Ok(garbled), Usage::default())
}

fn read_value(mut body: Value, profile: &Profile) -> Result<Reading, ErrorBody> {
    // An error counts even beside choices: servers that fail half-way send both.
    let of_body = ErrorBody::of_value(&body);
    let model = body["model"].as_str().map(str::to_owned);
    let mut choice = body.pointer_mut("/choices/0").map(Value::take);
    let of_choice = || ErrorBody::of_value(&choice.as_ref()?["error"]);
    if let Some(error) = of_body.or_else(of_choice) {
        return Err(error);
    }
    let finish = choice.as_ref().and_then(|choice| choice["finish_reason"].as_str());
    let finish = Finish::from_reason(finish.unwrap_or_default());
    match choice.as_mut().and_then(|choice| choice.get_mut("message")).map(Value::take) {
        Some(Value::Object(message)) => {
            Ok(Reading::Completion(completion(message, finish, model, profile)))
        }
        _ => Ok(Reading::NoChoice),
    }
}

fn completion(
    mut message: Map<String, Value>,
    finish: Finish,
    model: Option<String>,
    profile: &Profile,
) -> Completion {
    let content = message.get_mut("content").map(Value::take).unwrap_or_default();
    let field = |name: &str| message.get(name).map(words).unwrap_or_default();
    let fields = profile.reasoning_fields.iter().map(|name| field(name));
    let parts = fields.chain([thinking_parts(&content)]).find(|part| !is_blank(part));
    let refusal = message.get("refusal").and_then(Value::as_str).filter(|text| !is_blank(text));
    let (thought, text) = split_think(content_text(content), profile.strip_think_tags);
    Completion {
        text,
        reasoning: parts.unwrap_or(thought),
        finish,
        refusal: refusal.map(str::to_owned),
        model,
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The content without reasoning: a string, the text parts of an array, or a bare object.
fn content_text(content: Value) -> String {
    match content {
        Value::String(text) => text,
        Value::Array(parts) => {
            parts.iter().filter(|part| !is_thinking(part)).map(words).collect::<String>()
        }
        Value::Object(_) => content.to_string(),
        _ => String::new(),
    }
}

fn thinking_parts(content: &Value) -> String {
    let parts = content.as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().filter(|part| is_thinking(part)).map(words).collect()
}

fn is_thinking(part: &Value) -> bool {
    matches!(part["type"].as_str(), Some("thinking" | "reasoning"))
}

/// The text in a value of any shape seen for content parts and reasoning details.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect(),
        Value::Object(fields) => ["text", "thinking", "summary", "content"]
            .iter()
            .find_map(|name| fields.get(*name))
            .map(words)
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Parts a leading think block from what follows. Some templates open the block in the prompt,
/// so a closing tag alone counts too, unless the text plainly starts with the reply.
pub(super) fn split_think(content: String, strip: bool) -> (String, String) {
    if !strip {
        return (String::new(), content);
    }
    let start = content.trim_start();
    let replies = start.starts_with(['{', '[', '`']);
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        let opened = start.strip_prefix(open);
        if opened.is_none() && replies {
            continue;
        }
        let body = opened.unwrap_or(start);
        match (opened, body.split_once(close)) {
            (_, Some((thought, rest))) => return (thought.to_owned(), rest.to_owned()),
            (Some(unclosed), None) => return (unclosed.to_owned(), String::new()),
            (None, None) => {}
        }
    }
    (String::new(), content)
}

/// Where servers report the tokens of the prompt, of its cached part, and of the reply.
const INPUT: [&str; 3] =
    ["usage/prompt_tokens", "usage/input_tokens", "x_groq/usage/prompt_tokens"];
const CACHED: [&str; 7] = [
    "usage/prompt_tokens_details/cached_tokens",
    "usage/prompt_token_details/cached_tokens",
    "usage/input_tokens_details/cached_tokens",
    "usage/prompt_cache_hit_tokens",
    "usage/cached_tokens",
    "usage/num_cached_tokens",
    "timings/cache_n",
];
const OUTPUT: [&str; 3] =
    ["usage/completion_tokens", "usage/output_tokens", "x_groq/usage/completion_tokens"];

/// The tokens a body reports, wherever it reports them.
fn usage(body: &Value) -> Usage {
    // Not `Value::pointer`, which undoes escapes that these paths do not have, at some cost.
    let at = |path: &str| path.split('/').try_fold(body, |value, name| value.get(name));
    let first =
        |paths: &[&str]| paths.iter().find_map(|path| at(path)?.as_u64()).unwrap_or_default();
    Usage { input: first(&INPUT), cached: first(&CACHED), output: first(&OUTPUT) }
}
