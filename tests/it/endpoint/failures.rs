//! What goes wrong is sorted by who has to act, and says what to do.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::json;
use viva::llm::{CallError, Class, Kind, Reach};

use super::{Bench, closed_port, request};
use crate::support::{Reply, Server};

const FATAL: Class = Class::RunFatal { resumable: false };
const RESUMABLE: Class = Class::RunFatal { resumable: true };

async fn error_of(script: impl IntoIterator<Item = Reply>) -> CallError {
    let server = Server::scripted(script);
    Bench::new().chat(&server).await.expect_err("a failure")
}

#[track_caller]
fn assert_sorted(error: &CallError, class: &Class, kind: Kind, calls: u32) {
    assert_eq!((&error.class, error.kind, error.calls), (class, kind, calls), "{error}");
    assert!(!error.advice.is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_stops_the_run_after_three_tries() {
    let bench = Bench::new();
    let base = closed_port();
    let error = bench.endpoint_at(&base).chat(&request()).await.expect_err("nothing listens");
    assert_sorted(&error, &RESUMABLE, Kind::Unreachable(Reach::Refused), 3);
    assert_eq!(error.advice, format!("start the server or check base_url {base}"));
    assert_eq!(bench.clock.slept().len(), 2);
}

#[tokio::test]
async fn a_server_that_goes_away_later_is_tried_again_later() {
    let server = Server::scripted([Reply::completion("{}")]);
    let endpoint = Bench::new().endpoint(&server);
    endpoint.chat(&request()).await.expect("a reply");
    drop(server);
    let error = endpoint.chat(&request()).await.expect_err("the server is gone");
    assert_eq!(error.class, Class::Retryable, "{error}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_says_so() {
    // A label may have 63 characters: this one fails without a question to any network.
    let endpoint = Bench::new().patience(0).endpoint_at(&format!("http://{}/v1", "a".repeat(64)));
    let error = endpoint.chat(&request()).await.expect_err("no such host");
    assert_sorted(&error, &RESUMABLE, Kind::Unreachable(Reach::Dns), 1);
    assert_eq!(error.unreported, 0);
}

#[tokio::test]
async fn https_to_a_plain_server_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let plain = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("it listens");
        client.read_to_end(&mut Vec::new()).ok();
    });
    let endpoint = Bench::new().patience(0).endpoint_at(&format!("https://{address}/v1"));
    let error = endpoint.chat(&request()).await.expect_err("no TLS there");
    assert_sorted(&error, &RESUMABLE, Kind::Unreachable(Reach::Tls), 1);
    assert!(error.advice.contains("http or https"), "{}", error.advice);
    // Also where only the message is shown, as in the result lines of a batch.
    assert!(error.message.contains("does not speak https, try http://"), "{}", error.message);
    plain.join().expect("no panic");
}

#[tokio::test]
async fn a_refused_key_stops_the_run_at_once() {
    let server = Server::scripted([Reply::error(401, "Incorrect API key provided")]);
    let bench = Bench::new().set("api_key_env = 'SOME_KEY'").key("sk-wrong-0123456789");
    let error = bench.chat(&server).await.expect_err("a wrong key");
    assert_sorted(&error, &FATAL, Kind::KeyRefused, 1);
    assert_eq!(error.advice, "check the key in SOME_KEY");
}

#[tokio::test]
async fn a_missing_key_names_the_variable_to_set() {
    let server = Server::scripted([Reply::error(401, "no credentials")]);
    let error =
        Bench::new().set("api_key_env = 'SOME_KEY'").chat(&server).await.expect_err("no key");
    assert_eq!(error.advice, "no key was sent: set SOME_KEY");
}

#[tokio::test]
async fn an_unknown_model_and_an_unknown_path_are_told_apart() {
    let model = json!({ "error": { "message": "The model `x` does not exist", "code": "model_not_found" } });
    assert_sorted(&error_of([Reply::json(404, &model)]).await, &FATAL, Kind::ModelNotFound, 1);
    let path = json!({ "detail": "Not Found" });
    assert_sorted(&error_of([Reply::json(404, &path)]).await, &FATAL, Kind::RouteNotFound, 1);
}

#[tokio::test]
async fn an_empty_account_is_no_rate_limit() {
    let body = json!({ "error": {
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "type": "insufficient_quota", "code": "insufficient_quota",
    } });
    let error = error_of([Reply::json(429, &body).header("retry-after", "2")]).await;
    assert_sorted(&error, &RESUMABLE, Kind::Quota, 1);
}

#[tokio::test]
async fn a_payment_is_required_unless_the_server_says_when_to_come_back() {
    let error = error_of([Reply::error(402, "insufficient credits")]).await;
    assert_sorted(&error, &RESUMABLE, Kind::Quota, 1);
    let busy = Reply::error(402, "budget in flight").header("retry-after", "1");
    let server = Server::scripted([busy, Reply::completion("{}")]);
    assert_eq!(Bench::new().chat(&server).await.expect("a reply").calls, 2);
}

#[tokio::test]
async fn a_gateway_page_is_sorted_by_its_status() {
    let page =
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>…</body></html>";
    let bad = || Reply::text(502, "text/html", page);
    let server = Server::scripted([bad(), bad(), Reply::completion("{}")]);
    let reply = Bench::new().chat(&server).await.expect("it recovers");
    assert_eq!(reply.calls, 3);

    let error = error_of(std::iter::repeat_with(bad).take(7)).await;
    assert_sorted(&error, &Class::Retryable, Kind::Unavailable, 7);
    assert_eq!(error.message, "status 502: a web page titled \"502 Bad Gateway\"");
}

#[tokio::test]
async fn an_error_inside_a_success_is_sorted_by_its_own_code() {
    let inner = |code: i64, message: &str| {
        Reply::json(200, &json!({ "error": { "code": code, "message": message } }))
    };
    let error = error_of([inner(401, "User not found")]).await;
    assert_sorted(&error, &FATAL, Kind::KeyRefused, 1);
    let server = Server::scripted([inner(429, "try again in 3 seconds"), Reply::completion("{}")]);
    let bench = Bench::new();
    assert_eq!(bench.chat(&server).await.expect("a reply").calls, 2);
    assert_eq!(bench.clock.slept(), [Duration::from_secs(3)]);
}

#[tokio::test]
async fn a_moderated_answer_is_blocked_and_a_forbidden_key_is_not() {
    let body = json!({ "error": { "code": 403, "message": "Your chosen model requires moderation and your input was flagged" } });
    let error = error_of([Reply::json(403, &body)]).await;
    assert_sorted(&error, &Class::ItemFinal, Kind::Blocked, 1);
    let error = error_of([Reply::error(403, "region not supported")]).await;
    assert_sorted(&error, &FATAL, Kind::AccessDenied, 1);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_final_for_it_alone() {
    let message =
        "This model's maximum context length is 8192 tokens; you requested max_tokens 9000";
    let error = error_of([Reply::error(400, message)]).await;
    assert_sorted(&error, &Class::ItemFinal, Kind::TooLong, 1);
}

#[tokio::test]
async fn no_choices_are_asked_for_twice_more() {
    let empty =
        |choices| Reply::json(200, &json!({ "choices": choices, "usage": { "prompt_tokens": 7 } }));
    let error = error_of([empty(json!([])), empty(json!(null)), empty(json!([]))]).await;
    assert_sorted(&error, &Class::ItemFinal, Kind::Empty, 3);
    assert_eq!(error.usage.input, 21);
}

#[tokio::test]
async fn a_body_cut_short_is_never_read() {
    let whole = Reply::completion(r#"{"verdict":"met"}"#);
    let server = Server::scripted([whole.clone().cut_after(40), whole.clone()]);
    assert_eq!(Bench::new().chat(&server).await.expect("a reply").calls, 2);

    // Without a length only the JSON itself can tell.
    let raw = Reply::raw(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"choices\": [{\"mess",
    );
    let error = error_of([raw.clone(), raw.clone(), raw]).await;
    assert_sorted(&error, &RESUMABLE, Kind::InvalidBody, 3);
}

#[tokio::test]
async fn a_web_page_with_status_200_points_at_base_url() {
    let page = || Reply::text(200, "text/html", "<html><title>Welcome</title></html>");
    let error = error_of([page(), page(), page()]).await;
    assert_sorted(&error, &RESUMABLE, Kind::InvalidBody, 3);
    assert!(error.advice.contains("base_url"), "{}", error.advice);
}

#[tokio::test]
async fn an_endless_body_ends_at_the_cap() {
    let flood = "x".repeat(1 << 16);
    let server =
        Server::scripted([Reply::text(200, "application/json", &flood).endless(Duration::ZERO)]);
    let error = Bench::new().chat(&server).await.expect_err("too large");
    assert_sorted(&error, &Class::ItemFinal, Kind::InvalidBody, 1);
    assert_eq!(error.message, "the reply is larger than 4096 KiB");
}

#[tokio::test]
async fn an_endless_trickle_ends_at_the_total_timeout() {
    let drip = Reply::text(200, "application/json", "\n").endless(Duration::from_millis(20));
    let server = Server::scripted([drip]);
    let bench = Bench::new().set("timeouts = { total = 1 }").patience(0);
    let error = bench.chat(&server).await.expect_err("never ends");
    assert_sorted(&error, &Class::Retryable, Kind::Timeout, 1);
}

#[tokio::test]
async fn a_silent_server_ends_at_the_read_timeout() {
    let server = Server::scripted([Reply::silent()]);
    let bench = Bench::new().set("timeouts = { read = 1 }").patience(0);
    let error = bench.chat(&server).await.expect_err("never answers");
    assert_sorted(&error, &Class::Retryable, Kind::Timeout, 1);
    assert_eq!(error.unreported, 1, "it may have been paid for");
}

#[tokio::test]
async fn an_error_whose_body_never_ends_is_still_that_error() {
    let flood = "x".repeat(1 << 16);
    let server = Server::scripted([Reply::text(401, "text/plain", &flood).endless(Duration::ZERO)]);
    let error = Bench::new().chat(&server).await.expect_err("refused");
    assert_sorted(&error, &FATAL, Kind::KeyRefused, 1);
}

#[tokio::test]
async fn a_dead_pooled_connection_costs_one_call_and_no_wait() {
    for broken in [Reply::hangup(), Reply::reset()] {
        let server = Server::scripted([Reply::completion("1"), broken, Reply::completion("2")]);
        let bench = Bench::new();
        let endpoint = bench.endpoint(&server);
        endpoint.chat(&request()).await.expect("a reply");
        let reply = endpoint.chat(&request()).await.expect("a reply on a fresh connection");
        assert_eq!((reply.text.as_str(), reply.calls, reply.unreported), ("2", 2, 1));
        assert_eq!(bench.clock.slept(), [Duration::ZERO; 0]);
        let requests = server.requests();
        let last = requests.last().expect("three requests").connection;
        assert_ne!(last, requests[0].connection);
    }
}

#[tokio::test]
async fn a_connection_lost_at_first_use_waits_before_it_is_tried_again() {
    let server = Server::scripted([Reply::reset(), Reply::completion("{}")]);
    let bench = Bench::new();
    assert_eq!(bench.chat(&server).await.expect("a reply").calls, 2);
    assert_eq!(bench.clock.slept().len(), 1);
}

#[tokio::test]
async fn models_are_listed_in_every_shape_and_a_refusal_is_sorted() {
    let listed = [
        json!({ "object": "list", "data": [{ "id": "a" }, { "id": "b" }] }),
        json!({ "models": [{ "name": "a" }, { "name": "b" }] }),
        json!([{ "id": "a" }, { "id": "b" }]),
    ];
    for body in listed {
        let server = Server::scripted([Reply::json(200, &body)]);
        assert_eq!(Bench::new().endpoint(&server).models().await.expect("a list"), ["a", "b"]);
        assert_eq!(server.requests()[0].target, "/v1/models");
        assert_eq!(server.requests()[0].method, "GET");
    }
    let server = Server::scripted([Reply::error(401, "no")]);
    let error = Bench::new().endpoint(&server).models().await.expect_err("refused");
    assert_sorted(&error, &FATAL, Kind::KeyRefused, 1);
}

#[tokio::test]
async fn without_a_model_nothing_is_sent() {
    let server = Server::scripted([]);
    let error = Bench::new().model("").chat(&server).await.expect_err("no model");
    assert_sorted(&error, &FATAL, Kind::ModelNotFound, 0);
}
