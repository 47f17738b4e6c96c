//! A refused parameter is dropped, renamed or lowered once, and remembered.

use std::sync::Arc;

use serde_json::{Value, json};
use viva::llm::{Class, Endpoint, InMemory, Kind, Rung};

use super::{Bench, request};
use crate::support::{Reply, Request, Server};

fn refused(param: &str, message: &str) -> Reply {
    let error = json!({ "message": message, "type": "invalid_request_error", "param": param, "code": "unsupported_parameter" });
    Reply::json(400, &json!({ "error": error }))
}

/// Sends twice; the second call must succeed at once with what the first has learnt.
async fn bodies_of_two_calls(bench: &Bench, refusals: Vec<Reply>) -> Vec<Value> {
    let ok = || Reply::completion("{}");
    let expected = u32::try_from(refusals.len()).expect("a few") + 1;
    let server = Server::scripted(refusals.into_iter().chain([ok(), ok()]));
    let endpoint: Endpoint = bench.endpoint(&server);
    assert_eq!(endpoint.chat(&request()).await.expect("a reply").calls, expected);
    assert_eq!(endpoint.chat(&request()).await.expect("a reply").calls, 1, "it is remembered");
    server.requests().iter().map(Request::json).collect()
}

#[tokio::test]
async fn temperature_is_dropped() {
    let refusal = refused("temperature", "Unsupported value: only the default (1) is supported");
    let bodies = bodies_of_two_calls(&Bench::new(), vec![refusal]).await;
    let sent: Vec<bool> = bodies.iter().map(|body| body.get("temperature").is_some()).collect();
    assert_eq!(sent, [true, false, false]);
}

#[tokio::test]
async fn the_token_limit_is_renamed_in_both_directions() {
    let names = |bodies: &[Value]| -> Vec<bool> {
        bodies.iter().map(|body| body.get("max_tokens").is_some()).collect()
    };
    let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    let bodies = bodies_of_two_calls(&Bench::new(), vec![refused("max_tokens", message)]).await;
    assert_eq!(names(&bodies), [true, false, false]);
    assert_eq!(bodies[1]["max_completion_tokens"], 300);

    let bench = Bench::new().set("token_limit_field = 'max_completion_tokens'");
    let unknown = json!({ "detail": [{ "type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted", "input": 300 }] });
    let bodies = bodies_of_two_calls(&bench, vec![Reply::json(422, &unknown)]).await;
    assert_eq!(names(&bodies), [false, true, true]);
}

#[tokio::test]
async fn each_refused_format_costs_one_call_down_to_the_prompt() {
    let refusal = || refused("response_format", "response_format is not supported");
    let bodies = bodies_of_two_calls(&Bench::new(), vec![refusal(), refusal(), refusal()]).await;
    let formats: Vec<_> = bodies
        .iter()
        .map(|body| {
            let format = &body["response_format"];
            (format["type"].as_str(), format["json_schema"]["strict"].as_bool())
        })
        .collect();
    let ladder = [
        (Some("json_schema"), Some(true)),
        (Some("json_schema"), None),
        (Some("json_object"), None),
        (None, None),
        (None, None),
    ];
    assert_eq!(formats, ladder);
}

#[tokio::test]
async fn an_error_that_is_a_bare_string_is_read_too() {
    let lm_studio = json!({ "error": "'response_format.type' must be 'json_schema' or 'text'" });
    let bench = Bench::new().set("structured = 'json_object'");
    let bodies = bodies_of_two_calls(&bench, vec![Reply::json(400, &lm_studio)]).await;
    assert_eq!(bodies[2].get("response_format"), None);
}

#[tokio::test]
async fn an_integer_code_is_read_too() {
    let open_router = json!({ "error": { "code": 400, "message": "Provider returned error",
        "metadata": { "raw": "{\"error\":{\"message\":\"`temperature` is not supported\"}}" } } });
    let bench = Bench::new().set("extra_body = { provider = { require_parameters = true } }");
    let bodies = bodies_of_two_calls(&bench, vec![Reply::json(400, &open_router)]).await;
    assert_eq!(bodies[2].get("temperature"), None);
    assert!(bodies[2].get("provider").is_some());
}

#[tokio::test]
async fn bounds_leave_the_schema_before_the_schema_leaves_the_request() {
    let refusal = refused("response_format", "Invalid schema: 'maxLength' is not permitted");
    let bodies = bodies_of_two_calls(&Bench::new(), vec![refusal]).await;
    let schema = |n: usize| &bodies[n]["response_format"]["json_schema"]["schema"]["properties"];
    assert_eq!(schema(0)["quotes"]["maxItems"], 3);
    assert_eq!(schema(2)["quotes"], json!({ "type": "array", "items": { "type": "string" } }));
    assert_eq!(
        schema(2)["maxLength"],
        json!({ "type": "string" }),
        "a property of that name stays"
    );
}

#[tokio::test]
async fn a_field_the_user_added_is_dropped_when_the_server_names_it() {
    let bench = Bench::new().set("extra_body = { enable_thinking = false, seed = 1 }");
    let refusal = refused("enable_thinking", "unknown parameter");
    let bodies = bodies_of_two_calls(&bench, vec![refusal]).await;
    assert_eq!(bodies[2].get("enable_thinking"), None);
    assert_eq!(bodies[2]["seed"], 1);
}

#[tokio::test]
async fn several_refusals_in_a_row_are_all_met() {
    let refusals = vec![
        refused("max_tokens", "use max_completion_tokens"),
        refused("temperature", "unsupported"),
        refused("response_format", "json_schema is not available"),
    ];
    let bodies = bodies_of_two_calls(&Bench::new(), refusals).await;
    let last = bodies.last().expect("five requests");
    assert_eq!(last["max_completion_tokens"], 300);
    assert_eq!(last.get("temperature"), None);
    assert_eq!(last["response_format"]["json_schema"].get("strict"), None);
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_given_up() {
    let refusal = || refused("temperature", "temperature is not supported");
    let server = Server::scripted([refusal(), refusal()]);
    let error = Bench::new().chat(&server).await.expect_err("refused twice");
    assert_eq!((error.class, error.kind), (Class::ItemFinal, Kind::RequestRejected));
    let other = || refused("max_tokens", "max_tokens is not supported");
    let server = Server::scripted([other(), other()]);
    let error = Bench::new().chat(&server).await.expect_err("refused twice");
    assert_eq!((error.class, error.calls), (Class::ItemFinal, 2));
}

#[tokio::test]
async fn what_did_not_help_is_not_remembered() {
    let bench = Bench::new();
    let refusal = || refused("temperature", "temperature is not supported");
    let server = Server::scripted([refusal(), Reply::error(401, "no"), Reply::completion("{}")]);
    let endpoint = bench.endpoint(&server);
    endpoint.chat(&request()).await.expect_err("refused");
    endpoint.chat(&request()).await.expect("a reply");
    assert_eq!(server.requests()[2].json()["temperature"], 0);
}

#[tokio::test]
async fn findings_outlive_the_endpoint_and_belong_to_one_model() {
    let bench = Bench { capabilities: Arc::new(InMemory::default()), ..Bench::new() };
    let refusal = refused("response_format", "no json_schema");
    let script =
        [refusal, Reply::completion("{}"), Reply::completion("{}"), Reply::completion("{}")];
    let server = Server::scripted(script);
    bench.chat(&server).await.expect("a reply");
    let again = bench.chat(&server).await.expect("a reply");
    assert_eq!((again.calls, again.rung), (1, Rung::JsonSchema));
    let other = bench.model("another").chat(&server).await;
    assert_eq!(other.expect("a reply").rung, Rung::JsonSchemaStrict);
}

#[tokio::test]
async fn a_generation_the_server_rejects_is_tried_again_and_then_one_rung_lower() {
    let failed = || {
        let error = json!({ "message": "Failed to generate JSON", "code": "json_validate_failed" });
        Reply::json(400, &json!({ "error": error }))
    };
    let ok = || Reply::completion("{}");
    let server = Server::scripted([failed(), failed(), ok(), ok()]);
    let endpoint = Bench::new().endpoint(&server);
    let reply = endpoint.chat(&request()).await.expect("a reply");
    assert_eq!((reply.calls, reply.rung), (3, Rung::JsonSchema));
    let next = endpoint.chat(&request()).await.expect("a reply");
    assert_eq!(next.rung, Rung::JsonSchemaStrict, "one slip says nothing about the server");
}

#[tokio::test]
async fn a_doubled_limit_that_is_refused_leaves_a_truncated_reply() {
    for message in [
        "max_tokens is too large: at most 400",
        "maximum context length is 4096 tokens, however you requested 4100",
    ] {
        let cut = Reply::message(&json!({ "content": "{" }), "length");
        let server = Server::scripted([cut, refused("max_tokens", message)]);
        let error = Bench::new().chat(&server).await.expect_err("no room");
        assert_eq!((error.class, error.kind), (Class::ItemFinal, Kind::Truncated));
    }
}

#[tokio::test]
async fn omitted_and_renamed_fields_are_so_in_the_request() {
    let server = Server::scripted([Reply::completion("{}")]);
    let bench = Bench::new()
        .set("omit = ['temperature']")
        .set("rename = { seed = 'random_seed' }")
        .set("extra_body = { seed = 7 }");
    bench.chat(&server).await.expect("a reply");
    let body = server.requests()[0].json();
    assert_eq!(
        (body.get("temperature"), body.get("seed"), &body["random_seed"]),
        (None, None, &json!(7))
    );
}
