//! Reads a completion of the form that nearly every server sends, without making a tree of it.
//!
//! It decides nothing: a body with anything in it that would have to be looked into, such as an
//! error, a field of reasoning or an unknown count of tokens, is left to [`super::completion`].
//! Invariant: what it does read, that would read to the same.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::completion::{Completion, Finish, Usage, split_think};

/// A field that may be there as long as it says nothing.
type Unset = Option<Never>;

#[derive(Deserialize)]
enum Never {}

#[derive(Deserialize)]
struct Body {
    choices: [Choice; 1],
    model: Option<String>,
    #[serde(default)]
    usage: Counts,
    #[serde(rename = "error")]
    _error: Unset,
    #[serde(rename = "errors")]
    _errors: Unset,
    #[serde(rename = "base_resp")]
    _base_resp: Unset,
    #[serde(rename = "x_groq")]
    _x_groq: Unset,
    #[serde(rename = "timings")]
    _timings: Unset,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
    #[serde(rename = "error")]
    _error: Unset,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    content: String,
    #[serde(rename = "role")]
    _role: Option<String>,
    #[serde(rename = "refusal")]
    _refusal: Unset,
    #[serde(rename = "annotations")]
    _annotations: Option<[Never; 0]>,
    #[serde(rename = "tool_calls")]
    _tool_calls: Option<[Never; 0]>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Details,
    #[serde(rename = "total_tokens")]
    _total_tokens: Option<IgnoredAny>,
    #[serde(rename = "completion_tokens_details")]
    _completion_tokens_details: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    cached_tokens: u64,
}

/// The completion of a body and the tokens it reports; none when it has another form.
pub(super) fn read(body: &str, strip_think_tags: bool) -> Option<(Completion, Usage)> {
    let Body { choices: [choice], model, usage, .. } = serde_json::from_str(body).ok()?;
    let (reasoning, text) = split_think(choice.message.content, strip_think_tags);
    let finish = Finish::from_reason(choice.finish_reason.as_deref().unwrap_or_default());
    let usage = Usage {
        input: usage.prompt_tokens,
        cached: usage.prompt_tokens_details.cached_tokens,
        output: usage.completion_tokens,
    };
    Some((Completion { text, reasoning, finish, refusal: None, model }, usage))
}
