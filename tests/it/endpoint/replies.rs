//! Replies of every shape come out as the same thing; requests go in as the contract says.

use std::time::Duration;

use serde_json::json;
use viva::llm::{Class, Finish, Kind, Rung, Usage};

use super::{Bench, request};
use crate::support::{Reply, Server};

#[tokio::test]
async fn the_order_of_properties_stands_in_the_bytes() {
    let server = Server::scripted([Reply::completion("{}")]);
    let bench = Bench::new().set(
        "extra_body = { provider = { require_parameters = true }, response_format = { x = 1 } }",
    );
    bench.chat(&server).await.expect("a reply");
    let body = String::from_utf8(server.requests()[0].body.clone()).expect("UTF-8");
    let order = [
        r#"{"model":"test-model","messages":[{"role":"system","content":"You grade. Reply in JSON."},"#,
        r#"{"role":"user","content":"the answer"}],"max_tokens":300,"temperature":0,"#,
        r#""response_format":{"type":"json_schema","json_schema":{"name":"reply","strict":true,"schema":{"type":"object","#,
        r#""properties":{"quotes":{"#,
        r#""why":{"#,
        r#""verdict":{"#,
        r#""required":["quotes","why","verdict","maxLength"]"#,
        r#""x":1},"provider":{"require_parameters":true}}"#,
    ];
    let mut rest = body.as_str();
    for piece in order {
        let at =
            rest.find(piece).unwrap_or_else(|| panic!("{piece} is not where it belongs: {body}"));
        rest = &rest[at + piece.len()..];
    }
    assert!(!body.contains("$schema"));
}

#[tokio::test]
async fn a_request_can_be_shown_before_it_is_sent() {
    let server = Server::scripted([Reply::completion("{}")]);
    let bench = Bench::new().key("sk-canary-0123456789").set("query = { api-version = '1' }");
    let endpoint = bench.endpoint(&server);
    let (url, body) = endpoint.request_body(&request());
    assert_eq!(url, format!("{}/chat/completions?api-version=1", server.base_url()));
    assert!(!format!("{url}{body}").contains("canary"));
    endpoint.chat(&request()).await.expect("a reply");
    assert_eq!(server.requests()[0].json(), body);
    assert_eq!(server.requests()[0].target, "/v1/chat/completions?api-version=1");
}

#[tokio::test]
async fn a_reply_carries_what_a_record_needs() {
    let server = Server::scripted([Reply::completion("{\"verdict\":\"met\"}")]);
    let reply = Bench::new().chat(&server).await.expect("a reply");
    assert_eq!(reply.text, "{\"verdict\":\"met\"}");
    assert_eq!(reply.rung, Rung::JsonSchemaStrict);
    assert_eq!(reply.model.as_deref(), Some("test-model-0"));
    assert_eq!(reply.usage, Usage { input: 10, cached: 0, output: 5 });
    assert_eq!(reply.finish, Finish::Stop);
    assert_eq!((reply.from_reasoning, reply.calls, reply.endpoint.as_str()), (false, 1, "test"));
    assert_eq!(reply.parameters["max_tokens"], 300);
    assert_eq!(reply.parameters.get("messages"), None);
}

#[tokio::test]
async fn blank_lines_before_the_body_are_nothing() {
    let body = json!({ "choices": [{ "message": { "content": "{}" }, "finish_reason": "stop" }] });
    let padded = format!("\n\n\r\n   \n{body}");
    let server = Server::scripted([Reply::text(200, "application/json", &padded)]);
    assert_eq!(Bench::new().chat(&server).await.expect("a reply").text, "{}");
}

#[tokio::test]
async fn reasoning_is_kept_apart_wherever_it_stands() {
    for message in [
        json!({ "content": "{}", "reasoning_content": "hm" }),
        json!({ "content": "{}", "reasoning": "hm" }),
        json!({ "content": "{}", "reasoning_details": [{ "type": "reasoning.text", "text": "hm" }] }),
        json!({ "content": "<think>hm {</think>{}" }),
        json!({ "content": "hm</think>{}" }),
        json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "type": "text", "text": "{}" }] }),
    ] {
        let server = Server::scripted([Reply::message(&message, "stop")]);
        let reply = Bench::new().chat(&server).await.expect("a reply");
        assert_eq!((reply.text.as_str(), reply.from_reasoning), ("{}", false), "{message}");
    }
}

#[tokio::test]
async fn a_reply_put_where_reasoning_belongs_is_taken_and_said() {
    let message = json!({ "content": "  ", "reasoning_content": "{\"verdict\":\"met\"}" });
    let server = Server::scripted([Reply::message(&message, "stop")]);
    let reply = Bench::new().chat(&server).await.expect("a reply");
    assert_eq!((reply.text.as_str(), reply.from_reasoning), ("{\"verdict\":\"met\"}", true));
}

#[tokio::test]
async fn a_reply_at_the_limit_is_asked_for_with_twice_the_limit_once() {
    let cut = || Reply::message(&json!({ "content": "{\"verdict\":\"met\"}" }), "length");
    let server = Server::scripted([cut(), Reply::completion("{}")]);
    let reply = Bench::new().chat(&server).await.expect("a reply");
    assert_eq!((reply.calls, reply.usage.output), (2, 10));
    let limits: Vec<_> = server.requests().iter().map(|r| r.json()["max_tokens"].clone()).collect();
    assert_eq!(limits, [300, 600]);

    let server = Server::scripted([cut(), cut()]);
    let error = Bench::new().chat(&server).await.expect_err("still too long");
    assert_eq!((error.class, error.kind, error.calls), (Class::ItemFinal, Kind::Truncated, 2));
    assert_eq!(error.usage.output, 10);
}

#[tokio::test]
async fn a_blank_reply_is_asked_for_once_one_rung_lower_and_nothing_is_remembered() {
    let blank = || Reply::completion(" \n\t ");
    let server = Server::scripted([blank(), Reply::completion("{}"), Reply::completion("{}")]);
    let bench = Bench::new().set("structured = 'json_object'");
    let endpoint = bench.endpoint(&server);
    assert_eq!(endpoint.chat(&request()).await.expect("a reply").rung, Rung::Prompt);
    assert_eq!(endpoint.chat(&request()).await.expect("a reply").rung, Rung::JsonObject);
    assert_eq!(server.requests()[1].json().get("response_format"), None);

    let server = Server::scripted([blank(), blank()]);
    let error = bench.chat(&server).await.expect_err("nothing to read");
    assert_eq!((error.class, error.kind), (Class::ItemFinal, Kind::Empty));
}

#[tokio::test]
async fn a_refusal_is_for_a_person_and_a_server_that_breaks_off_is_asked_again() {
    let refusals = [
        Reply::message(&json!({ "content": null, "refusal": "I cannot" }), "stop"),
        Reply::message(&json!({ "content": "" }), "content_filter"),
        Reply::message(&json!({ "content": "x" }), "sensitive"),
    ];
    for refusal in refusals {
        let server = Server::scripted([refusal]);
        let error = Bench::new().chat(&server).await.expect_err("refused");
        assert_eq!((error.class, error.kind), (Class::ItemFinal, Kind::Refused));
    }
    let broken = Reply::message(&json!({ "content": "{" }), "insufficient_system_resource");
    let server = Server::scripted([broken, Reply::completion("{}")]);
    assert_eq!(Bench::new().chat(&server).await.expect("a reply").calls, 2);
}

#[tokio::test]
async fn many_callers_at_once_each_get_their_own_reply() {
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(5));
        Reply::completion(request.json()["messages"][1]["content"].as_str().expect("a message"))
    });
    let endpoint = Bench::new().endpoint(&server);
    let mut calls = tokio::task::JoinSet::new();
    let endpoint = std::sync::Arc::new(endpoint);
    for n in 0..50 {
        let endpoint = std::sync::Arc::clone(&endpoint);
        calls.spawn(async move {
            let asked = viva::llm::ChatRequest { user: n.to_string(), ..request() };
            (n, endpoint.chat(&asked).await.expect("a reply").text)
        });
    }
    while let Some(done) = calls.join_next().await {
        let (n, text) = done.expect("no panic");
        assert_eq!(text, n.to_string());
    }
}
