//! `viva report`: every format against a stored one, corrections, other rubrics,
//! hostile rows, bad lines, sessions.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Viva;

/// A run of seven rows: two questions, three candidates, one row ungraded and one failed.
const RUN: &str = include_str!("../fixtures/report/run.jsonl");

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report").join(name)
}

/// Compares with a stored file; `VIVA_BLESS=1 cargo test` stores what is there now.
#[track_caller]
fn equals_stored(name: &str, text: &str) {
    if std::env::var_os("VIVA_BLESS").is_some() {
        std::fs::write(fixture(name), text).unwrap();
    }
    let stored = std::fs::read_to_string(fixture(name)).unwrap_or_default();
    let first = stored.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(stored == text, "{name} has changed; first in:\n{first:#?}");
}

/// A home with the run in it.
fn with_run() -> Viva {
    let viva = Viva::new();
    viva.file("run.jsonl", RUN);
    viva
}

/// The moment of the report, which no stored file can know.
fn without_time(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let stamp = |text: &str| {
        let shape: String =
            text.chars().take(19).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == "0000-00-00T00:00:00" || shape == "0000-00-00 00:00:00"
    };
    while let Some(c) = rest.chars().next() {
        if c == '2' && stamp(rest) {
            out.push_str("TIME");
            rest = &rest[19..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn report(viva: &Viva, arguments: &[&str]) -> String {
    let arguments = [&["report", "run.jsonl"], arguments].concat();
    without_time(&viva.run(&arguments).exits(0).stdout)
}

#[test]
fn the_terminal_report_is_the_stored_one_in_both_languages() {
    equals_stored("run.txt", &report(&with_run(), &[]));
    let chinese = with_run().env("LANG", "zh_CN.UTF-8");
    equals_stored("run.zh.txt", &report(&chinese, &[]));
}

#[test]
fn markdown_csv_junit_and_html_are_the_stored_ones() {
    let viva = with_run();
    equals_stored("run.md", &report(&viva, &["--format", "markdown"]));
    equals_stored("run.csv", &report(&viva, &["--format", "csv"]));
    equals_stored("run.html", &report(&viva, &["--format", "html", "--fail-under", "20"]));
    let chinese = with_run().env("LANG", "zh_CN.UTF-8");
    equals_stored("run.zh.html", &report(&chinese, &["--format", "html"]));
    let junit = viva.run(&["report", "run.jsonl", "--format", "junit", "--fail-under", "60"]);
    equals_stored("run.xml", &without_time(&junit.exits(6).says("below 60").stdout));
}

#[test]
fn json_is_the_same_figures() {
    let ran = with_run().run(&["report", "run.jsonl", "--json"]).exits(0);
    let digest = &ran.lines()[0];
    assert_eq!(digest["mean"]["rows"], 7);
    assert_eq!(digest["mean"]["graded"], 5);
    // (87.5 + 100 + 27.5 + 0 + 0 + 37.5 + 75) ÷ 7, and with 50 and 100 for the open ones.
    let close = |value: &Value, expected: f64| {
        assert!((value.as_f64().unwrap() - expected).abs() < 1e-9, "{value} {expected}");
    };
    close(&digest["mean"]["low"], 327.5 / 7.0);
    close(&digest["mean"]["high"], 477.5 / 7.0);
    assert_eq!(digest["cost"]["calls"], 6);
}

#[test]
fn the_output_file_appears_whole_and_its_name_gives_the_format() {
    let viva = with_run();
    for (name, begins) in [
        ("out.html", "<!DOCTYPE html>"),
        ("out.md", "# run.jsonl"),
        ("out.csv", "\u{feff}\"row\""),
        ("out.xml", "<?xml"),
        ("out.txt", "run.jsonl"),
    ] {
        let ran = viva.run(&["report", "run.jsonl", "-o", name]).exits(0);
        assert_eq!(ran.stdout, "");
        let text = std::fs::read_to_string(viva.home().join(name)).unwrap();
        assert!(text.starts_with(begins), "{name}: {text}");
    }
    let left = std::fs::read_dir(viva.home()).unwrap();
    let partial =
        left.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
    assert_eq!(partial.count(), 0);
}

#[test]
fn a_run_on_standard_input_is_the_same() {
    let viva = with_run();
    let file = report(&viva, &["--format", "csv"]);
    let piped = viva.run_with(&["report", "-", "--format", "csv"], RUN).exits(0).stdout;
    assert_eq!(file, piped);
}

#[test]
fn corrections_need_the_rubric_that_scored_the_run() {
    let viva = with_run();
    viva.file("fix.jsonl", "{\"id\":\"r3\",\"point\":\"shared-kv\",\"verdict\":\"partial\",\"reason\":\"meant well\"}\n");
    viva.run(&["report", "run.jsonl", "--overrides", "fix.jsonl"]).exits(2).says("--rubric FILE");

    let rubric = include_str!("../../prompts/rubric.toml");
    viva.file("rubric.toml", rubric);
    let corrected = ["--overrides", "fix.jsonl", "--rubric", "rubric.toml"];
    let text = report(&viva, &[&corrected[..], &["--format", "markdown"]].concat());
    assert!(text.contains("corrected from contradicted: meant well"), "{text}");
    // (1.5 + 3) ÷ 8, less one misconception: 46.3.
    assert!(text.contains("### 王小明 · r3 · architecture/mqa-and-gqa · 46.3"), "{text}");
    let csv = report(&viva, &[&corrected[..], &["--format", "csv"]].concat());
    assert!(csv.contains("shared-kv: contradicted → partial (meant well)"), "{csv}");
    let html = report(&viva, &[&corrected[..], &["--format", "html"]].concat());
    assert!(html.contains("corrected from contradicted"), "{html}");
    let digest = viva.run(&[&["report", "run.jsonl", "--json"][..], &corrected].concat()).exits(0);
    assert_eq!(digest.lines()[0]["corrected"], 1);
}

#[test]
fn another_rubric_scores_stored_verdicts_anew_and_no_call_is_made() {
    let viva = with_run().endpoint("http://127.0.0.1:9/v1");
    let rubric = include_str!("../../prompts/rubric.toml");
    viva.file("rubric.toml", rubric.replace("penalty = 0.10 ", "penalty = 0.0 "));
    let ran = viva.run(&["report", "run.jsonl", "--rubric", "rubric.toml", "--format", "csv"]);
    let third = ran.exits(0).stdout.lines().nth(3).unwrap().to_owned();
    assert!(third.contains("\"architecture/mqa-and-gqa\",37.5,37.5,37.5"), "{third}");
    assert!(third.contains("f00d~"), "{third}");
}

#[test]
fn what_does_not_fit_is_told_and_counts_as_incomplete() {
    let viva = with_run();
    viva.file(
        "fix.jsonl",
        "{\"id\":\"r99\",\"point\":\"x\",\"verdict\":\"met\",\"reason\":\"\"}\n",
    );
    viva.run(&["report", "run.jsonl", "--overrides", "fix.jsonl"]).exits(5).says("r99, x");
    viva.file("bad.jsonl", "{\"id\":\"r1\",\"point\":\"cache\",\"verdict\":\"yes\"}\n");
    viva.run(&["report", "run.jsonl", "--overrides", "bad.jsonl"]).exits(2).says("line 1");
    viva.file("torn.jsonl", &RUN[..RUN.len() - 300]);
    let ran = viva.run(&["report", "torn.jsonl"]).exits(5).says("cut off in the middle");
    assert!(ran.stdout.contains("6 answers"), "{}", ran.stdout);
    let mut chinese = viva.command(&["report", "torn.jsonl"]);
    let said = chinese.env("LANG", "zh_CN.UTF-8").output().unwrap();
    let (shown, said) =
        (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(shown.contains("第 7 行 · 最后一行中途断了"), "{shown}");
    assert!(said.contains("有 1 行无法读取；第一处：第 7 行：最后一行中途断了"), "{said}");
    viva.file("empty.jsonl", "\n");
    viva.run(&["report", "empty.jsonl"]).exits(2).says("holds no result line");
    viva.run(&["report", "absent.jsonl"]).exits(2).says("absent.jsonl");
    viva.run(&["report", "12"]).exits(2).says("neither a file nor a session");
}

#[test]
fn scores_of_two_fingerprints_have_no_common_mean() {
    let viva = Viva::new();
    let text = RUN.replacen("f00d", "beef", 1);
    viva.file("run.jsonl", text);
    let text = report(&viva, &[]);
    assert!(text.contains("comparable only within one"), "{text}");
    assert!(!text.contains("mean score"), "{text}");
    assert!(text.contains("beef (1, mean 87.5)"), "{text}");
    let html = report(&viva, &["--format", "html"]);
    assert!(!html.contains("class=\"scale\""), "{html}");
}

#[test]
fn no_gate_passes_on_a_mean_over_two_fingerprints() {
    let viva = Viva::new();
    // One good answer of one fingerprint beside many poor ones of another.
    let lines: Vec<Value> = RUN.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (good, mut poor) = (&lines[1], lines[2].clone());
    poor["fingerprint"] = json!("beef");
    let run = |good: &Value, poor: &Value| format!("{}{poor}\n", format!("{good}\n").repeat(9));
    viva.file("run.jsonl", run(good, &poor));
    let gate = |viva: &Viva, limit: &str| {
        viva.run(&["report", "run.jsonl", "--json", "--fail-under", limit])
    };
    let ran = gate(&viva, "50").exits(6).says("the mean of fingerprint beef, ungraded answers");
    assert!(!ran.stderr.contains("f00d") && ran.stderr.contains("27.5, below 50"), "{ran:?}");
    let digest = &ran.lines()[0];
    assert_eq!((&digest["mean"], &digest["answers"]), (&Value::Null, &json!(10)));
    assert_eq!(
        (&digest["spread"], &digest["candidates"]["items"][0]["mean"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(digest["questions"]["items"][0]["mean"], Value::Null);
    gate(&viva, "27").exits(0);
    let chinese = Viva::new().env("LANG", "zh_CN.UTF-8");
    chinese.file("run.jsonl", run(good, &poor));
    gate(&chinese, "50").exits(6).says("指纹 beef 的平均分（未评按最坏计）为 27.5，低于 50");
    // What was not graded at all has no fingerprint, and helps none to pass.
    let failed = json!({ "schema_version": 1, "id": "x", "question": null, "error": "timed out" });
    viva.file("run.jsonl", format!("{}{failed}\n", run(good, &poor)));
    gate(&viva, "27").exits(6).says("fingerprint beef");
    // Of one fingerprint there is one mean.
    poor["fingerprint"] = good["fingerprint"].clone();
    viva.file("run.jsonl", run(good, &poor));
    let ran = gate(&viva, "50").exits(0);
    assert_eq!(ran.lines()[0]["mean"]["low"], json!(92.75));
}

/// A row in which every text is an attack, and a field of a megabyte.
fn hostile() -> String {
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)> \u{1b}]0;own\u{7}\u{1b}[31m \
                \u{202e}txet\u{202c} =cmd|'/C calc'!A0 ;=1+1 [x](javascript:alert(3)) {{7*7}} ]]>\n=2+2\u{0}\u{ffff}";
    let quote = json!([{ "quote": evil, "start": 0, "end": 9_999_999 }, { "quote": "x", "start": 8, "end": 3 }]);
    let mut line: Value = serde_json::from_str(RUN.lines().next().unwrap()).unwrap();
    line["id"] = json!(format!("={evil}"));
    line["candidate"] = json!("@SUM(1)<b>");
    line["answer"] = json!(evil);
    line["question"]["id"] = json!(format!("x/\"><i>{evil}"));
    line["question"]["title"] = json!(evil);
    line["question"]["points"][0]["claim"] = json!(evil);
    line["points"][0]["evidence"] = quote.clone();
    line["points"][0]["why"] = json!(evil);
    line["misconceptions"] = json!([{ "id": evil, "correction": evil, "evidence": quote }]);
    line["feedback"] = json!([{ "text": evil }]);
    for field in ["endpoint", "model", "returned_model", "prompt_hash", "rubric_hash"] {
        line["provenance"][field] = json!(evil);
    }
    line["fingerprint"] = json!(evil);
    line["input"] = json!({ "token": "A".repeat(1 << 20), evil: evil });
    let failed = json!({ "schema_version": 1, "id": evil, "candidate": evil, "question": null, "error": evil });
    format!("{line}\n{failed}\n")
}

fn hostile_report(format: &str) -> String {
    let viva = Viva::new();
    viva.file("run.jsonl", hostile());
    let text = report(&viva, &["--format", format]);
    assert!(text.len() < 200_000, "{format}: {} bytes", text.len());
    for c in ['\u{1b}', '\u{7}', '\u{202e}', '\u{202c}', '\u{0}'] {
        assert!(!text.contains(c), "{format} holds {c:?}");
    }
    assert!(!text.contains(&"A".repeat(100)), "{format} shows the passed-through field");
    text
}

#[test]
fn hostile_rows_are_inert_in_html() {
    let html = hostile_report("html");
    for live in ["<script", "<img", "<i>", "<b>=", "onerror=\"", "javascript:\"", "49"] {
        assert!(!html.contains(live), "{live}");
    }
    assert!(html.contains("&lt;script&gt;") && html.contains("⟨U+202E⟩"), "{html}");
    assert!(html.contains("default-src &#x27;none&#x27;; style-src &#x27;sha256-"), "{html}");
}

#[test]
fn hostile_rows_are_inert_on_a_terminal_and_in_markdown() {
    hostile_report("terminal");
    let markdown = hostile_report("markdown");
    // Whatever could be read as HTML or as a link stands in code.
    for line in markdown.lines().filter(|line| line.contains("<script>") || line.contains("](java"))
    {
        let before = line.split("<script>").next().unwrap();
        assert!(before.contains('`') || line.starts_with("<script>"), "{line}");
    }
    let mut inside = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if line.starts_with("<script>") {
            assert!(inside, "live HTML: {line}");
        }
    }
}

#[test]
fn hostile_rows_are_inert_in_csv() {
    let csv = hostile_report("csv");
    let mut table =
        csv::ReaderBuilder::new().from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let mut cells = 0;
    for record in table.records() {
        for cell in &record.unwrap() {
            cells += 1;
            let number = cell.parse::<f64>().is_ok();
            // A spreadsheet may be set to either separator, and may read a cell line by line.
            for part in cell.split([';', '\n', '\t']) {
                let first = part.trim_start().chars().next().unwrap_or('x');
                assert!(number || !"=+-@＝＋－＠".contains(first), "live cell: {cell}");
            }
        }
    }
    assert_eq!(cells, 2 * 30);
}

#[test]
fn hostile_rows_are_inert_in_junit_and_the_document_is_well_formed() {
    let xml = hostile_report("junit");
    assert!(!xml.contains("<script") && !xml.contains('\u{ffff}'), "{xml}");
    check_junit(&xml);
    check_junit(&std::fs::read_to_string(fixture("run.xml")).unwrap());
}

/// What both schemas ask for: elements in their places, the attributes they need,
/// counts that add up, nothing left unescaped.
fn check_junit(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let (mut cases, mut declared) = (0, 0);
    for tag in xml.split('<').skip(2) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        assert!(!text.contains("]]>") && !text.contains(" & "), "unescaped: {text}");
        let name = tag.trim_matches('/').split_whitespace().next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (parent, needed): (&[&str], &[&str]) = match name {
            "testsuites" => (&[], &[]),
            "testsuite" => (
                &["testsuites"],
                &[
                    "id",
                    "package",
                    "name",
                    "timestamp",
                    "hostname",
                    "tests",
                    "failures",
                    "errors",
                    "time",
                ],
            ),
            "properties" | "system-out" | "system-err" => (&["testsuite"], &[]),
            "property" => (&["properties"], &["name", "value"]),
            "testcase" => (&["testsuite"], &["name", "classname", "time"]),
            "failure" | "error" => (&["testcase"], &["message", "type"]),
            other => panic!("no schema knows <{other}>"),
        };
        assert_eq!(open.last().into_iter().copied().collect::<Vec<_>>(), parent, "<{name}>");
        for attribute in needed {
            assert!(tag.contains(&format!(" {attribute}=\"")), "<{name}> without {attribute}");
        }
        cases += u32::from(name == "testcase");
        if let Some(tests) = tag.split(" tests=\"").nth(1) {
            declared += tests.split('"').next().unwrap().parse::<u32>().unwrap();
        }
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && cases == declared && cases > 0, "{open:?} {cases} {declared}");
}

#[test]
fn an_answer_without_a_candidate_is_named_so_that_it_can_be_corrected() {
    let viva = Viva::new();
    viva.file("run.jsonl", RUN.replace("\"candidate\":\"Ada Lovelace\",", ""));
    let answers = report(&viva, &[]);
    let answers = answers.split("\nAnswers\n").nth(1).unwrap();
    for (id, score) in [("r1", "88"), ("r2", "100"), ("r3", "28")] {
        let named = |line: &str| line.trim_start().starts_with(score) && line.contains(id);
        assert!(answers.lines().any(named), "{id}: {answers}");
    }
    assert!(answers.contains("王小明 · r3 · "), "{answers}");
    assert!(answers.contains("✔ must   The KV cache shrinks (cache)"), "{answers}");
}

#[test]
fn a_packed_run_is_read_also_from_standard_input() {
    let viva = with_run();
    let plain = report(&viva, &["--format", "csv"]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(RUN.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    viva.file("run.jsonl.gz", &packed);
    viva.file("cut.jsonl.gz", &packed[..packed.len() / 2]);
    let fastest = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(RUN.as_bytes(), fastest);
    viva.file("run.jsonl.zst", &zstd);
    for name in ["run.jsonl.gz", "run.jsonl.zst"] {
        let ran = viva.run(&["report", name, "--format", "csv"]).exits(0);
        assert_eq!(ran.stdout, plain, "{name}");
    }
    for bytes in [packed, zstd] {
        let ran = viva.run_with(&["report", "-", "--format", "csv"], bytes).exits(0);
        assert_eq!(ran.stdout, plain);
    }
    let ran = viva.run(&["report", "cut.jsonl.gz"]).exits(1);
    ran.says("cannot read cut.jsonl.gz to its end: the gzip file is cut off");
}

#[test]
fn a_run_that_is_not_finished_is_known_by_its_journal() {
    let viva = Viva::new();
    let row = "{\"id\":\"a\",\"question_id\":\"rag/hybrid-search-rrf\",\"answer\":\"x\"}\n";
    viva.file("in.jsonl", row);
    viva.run(&["grade", "in.jsonl", "--grader", "lexical", "-o", "t.jsonl"]).exits(0);
    let journal = viva.run(&["report", "t.jsonl.viva"]).exits(2);
    journal.says("t.jsonl.viva is the journal of a run").says("its results are in t.jsonl");
    std::fs::remove_file(viva.home().join("t.jsonl")).unwrap();
    for name in ["t.jsonl", "t.jsonl.viva", "t.jsonl.viva/"] {
        viva.run(&["report", name]).exits(2).says("that run is not finished: the command that");
    }
    let folder = viva.run(&["report", "."]).exits(2);
    folder.says("the run . is a folder").says("-o OUT.jsonl");
    let chinese = Viva::new().env("LANG", "zh_CN.UTF-8");
    chinese.file("t.jsonl.viva/results.jsonl", "");
    chinese.run(&["report", "t.jsonl.viva"]).exits(2).says("是一次运行的工作目录");
}

#[test]
fn a_session_and_the_history_are_read_from_the_store() {
    let viva = Viva::new();
    viva.run(&["report"]).exits(0).says("no sessions yet");
    let empty = viva.run(&["report", "--json"]).exits(0);
    assert_eq!(empty.lines()[0]["sessions"], json!([]));
    let answers = "It depends on the mask.\n\nThe KV cache is paged.\n\n";
    let interview = ["interview", "--count", "2", "--seed", "1", "--save", "--lang", "en"];
    viva.run_with(&interview, answers).exits(0);
    viva.run_with(&interview, answers).exits(0);
    let history = viva.run(&["report"]).exits(0).stdout;
    let lines: Vec<&str> = history.lines().collect();
    assert!(lines[1].starts_with('2') && lines[2].starts_with('1'), "{history}");
    assert!(lines[1].contains("2/2") && lines[1].contains("+0.0"), "{history}");
    assert!(history.contains("Weakest topics") && history.contains("A = lexical"), "{history}");
    let session = viva.run(&["report", "1", "--format", "markdown"]).exits(0).stdout;
    assert!(
        session.contains("# Session 1") && session.contains("It depends on the mask."),
        "{session}"
    );
}

#[test]
fn a_row_without_a_score_is_named_and_has_one_line_number() {
    let viva = Viva::new();
    viva.file(
        "in.csv",
        "candidate,question_id,answer\n\"Ann\nLi\",rag/hybrid-search-rrf,x\n\n\
         Bo,rag/no-such-thing,x\nCy,rag/hybrid-search-rrf\n",
    );
    let grade = ["grade", "in.csv", "--grader", "lexical", "-o", "run.jsonl"];
    viva.run(&grade).exits(5);
    let bad: Vec<Value> = std::fs::read_to_string(viva.home().join("run.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((&bad[1]["line"], &bad[2]["line"]), (&json!(5), &json!(6)));
    for form in ["terminal", "markdown", "html"] {
        let text = report(&viva, &["--format", form]);
        let list = text.split("Without a score").nth(1).unwrap();
        let list = list.split("Answers").next().unwrap();
        for (name, line, other) in [("Bo", "line 5", "line 3"), ("line-6", "line 6", "line 4")] {
            let row =
                list.lines().find(|row| row.contains(name)).unwrap_or_else(|| panic!("{list}"));
            assert!(row.contains(line) && !row.contains(other), "{form}: {row}");
        }
    }
}
