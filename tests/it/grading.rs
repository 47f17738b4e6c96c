//! One answer through a real HTTP server: what is asked again, what stays ungraded.

use serde_json::{Value, json};

use crate::support::{Asked, Reply, Request, Server, Viva};

const QUESTION: &str = "architecture/mqa-and-gqa";
const ANSWER: &str = "All query heads share one key head and one value head in MQA, \
                      so the cache that is read at every step is much smaller.";

/// Scores the answer through a server that replies with `reply`; the result line and all requests.
fn scored(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> (Value, Vec<Request>) {
    scored_with(ANSWER, reply)
}

fn scored_with(
    answer: &str,
    reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
) -> (Value, Vec<Request>) {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::answering(move |request| {
        let index = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        reply(index, &Asked::of(request))
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run_with(&["score", "-", "--question", QUESTION, "--json"], answer);
    assert!([0, 5].contains(&ran.code), "{ran:?}");
    (ran.lines().remove(0), server.requests())
}

fn met(asked: &Asked) -> Reply {
    let quote = asked.first_words(8);
    asked.reply(|_| ("met", vec![quote.clone()]))
}

#[test]
fn a_full_reply_takes_one_call_and_gives_score_band_and_spans() {
    let (line, requests) = scored(|_, asked| met(asked));
    assert_eq!(requests.len(), 1);
    assert_eq!((line["score"].as_f64(), line["band"].as_str()), (Some(100.0), Some("strong")));
    let evidence = &line["points"][0]["evidence"][0];
    assert_eq!(evidence["quote"], "All query heads share one key head and");
    assert_eq!((evidence["start"].as_u64(), evidence["end"].as_u64()), (Some(0), Some(38)));
    assert_eq!(line["provenance"]["returned_model"], "test-model-0");
    assert_eq!(line["provenance"]["calls"], 1);
}

#[test]
fn only_what_is_missing_is_asked_again_with_the_reason() {
    let (line, requests) = scored(|index, asked| {
        let quote = asked.first_words(8);
        let mut object = asked.object(|_| ("met", vec![quote.clone()]));
        if index == 0 {
            object.as_object_mut().unwrap().shift_remove("p2");
            object["p4"]["verdict"] = json!("great");
        }
        Reply::completion(&object.to_string())
    });
    assert_eq!(requests.len(), 2);
    let second = Asked::of(&requests[1]);
    assert_eq!(second.points.len(), 2, "{:?}", second.points);
    assert!(second.points[0].contains("smaller KV cache"), "{:?}", second.points);
    assert!(second.misconceptions.is_empty());
    assert!(second.user.contains("p1: it is missing"), "{}", second.user);
    assert!(second.user.contains("great"), "{}", second.user);
    assert_eq!(line["score"], 100.0);
    assert_eq!(line["flags"], json!(["reasked"]));
}

#[test]
fn a_quote_that_is_not_in_the_answer_is_asked_again_and_then_ungraded() {
    let (line, requests) = scored(|_, asked| {
        let quote = asked.first_words(8);
        asked.reply(|claim| {
            let invented = claim.contains("adopt") || claim.contains("PaLM");
            let quote = if invented { "Llama and PaLM use it".to_owned() } else { quote.clone() };
            ("met", vec![quote])
        })
    });
    assert_eq!(requests.len(), 3);
    assert_eq!(line["score"], Value::Null);
    assert_eq!(line["points"][4]["verdict"], "ungraded");
    assert_eq!(line["points"][4]["credit"], Value::Null);
    let (low, high) = (line["low"].as_f64().unwrap(), line["high"].as_f64().unwrap());
    assert!(low < high && high > 99.9, "{low} {high}");
    assert!(line["points"][4]["why"].as_str().unwrap().contains("quote"), "{line}");
}

#[test]
fn three_useless_replies_leave_everything_ungraded_never_zero() {
    let (line, requests) = scored(|_, _| Reply::completion("I would give this a 10/10!"));
    assert_eq!(requests.len(), 3);
    assert_eq!(line["score"], Value::Null);
    assert_eq!((line["low"].as_f64(), line["high"].as_f64()), (Some(0.0), Some(100.0)));
    assert_eq!(line["band"], Value::Null);
}

#[test]
fn a_score_that_the_model_offers_is_not_read() {
    let (line, _) = scored(|_, asked| {
        let mut object = asked.object(|_| ("missing", Vec::new()));
        object["score"] = json!(100);
        object["pass"] = json!(true);
        Reply::completion(&object.to_string())
    });
    assert_eq!((line["score"].as_f64(), line["band"].as_str()), (Some(0.0), Some("no-hire")));
}

#[test]
fn a_blocked_answer_is_ungraded_with_the_reason_and_not_a_zero() {
    let (line, requests) = scored(|_, _| {
        let error = json!({ "error": { "code": "content_filter", "message": "filtered" } });
        Reply::json(400, &error)
    });
    assert_eq!(requests.len(), 1);
    assert_eq!(line["score"], Value::Null);
    assert!(line["points"][0]["why"].as_str().unwrap().contains("blocked"), "{line}");
}

#[test]
fn blank_answers_and_repeated_questions_cost_no_call() {
    for answer in [
        "",
        " \n\t",
        "……！",
        "How do multi-query and grouped-query attention differ from multi-head attention, and what does each cost?",
    ] {
        let (line, requests) = scored_with(answer, |_, asked| met(asked));
        assert_eq!(requests.len(), 0, "{answer:?}");
        assert_eq!(line["score"], 0.0, "{answer:?}");
        assert_eq!(line["provenance"]["calls"], 0);
    }
}

#[test]
fn a_misconception_counts_only_with_a_quote_from_the_answer() {
    let held = |quote: &'static str| {
        move |_: usize, asked: &Asked| {
            let first = asked.first_words(8);
            let mut object = asked.object(|_| ("met", vec![first.clone()]));
            object["m1"] = json!({ "quotes": [quote], "held": true });
            Reply::completion(&object.to_string())
        }
    };
    let (line, _) = scored(held("the cache that is read at every step"));
    assert_eq!(line["misconceptions"][0]["id"], "more-kv-per-query");
    assert_eq!(
        line["score"],
        100.0 - 10.0 + 10.0 * 0.0 + 10.0 * 1.0 - 0.0,
        "bonus offsets one penalty"
    );
    let (line, _) = scored(held("every query attends to several sets"));
    assert_eq!(line["misconceptions"], json!([]));
}
