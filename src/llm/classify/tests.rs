//! The table, row by row, in bodies as servers send them.

use super::*;
use crate::llm::error::Class::{ItemFinal, Retryable};

fn sort(status: u16, body: &str) -> Fault {
    let extra = ["provider".to_owned(), "enable_thinking".into(), "thinking".into()];
    response(status, &ErrorBody::of_failure(body.as_bytes()), None, &extra)
}

fn adaptable(parameter: Parameter) -> Class {
    Class::Adaptable { parameter }
}

#[track_caller]
fn assert_rows(rows: &[(u16, &str)], class: &Class, kind: Kind) {
    for (status, body) in rows {
        let fault = sort(*status, body);
        assert_eq!((&fault.class, fault.kind), (class, kind), "{status} {body}");
    }
}

#[test]
fn quota_stops_the_run_whatever_the_status() {
    let rows = [
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        ),
        (429, r#"{"error":{"code":"1113","message":"您的账户已欠费，请充值后重试"}}"#),
        (429, r#"{"code":1304,"message":"daily cap"}"#),
        (429, r#"{"error":{"code":"1308","message":"已达到使用上限"}}"#),
        (429, r#"{"error":{"code":"1310","message":"weekly"}}"#),
        (
            429,
            r#"{"error":{"message":"Your account is suspended","type":"exceeded_current_quota_error"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit reached on requests per day (RPD): Limit 200. Please try again in 7m12s.","code":"rate_limit_exceeded"}}"#,
        ),
        (429, r#"{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}"#),
        (403, r#"{"error":{"code":"AccountOverdueError","message":"overdue balance"}}"#),
        (
            400,
            r#"{"error":{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}}"#,
        ),
        (402, r#"{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"#),
        (402, ""),
        (200, r#"{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#),
    ];
    assert_rows(&rows, &PAY_OR_WAIT, Kind::Quota);
}

#[test]
fn a_full_minute_is_waited_out() {
    let rows = [
        (
            429,
            r#"{"error":{"message":"Rate limit reached for gpt on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 1.2s. You can increase your rate limit by adding a payment method at https://platform.openai.com/account/billing.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        ),
        (
            429,
            r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}}]"#,
        ),
        (
            429,
            r#"{"error":{"message":"request reached max organization concurrency: 1, please try again after 1 seconds","type":"rate_limit_reached_error"}}"#,
        ),
        (429, r#"{"error":{"code":"1302","message":"concurrency"}}"#),
        (
            429,
            r#"{"error":{"message":"No deployments available. Try again in 5 seconds","type":"None","code":"429"}}"#,
        ),
        (429, "slow down"),
        (498, ""),
        (200, r#"{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}"#),
        (200, r#"{"error":{"message":"Rate limit reached, try again in 9 seconds"}}"#),
        (200, r#"{"error":{"message":"rate limit per min reached, try again in 9 seconds"}}"#),
        (200, r#"{"error":"Too Many Requests"}"#),
        (400, r#"{"error":{"message":"too many concurrent requests"}}"#),
        (403, r#"{"message":"API rate limit exceeded"}"#),
        (503, r#"{"detail":"Too many requests, slow down"}"#),
        (200, r#"{"error":{"code":429,"message":"Provider returned error"}}"#),
    ];
    assert_rows(&rows, &Retryable, Kind::RateLimited);
}

#[test]
fn trouble_of_the_server_passes() {
    let page = "<!DOCTYPE html><title>504</title>";
    let rows = [
        (408, ""),
        (409, ""),
        (425, ""),
        (500, "oops"),
        (502, page),
        (503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#),
        (504, page),
        (520, page),
        (529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#),
        (429, r#"{"error":{"code":"1312","message":"model busy"}}"#),
        (200, r#"{"error":{"message":"something went wrong"}}"#),
        (200, r#"{"error":{"code":502,"message":"upstream"}}"#),
        (200, r#"{"base_resp":{"status_code":1013,"status_msg":"internal"}}"#),
    ];
    assert_rows(&rows, &Retryable, Kind::Unavailable);
}

#[test]
fn what_a_person_must_change_stops_the_run() {
    let rows = [
        (401, r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#),
        (401, "<html>login</html>"),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
        ),
        (200, r#"{"base_resp":{"status_code":1004,"status_msg":"not authorised"}}"#),
    ];
    assert_rows(&rows, &RUN_FATAL, Kind::KeyRefused);
    let rows = [
        (
            404,
            r#"{"error":{"message":"The model `x` does not exist or you do not have access to it.","code":"model_not_found"}}"#,
        ),
        (
            404,
            r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error"}}"#,
        ),
        (
            404,
            r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
        ),
        (400, r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#),
        (
            400,
            r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500"}"#,
        ),
        (400, r#"{"error":{"message":"x is not a valid model ID","code":400}}"#),
        (404, r#"{"error":{"code":"ModelNotOpen","message":"activate it"}}"#),
        (404, r#"{"error":"No models loaded"}"#),
    ];
    assert_rows(&rows, &RUN_FATAL, Kind::ModelNotFound);
    assert_rows(
        &[(404, "404 page not found"), (404, r#"{"detail":"Not Found"}"#), (405, "")],
        &RUN_FATAL,
        Kind::RouteNotFound,
    );
    assert_rows(&[(403, "forbidden")], &RUN_FATAL, Kind::AccessDenied);
    assert_rows(&[(301, ""), (308, "")], &RUN_FATAL, Kind::Redirect);
}

#[test]
fn what_concerns_one_answer_is_final_for_it() {
    let rows = [
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","param":"messages","code":"context_length_exceeded"}}"#,
        ),
        (400, r#"{"error":{"code":"1261","message":"Prompt 超长"}}"#),
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
        ),
        (
            400,
            r#"{"object":"error","message":"'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens","code":400}"#,
        ),
        (413, "<html>Request Entity Too Large</html>"),
        (
            429,
            r#"{"error":{"message":"Request too large for model on tokens per minute (TPM): Limit 6000, Requested 9000","code":"rate_limit_exceeded"}}"#,
        ),
    ];
    assert_rows(&rows, &ItemFinal, Kind::TooLong);
    let rows = [
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"bad","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        ),
        (400, r#"{"error":{"code":"InputTextRiskDetection","message":"risk"}}"#),
        (
            400,
            r#"{"error":{"code":"data_inspection_failed","message":"Output data may contain inappropriate content."}}"#,
        ),
        (400, r#"{"error":{"code":"1301","message":"unsafe"}}"#),
        (403, r#"{"error":{"code":403,"message":"requires moderation"}}"#),
        (200, r#"{"base_resp":{"status_code":1027,"status_msg":"output sensitive"}}"#),
    ];
    assert_rows(&rows, &ItemFinal, Kind::Blocked);
    let rows = [
        (400, "bad request"),
        (422, r#"{"detail":[{"loc":["body","messages"],"msg":"too few"}]}"#),
        (400, r#"{"error":{"message":"max_tokens must be less than 4096","param":"max_tokens"}}"#),
        (400, r#"{"error":{"message":"Provider returned error","code":400}}"#),
        (418, ""),
    ];
    assert_rows(&rows, &ItemFinal, Kind::RequestRejected);
}

#[test]
fn a_named_parameter_can_be_changed() {
    for (body, parameter) in [
        (
            r#"{"error":{"message":"Unsupported value","param":"temperature","code":"unsupported_value"}}"#,
            Parameter::Temperature,
        ),
        (
            r#"{"error":{"message":"invalid temperature: only 1 is allowed for this model"}}"#,
            Parameter::Temperature,
        ),
        (
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.","param":"max_tokens"}}"#,
            Parameter::TokenLimitName,
        ),
        (
            r#"{"error":"'response_format.type' must be 'json_schema' or 'text'"}"#,
            Parameter::ResponseFormat,
        ),
        (
            r#"{"error":{"message":"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.","param":"messages"}}"#,
            Parameter::ResponseFormat,
        ),
        (
            r#"{"error":{"message":"Invalid schema for response_format 'reply': 'maxLength' is not permitted.","param":"response_format"}}"#,
            Parameter::SchemaBounds,
        ),
        (
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","enable_thinking"],"msg":"Extra inputs are not permitted"}]}"#,
            Parameter::Extra("enable_thinking".into()),
        ),
        (
            r#"{"error":{"message":"Unrecognized request argument supplied: enable_thinking"}}"#,
            Parameter::Extra("enable_thinking".into()),
        ),
        (
            r#"{"error":{"message":"not allowed","param":"thinking.type"}}"#,
            Parameter::Extra("thinking".into()),
        ),
    ] {
        assert_eq!(sort(400, body).class, adaptable(parameter), "{body}");
    }
}

#[test]
fn a_server_that_cannot_do_the_format_gets_a_lower_rung() {
    assert_eq!(sort(500, "Failed to parse grammar").class, LOWER_RUNG);
    let groq = sort(
        400,
        r#"{"error":{"message":"Failed to generate JSON","code":"json_validate_failed","failed_generation":"{"}}"#,
    );
    assert_eq!((groq.class, groq.kind), (LOWER_RUNG, Kind::InvalidGeneration));
    let router = r#"{"error":{"message":"No endpoints found that can handle the requested parameters.","code":404}}"#;
    assert_eq!(sort(404, router).class, UNNAMED);
}

#[test]
fn a_payment_with_a_time_to_come_back_is_a_wait() {
    let hint = Some(Duration::from_secs(3));
    let fault = response(402, &ErrorBody::default(), hint, &[]);
    assert_eq!((fault.class, fault.kind, fault.retry_after), (Retryable, Kind::RateLimited, hint));
}

#[test]
fn messages_show_status_words_and_code_and_nothing_twice() {
    assert_eq!(sort(401, "").message, "status 401");
    assert_eq!(sort(401, r#"{"error":{"message":"no","code":401}}"#).message, "status 401: no");
    assert_eq!(
        sort(401, r#"{"error":{"message":"no","code":"bad_key"}}"#).message,
        "status 401: no, bad_key"
    );
}

#[test]
fn every_rule_but_the_catch_alls_says_what_it_matches_in_lower_case() {
    for rule in RULES {
        let words = rule.codes.iter().chain(rule.phrases);
        assert!(words.clone().all(|word| *word == word.to_lowercase()));
        assert!(
            rule.status != ANY
                || words.count() > 0
                || std::ptr::eq(rule, &raw const RULES[RULES.len() - 1])
        );
    }
}
