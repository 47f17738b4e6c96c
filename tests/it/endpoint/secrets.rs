//! The key goes to its own origin in one header, and nowhere else.

use std::sync::Arc;

use serde_json::json;
use viva::llm::{Class, Endpoint, InMemory, KeySource, Kind, Options, Secret, SetupError};

use super::{Bench, request};
use crate::support::{Reply, Server};

const CANARY: &str = "sk-canary-5f1d7a90c2e84b36";

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_stays() {
    let elsewhere = Server::scripted([]);
    for status in [301, 302, 307, 308] {
        let target = format!("{}/chat/completions", elsewhere.base_url());
        let server =
            Server::scripted([Reply::text(status, "text/plain", "").header("location", &target)]);
        let error = Bench::new().key(CANARY).chat(&server).await.expect_err("a redirect");
        assert_eq!(
            (error.class, error.kind),
            (Class::RunFatal { resumable: false }, Kind::Redirect)
        );
        assert!(error.message.contains(&target), "{}", error.message);
        assert_eq!(server.requests().len(), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn the_key_is_presented_as_the_profile_says() {
    for (auth, header, value) in [
        ("bearer", "authorization", Some(format!("Bearer {CANARY}"))),
        ("api-key", "api-key", Some(CANARY.to_owned())),
        ("header:X-Key", "x-key", Some(CANARY.to_owned())),
        ("none", "authorization", None),
    ] {
        let server = Server::scripted([Reply::completion("{}")]);
        let bench = Bench::new().key(&format!(" {CANARY}\n")).set(&format!("auth = '{auth}'"));
        bench.chat(&server).await.expect("a reply");
        let request = &server.requests()[0];
        assert_eq!(request.header(header), value.as_deref());
        let holders = request.headers.iter().filter(|(_, value)| value.contains(CANARY)).count();
        assert_eq!(holders, usize::from(value.is_some()));
    }
}

#[test]
fn a_key_over_plain_http_to_another_machine_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    let set_up = |base: &str, key: Option<Secret>| {
        let (patience, clock) = (bench.patience, Arc::clone(&bench.clock) as _);
        let options = Options { patience, key: KeySource::Missing(None), seed: 0, clock };
        Endpoint::new(bench.profile_at(base), key, Arc::new(InMemory::default()), options)
    };
    let key = || Some(Secret::new(CANARY).expect("a valid key"));
    let refused = set_up("http://models.example.com/v1", key()).expect_err("plaintext");
    assert_eq!(refused, SetupError::PlaintextKey { host: "models.example.com".into() });
    assert!(!format!("{refused} {refused:?}").contains(CANARY));
    set_up("http://models.example.com/v1", None).expect("fine without a key");
    set_up("https://models.example.com/v1", key()).expect("fine over https");
    set_up("http://127.0.0.1:9/v1", key()).expect("fine on this machine");
}

#[tokio::test]
async fn the_key_is_in_no_error_and_no_debug_output() {
    let echo =
        format!("bad key {CANARY}; Authorization: Bearer {CANARY} …c2e84b36 \u{1b}[31m\u{202e}");
    let nested = json!({ "error": { "message": echo, "code": CANARY, "param": CANARY } });
    let replies = [
        Reply::json(401, &nested),
        Reply::json(400, &nested),
        Reply::json(200, &json!({ "error": { "code": 401, "message": echo } })),
        Reply::json(400, &json!({ "error": echo })),
        Reply::text(403, "text/html", &format!("<html><title>{echo}</title></html>")),
        Reply::text(404, "text/plain", &format!("{echo}{}", "x".repeat(100_000))),
        Reply::text(302, "text/plain", "").header("location", &format!("http://x/?key={CANARY}")),
        Reply::message(&json!({ "refusal": echo }), "stop"),
    ];
    for reply in replies {
        let server = Server::scripted([reply]);
        let bench = Bench::new().key(CANARY);
        let endpoint = bench.endpoint(&server);
        let error = endpoint.chat(&request()).await.expect_err("a failure");
        let said = format!("{error} {error:?} {endpoint:?} {:?}", endpoint.profile());
        assert!(!said.contains(CANARY), "{said}");
        assert!(!said.contains("c2e84b36"), "{said}");
        assert!(!error.message.chars().any(|c| c.is_control() || c == '\u{202e}'), "{said}");
        assert!(error.message.chars().count() <= 401, "{said}");
    }
}
