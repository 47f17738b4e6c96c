//! `viva questions` as an author, a candidate and a script meet it.

use std::fs;

use serde_json::json;

use crate::support::{Reply, Request, Server, Viva};

const GOOD: &str = r#"
title = { en = "What is a page cache?", zh = "什么是页缓存？" }
difficulty = 2
tags = ["memory"]
reference = { en = "It keeps blocks in memory.", zh = "它把块留在内存里。" }
[[points]]
id = "keeps"
tier = "must"
claim = { en = "It keeps blocks in memory.", zh = "它把块留在内存里。" }
terms = [["in memory", "内存"]]
"#;

const PLAN: &str = r#"
title = { en = "Short", zh = "短" }
minutes = 15
questions = ["os/page-cache", { topic = "os", count = 1 }]
"#;

/// A bank of two questions and a plan in the folder `bank`.
fn with_bank() -> Viva {
    let viva = Viva::new();
    viva.file("bank/os/page-cache.toml", GOOD);
    viva.file("bank/os/swap.toml", GOOD.replace("a page cache", "swap").replace("页缓存", "换页"));
    viva.file("bank/plans/short.toml", PLAN);
    viva
}

fn own<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--bank", "bank", "--bank-only"]].concat()
}

#[test]
fn list_filters_and_says_what_it_does_not_know() {
    let viva = Viva::new();
    let all = viva.run(&["questions", "list"]).exits(0);
    assert!(all.stdout.lines().count() > 25);
    let some = ["questions", "list", "--topic", "inference", "--difficulty", "1-2", "--json"];
    let lines = viva.run(&some).exits(0).lines();
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line["id"].as_str().unwrap().starts_with("inference/"), "{line}");
        assert!(line["difficulty"].as_u64().unwrap() <= 2, "{line}");
    }
    let covering = viva.run(&["questions", "list", "--covers", "1.13"]).exits(0);
    assert!(covering.stdout.starts_with("architecture/mqa-and-gqa 3 How do multi-query"));
    let comparisons = viva.run(&["questions", "list", "--kind", "comparison", "--json"]).exits(0);
    assert!(comparisons.lines().iter().all(|line| line["kind"] == "comparison"));
    viva.run(&["questions", "list", "--topic", "infernce"])
        .exits(2)
        .says("did you mean inference?");
    viva.run(&["questions", "list", "--tag", "kv-cash"]).exits(2).says("kv-cache");
    viva.run(&["questions", "list", "--kind", "essay"]).exits(2).says("troubleshooting");
    let none = ["questions", "list", "--topic", "tokenization", "--difficulty", "5"];
    let ran = viva.run(&none).exits(0).says("no question fits");
    assert_eq!(ran.stdout, "");
}

#[test]
fn search_finds_in_both_languages_best_first() {
    let viva = Viva::new();
    for words in ["grouped query attention", "所有查询头共享键值头"] {
        let ran = viva.run(&["questions", "search", words, "--limit", "1"]).exits(0);
        assert!(ran.stdout.starts_with("architecture/mqa-and-gqa "), "{}", ran.stdout);
        assert!(!ran.stdout.contains('\u{1b}'));
    }
    let lines = viva.run(&["questions", "search", "tokenizer", "--json"]).exits(0).lines();
    let scores: Vec<f64> = lines.iter().map(|line| line["score"].as_f64().unwrap()).collect();
    assert!(scores.len() > 1 && scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    viva.run(&["questions", "search", "zzzqqq"]).exits(0).says("no question holds these words");
    viva.run(&["questions", "search", "，"]).exits(2).says("nothing to look for");
}

#[test]
fn show_prints_a_whole_question_in_either_language() {
    let viva = Viva::new();
    let ran = viva.run(&["questions", "show", "architecture/mqa-and-gqa", "--lang", "zh"]).exits(0);
    for part in ["MQA、GQA 与 MHA", "Reference", "Points", "Misconceptions", "arxiv.org"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("Sample"));
    let samples = ["questions", "show", "architecture/mqa-and-gqa", "--samples"];
    assert!(viva.run(&samples).exits(0).stdout.contains("Sample: wrong"));
    let toml = viva.run(&["questions", "show", "architecture/mqa-and-gqa", "--toml"]).exits(0);
    viva.file("mine/architecture/mqa-and-gqa.toml", &toml.stdout);
    let shown = |more: &[&str]| {
        let arguments =
            [&["questions", "show", "architecture/mqa-and-gqa", "--json"], more].concat();
        viva.run(&arguments).exits(0).lines()
    };
    assert_eq!(shown(&[]), shown(&["--bank", "mine", "--bank-only"]));
    let unknown = ["questions", "show", "architecture/mqa"];
    viva.run(&unknown).exits(2).says("did you mean architecture/mqa-and-gqa");
}

#[test]
fn lint_tells_errors_from_warnings_and_strict_minds_both() {
    let viva = with_bank();
    let lint = |more: &[&str]| viva.run(&own(&[&["questions", "lint"], more].concat()));
    let ran = lint(&[]).exits(0).says("0 errors");
    assert!(
        ran.stdout.contains("page-cache.toml:5: warning[reference-length] reference.en: 5 words")
    );
    lint(&["--strict"]).exits(1);
    let finding = &lint(&["--json"]).exits(0).lines()[0];
    for key in ["rule", "severity", "file", "line", "question", "field", "message", "answer"] {
        assert!(finding.get(key).is_some(), "{key}: {finding}");
    }
    viva.file("bank/os/swap.toml", "title = {");
    viva.file("bank/os/tier.toml", GOOD.replace("\"must\"", "\"vital\""));
    let ran = lint(&[]).exits(1);
    assert!(ran.stdout.contains("swap.toml:1: error[syntax]"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("tier.toml:8: error[unknown-tier] points[0].tier: unknown variant")
    );
    let rules = viva.run(&["questions", "lint", "--rules"]).exits(0);
    assert!(rules.stdout.contains("hint-gives-away"));
}

#[test]
fn the_built_in_bank_has_no_errors() {
    let viva = Viva::new();
    viva.run(&["questions", "lint", "--quiet"]).exits(0);
}

#[test]
fn a_broken_file_stops_with_every_fault_unless_lenient() {
    let viva = with_bank();
    viva.file("bank/os/broken.toml", "title = {");
    viva.file("bank/os/latin1.toml", b"title = \"caf\xe9\"");
    viva.file("bank/os/large.toml", vec![b'#'; 50_000_000]);
    viva.file("bank/os/Upper.toml", GOOD);
    viva.file(
        "bank/os/dangling.toml",
        format!("{GOOD}\n[[follow_ups]]\nask = {{ en = \"a\" }}\npoints = [\"x\"]"),
    );
    viva.file("bank/os/escape.toml", GOOD.replace("a page cache", "\\u001b]0;owned\\u0007"));
    let list = own(&["questions", "list"]);
    let ran = viva.run(&list).exits(3).says("the bank has 6 faults").says("--lenient");
    for told in [
        "broken.toml:1",
        "latin1.toml:1: not UTF-8",
        "large.toml: 50000000 bytes long",
        "Upper.toml: bad question id \"os/Upper\"",
        "dangling.toml:14: follow_ups[0].points: unknown point \"x\"",
        "escape.toml:2: title: text holds the control character U+001B",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    let lenient = [list.as_slice(), &["--lenient"]].concat();
    let ran = viva.run(&lenient).exits(0).says("left out of the bank").says("latin1.toml:1");
    assert_eq!(ran.stdout.lines().count(), 2);
}

#[test]
fn a_layer_replaces_by_id_and_says_so() {
    let viva = Viva::new();
    viva.file("bank/architecture/mqa-and-gqa.toml", GOOD);
    let show = ["questions", "show", "architecture/mqa-and-gqa", "--bank", "bank"];
    let ran = viva.run(&show).exits(0).says("replaced by --bank: architecture/mqa-and-gqa");
    assert!(ran.stdout.starts_with("What is a page cache?"));
    viva.run(&["questions", "list", "--bank", "nowhere"]).exits(3).says("nowhere");
    viva.run(&["questions", "list", "--bank-only"]).exits(2).says("--bank PATH");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_a_bank_do_no_harm() {
    let viva = with_bank();
    let bank = viva.home().join("bank");
    std::os::unix::fs::symlink(&bank, bank.join("loop")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(bank.join("os/pipe.toml")).status();
    assert!(pipe.unwrap().success());
    let ran = viva.run(&own(&["questions", "list"])).exits(3);
    assert!(ran.stderr.contains("loop: a link to a folder"), "{}", ran.stderr);
    assert!(ran.stderr.contains("pipe.toml: not a regular file"), "{}", ran.stderr);
}

#[test]
fn new_writes_a_template_once_and_never_over_a_file() {
    let viva = Viva::new();
    let new = ["questions", "new", "os/paging", "--to", "mine"];
    let ran = viva.run(&new).exits(0).says("questions lint --bank mine --bank-only");
    assert_eq!(ran.stdout, "mine/os/paging.toml\n");
    viva.run(&new).exits(2).says("exists already");
    let lint = ["questions", "lint", "--bank", "mine", "--bank-only"];
    assert!(viva.run(&lint).exits(1).stdout.contains("error[placeholder] title.en"));
    viva.run(&["questions", "new", "Paging"]).exits(2).says("<topic>/<slug>");
    let outside = ["questions", "new", "../../etc/x", "--to", "mine"];
    viva.run(&outside).exits(2).says("<topic>/<slug>");
}

#[test]
fn new_has_the_points_drafted_by_the_configured_model() {
    let points = json!({ "points": [
        { "claim": "It keeps blocks in memory.", "tier": "must" },
        { "claim": "A second read is \"free\".", "tier": "should" },
    ] });
    let server = Server::answering(move |_: &Request| Reply::completion(&points.to_string()));
    let viva = Viva::new().endpoint(&server.base_url());
    viva.file("ref.md", "It keeps blocks in memory, so a second read is free.\n");
    let new =
        ["questions", "new", "os/cache", "--ask", "What is a cache?", "--reference", "ref.md"];
    let ran = viva.run(&new).exits(0);
    assert_eq!(ran.stdout, "questions/os/cache.toml\n");
    let text = fs::read_to_string(viva.home().join("questions/os/cache.toml")).unwrap();
    assert!(text.starts_with("# The points were drafted by a model"), "{text}");
    assert!(text.contains("claim = { en = \"A second read is \\\"free\\\".\" }"), "{text}");
    let show = ["questions", "show", "os/cache", "--bank", "questions", "--bank-only", "--json"];
    assert_eq!(viva.run(&show).exits(0).lines()[0]["points"][0]["tier"], "must");
    let offline = Viva::new();
    offline.file("ref.md", "It keeps blocks in memory.\n");
    offline.run(&new).exits(0).says("no endpoint is configured");
    offline.run(&["questions", "new", "os/x", "--ask", "What?"]).exits(2).says("--reference");
}

#[test]
fn what_is_exported_can_be_a_bank_and_what_others_write_can_be_imported() {
    let viva = Viva::new();
    let exported = viva.run(&["questions", "export"]).exits(0);
    viva.file("all.jsonl", &exported.stdout);
    let again = ["questions", "export", "--bank", "all.jsonl", "--bank-only"];
    assert_eq!(viva.run(&again).exits(0).stdout, exported.stdout);

    let import = |file: &str| viva.run(&["questions", "import", file, "--to", "into"]);
    let written = import("all.jsonl").exits(0).stdout;
    assert_eq!(written.lines().count(), exported.stdout.lines().count());
    let folder = ["questions", "export", "--bank", "into", "--bank-only"];
    assert_eq!(viva.run(&folder).exits(0).stdout, exported.stdout);
    import("all.jsonl").exits(1).says("exists already and was left alone");

    viva.file("notes.md", "# Notes\n\n## What is X?\n\nX is Y.\n\n## And Z?\n");
    let ran = import("notes.md").exits(1).says("notes.md:7: no answer to \"And Z?\"");
    assert_eq!(ran.stdout, "into/imported/what-is-x.toml\n");
    viva.file("cards.csv", "question,answer,topic\n\"What, then?\",\"This.\",Rag\n");
    assert_eq!(import("cards.csv").exits(0).stdout, "into/rag/what-then.toml\n");
    viva.file("x.pdf", "%PDF");
    import("x.pdf").exits(2).says("not a .md, .jsonl, .csv or .tsv file");
    import("nowhere.md").exits(2).says("nowhere.md");

    let table = viva.run(&["questions", "export", "--format", "tsv"]).exits(0).stdout;
    assert!(table.starts_with("id\tdifficulty\tkind"));
    let document =
        ["questions", "export", "--format", "markdown", "--lang", "zh", "--topic", "data"];
    assert!(viva.run(&document).exits(0).stdout.starts_with("# data\n\n## "));
}

#[test]
fn coverage_lists_every_item_and_a_missing_one_is_a_finding() {
    let viva = with_bank();
    let ran = viva.run(&["questions", "coverage", "--json"]);
    assert_eq!(ran.lines().len(), 112);
    assert!(
        ran.lines().iter().any(|line| line["item"] == "1.13" && !line["questions"][0].is_null())
    );
    let ran = viva.run(&own(&["questions", "coverage", "--missing"])).exits(1);
    assert_eq!(ran.stdout.lines().count(), 112);
    assert!(ran.stderr.contains("0 of 112 items"));
}

#[test]
fn plans_are_listed_and_drawn_by_seed() {
    let viva = with_bank();
    let ran = viva.run(&own(&["questions", "plans"])).exits(0);
    assert_eq!(ran.stdout.trim_end(), "short  15 min   2 questions    Short");
    let drawn = viva.run(&own(&["questions", "plans", "short"])).exits(0).stdout;
    let ids: Vec<_> = drawn.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ids, ["os/page-cache", "os/swap"]);
    viva.run(&own(&["questions", "plans", "shrot"])).exits(2).says("did you mean short?");
    viva.file("bank/plans/bad.toml", PLAN.replace("\"os\"", "\"sos\""));
    let ran = viva.run(&own(&["questions", "lint"])).exits(1);
    assert!(ran.stdout.contains("bad.toml:4: error[unknown-plan-word]"), "{}", ran.stdout);
    let built_in = Viva::new().run(&["questions", "plans", "--json"]).exits(0);
    assert!(built_in.lines().len() >= 8);
}

#[test]
fn a_sheet_that_is_filled_in_is_read_back() {
    use viva::input::{Ask, Item, Options, Source, open, sheet::Wordings};
    let viva = with_bank();
    let ran = viva.run(&own(&["questions", "sheet", "short", "--lang", "zh"])).exits(0);
    let filled = ran.stdout.replace("> 什么是页缓存？", "> 什么是页缓存？\n\n## 我的\n答案\n");
    let path = viva.file("李雷.md", filled.replace('\n', "\r\n"));
    let titles = |_: &str| ["什么是页缓存？", "什么是换页？"].map(str::to_owned).to_vec();
    let options = Options { wordings: Wordings::new(titles), ..Options::default() };
    let read: Vec<_> = open(Source::new(&path), &options)
        .unwrap()
        .map(|item| match item.unwrap() {
            Item::Row(row) => (row.ask, row.answer.replace('\r', "")),
            Item::Bad(bad) => panic!("{bad:?}"),
        })
        .collect();
    let asked = |id: &str| Ask::Question(id.to_owned());
    let expected =
        [(asked("os/page-cache"), "## 我的\n答案".to_owned()), (asked("os/swap"), String::new())];
    assert_eq!(read, expected);
    let ids = own(&["questions", "sheet", "os/swap", "os/page-cache", "os/swap"]);
    assert_eq!(viva.run(&ids).exits(0).stdout.matches("\n## Question ").count(), 2);
    viva.run(&own(&["questions", "sheet", "os/swapp"])).exits(2).says("did you mean os/swap");
}
