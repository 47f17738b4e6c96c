//! What a user meets when the endpoint fails or the input is bad: message, exit
//! code, how often it was tried. The key is looked for in every output.

use serde_json::json;

use std::time::Duration;

use crate::support::{CANARY, Reply, Server, Viva};

const ARGUMENTS: [&str; 6] =
    ["score", "-", "--question", "architecture/mqa-and-gqa", "--patience", "1"];
const ANSWER: &str = "One K/V head is shared by all query heads.";

struct Case {
    name: &'static str,
    reply: fn() -> Reply,
    /// Exit codes: 4 when the endpoint is at fault, 5 when the answer stays ungraded.
    codes: &'static [i32],
    /// Words of the message.
    says: &'static str,
    /// Fewest and most requests.
    requests: (usize, usize),
}

const CASES: &[Case] = &[
    Case {
        name: "401",
        reply: || Reply::error(401, &format!("Incorrect API key provided: {CANARY}")),
        codes: &[4],
        says: "key",
        requests: (1, 1),
    },
    Case {
        name: "404 model",
        reply: || {
            let error =
                json!({ "error": { "code": "model_not_found", "message": "no such model" } });
            Reply::json(404, &error)
        },
        codes: &[4],
        says: "model not found",
        requests: (1, 1),
    },
    Case {
        name: "429 quota",
        reply: || {
            let error = json!({ "error": { "code": "insufficient_quota", "message": "quota" } });
            Reply::json(429, &error)
        },
        codes: &[4],
        says: "quota",
        requests: (1, 1),
    },
    Case {
        name: "429 for longer than the patience",
        reply: || Reply::error(429, "slow down").header("retry-after", "86400"),
        codes: &[4],
        says: "24 h",
        requests: (1, 1),
    },
    Case {
        name: "HTML 502",
        reply: || Reply::text(502, "text/html", "<html><b>Bad Gateway</b></html>"),
        codes: &[4],
        says: "unavailable",
        requests: (2, 4),
    },
    Case {
        name: "200 with an error object",
        reply: || Reply::json(200, &json!({ "error": { "code": 402, "message": "no credits" } })),
        codes: &[4],
        says: "quota",
        requests: (1, 1),
    },
    Case {
        name: "empty choices",
        reply: || Reply::json(200, &json!({ "choices": [] })),
        codes: &[4, 5],
        says: "",
        requests: (1, 4),
    },
    Case {
        name: "truncated JSON",
        reply: || Reply::text(200, "application/json", "{\"choices\": [{\"mess"),
        codes: &[4, 5],
        says: "",
        requests: (1, 4),
    },
    Case {
        name: "redirect",
        reply: || Reply::text(302, "text/plain", "").header("location", "http://127.0.0.1:1/"),
        codes: &[4],
        says: "redirect",
        requests: (1, 1),
    },
];

#[test]
fn each_failure_is_told_counted_and_ends_in_its_exit_code() {
    for case in CASES {
        let server = Server::answering(|_| (case.reply)());
        let viva = Viva::new().endpoint(&server.base_url());
        let ran = viva.run_with(&ARGUMENTS, ANSWER);
        assert!(case.codes.contains(&ran.code), "{}: {ran:?}", case.name);
        assert!(ran.stderr.contains(case.says), "{}: {}", case.name, ran.stderr);
        let sent = server.requests().len();
        assert!((case.requests.0..=case.requests.1).contains(&sent), "{}: {sent}", case.name);
        if ran.code == 4 {
            assert!(ran.stderr.contains('→'), "{}: no advice: {}", case.name, ran.stderr);
            assert_eq!(ran.stdout, "", "{}", case.name);
        }
        assert_no_key(&viva, case.name);
    }
}

/// Looks for the key in every file that the program has written.
fn assert_no_key(viva: &Viva, name: &str) {
    let Ok(entries) = std::fs::read_dir(viva.data()) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(12).any(|window| window == &CANARY.as_bytes()[..12]);
        assert!(!found, "{name}: the key is in {}", path.display());
    }
}

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", closed.local_addr().unwrap());
    drop(closed);
    let ran = Viva::new().endpoint(&url).run_with(&ARGUMENTS, ANSWER).exits(4).says("unreachable");
    assert!(ran.stderr.contains("start the server"), "{}", ran.stderr);
}

#[test]
fn a_body_that_never_ends_is_cut_off() {
    let server = Server::answering(|_| {
        Reply::text(200, "application/json", &" ".repeat(65_536)).endless(Duration::ZERO)
    });
    let viva = Viva::new().endpoint(&server.base_url());
    let ran = viva.run_with(&ARGUMENTS, ANSWER);
    assert!([4, 5].contains(&ran.code), "{ran:?}");
}

#[test]
fn a_key_never_travels_in_the_clear_to_another_machine() {
    let viva = Viva::new().endpoint("http://192.0.2.1/v1");
    viva.run_with(&ARGUMENTS, ANSWER).exits(3).says("plain http");
}

#[test]
fn the_request_is_shown_without_the_key() {
    let viva = Viva::new().endpoint("https://example.invalid/v1");
    let mut arguments = ARGUMENTS.to_vec();
    arguments.push("--show-request");
    let ran = viva.run_with(&arguments, ANSWER).exits(0);
    let shown: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["url"], "https://example.invalid/v1/chat/completions");
    assert_eq!(shown["body"]["model"], "test-model");
}

#[test]
fn bad_input_is_named_and_nothing_is_written() {
    let viva = Viva::new();
    let score = |arguments: &[&str], input: &[u8]| viva.run_with(arguments, input);
    score(&["score", "-", "--question", "architecture/mqa-and-gka"], b"x")
        .exits(2)
        .says("did you mean architecture/mqa-and-gqa");
    score(&ARGUMENTS, b"caf\xe9").exits(2).says("not UTF-8 (first bad byte at offset 3)");
    score(&ARGUMENTS, b"caf\xe9").exits(2).says("--encoding NAME names another");
    score(&ARGUMENTS, &vec![b'a'; 200_001]).exits(2).says("at most 200000");
    let pdf = viva.file("a.md", "%PDF-1.7\n");
    let pdf = pdf.to_str().unwrap();
    score(&["score", pdf, "--question", "architecture/mqa-and-gqa"], b"")
        .exits(2)
        .says("the answer is a PDF file: save its text as UTF-8");
    score(&["score", "-", "--ask", "x?", "--reference", pdf], b"x")
        .exits(2)
        .says("the reference is a PDF file");
    score(&ARGUMENTS, b"{\\rtf1").exits(2).says("the answer is a rich-text file");
    score(&["score", "nowhere.txt", "--question", "architecture/mqa-and-gqa"], b"")
        .exits(2)
        .says("nowhere.txt");
    let empty = viva.file("empty/.keep", "");
    let folder = empty.parent().unwrap().to_str().unwrap();
    score(&["questions", "list", "--bank", folder], b"").exits(3).says("<topic>/<slug>.toml");
    let broken = viva.file("bank/topic/broken.toml", "title = [");
    let bank = broken.parent().unwrap().parent().unwrap().to_str().unwrap();
    score(&["questions", "list", "--bank", bank], b"").exits(3).says("broken.toml:1");
    viva.file(".config/viva/config.toml", "lang = \"zh\"\nmodle = \"x\"");
    score(&ARGUMENTS, b"x").exits(3).says("config.toml:2: unknown field `modle`");
    assert!(!viva.data().exists(), "an error made a data folder");
}

#[test]
fn an_answer_may_come_in_any_encoding() {
    let viva = Viva::new();
    let text = "多查询注意力让所有查询头共享同一组 K/V 头，KV 缓存变小，解码更快。";
    viva.file("ref.txt", encoding_rs::GB18030.encode(text).0);
    let ways = [&ARGUMENTS[..], &["score", "-", "--ask", "什么是 MQA？", "--reference", "ref.txt"]];
    for arguments in ways {
        let score = |bytes: &[u8], more: &[&str]| {
            viva.run_with(&[arguments, &["--json"], more].concat(), bytes).exits(0).stdout
        };
        let twin = score(text.as_bytes(), &[]);
        assert!(twin.contains(text), "{twin}");
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(score(&[&[0xff, 0xfe], &utf16[..]].concat(), &[]), twin);
        assert_eq!(score(&encoding_rs::GB18030.encode(text).0, &[]), twin);
        assert_eq!(score(&utf16, &["--encoding", "utf-16le"]), twin);
    }
    let wrong = [&ARGUMENTS[..], &["--encoding", "klingon"]].concat();
    viva.run_with(&wrong, text).exits(2).says("unknown encoding \"klingon\"");
    let nothing = viva.run_with(&["score", "-"], text).exits(2).says("no question was given");
    assert!(nothing.stderr.contains("--ask TEXT --reference FILE"), "{}", nothing.stderr);
    let blank = ["score", "-", "--ask", " ", "--reference", "ref.txt"];
    viva.run_with(&blank, text).exits(2).says("it must not be empty");
}

#[test]
fn a_grader_that_was_asked_for_and_is_not_there_stops_everything() {
    let ran = Viva::new().run_with(&[&ARGUMENTS[..], &["--grader", "llm"]].concat(), ANSWER);
    ran.exits(3).says("viva setup");
}

#[test]
fn a_refused_key_is_told_by_where_it_is_from() {
    let server = Server::answering(|_| Reply::error(401, "no"));
    let moved = || {
        let viva = Viva::new().env("VIVA_BASE_URL", &server.base_url()).env("VIVA_MODEL", "m");
        viva.env("OPENAI_API_KEY", CANARY)
    };
    let openai = [&ARGUMENTS[..], &["--endpoint", "openai"]].concat();
    // The vendor's key is there, and rightly not sent to another address.
    let ran = moved().run_with(&openai, ANSWER).exits(4).says("set VIVA_API_KEY");
    assert!(ran.stderr.contains("OPENAI_API_KEY is not for http://127.0.0.1:"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("set OPENAI_API_KEY"), "{}", ran.stderr);
    let chinese = moved().env("LANG", "zh_CN.UTF-8").run_with(&openai, ANSWER).exits(4);
    chinese.says("OPENAI_API_KEY 不用于").says("请为这个地址设置 VIVA_API_KEY");
    // The key that was sent is the one to check.
    let own = moved().env("VIVA_API_KEY", CANARY);
    own.run_with(&openai, ANSWER).exits(4).says("check the key in VIVA_API_KEY");
    let keys: Vec<_> =
        server.requests().iter().map(|r| r.header("authorization").map(str::to_owned)).collect();
    assert_eq!(keys, [None, None, Some(format!("Bearer {CANARY}"))]);
    // Where no variable is named, the one that works is.
    let bare = Viva::new().env("VIVA_BASE_URL", &server.base_url()).env("VIVA_MODEL", "m");
    bare.run_with(&ARGUMENTS, ANSWER).exits(4).says("no key was sent: set VIVA_API_KEY");
}

#[test]
fn an_endpoint_that_nobody_knows_is_refused_also_where_an_address_is_given() {
    let viva = Viva::new().endpoint("http://127.0.0.1:9/v1");
    let unknown = [&ARGUMENTS[..], &["--endpoint", "nope"]].concat();
    viva.run_with(&unknown, ANSWER).exits(3).says("unknown endpoint \"nope\"");
}
