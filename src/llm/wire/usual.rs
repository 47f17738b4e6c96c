//! Reads a completion of the form that nearly every server sends, without making a tree of it.
//!
//! It decides nothing: a body with anything in it that would have to be looked into, such as an
//! error, a field of reasoning or an unknown count of tokens, is left to [`super::completion`].
//! Invariant: what it does read, that would read to the same; only in fields that nobody reads
//! does it bear what is no JSON, such as half a character.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::completion::{Completion, Finish, Usage, split_think};

/// A field that may be there as long as it says nothing.
type Unset = Option<Never>;

#[derive(Deserialize)]
enum Never {}

/// An object; fields alone would also be read from a list.
#[derive(Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        from.deserialize_map(Fields(std::marker::PhantomData)).map(Self)
    }
}

#[derive(Deserialize)]
struct Body {
    choices: [Object<Choice>; 1],
    model: Option<String>,
    #[serde(default)]
    usage: Object<Counts>,
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
    message: Object<Message>,
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
    prompt_tokens_details: Object<Details>,
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
    let Object(Body { choices: [Object(choice)], model, usage: Object(usage), .. }) =
        serde_json::from_str(body).ok()?;
    let Object(message) = choice.message;
    let (reasoning, text) = split_think(message.content, strip_think_tags);
    let finish = Finish::from_reason(choice.finish_reason.as_deref().unwrap_or_default());
    let usage = Usage {
        input: usage.prompt_tokens,
        cached: usage.prompt_tokens_details.0.cached_tokens,
        output: usage.completion_tokens,
    };
    Some((Completion { text, reasoning, finish, refusal: None, model }, usage))
}
