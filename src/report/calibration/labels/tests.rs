//! Labels in the forms in which people keep them.

use super::*;

fn form() -> Form {
    Form { map: Vec::new(), scale: None, delimiter: b',' }
}

fn jsonl(text: &str) -> Result<Labels, Fault> {
    Labels::jsonl(text.as_bytes(), &form())
}

fn csv(text: &str) -> Result<Labels, Fault> {
    Labels::csv(text.as_bytes(), &form())
}

fn scores(labels: Labels) -> (HashMap<String, f64>, Scale) {
    match labels.given {
        Given::Scores { by_id, scale } => (by_id, scale),
        Given::Verdicts(_) => panic!("verdicts"),
    }
}

#[test]
fn the_scale_is_told_from_the_largest_score() {
    let unit = "{\"id\":\"a\",\"score\":0.5}\n\n{\"id\":1,\"score\":1,\"note\":\"x\"}\n";
    let (by_id, scale) = scores(jsonl(unit).unwrap());
    assert_eq!((scale, by_id["a"], by_id["1"]), (Scale::UNIT, 50.0, 100.0));
    let hundred = "{\"id\":\"a\",\"score\":0.5}\n{\"id\":\"b\",\"score\":55}";
    let (by_id, scale) = scores(jsonl(hundred).unwrap());
    assert_eq!((scale, by_id["a"]), (Scale::HUNDRED, 0.5));
}

#[test]
fn any_other_scale_must_be_named_and_may_run_either_way() {
    let text = "id,score\na,1\nb,3.5\nc,6\n";
    assert!(csv(text).unwrap_err().en.contains("the highest score is 6: is that one of 0–100"));
    let on = |scale: &str| {
        Labels::csv(text.as_bytes(), &Form { scale: Some(scale.parse().unwrap()), ..form() })
    };
    let (by_id, _) = scores(on("6-1").unwrap());
    assert_eq!((by_id["a"], by_id["b"], by_id["c"]), (100.0, 50.0, 0.0));
    let (by_id, scale) = scores(on("-4-6").unwrap());
    assert_eq!((by_id["a"], scale.to_string().as_str()), (50.0, "-4–6"));
    assert!((scores(on("0-100").unwrap()).0["a"] - 1.0).abs() < 1e-9);
    let said = on("0-5").unwrap_err().en;
    assert!(said.starts_with("line 4: score 6 is not within 0–5; --scale"), "{said}");
    for wrong in ["", "5", "-5", "0-", "a-b", "3-3", "0-NaN", "0–5"] {
        assert!(wrong.parse::<Scale>().is_err(), "{wrong}");
    }
}

#[test]
fn fields_may_go_by_other_names() {
    let map = [("id", "学号"), ("score", "Marks")];
    let map = map.map(|(field, name)| (field.to_owned(), name.to_owned())).to_vec();
    let form = Form { map, delimiter: b';', ..form() };
    let expected = csv("id,score\na,50\n").unwrap();
    let table = "Score;学号;marks\n1;a;50\n;;\n";
    assert_eq!(Labels::csv(table.as_bytes(), &form).unwrap(), expected);
    let line = "{\"score\":1,\"id\":\"x\",\"学号\":\"a\",\"Marks\":50}";
    assert_eq!(Labels::jsonl(line.as_bytes(), &form).unwrap(), expected);
    let said = Labels::csv("id;score\na;50".as_bytes(), &form).unwrap_err().en;
    assert_eq!(said, "there is no column \"学号\"; the header has \"id\", \"score\"");
    let wrong = Form { map: vec![("mark".to_owned(), "x".to_owned())], ..form };
    let said = Labels::csv("id;score\na;50".as_bytes(), &wrong).unwrap_err().en;
    assert!(said.starts_with("unknown field \"mark\""), "{said}");
}

#[test]
fn csv_and_jsonl_say_the_same() {
    let table = csv("ID,Point,Verdict\na,p1,Met\na,p2,missing\n").unwrap();
    let lines = "{\"id\":\"a\",\"point\":\"p1\",\"verdict\":\"met\"}\n{\"id\":\"a\",\"point\":\"p2\",\"verdict\":\"missing\"}";
    assert_eq!(table, jsonl(lines).unwrap());
    let whole = "{\"id\":\"a\",\"verdicts\":{\"p1\":\"met\",\"p2\":\"missing\"}}";
    assert_eq!(table, jsonl(whole).unwrap());
}

#[test]
fn faults_are_named_by_line() {
    let bad = |text: &str| jsonl(text).unwrap_err().en;
    let beyond = "{\"id\":\"b\",\"score\":50}\n{\"id\":\"a\",\"score\":101}";
    assert!(bad(beyond).contains("line 2: score 101 is not within 0–100; --scale"));
    assert!(
        bad("{\"id\":\"a\",\"score\":1}\n{\"id\":\"a\",\"score\":1}").contains("line 1 already")
    );
    assert!(bad("{\"id\":\"a\"}").contains("id and score"));
    assert!(bad("").contains("no label"));
    let mixed = "{\"id\":\"a\",\"score\":1}\n{\"id\":\"b\",\"point\":\"p\",\"verdict\":\"met\"}";
    assert!(bad(mixed).contains("others verdicts"));
    let csv = |text: &str| csv(text).unwrap_err().en;
    assert!(csv("name,score\na,1").contains("no column id, but \"name\", \"score\""));
    let said = csv("id,Marks\na,1");
    assert!(said.starts_with("line 1: no column score, but \"id\", \"Marks\""), "{said}");
    assert!(said.ends_with("--map score=COLUMN names it"), "{said}");
    for end in ["\n", "\r\n"] {
        let text = ["id,score", "b,\"70\"", "a,good"].join(end);
        assert!(csv(&text).starts_with("line 3: score \"good\""), "{}", csv(&text));
    }
    assert!(csv("id,score\ra,good").contains("score \"good\""));
    assert!(csv("id,point,verdict\na,p,fine").contains("line 2: verdict \"fine\""));
}

#[test]
fn a_mark_is_read_as_people_write_it() {
    let on_five = Form { scale: Some("0-5".parse().unwrap()), delimiter: b';', ..form() };
    let table = "id;score\na;2,5\nb;5\n";
    let (by_id, scale) = scores(Labels::csv(table.as_bytes(), &on_five).unwrap());
    assert_eq!((by_id["a"], scale.best), (50.0, 5.0));
    let (by_id, scale) = scores(csv("id,score\na,5%\nb,\"12,5 %\"\nc,25％\n").unwrap());
    assert_eq!((by_id["a"], by_id["b"], by_id["c"]), (5.0, 12.5, 25.0));
    assert_eq!(scale, Scale::HUNDRED);
    let quoted = "{\"id\":\"a\",\"score\":\"0.7\"}\n{\"id\":\"b\",\"score\":\"0,7\"}";
    let (by_id, _) = scores(jsonl(quoted).unwrap());
    assert_eq!((by_id["a"], by_id["b"]), (70.0, 70.0));
    let bad = |text: &str| csv(text).unwrap_err().en;
    assert!(
        bad("id,score\na,\"1,000\"\n").starts_with("line 2: score \"1,000\" can be read in two")
    );
    assert!(csv("id,score\na,\"0,375\"\n").is_ok());
    for wrong in ["1.000,5", "1,2,3", "%", "NaN", "inf", "5 of 10"] {
        let said = bad(&format!("id,score\na,\"{wrong}\"\n"));
        assert!(said.contains("is no number"), "{said}");
    }
    assert!(bad("id,score\na,50\nb,50%\n").starts_with("line 3: a percentage, but not all"));
    let said = Labels::csv("id;score\na;3%".as_bytes(), &on_five).unwrap_err();
    assert!(said.en.starts_with("line 2: a percentage is not on the scale 0–5"), "{said:?}");
    assert!(said.zh.starts_with("第 2 行：百分数不在 0–5 上"), "{said:?}");
}

#[test]
fn an_empty_mark_is_no_label_and_is_counted() {
    let labels = csv("id,score,note\na,50,x\nb,,absent\nc, ,\n,,total\n,,\n").unwrap();
    assert_eq!((labels.len(), labels.unmarked), (1, 2));
    let lines =
        "{\"id\":\"a\",\"score\":50}\n{\"id\":\"b\",\"score\":null}\n{\"id\":\"c\",\"score\":\"\"}";
    assert_eq!(jsonl(lines).unwrap(), labels);
    let verdicts = csv("id,point,verdict\na,p1,met\na,p2,\n").unwrap();
    assert_eq!((verdicts.len(), verdicts.unmarked), (1, 1));
    assert!(csv("id,score\na,\n").unwrap_err().en.starts_with("no label in it"));
    assert!(csv("id,score\n,5\n").unwrap_err().en.starts_with("line 2: a label without id"));
}

#[test]
fn what_is_no_label_is_said_in_words() {
    let bad = |text: &str| jsonl(text).unwrap_err().en;
    let form = "a label is id and score, or id, point and verdict";
    for (text, said) in [
        ("\n[1]", "line 2: JSON, but no object"),
        ("{\"id\":", "line 1: not JSON"),
        ("{\"id\":\"a\",\"score\":[1]}", "line 1: `score` is not a text or a number"),
        ("{\"id\":\"a\",\"score\":1,\"verdict\":\"met\"}", "line 1: no label"),
        ("{\"id\":\"a\",\"verdicts\":[]}", "line 1: `verdicts` is not an object of points"),
    ] {
        assert_eq!(bad(text), format!("{said}; {form}"));
    }
    let great = bad("{\"id\":\"a\",\"point\":\"p\",\"verdict\":\"great\"}");
    assert!(great.starts_with("line 1: verdict \"great\" is none of met"), "{great}");
}
