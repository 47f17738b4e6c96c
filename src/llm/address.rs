//! Where an endpoint is: its URLs, checked once.
//!
//! `base_url` is taken verbatim, since every vendor has its own path; nothing
//! is guessed or appended but the path of the call. Refused are URLs that carry
//! credentials, or whose key would travel unencrypted to another machine.
//! Invariant: all URLs of an endpoint have one origin.

use reqwest::Url;

use super::error::SetupError;
use super::profile::{Auth, Profile};

/// The URLs of one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Where chat requests go.
    pub(crate) chat: Url,
    /// Where the list of models is.
    pub(crate) models: Url,
    /// Whether the server is on this machine.
    pub(crate) loopback: bool,
}

impl Address {
    pub(crate) fn of(profile: &Profile) -> Result<Self, SetupError> {
        let base = base_url(profile)?;
        let loopback = is_loopback(&base);
        let chat = below(&base, &profile.path, profile);
        let models = below(&base, "models", profile);
        Ok(Self { chat, models, loopback })
    }

    /// Whether a key may be sent here.
    pub(crate) fn check_key(&self, auth: &Auth) -> Result<(), SetupError> {
        if self.chat.scheme() == "https" || self.loopback || *auth == Auth::None {
            return Ok(());
        }
        Err(SetupError::PlaintextKey { host: self.chat.host_str().unwrap_or_default().to_owned() })
    }
}

fn base_url(profile: &Profile) -> Result<Url, SetupError> {
    let refuse = |reason: &str| {
        Err(SetupError::BaseUrl { endpoint: profile.name.clone(), reason: reason.to_owned() })
    };
    let text = profile.base_url.trim();
    if text.is_empty() {
        return refuse(
            "is missing: set it to the address of the API, such as http://localhost:8080/v1",
        );
    }
    if text.contains(['{', '}']) {
        return refuse(&format!("is `{text}`: fill in the part in braces"));
    }
    let Ok(url) = Url::parse(text) else {
        return refuse(
            "is not a URL: write it with its scheme, such as https://api.example.com/v1",
        );
    };
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => {}
        _ => return refuse("must start with http:// or https:// and name a host"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("carries a user or password: name the key in api_key_env instead");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("carries a query: put it into `query`");
    }
    Ok(url)
}

fn below(base: &Url, path: &str, profile: &Profile) -> Url {
    let mut url = base.clone();
    let base = base.path().trim_end_matches('/');
    url.set_path(&format!("{base}/{}", path.trim_start_matches('/')));
    if !profile.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&profile.query);
    }
    url
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(base_url: &str) -> Profile {
        Profile { name: "test".into(), base_url: base_url.into(), ..Profile::default() }
    }

    #[test]
    fn the_base_is_taken_verbatim_but_for_a_slash() {
        for (base, chat) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"),
            ("https://api.deepseek.com", "https://api.deepseek.com/chat/completions"),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions"),
        ] {
            assert_eq!(Address::of(&profile(base)).expect("valid").chat.as_str(), chat);
        }
    }

    #[test]
    fn path_and_query_reach_a_dated_api_without_leaving_the_origin() {
        let mut azure = profile("https://res.example.com/openai");
        azure.path = "//evil.example/deployments/d/chat/completions".into();
        azure.query.insert("api-version".into(), "2024-10-21".into());
        let chat = Address::of(&azure).expect("valid").chat;
        assert_eq!(chat.host_str(), Some("res.example.com"));
        assert_eq!(chat.query(), Some("api-version=2024-10-21"));
    }

    #[test]
    fn a_base_that_cannot_be_right_is_refused_with_what_would_be() {
        for (base, reason) in [
            ("", "is missing"),
            ("https://{resource}.openai.azure.com", "fill in the part in braces"),
            ("localhost:8080/v1", "must start with http"),
            ("api.example.com", "is not a URL"),
            ("ftp://example.com", "must start with http"),
            ("https://user:pw@example.com/v1", "carries a user or password"),
            ("https://example.com/v1?key=1", "carries a query"),
        ] {
            let error = Address::of(&profile(base)).expect_err(base).to_string();
            assert!(error.contains(reason), "{base}: {error}");
            assert!(!error.contains("pw"), "{error}");
        }
    }

    #[test]
    fn a_key_travels_encrypted_or_stays_on_the_machine() {
        let check = |base| Address::of(&profile(base)).expect("valid").check_key(&Auth::Bearer);
        for fine in
            ["https://example.com", "http://localhost:1", "http://127.0.0.9", "http://[::1]"]
        {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for plain in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com"] {
            assert!(matches!(check(plain), Err(SetupError::PlaintextKey { .. })), "{plain}");
        }
    }
}
