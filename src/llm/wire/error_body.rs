//! Reads an error out of any body a server is known to send.
//!
//! Error objects come nested, flat, as a string, in an array, under `detail`
//! or `base_resp`, with codes as text or number; or the body is HTML, text or
//! nothing. Only fields that describe the error are read: validation errors
//! that echo the request back (`input`) are not.

use serde_json::Value;

/// What a server said went wrong. Every field may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// In words.
    pub(crate) message: String,
    /// The server's own code, numbers as text. A code of `base_resp` has that name before it.
    pub(crate) code: Option<String>,
    /// The server's own class of errors.
    pub(crate) kind: Option<String>,
    /// The part of the request it objects to.
    pub(crate) param: Option<String>,
    /// Further text that helps to classify, but is not shown.
    pub(crate) detail: String,
}

impl ErrorBody {
    /// Reads the body of a response whose status says that it failed.
    pub(crate) fn of_failure(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Self::of_value(&value).unwrap_or_else(|| Self::plain(&value.to_string())),
            Err(_) => Self::plain(&readable(text)),
        }
    }

    /// Finds an error in a JSON body, whatever its status; none when there is none.
    pub(crate) fn of_value(body: &Value) -> Option<Self> {
        match body {
            Value::Array(items) => items.iter().find_map(Self::of_value),
            Value::Object(fields) => {
                let nested = ["error", "errors"].iter().find_map(|name| fields.get(*name));
                match nested.filter(|error| is_set(error)) {
                    Some(error) => Some(Self::of_error(error, body)),
                    None => Self::of_base_resp(body).or_else(|| Self::of_flat(body)),
                }
            }
            _ => None,
        }
    }

    /// A redirect, which is an error here: the key belongs to the origin it was given for.
    pub(crate) fn of_redirect(location: &str) -> Self {
        Self::plain(&format!("the server redirects to {location}"))
    }

    fn plain(message: &str) -> Self {
        Self { message: message.to_owned(), ..Self::default() }
    }

    /// `{"error": …}`, where the inside may be an object, a string or an array.
    fn of_error(error: &Value, around: &Value) -> Self {
        match error {
            Value::Object(_) => Self::of_fields(error),
            Value::Array(items) => {
                items.first().map_or_else(Self::default, |first| Self::of_error(first, around))
            }
            Value::String(text) => Self { message: text.clone(), ..Self::of_fields(around) },
            other => Self { message: other.to_string(), ..Self::of_fields(around) },
        }
    }

    /// `{"base_resp": {"status_code": 1002, "status_msg": "…"}}`, where 0 is success.
    fn of_base_resp(body: &Value) -> Option<Self> {
        let code = body.pointer("/base_resp/status_code")?.as_i64().filter(|code| *code != 0)?;
        let message = body.pointer("/base_resp/status_msg").map(text).unwrap_or_default();
        Some(Self { message, code: Some(format!("base_resp {code}")), ..Self::default() })
    }

    /// `{"code": 20012, "message": "…"}` and the like; a completion is not an error.
    fn of_flat(body: &Value) -> Option<Self> {
        let is_completion = body.get("choices").is_some_and(Value::is_array);
        Some(body).filter(|_| !is_completion).map(Self::of_fields).filter(|e| !e.message.is_empty())
    }

    fn of_fields(fields: &Value) -> Self {
        let first = |names: &[&str]| {
            names.iter().filter_map(|name| fields.get(*name)).find(|value| is_set(value))
        };
        Self {
            message: first(&["message", "msg", "detail", "error_msg", "error_description"])
                .map(text)
                .unwrap_or_default(),
            code: first(&["code", "error_code", "status_code", "status"]).map(text),
            kind: first(&["type", "status", "error_type"]).map(text),
            param: first(&["param"]).map(text),
            detail: detail(fields),
        }
    }
}

/// What stands deeper: Azure's inner error, `OpenRouter`'s upstream error, Google's details.
fn detail(fields: &Value) -> String {
    ["/innererror", "/metadata/raw", "/details"]
        .iter()
        .filter_map(|pointer| fields.pointer(pointer))
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_set(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
        && value.as_str() != Some("")
        && value.as_array().is_none_or(|items| !items.is_empty())
        && value.as_object().is_none_or(|fields| !fields.is_empty())
}

/// A value in words; of validation errors, place and reason alone.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => match (fields.get("loc"), fields.get("msg")) {
            (Some(place), Some(reason)) => format!("{}: {}", place_in(place), text(reason)),
            _ => ["message", "msg", "detail"]
                .iter()
                .find_map(|name| fields.get(*name))
                .map_or_else(|| value.to_string(), text),
        },
        other => other.to_string(),
    }
}

fn place_in(place: &Value) -> String {
    let parts = place.as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().map(text).collect::<Vec<_>>().join(".")
}

/// The words of a body that is not JSON; of a web page, its title.
fn readable(text: &str) -> String {
    if !is_html(text) {
        return text.to_owned();
    }
    // ASCII folding keeps every byte offset; `to_lowercase` would not.
    let folded = text.to_ascii_lowercase();
    let title = folded.find("<title>").and_then(|at| {
        let from = at + "<title>".len();
        let to = from + folded[from..].find("</title>")?;
        Some(text[from..to].trim())
    });
    title.map_or("a web page".into(), |title| format!("a web page titled \"{title}\""))
}

/// Whether a body is a web page.
pub(super) fn is_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}
