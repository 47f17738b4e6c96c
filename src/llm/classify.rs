//! Sorts every signal of a call into who has to act.
//!
//! Status and body are read together: a 429 may be a full queue or an empty
//! account, a 400 may be a long answer, a filter or a field the server does not
//! know. [`RULES`] is the table, in order, first match wins; below it stand the
//! few signals that are no error response. Nothing here waits or retries.

use std::time::Duration;

use serde_json::Value;

use super::error::{Class, Fault, Kind, Parameter};
use super::http::Broken;
use super::wire::{Completion, ErrorBody, Finish, Reading};

const RUN_FATAL: Class = Class::RunFatal { resumable: false };
const PAY_OR_WAIT: Class = Class::RunFatal { resumable: true };
const LOWER_RUNG: Class = Class::Adaptable { parameter: Parameter::ResponseFormat };
const UNNAMED: Class = Class::Adaptable { parameter: Parameter::Unnamed };

/// One line of the table: matches on status and on code or phrase, and sorts.
struct Rule {
    /// Statuses it applies to, as an inclusive range.
    status: (u16, u16),
    /// Codes or types of the server, compared whole, without case.
    codes: &'static [&'static str],
    /// Pieces of the error's text, in lower case. With no codes and no phrases any body matches.
    phrases: &'static [&'static str],
    class: Class,
    kind: Kind,
}

const ANY: (u16, u16) = (0, 999);
const CLIENT: (u16, u16) = (400, 499);

#[rustfmt::skip]
static RULES: &[Rule] = &[
    // Redirects are never followed: the key belongs to one origin.
    Rule { status: (300, 399), codes: &[], phrases: &[], class: RUN_FATAL, kind: Kind::Redirect },
    // A blocked answer is not a zero: a person has to look at it.
    Rule { status: ANY, class: Class::ItemFinal, kind: Kind::Blocked,
        codes: &["content_filter", "content_policy_violation", "invalid_prompt",
            "responsibleaipolicyviolation", "data_inspection_failed", "datainspectionfailed",
            "1301", "base_resp 1026", "base_resp 1027"],
        phrases: &["riskdetection", "responsibleaipolicyviolation", "content management policy",
            "requires moderation", "flagged by moderation"] },
    // Groq says 413 or 429 for a request that alone exceeds the limit of a minute.
    Rule { status: ANY, class: Class::ItemFinal, kind: Kind::TooLong,
        codes: &["context_length_exceeded", "exceed_context_size_error", "request_too_large",
            "string_above_max_length", "1261", "base_resp 1039"],
        phrases: &["maximum context length", "context length exceeded", "context_length_exceeded",
            "exceeds the available context size", "exceeds the context window",
            "prompt is too long", "input is too long", "range of input length should be",
            "exceeded model token limit", "request too large", "input length exceeds"] },
    Rule { status: (413, 413), codes: &[], phrases: &[], class: Class::ItemFinal, kind: Kind::TooLong },
    // An empty account or a cap of a day: no wait within a run helps.
    Rule { status: ANY, class: PAY_OR_WAIT, kind: Kind::Quota,
        codes: &["insufficient_quota", "billing_hard_limit_reached", "billing_not_active",
            "accountoverdueerror", "arrearage", "insufficient_balance",
            "1113", "1304", "1308", "1310", "base_resp 1008"],
        phrases: &["insufficient_quota", "insufficient balance", "insufficient credits",
            "requires more credits", "credit balance is too low", "account is in good standing"] },
    Rule { status: (402, 429), codes: &[], class: PAY_OR_WAIT, kind: Kind::Quota,
        phrases: &["per day", "per-day", "perday", "(rpd)", "(tpd)", "rpd limit", "tpd limit",
            "daily limit"] },
    // The same words for an empty account and for a full minute: the unit decides.
    Rule { status: (429, 429), codes: &[], class: Class::Retryable, kind: Kind::RateLimited,
        phrases: &["per min", "perminute", "per second", "concurrency"] },
    Rule { status: ANY, class: PAY_OR_WAIT, kind: Kind::Quota,
        codes: &["exceeded_current_quota", "exceeded_current_quota_error"],
        phrases: &["exceeded your current quota", "exceeded_current_quota",
            "check your plan and billing"] },
    // Gateways say it in words, with any status.
    Rule { status: ANY, codes: &[], class: Class::Retryable, kind: Kind::RateLimited,
        phrases: &["rate limit", "too many requests", "too many concurrent"] },
    Rule { status: (402, 402), codes: &[], phrases: &[], class: PAY_OR_WAIT, kind: Kind::Quota },
    // Some servers answer 400 to a wrong key.
    Rule { status: CLIENT, class: RUN_FATAL, kind: Kind::KeyRefused,
        codes: &["invalid_api_key", "invalid_authentication_error", "authentication_error"],
        phrases: &["api key not valid", "incorrect api key", "invalid api key"] },
    Rule { status: ANY, class: RUN_FATAL, kind: Kind::KeyRefused, codes: &["base_resp 1004"], phrases: &[] },
    Rule { status: (401, 401), codes: &[], phrases: &[], class: RUN_FATAL, kind: Kind::KeyRefused },
    Rule { status: (404, 404), codes: &[], class: UNNAMED, kind: Kind::RequestRejected,
        phrases: &["requested parameters"] },
    Rule { status: CLIENT, class: RUN_FATAL, kind: Kind::ModelNotFound,
        codes: &["model_not_found", "modelnotopen", "invalidendpointormodel.notfound",
            "model_not_exist", "1211"],
        phrases: &["model not exist", "model not found", "model_not_found", "no such model",
            "not a valid model", "invalid model", "unknown model", "no models loaded",
            "no endpoints found", "try pulling it first"] },
    Rule { status: (404, 404), codes: &[], class: RUN_FATAL, kind: Kind::ModelNotFound,
        phrases: &["the model ", "model `", "model '", "model \"", "model:"] },
    Rule { status: (403, 403), codes: &[], phrases: &[], class: RUN_FATAL, kind: Kind::AccessDenied },
    Rule { status: (404, 405), codes: &[], phrases: &[], class: RUN_FATAL, kind: Kind::RouteNotFound },
    // The server checked the model's JSON and threw it away.
    Rule { status: ANY, class: LOWER_RUNG, kind: Kind::InvalidGeneration,
        codes: &["json_validate_failed"], phrases: &["json_validate_failed"] },
    // A schema that the server cannot compile; llama.cpp says 500 to some.
    Rule { status: (400, 501), class: LOWER_RUNG, kind: Kind::RequestRejected, codes: &[],
        phrases: &["failed to parse grammar", "json schema conversion failed",
            "failed to initialize samplers"] },
    Rule { status: ANY, class: Class::Retryable, kind: Kind::RateLimited,
        codes: &["rate_limit_exceeded", "rate_limit_error", "1302", "1303", "base_resp 1002"],
        phrases: &[] },
    Rule { status: ANY, class: Class::Retryable, kind: Kind::Unavailable,
        codes: &["1312", "overloaded_error"], phrases: &[] },
    Rule { status: (429, 429), codes: &[], phrases: &[], class: Class::Retryable, kind: Kind::RateLimited },
    Rule { status: (498, 498), codes: &[], phrases: &[], class: Class::Retryable, kind: Kind::RateLimited },
    Rule { status: (408, 409), codes: &[], phrases: &[], class: Class::Retryable, kind: Kind::Unavailable },
    Rule { status: (425, 425), codes: &[], phrases: &[], class: Class::Retryable, kind: Kind::Unavailable },
    Rule { status: (500, 599), codes: &[], phrases: &[], class: Class::Retryable, kind: Kind::Unavailable },
    Rule { status: CLIENT, codes: &[], phrases: &[], class: Class::ItemFinal, kind: Kind::RequestRejected },
    // An error inside a 200 that says nothing we know.
    Rule { status: ANY, codes: &[], phrases: &[], class: Class::Retryable, kind: Kind::Unavailable },
];

/// Fields this client sends, and the words by which servers name them, most telling first.
static PARAMETERS: &[(&[&str], Parameter)] = &[
    (&["maxlength", "minlength", "maxitems", "minitems"], Parameter::SchemaBounds),
    (&["max_completion_tokens", "max_tokens"], Parameter::TokenLimitName),
    (&["temperature"], Parameter::Temperature),
    (
        &[
            "response_format",
            "json_schema",
            "json_object",
            "json schema",
            "json mode",
            "structured output",
            "guided",
            "grammar",
            "schema",
        ],
        Parameter::ResponseFormat,
    ),
];

/// Words of a complaint about the value of a token limit, which another name does not mend.
const ABOUT_VALUE: [&str; 8] = [
    "too large",
    "too small",
    "at most",
    "at least",
    "valid range",
    "less than",
    "greater than",
    "exceeds",
];

/// Sorts an error response. `sent` are the further top-level fields of the request, which a
/// server may name; `hint` is how long it asked to wait.
pub(crate) fn response(
    status: u16,
    error: &ErrorBody,
    hint: Option<Duration>,
    sent: &[String],
) -> Fault {
    let status = effective(status, error);
    let text = folded(error);
    let message = shown(status, error);
    let rule = RULES.iter().find(|rule| rule.matches(status, error, &text));
    let (class, kind) = rule.map_or((Class::Retryable, Kind::Unavailable), Rule::verdict);
    match (kind, status) {
        (Kind::Quota, 402) if hint.is_some() => {
            Fault::new(Class::Retryable, Kind::RateLimited, message).with_hint(hint)
        }
        (Kind::RequestRejected, 400 | 422) if class == Class::ItemFinal => {
            let named = named_parameter(error, &text, sent);
            let class = named.map_or(class, |parameter| Class::Adaptable { parameter });
            Fault::new(class, kind, message)
        }
        _ => Fault::new(class, kind, message).with_hint(hint),
    }
}

impl Rule {
    fn matches(&self, status: u16, error: &ErrorBody, text: &str) -> bool {
        let (from, to) = self.status;
        let labels = [&error.code, &error.kind];
        let is_code = |code: &&str| {
            labels
                .iter()
                .any(|label| label.as_deref().is_some_and(|l| l.eq_ignore_ascii_case(code)))
        };
        (from..=to).contains(&status)
            && (self.codes.is_empty() && self.phrases.is_empty()
                || self.codes.iter().any(is_code)
                || self.phrases.iter().any(|phrase| text.contains(phrase)))
    }

    fn verdict(&self) -> (Class, Kind) {
        (self.class.clone(), self.kind)
    }
}

/// The status to judge by: that of the error inside, where the response itself claims success.
fn effective(status: u16, error: &ErrorBody) -> u16 {
    let inner = error.code.as_deref().and_then(|code| code.parse::<u16>().ok());
    match inner {
        Some(inner @ 400..=599) if (200..300).contains(&status) => inner,
        _ => status,
    }
}

/// Everything the error says, in lower case.
fn folded(error: &ErrorBody) -> String {
    let label = |label: &Option<String>| label.clone().unwrap_or_default();
    let parts =
        [error.message.clone(), label(&error.code), label(&error.kind), error.detail.clone()];
    parts.join("\n").to_lowercase()
}

fn shown(status: u16, error: &ErrorBody) -> String {
    let code = error.code.as_deref().filter(|code| *code != status.to_string());
    let message = Some(error.message.as_str()).filter(|message| !message.trim().is_empty());
    let words = [message, code].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if words.is_empty() { format!("status {status}") } else { format!("status {status}: {words}") }
}

/// The part of the request that a 400 objects to: by its `param`, else by its words.
fn named_parameter(error: &ErrorBody, text: &str, sent: &[String]) -> Option<Parameter> {
    let param = error.param.clone().unwrap_or_default().to_lowercase();
    // A complaint about a bound comes with a `param` that names the whole `response_format`.
    let bound = own_parameter(text).filter(|parameter| *parameter == Parameter::SchemaBounds);
    let found = bound
        .or_else(|| own_parameter(&param))
        .or_else(|| extra_parameter(&format!("'{param}'"), sent))
        .or_else(|| own_parameter(text))
        .or_else(|| extra_parameter(text, sent))?;
    let about_value = ABOUT_VALUE.iter().any(|words| text.contains(words));
    (found != Parameter::TokenLimitName || !about_value).then_some(found)
}

/// The first field of ours that `text` names.
fn own_parameter(text: &str) -> Option<Parameter> {
    let named = |(words, _): &&(&[&str], Parameter)| words.iter().any(|word| text.contains(word));
    PARAMETERS.iter().find(named).map(|(_, parameter)| parameter.clone())
}

/// The first further field that `text` quotes or gives as a path or after a colon. The bare word
/// is not enough: "provider returned error" is no complaint about `provider`.
fn extra_parameter(text: &str, sent: &[String]) -> Option<Parameter> {
    let named = |field: &&String| {
        let field = field.to_lowercase();
        text.match_indices(&field).any(|(at, _)| {
            let ends = text[at + field.len()..].chars().next();
            (text[..at].ends_with(['\'', '"', '`', '.', '(']) || text[..at].ends_with(": "))
                && ends.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        })
    };
    sent.iter().find(named).cloned().map(Parameter::Extra)
}

/// Sorts a request that brought no response at all.
pub(crate) fn broken(broken: Broken) -> Fault {
    match broken {
        Broken::Unreachable(reach, message) => {
            Fault::new(Class::Retryable, Kind::Unreachable(reach), message)
        }
        Broken::Lost(message) => Fault::new(Class::Retryable, Kind::ConnectionLost, message),
        Broken::TimedOut(message) => Fault::new(Class::Retryable, Kind::Timeout, message),
        Broken::TooLarge(message) => Fault::new(Class::ItemFinal, Kind::InvalidBody, message),
    }
}

/// Sorts what was read of a 2xx response that is no error.
pub(crate) fn success(reading: Reading) -> Result<Completion, Fault> {
    let retry = |kind, message: String| Err(Fault::new(Class::Retryable, kind, message));
    match reading {
        Reading::Completion(completion) => finished(completion),
        Reading::NoChoice => retry(Kind::Empty, "the reply has no choices".into()),
        Reading::WebPage => retry(Kind::InvalidBody, "the reply is a web page, not JSON".into()),
        Reading::Garbled(why) => retry(Kind::InvalidBody, format!("the reply is not JSON: {why}")),
    }
}

/// Judges a completion by why it ended, before anybody reads it: a truncated reply may still
/// parse, as a shorter and wrong one.
fn finished(completion: Completion) -> Result<Completion, Fault> {
    let fault = |class, kind, message: &str| Err(Fault::new(class, kind, message));
    let adaptable = |parameter| Class::Adaptable { parameter };
    match (&completion.finish, &completion.refusal) {
        (_, Some(refusal)) => fault(Class::ItemFinal, Kind::Refused, refusal),
        (Finish::Filtered, _) => {
            fault(Class::ItemFinal, Kind::Refused, "a filter of the server stopped the reply")
        }
        (Finish::Interrupted, _) => fault(
            Class::Retryable,
            Kind::Unavailable,
            "the server broke off in the middle of the reply",
        ),
        (Finish::Length, _) => fault(
            adaptable(Parameter::TokenLimit),
            Kind::Truncated,
            "the reply ran into the token limit",
        ),
        _ if completion.is_blank() => {
            fault(adaptable(Parameter::ResponseFormat), Kind::Empty, "the reply holds no text")
        }
        _ => Ok(completion),
    }
}

/// The ids in any list of models that servers are known to send.
pub(crate) fn models(body: &[u8]) -> Result<Vec<String>, Fault> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut lists = [value.get("data"), value.get("models"), Some(&value)].into_iter().flatten();
    let models = lists.find_map(Value::as_array).ok_or_else(|| {
        Fault::new(Class::ItemFinal, Kind::InvalidBody, "the reply is not a list of models")
    })?;
    let name = |model: &Value| {
        let names = ["id", "name", "model"].iter().find_map(|field| model[*field].as_str());
        names.map(str::to_owned)
    };
    Ok(models.iter().filter_map(name).collect())
}

#[cfg(test)]
mod tests;
