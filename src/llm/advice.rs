//! One sentence for the user: what to do about a failed call.
//!
//! Says what can be done and names the setting to change; what happened is the
//! error's own message. Knows the profile and the kind of failure, never text
//! that came from a server.

use super::error::{Kind, Reach};
use super::profile::{Auth, Profile};

/// What a person can do about `kind` at the endpoint of `profile`.
pub(crate) fn advice(kind: Kind, profile: &Profile, has_key: bool) -> String {
    let base = &profile.base_url;
    match kind {
        Kind::Unreachable(reach) => unreachable(reach, profile),
        Kind::Redirect => format!("set base_url to the address the server names; {base} is not it"),
        Kind::KeyRefused => key(profile, has_key),
        Kind::ModelNotFound => {
            format!(
                "check the model name `{}`; `viva doctor` lists what the server offers",
                profile.model
            )
        }
        Kind::RouteNotFound => {
            format!(
                "check base_url {base}: most servers want it to end in /v1, some in another path"
            )
        }
        Kind::InvalidBody => {
            format!("check that base_url {base} is the address of the API and not of a web page")
        }
        Kind::Timeout => {
            format!(
                "raise timeouts.total of endpoint `{}`, or send fewer requests at once",
                profile.name
            )
        }
        Kind::TooLong if profile.local => {
            "start the server with a larger context, or shorten the answer".into()
        }
        _ => fixed(kind).into(),
    }
}

fn fixed(kind: Kind) -> &'static str {
    match kind {
        Kind::AccessDenied => "check what this key and this network may use at the vendor",
        Kind::Quota => {
            "check balance and daily limits at the vendor, then run the same command again"
        }
        Kind::Budget => {
            "run the same command again with another --max-cost, --max-tokens or --max-calls"
        }
        Kind::Stopped => "run the same command again",
        Kind::RateLimited => "wait and run the same command again, or raise --patience",
        Kind::Unavailable | Kind::ConnectionLost => "try again later; the server is in trouble",
        Kind::TooLong => "shorten the answer, or choose a model with a larger context",
        Kind::Blocked | Kind::Refused => "have a person grade this answer; it is not a zero",
        Kind::Truncated => "choose a model that thinks less, or limit its thinking in extra_body",
        Kind::Empty | Kind::InvalidGeneration => {
            "try again, or set `structured` one rung lower for this endpoint"
        }
        _ => "check extra_body and the other fields of this endpoint's profile",
    }
}

fn unreachable(reach: Reach, profile: &Profile) -> String {
    let base = &profile.base_url;
    match reach {
        Reach::Dns => format!("check the host name in base_url {base}, and the network"),
        Reach::Refused => format!("start the server or check base_url {base}"),
        Reach::Tls => format!("check whether {base} should be http or https, and its certificate"),
        Reach::Other => format!("check the network, a proxy, and base_url {base}"),
    }
}

fn key(profile: &Profile, has_key: bool) -> String {
    let source = match (profile.api_key_env.as_str(), profile.api_key_cmd.first()) {
        ("", None) => "api_key_env of this endpoint".to_owned(),
        ("", Some(program)) => format!("the output of `{program}`"),
        (variable, _) => variable.to_owned(),
    };
    match (has_key, &profile.auth) {
        (_, Auth::None) => "set `auth` of this endpoint: no key is sent".into(),
        (false, _) => format!("no key was sent: set {source}"),
        (true, _) => format!("check the key in {source}"),
    }
}
