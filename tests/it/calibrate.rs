//! `viva calibrate`: the figures that scipy and scikit-learn give, regressions, labels.

use serde_json::{Value, json};

use crate::support::Viva;

/// A run and its labels from one of the sets of scores.
fn set(viva: &Viva, text: &str) {
    let (mut run, mut labels) = (String::new(), "id,score\n".to_owned());
    for (id, line) in text.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        labels.push_str(&format!("{id},{}\n", cells[1]));
        run.push_str(&format!("{}\n", row(&id.to_string(), cells[0], cells[2].parse().unwrap())));
    }
    viva.file("run.jsonl", run);
    viva.file("labels.csv", labels);
}

fn row(id: &str, question: &str, score: f64) -> Value {
    json!({
        "schema_version": 1, "id": id, "score": score, "low": score, "high": score, "band": null,
        "question": { "id": format!("q/{question}"), "title": "q", "points": [] },
        "points": [], "misconceptions": [], "clarity": null, "feedback": [], "flags": [],
        "grader": "lexical", "fingerprint": "f",
        "provenance": {
            "rubric_hash": "r", "verdict_key": "k", "calls": 0, "latency_ms": 0, "votes": 1,
            "tokens": { "input": 0, "cached": 0, "output": 0 },
        },
    })
}

fn figures(viva: &Viva, arguments: &[&str]) -> Value {
    let fixed = ["calibrate", "run.jsonl", "--json", "--resamples", "200", "--against"];
    viva.run(&[&fixed[..], arguments].concat()).exits(0).lines().remove(0)
}

#[track_caller]
fn close(found: &Value, expected: f64) {
    let found = found["value"].as_f64().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

#[test]
fn figures_equal_scipys_and_scikit_learns_from_files_to_output() {
    let viva = Viva::new();
    set(&viva, include_str!("../fixtures/agreement/nq301.csv"));
    let found = figures(&viva, &["labels.csv"]);
    assert_eq!(
        (&found["compared"], &found["questions"], &found["levels"]),
        (&json!(1036), &json!(210), &json!(2))
    );
    close(&found["qwk"], 0.489_512_269_626_311);
    close(&found["qwk_bands"], 0.450_081_833_060_556_5);
    close(&found["kappa_bands"], 0.383_174_000_471_820_04);
    close(&found["pearson"], 0.578_812_486_118_528_8);
    close(&found["spearman"], 0.600_232_336_325_731_3);
    close(&found["mae"], 27.272_297_297_297_296);
    close(&found["rmse"], 46.236_288_481_958_326);
    close(&found["bias"], -18.052_606_177_606_176);
    let interval = found["qwk"]["interval"].as_array().unwrap();
    assert!(interval[0].as_f64() < Some(0.4895) && interval[1].as_f64() > Some(0.4895));
    // Equal seeds give equal intervals.
    assert_eq!(found, figures(&viva, &["labels.csv"]));
    let shown =
        viva.run(&["calibrate", "run.jsonl", "--against", "labels.csv", "--resamples", "50"]);
    let shown = shown.exits(0).stdout;
    assert!(shown.contains("labels read as scores of 0–100"), "{shown}");
    assert!(shown.contains("always 100.0 has MAE 45.3"), "{shown}");
}

#[test]
fn a_fall_beyond_the_limit_exits_with_6_and_names_the_answers() {
    let viva = Viva::new();
    let run = |scores: [f64; 4]| -> String {
        let rows = scores.iter().enumerate();
        let lines: Vec<String> =
            rows.map(|(id, score)| row(&id.to_string(), "a", *score).to_string()).collect();
        lines.join("\n")
    };
    viva.file("old.jsonl", run([80.0, 60.0, 70.0, 50.0]));
    viva.file("new.jsonl", run([80.0, 40.0, 72.0, 50.0]));
    let compare = |limit: &str| {
        viva.run(&["calibrate", "new.jsonl", "--against", "old.jsonl", "--limit", limit])
    };
    let ran = compare("4").exits(6).says("4.50");
    assert!(ran.stdout.contains("60.0 → 40.0  1 · q/a"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 answers moved: 1 rose, 1 fell"), "{}", ran.stdout);
    compare("5").exits(0);
    // A rise is no regression.
    viva.run(&["calibrate", "old.jsonl", "--against", "new.jsonl", "--limit", "0"]).exits(0);
}

#[test]
fn an_answer_that_is_no_longer_graded_counts_as_a_fall() {
    let viva = Viva::new();
    viva.file("old.jsonl", format!("{}\n{}\n", row("a", "q", 80.0), row("b", "q", 60.0)));
    let failed = json!({ "schema_version": 1, "id": "b", "question": null, "error": "timed out" });
    viva.file("new.jsonl", format!("{}\n{failed}\n", row("a", "q", 80.0)));
    let ran = viva.run(&["calibrate", "new.jsonl", "--against", "old.jsonl", "--limit", "10"]);
    let ran = ran.exits(6);
    assert!(ran.stdout.contains("1 were graded there and are not here"), "{}", ran.stdout);
}

#[test]
fn verdicts_as_labels_give_kappas_by_point_and_scores_where_all_points_have_one() {
    let viva = Viva::new();
    viva.file("run.jsonl", include_str!("../fixtures/report/run.jsonl"));
    let labels = "id,point,verdict\nr1,shared-kv,met\nr1,cache,met\nr1,quality,partial\n\
                  r3,shared-kv,missing\nr3,cache,met\nr3,quality,missing\n\
                  r6,shared-kv,met\nr4,scale,missing\nr9,x,met\n";
    viva.file("labels.csv", labels);
    let found = figures(&viva, &["labels.csv"]);
    assert_eq!(
        (&found["matched"], &found["absent"], &found["compared"]),
        (&json!(4), &json!(1), &json!(2))
    );
    assert_eq!(found["coverage"], json!(0.4));
    let points = found["points"].as_array().unwrap();
    let point = |id: &str| points.iter().find(|point| point["point"] == id).unwrap();
    assert_eq!(
        (&point("shared-kv")["n"], &point("shared-kv")["exact"]),
        (&json!(3), &json!(2.0 / 3.0))
    );
    assert_eq!((&point("scale")["n"], &point("scale")["ungraded"]), (&json!(0), &json!(1)));
    // r3: the labels give 3 of 8, the run 27.5.
    let bias = found["bias"]["value"].as_f64().unwrap();
    assert!((bias - (27.5 - 37.5) / 2.0).abs() < 1e-9, "{bias}");
}

#[test]
fn labels_that_fit_nothing_or_are_none_are_refused() {
    let viva = Viva::new();
    viva.file("run.jsonl", include_str!("../fixtures/report/run.jsonl"));
    viva.file("labels.csv", "id,score\nzz,1\n");
    let against = |labels: &str| viva.run(&["calibrate", "run.jsonl", "--against", labels]);
    against("labels.csv").exits(2).says("no label's id");
    // The table of marks that grade makes is no run.
    viva.file("marks.csv", "\u{feff}\"id\",\"score\"\nr1,50\n");
    let swapped = viva.run(&["calibrate", "marks.csv", "--against", "labels.csv"]);
    swapped.exits(2).says("marks.csv holds no result line").says("-o OUT.jsonl");
    viva.file("bad.csv", "id,score\nr1,7\nr2,many\n");
    against("bad.csv").exits(2).says("line 3");
    against("absent.csv").exits(2).says("absent.csv");
    viva.file("limit.jsonl", "{\"id\":\"r1\",\"score\":0.2}\n{\"id\":\"r2\",\"score\":1}\n");
    let ran = viva.run(&["calibrate", "run.jsonl", "--against", "limit.jsonl", "--limit", "20"]);
    ran.exits(6).says("beyond the limit");
}

#[test]
fn labels_as_a_teacher_keeps_them_need_their_names_and_their_scale_only() {
    let viva = Viva::new();
    let run: Vec<String> = [("a", 100.0), ("b", 50.0), ("c", 0.0)]
        .map(|(id, score)| row(id, "q", score).to_string())
        .to_vec();
    viva.file("run.jsonl", run.join("\n"));
    let table = "姓名;Nr;Punkte\r\n安;a;5\r\n博;b;2.5\r\n陈;z;0\r\n;;\r\n";
    let utf16 = "\u{feff}".chars().chain(table.chars()).collect::<String>();
    viva.file("marks.csv", utf16.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let map = ["marks.csv", "--map", "id=Nr", "--map", "score=Punkte"];
    let found = figures(&viva, &[&map[..], &["--scale", "0-5"]].concat());
    assert_eq!((&found["mae"]["value"], &found["scale"]), (&json!(0.0), &json!([0.0, 5.0])));
    assert_eq!((&found["labels"], &found["compared"]), (&json!(3), &json!(2)));
    assert_eq!(found["coverage"], json!(2.0 / 3.0));
    let against = |more: &[&str]| {
        viva.run(&[&["calibrate", "run.jsonl", "--against"], &map[..], more].concat())
    };
    let shown = against(&["--scale", "0-5"]).exits(0).stdout;
    assert!(shown.contains("coverage 66.7 % of 3 labelled"), "{shown}");
    assert!(shown.contains("1 labelled answer is not in the run"), "{shown}");
    against(&[])
        .exits(2)
        .says("the highest score is 5")
        .says("--scale 0-100 or --scale WORST-BEST");
    against(&["--scale", "0-4"]).exits(2).says("line 2: score 5 is not within 0–4");
    against(&["--scale", "5"]).exits(2).says("such as 0-5 or 6-1");
    let run = ["calibrate", "run.jsonl", "--against", "run.jsonl", "--scale", "0-5"];
    viva.run(&run).exits(2).says("run.jsonl is a run");
}

/// Labels of these answers with this score.
fn marks(ids: &[&str], score: f64) -> String {
    let lines = ids.iter().map(|id| format!("{}\n", json!({ "id": id, "score": score })));
    lines.collect()
}

#[test]
fn a_gate_does_not_pass_on_what_it_has_not_compared() {
    let viva = Viva::new();
    let failed =
        |id: &str| json!({ "schema_version": 1, "id": id, "question": null, "error": "timed out" });
    let run = format!("{}\n{}\n", row("a", "q", 80.0), failed("b"));
    viva.file("run.jsonl", &run);
    let gate = |labels: String, more: &[&str]| {
        viva.file("labels.jsonl", labels);
        let fixed = ["calibrate", "run.jsonl", "--against", "labels.jsonl"];
        viva.run(&[&fixed[..], more].concat())
    };
    let limit = ["--limit", "30"];
    // Nothing compared is no agreement, with or without a limit.
    for more in [&limit[..], &[]] {
        gate(marks(&["b"], 60.0), more).exits(5).says("nothing is compared");
    }
    let few = marks(&["a", "b", "c", "d"], 60.0);
    let ran = gate(few.clone(), &limit).exits(5).says("only 1 of 4 labelled answers (25.0 %)");
    assert!(ran.stdout.contains("1 labelled answer has no score in the run"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 labelled answers are not in the run"), "{}", ran.stdout);
    gate(few.clone(), &[]).exits(0).says("only 1 of 4 labelled answers");
    gate(few, &["--limit", "10"]).exits(6);
    let whole = gate(marks(&["a"], 60.0), &limit).exits(0);
    assert!(whole.stderr.is_empty(), "{}", whole.stderr);
    let chinese = Viva::new().env("LANG", "zh_CN.UTF-8");
    chinese.file("run.jsonl", &run);
    chinese.file("labels.jsonl", marks(&["b"], 60.0));
    let ran = chinese.run(&["calibrate", "run.jsonl", "--against", "labels.jsonl"]);
    ran.exits(5).says("没有可比较的");
}

#[test]
fn a_gate_against_a_run_does_not_pass_on_answers_that_are_gone() {
    let viva = Viva::new();
    let failed = json!({ "schema_version": 1, "id": "b", "question": null, "error": "timed out" });
    let good = row("a", "q", 80.0);
    viva.file("old.jsonl", format!("{good}\n{}\n", row("b", "q", 60.0)));
    viva.file("new.jsonl", good.to_string());
    let compare = |more: &[&str]| {
        viva.run(&[&["calibrate", "new.jsonl", "--against", "old.jsonl"], more].concat())
    };
    compare(&["--limit", "10"]).exits(5).says("not compared: 1 of the other run's answers");
    compare(&[]).exits(0).says("not compared: 1 of the other run's answers");
    viva.file("old.jsonl", format!("{good}\n{failed}\n"));
    viva.file("new.jsonl", format!("{good}\n{failed}\n"));
    compare(&["--limit", "10"]).exits(5);
    viva.file("old.jsonl", failed.to_string());
    compare(&[]).exits(5);
}

#[test]
fn a_label_for_a_point_that_is_not_there_is_named() {
    let viva = Viva::new();
    viva.file("run.jsonl", include_str!("../fixtures/report/run.jsonl"));
    let labels = "id,point,verdict\nr1,shared-kv,met\nr1,cache,met\nr1,quality,\nr1,zzz,met\n";
    viva.file("labels.csv", labels);
    let ran = viva.run(&["calibrate", "run.jsonl", "--against", "labels.csv"]).exits(5);
    let ran =
        ran.says("a label is for no point of its answer: r1, zzz").says("nothing is compared");
    assert!(ran.stdout.contains("1 line of the labels has no mark"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 answer has no label on some of its points"), "{}", ran.stdout);
}
