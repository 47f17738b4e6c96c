//! Every shape in the tables of the servers, read as what it is.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::request::recorded;
use super::*;
use crate::llm::capability::{Capability, Rung};
use crate::llm::profile::{Profile, TokenField};

fn read(body: &Value) -> (Result<Reading, ErrorBody>, Usage) {
    read_success(body.to_string().as_bytes(), &Profile::default())
}

fn completion(message: &Value) -> Completion {
    let body = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
    match read(&body).0 {
        Ok(Reading::Completion(completion)) => completion,
        other => panic!("not a completion: {other:?}"),
    }
}

fn finish(reason: &Value) -> Finish {
    let body = json!({ "choices": [{ "message": { "content": "x" }, "finish_reason": reason }] });
    match read(&body).0 {
        Ok(Reading::Completion(completion)) => completion.finish,
        other => panic!("not a completion: {other:?}"),
    }
}

#[test]
fn content_may_be_text_parts_or_an_object() {
    for (content, text) in [
        (json!("a"), "a"),
        (json!([{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }]), "ab"),
        (json!(["a", { "text": "b" }]), "ab"),
        (json!({ "b": 1, "a": 2 }), r#"{"b":1,"a":2}"#),
        (json!(null), ""),
        (json!(7), ""),
    ] {
        assert_eq!(completion(&json!({ "content": content })).text, text, "{content}");
    }
}

#[test]
fn think_blocks_are_reasoning_only_where_reasoning_stands() {
    for (content, text, reasoning) in [
        ("<think>a</think>\n{}", "\n{}", "a"),
        ("  <think>a", "", "a"),
        ("<thinking>a</thinking>{}", "{}", "a"),
        ("a</think>{}", "{}", "a"),
        (r#"{"quote":"</think>"}"#, r#"{"quote":"</think>"}"#, ""),
        (r#"<think>a</think>{"quote":"</think>"}"#, r#"{"quote":"</think>"}"#, "a"),
        ("{} <think>a</think>", "{} <think>a</think>", ""),
        ("```json\n{}</think>", "```json\n{}</think>", ""),
    ] {
        let read = completion(&json!({ "content": content }));
        assert_eq!((read.text.as_str(), read.reasoning.as_str()), (text, reasoning), "{content}");
    }
}

#[test]
fn a_think_block_stays_where_the_profile_says_it_is_text() {
    let profile = Profile { strip_think_tags: false, ..Profile::default() };
    let body =
        json!({ "choices": [{ "message": { "content": "<think>a</think>b" } }] }).to_string();
    let (read, _) = read_success(body.as_bytes(), &profile);
    assert!(matches!(read, Ok(Reading::Completion(c)) if c.text == "<think>a</think>b"));
}

#[test]
fn finish_reasons_of_all_vendors_fall_into_few_classes() {
    for reason in [json!("stop"), json!(""), json!(null), json!("end_turn"), json!(3)] {
        assert_eq!(finish(&reason), Finish::Stop, "{reason}");
    }
    for reason in ["length", "max_tokens", "MAX_TOKENS", "model_length"] {
        assert_eq!(finish(&json!(reason)), Finish::Length, "{reason}");
    }
    for reason in ["content_filter", "sensitive", "SAFETY"] {
        assert_eq!(finish(&json!(reason)), Finish::Filtered, "{reason}");
    }
    for reason in ["insufficient_system_resource", "error", "abort", "network_error"] {
        assert_eq!(finish(&json!(reason)), Finish::Interrupted, "{reason}");
    }
    assert_eq!(finish(&json!("repetition")), Finish::Other("repetition".into()));
}

#[test]
fn usage_is_found_wherever_it_is_reported() {
    for (usage, expected) in [
        (
            json!({ "prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": { "cached_tokens": 4 } }),
            (9, 4, 2),
        ),
        (
            json!({ "prompt_tokens": 9, "completion_tokens": 2, "prompt_token_details": { "cached_tokens": 4 } }),
            (9, 4, 2),
        ),
        (
            json!({ "input_tokens": 9, "output_tokens": 2, "input_tokens_details": { "cached_tokens": 4 } }),
            (9, 4, 2),
        ),
        (
            json!({ "prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4 }),
            (9, 4, 2),
        ),
        (json!({ "prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 4 }), (9, 4, 2)),
        (json!({ "prompt_tokens": 9, "completion_tokens": 2, "num_cached_tokens": 4 }), (9, 4, 2)),
        (json!({ "prompt_tokens": 9, "prompt_tokens_details": null }), (9, 0, 0)),
        (json!(null), (0, 0, 0)),
        (json!("none"), (0, 0, 0)),
    ] {
        let found = read(&json!({ "choices": [], "usage": usage })).1;
        assert_eq!((found.input, found.cached, found.output), expected, "{usage}");
    }
    let groq = json!({ "choices": [], "x_groq": { "usage": { "prompt_tokens": 9, "completion_tokens": 2 } } });
    assert_eq!(read(&groq).1, Usage { input: 9, cached: 0, output: 2 });
    let llama = json!({ "usage": { "prompt_tokens": 9 }, "timings": { "cache_n": 4 } });
    assert_eq!(read(&llama).1.cached, 4);
}

#[test]
fn errors_are_found_in_every_shape() {
    for (body, message, code) in [
        (json!({ "error": { "message": "m", "code": "c" } }), "m", Some("c")),
        (json!({ "error": { "message": "m", "code": 429 } }), "m", Some("429")),
        (json!({ "error": "m" }), "m", None),
        (json!({ "error": "m", "code": 7 }), "m", Some("7")),
        (json!({ "error": ["m"] }), "m", None),
        (json!({ "error": [{ "message": "m" }] }), "m", None),
        (json!({ "errors": [{ "message": "m" }] }), "m", None),
        (json!([{ "error": { "message": "m", "status": "S" } }]), "m", Some("S")),
        (json!({ "code": 20012, "message": "m", "data": null }), "m", Some("20012")),
        (json!({ "object": "error", "message": "m", "code": 404 }), "m", Some("404")),
        (
            json!({ "object": "error", "message": { "detail": [{ "loc": ["body", "x"], "msg": "m" }] } }),
            "body.x: m",
            None,
        ),
        (json!({ "detail": "m" }), "m", None),
        (
            json!({ "detail": [{ "loc": ["body", "x"], "msg": "m", "input": "SECRET" }] }),
            "body.x: m",
            None,
        ),
        (
            json!({ "base_resp": { "status_code": 1002, "status_msg": "m" } }),
            "m",
            Some("base_resp 1002"),
        ),
        (
            json!({ "choices": [{ "error": { "message": "m", "code": 502 }, "message": { "content": "" } }] }),
            "m",
            Some("502"),
        ),
        (
            json!({ "choices": [{ "message": { "content": "x" } }], "error": { "message": "m" } }),
            "m",
            None,
        ),
    ] {
        let error = read(&body).0.expect_err("an error");
        assert_eq!((error.message.as_str(), error.code.as_deref()), (message, code), "{body}");
    }
}

#[test]
fn what_is_no_error_is_not_taken_for_one() {
    let message = json!({ "content": "x" });
    for body in [
        json!({ "choices": [{ "message": message }], "error": null }),
        json!({ "choices": [{ "message": message }], "error": {}, "message": "hello" }),
        json!({ "choices": [{ "message": message }], "base_resp": { "status_code": 0, "status_msg": "ok" } }),
        json!({ "choices": [{ "message": message, "error": null }], "detail": "x" }),
    ] {
        assert!(matches!(read(&body).0, Ok(Reading::Completion(_))), "{body}");
    }
    for body in [
        json!({ "choices": [] }),
        json!({ "choices": null }),
        json!({}),
        json!({ "choices": [{}] }),
        json!(3),
    ] {
        assert_eq!(read(&body).0, Ok(Reading::NoChoice), "{body}");
    }
}

#[test]
fn bodies_that_are_not_json_are_told_apart() {
    let of = |text: &str| read_success(text.as_bytes(), &Profile::default()).0;
    assert_eq!(of(" \n<!doctype HTML><p>"), Ok(Reading::WebPage));
    assert_eq!(of(""), Ok(Reading::Garbled("the body is empty".into())));
    assert!(matches!(of("{\"choices\":[{"), Ok(Reading::Garbled(why)) if why.contains("EOF")));
    let title = ErrorBody::of_failure("<html><TITLE>İ 502 Bad</TITLE>".as_bytes());
    assert_eq!(title.message, "a web page titled \"İ 502 Bad\"");
    assert_eq!(ErrorBody::of_failure(b"<html>").message, "a web page");
    assert_eq!(ErrorBody::of_failure(b"plain").message, "plain");
    assert_eq!(ErrorBody::of_failure(b"{\"odd\":1}").message, "{\"odd\":1}");
}

#[test]
fn a_request_holds_exactly_what_the_profile_and_the_findings_allow() {
    let profile = Profile { model: "m".into(), ..Profile::default() };
    let request = ChatRequest {
        system: "s".into(),
        user: "u".into(),
        schema: json!({ "type": "object" }),
        max_output_tokens: 9,
    };
    let bare = Capability {
        rung: Rung::Prompt,
        token_limit_field: TokenField::MaxCompletionTokens,
        temperature: false,
        schema_bounds: true,
        dropped: vec![],
    };
    let messages =
        json!([{ "role": "system", "content": "s" }, { "role": "user", "content": "u" }]);
    let expected = json!({ "model": "m", "messages": messages, "max_completion_tokens": 18 });
    assert_eq!(body(&profile, &bare, &request, 18), expected);
    assert_eq!(
        recorded(expected, Rung::Prompt),
        json!({ "model": "m", "max_completion_tokens": 18 })
    );
}

proptest! {
    #[test]
    fn no_body_makes_reading_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_success(&bytes, &Profile::default());
        ErrorBody::of_failure(&bytes);
    }

    #[test]
    fn no_page_makes_reading_fail(text in "<html>.{0,40}<title>.{0,20}</ti?tle>.{0,20}") {
        ErrorBody::of_failure(text.as_bytes());
    }
}

/// A completion as OpenAI sends it.
fn usual_body() -> Value {
    json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m", "service_tier": "x",
        "choices": [{
            "index": 0, "logprobs": null, "finish_reason": "length",
            "message": {
                "role": "assistant", "content": "<think>a</think>{\"p1\": \"é\\n\"}",
                "refusal": null, "annotations": []
            }
        }],
        "usage": {
            "prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
            "prompt_tokens_details": { "cached_tokens": 3, "audio_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": 1 }
        }
    })
}

#[test]
fn the_usual_form_reads_to_the_same_as_any_form() {
    let places = ["", "/choices/0", "/choices/0/message", "/usage", "/usage/prompt_tokens_details"];
    let fields = "error errors base_resp x_groq timings model usage choices message finish_reason \
        content refusal role tool_calls annotations reasoning reasoning_content prompt_tokens \
        completion_tokens cached_tokens input_tokens prompt_cache_hit_tokens \
        prompt_tokens_details";
    let values = [
        json!(null),
        json!(""),
        json!("word"),
        json!([]),
        json!({}),
        json!(2),
        json!(2.5),
        json!(-1),
        json!(["hi", "assistant", null, null, null]),
        json!([[["hi", null, null, null, null], "stop", null]]),
        json!([{ "type": "thinking", "thinking": "t" }]),
        json!({ "message": "m", "status_code": 7, "usage": { "prompt_tokens": 4 }, "cache_n": 6 }),
    ];
    let mut usual = 0;
    for place in places {
        for field in fields.split_whitespace() {
            for value in values.iter().map(Some).chain([None]) {
                let mut body = usual_body();
                let at = body.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
                match value {
                    Some(value) => at.insert(field.to_owned(), value.clone()),
                    None => at.remove(field),
                };
                let text = body.to_string();
                for profile in [true, false] {
                    let profile = Profile { strip_think_tags: profile, ..Profile::default() };
                    let large = completion::read_at_large(&text, &profile);
                    assert_eq!(read_success(text.as_bytes(), &profile), large, "{text}");
                    let read = usual::read(&text, profile.strip_think_tags);
                    usual += usize::from(read.is_some());
                }
            }
        }
    }
    assert!(usual > 500, "{usual} of them were read as usual");
    assert!(usual::read(&usual_body().to_string(), true).is_some());
}
