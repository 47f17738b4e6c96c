//! Builds the body of a chat request.
//!
//! Order of the fields: model, messages, token limit, temperature,
//! `response_format`, then whatever the profile adds. Nothing is sent that the
//! profile does not allow, and nothing is reordered: the schema's property order
//! is the order in which the model writes.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::llm::capability::{Capability, Rung};
use crate::llm::profile::Profile;

/// Name under which the schema travels; servers restrict it to `[A-Za-z0-9_-]`.
const SCHEMA_NAME: &str = "reply";

/// Keywords that bound strings and arrays, which some servers refuse.
const BOUNDS: [&str; 4] = ["maxLength", "minLength", "maxItems", "minItems"];

/// One question to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The system message.
    pub system: String,
    /// The user message.
    pub user: String,
    /// JSON Schema of the reply: an object, every property required.
    pub schema: Value,
    /// Token limit of the reply; doubled once when the reply runs into it.
    pub max_output_tokens: u32,
}

/// A request whose user message still lacks its end; what many calls have in common is made once.
#[derive(Debug)]
pub struct Template {
    request: ChatRequest,
    text_bytes: usize,
    last: Mutex<Option<Made>>,
}

/// What was made last, and for what.
#[derive(Debug, Clone)]
struct Made {
    capability: Capability,
    max_tokens: u32,
    common: Arc<Common>,
}

/// The bytes of a body before and after the end of the user message.
#[derive(Debug)]
pub(crate) struct Common {
    before: Vec<u8>,
    after: Vec<u8>,
    parameters: Arc<Value>,
}

/// Stands for the end of the user message; private use, and escaped nowhere.
const TAIL: &str = "\u{f8ff}\u{f8fe}tail\u{f8fe}\u{f8ff}";

impl Template {
    /// A template of a request; calls add to its user message.
    pub fn new(request: ChatRequest) -> Self {
        let schema = request.schema.to_string();
        let text_bytes = request.system.len() + request.user.len() + schema.len();
        Self { request, text_bytes, last: Mutex::new(None) }
    }

    /// Bytes of its messages and of its schema.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Most tokens of a reply.
    pub fn max_output_tokens(&self) -> u32 {
        self.request.max_output_tokens
    }

    /// The common part, as `profile` and what is known of the server allow. A template is used
    /// with one profile.
    pub(crate) fn common(
        &self,
        profile: &Profile,
        capability: &Capability,
        max_tokens: u32,
    ) -> Arc<Common> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*last
            && made.capability == *capability
            && made.max_tokens == max_tokens
        {
            return Arc::clone(&made.common);
        }
        let common = Arc::new(Common::new(profile, capability, &self.request, max_tokens));
        let capability = capability.clone();
        *last = Some(Made { capability, max_tokens, common: Arc::clone(&common) });
        common
    }
}

impl Common {
    fn new(
        profile: &Profile,
        capability: &Capability,
        request: &ChatRequest,
        max_tokens: u32,
    ) -> Self {
        let user = format!("{}{TAIL}", request.user);
        let body = body(profile, capability, &ChatRequest { user, ..request.clone() }, max_tokens);
        let text = body.to_string();
        // The user message is the last one; nothing after it holds text that is not ours.
        let (before, after) = text.rsplit_once(TAIL).unwrap_or((&text, ""));
        Self {
            before: before.into(),
            after: after.into(),
            parameters: Arc::new(recorded(body, capability.rung)),
        }
    }

    /// The body with `tail` at the end of the user message.
    pub(crate) fn with(&self, tail: &str) -> Bytes {
        let escaped = serde_json::to_string(tail).expect("invariant: every text can be written");
        let inner = &escaped.as_bytes()[1..escaped.len() - 1];
        [self.before.as_slice(), inner, &self.after].concat().into()
    }

    /// The body as it goes into a record.
    pub(crate) fn parameters(&self) -> &Arc<Value> {
        &self.parameters
    }
}

/// The body of `request`, as `profile` and what is known of the server allow.
pub(crate) fn body(
    profile: &Profile,
    capability: &Capability,
    request: &ChatRequest,
    max_tokens: u32,
) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(profile.model));
    body.insert("messages".into(), messages(request));
    body.insert(capability.token_limit_field.name().into(), json!(max_tokens));
    if capability.temperature {
        body.insert("temperature".into(), json!(0));
    }
    if let Some(format) = response_format(capability, &request.schema) {
        body.insert("response_format".into(), format);
    }
    merge(&mut body, &profile.extra_body);
    for field in profile.omit.iter().chain(&capability.dropped) {
        body.shift_remove(field);
    }
    Value::Object(renamed(body, profile))
}

/// `body` as it goes into a record: everything but what was asked, and the rung in place of
/// the schema, which the prompt and the points already determine.
pub(super) fn recorded(mut body: Value, rung: Rung) -> Value {
    if let Value::Object(fields) = &mut body {
        fields.shift_remove("messages");
        if let Some(format) = fields.get_mut("response_format") {
            *format = rung.to_string().into();
        }
    }
    body
}

fn messages(request: &ChatRequest) -> Value {
    json!([
        { "role": "system", "content": request.system },
        { "role": "user", "content": request.user },
    ])
}

fn response_format(capability: &Capability, schema: &Value) -> Option<Value> {
    let schema = || wire_schema(schema, capability.schema_bounds);
    match capability.rung {
        Rung::JsonSchemaStrict => Some(json!({
            "type": "json_schema",
            "json_schema": { "name": SCHEMA_NAME, "strict": true, "schema": schema() },
        })),
        Rung::JsonSchema => Some(json!({
            "type": "json_schema",
            "json_schema": { "name": SCHEMA_NAME, "schema": schema() },
        })),
        Rung::JsonObject => Some(json!({ "type": "json_object" })),
        Rung::Prompt => None,
    }
}

/// The schema without `$schema`, which makes one server reply nonsense, and, where the server
/// refuses them, without bounds.
fn wire_schema(schema: &Value, bounds: bool) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(fields) = &mut schema {
        fields.shift_remove("$schema");
    }
    if !bounds {
        strip_bounds(&mut schema);
    }
    schema
}

/// Removes the bounds from a schema, but no property that happens to be called like one.
fn strip_bounds(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|keyword, _| !BOUNDS.contains(&keyword.as_str()));
            for (keyword, value) in fields {
                match (keyword.as_str(), value) {
                    ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                        named.values_mut().for_each(strip_bounds);
                    }
                    ("enum" | "const" | "default" | "examples", _) => {}
                    (_, value) => strip_bounds(value),
                }
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(strip_bounds),
        _ => {}
    }
}

/// Lays `over` on `under`: objects merge, everything else is replaced.
fn merge(under: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

fn renamed(body: Map<String, Value>, profile: &Profile) -> Map<String, Value> {
    body.into_iter()
        .map(|(field, value)| (profile.rename.get(&field).cloned().unwrap_or(field), value))
        .collect()
}
