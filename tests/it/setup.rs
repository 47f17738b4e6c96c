//! `viva setup` and `viva doctor`: what they ask, write and show.

use serde_json::json;

use crate::support::{Asked, CANARY, Reply, Request, Server, Viva};

/// A server that lists its model and grades by quoting the answer's first words.
fn capable() -> Server {
    Server::answering(|request: &Request| {
        if request.target.ends_with("/models") {
            return Reply::json(200, &json!({ "data": [{ "id": "test-model" }] }));
        }
        if request.json()["messages"][1]["content"].as_str().unwrap().contains("<answer-") {
            let asked = Asked::of(request);
            let quote = asked.first_words(8);
            return asked.reply(|_| ("met", vec![quote.clone()]));
        }
        Reply::completion("{\"ok\": true}")
    })
}

#[test]
fn setup_asks_tries_and_writes_and_the_next_command_uses_it() {
    let server = capable();
    let viva = Viva::new().env("MY_KEY", CANARY);
    let answers = format!("nonsense\n{}\ntest-model\nMY_KEY\nzh\n", server.base_url());
    let ran = viva.run_with(&["setup"], &answers).exits(0);
    assert!(ran.stdout.contains("not a known name"), "{}", ran.stdout);
    let file = viva.home().join(".config/viva/config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("endpoint = \"custom\"") && text.contains("lang = \"zh\""), "{text}");
    assert!(text.contains("MY_KEY") && !text.contains(CANARY), "{text}");

    let doctor = viva.run(&["doctor"]).exits(0);
    for expected in [
        "custom  (config file)",
        "from $MY_KEY",
        "test-model among them",
        "points graded on a reference",
    ] {
        assert!(doctor.stdout.contains(expected), "{expected}: {}", doctor.stdout);
    }
    let sent = server.requests();
    let key = sent.last().unwrap().header("authorization").map(str::to_owned);
    assert_eq!(key, Some(format!("Bearer {CANARY}")));
}

#[test]
fn setup_writes_nothing_when_the_server_cannot_be_reached_or_the_user_leaves() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", closed.local_addr().unwrap());
    drop(closed);
    let viva = Viva::new();
    let file = viva.home().join(".config/viva/config.toml");
    viva.run_with(&["setup"], format!("{url}\nm\nnone\nen\n")).exits(4).says("nothing was written");
    assert!(!file.exists());
    viva.run_with(&["setup"], "ollama\n").exits(130).says("nothing was written");
    assert!(!file.exists());
    viva.run_with(&["setup", "--no-probe"], format!("{url}\nm\nnone\nen\n")).exits(0);
    assert!(file.exists());
}

#[test]
fn doctor_names_the_origin_of_every_setting() {
    let viva = Viva::new().env("LANG", "zh_CN.UTF-8");
    viva.file(".config/viva/config.toml", "feedback_lang = \"en\"\npatience = 5");
    let ran = viva.run(&["doctor", "--lang", "en"]).exits(0);
    for expected in ["en  (--lang)", "zh  ($LANG)", "5 s  (config file)", "lexical estimate"] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
}

#[test]
fn doctor_gives_one_sentence_of_advice_for_a_refused_key() {
    let server = Server::answering(|_| Reply::error(401, "Incorrect API key"));
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run(&["doctor"]).exits(4).says("key");
    assert_eq!(ran.stderr.matches('→').count(), 1, "{}", ran.stderr);
}

#[test]
fn doctor_says_how_far_a_grader_agrees_with_the_samples() {
    let server = capable();
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run(&["doctor", "--samples"]).exits(1);
    assert!(ran.stdout.contains("agreement"), "{}", ran.stdout);
    assert!(ran.stdout.contains("do not trust"), "{}", ran.stdout);
}
