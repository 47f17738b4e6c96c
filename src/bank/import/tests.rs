//! What comes out of other programs' files.

use super::*;
use crate::domain::Lang;

fn options() -> Options {
    Options { topic: "imported".to_owned(), level: None }
}

fn read(text: &str, format: Format) -> Imported {
    import(Path::new("in"), text, format, &options())
}

fn ids(imported: &Imported) -> Vec<&str> {
    imported.questions.iter().map(|(_, question)| question.id.as_str()).collect()
}

#[test]
fn markdown_headings_are_questions_and_the_rest_is_the_reference() {
    let text = "# Notes\n\n## RAG\n\n### 1. What is RAG?\n\nIt retrieves.\n\n```\n# no heading\n```\n\n#### Detail\n\nmore\n\n## 微调\n\n### 什么是微调？\n\n继续训练模型的参数。\n\n### Empty\n";
    let imported = read(text, Format::Markdown);
    assert_eq!(ids(&imported)[0], "rag/what-is-rag");
    assert!(ids(&imported)[1].starts_with("imported/q-"), "{:?}", ids(&imported));
    let (line, first) = &imported.questions[0];
    assert_eq!((*line, first.title.get(Lang::En)), (5, "What is RAG?"));
    let reference = first.reference.exact(Lang::En).unwrap();
    assert!(reference.contains("# no heading") && reference.contains("#### Detail\n\nmore"));
    assert_eq!(imported.questions[1].1.title.exact(Lang::Zh), Some("什么是微调？"));
    assert_eq!(imported.faults[0].to_string(), "in:23: no answer to \"Empty\"");
}

#[test]
fn csv_columns_go_by_their_names_in_either_language() {
    let text = "\u{feff}题目,参考答案,难度,标签\n\"什么是 KV 缓存？\",\"保存键和值，\n避免重算。\",2-3,cache；inference\n,,,\nB?,,,\n";
    let imported = read(text, Format::Csv);
    assert_eq!(ids(&imported), ["imported/kv"]);
    let (line, question) = &imported.questions[0];
    assert_eq!((*line, question.difficulty), (2, 2));
    assert_eq!(question.tags, ["cache", "inference"]);
    assert_eq!(question.reference.exact(Lang::Zh), Some("保存键和值，\n避免重算。"));
    assert_eq!(imported.faults[0].to_string(), "in:5: no answer to \"B?\"");
    let imported = read("id\ttitle_en\ttitle_zh\treference_en\n a/b\tT\t题\tR\n", Format::Csv);
    assert_eq!(ids(&imported), ["a/b"]);
    assert_eq!(imported.questions[0].1.title.exact(Lang::Zh), Some("题"));
    let nothing = read("x;y\n1;2\n", Format::Csv);
    assert!(nothing.faults[0].message.contains("names no known column"));
}

#[test]
fn json_lines_hold_whole_questions_or_named_fields() {
    let whole = r#"{"id":"a/b","title":{"en":"T"},"reference":{"en":"R"},"points":[{"id":"p","tier":"must","claim":{"en":"C"}}]}"#;
    let loose = r#"{"question":"What is X?","answer":"Y.","topic":"My Topic","tags":["a","b"],"difficulty":4,"extra":true}"#;
    let broken = whole.replace("must", "vital");
    let imported = read(&format!("{whole}\n{loose}\n\n{broken}\n[]\n{{\n{whole}"), Format::Jsonl);
    assert_eq!(ids(&imported), ["a/b", "my-topic/what-is-x"]);
    assert_eq!(imported.questions[1].1.tags, ["a", "b"]);
    let told: Vec<_> = imported.faults.iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("in:4: unknown variant `vital`"), "{told:?}");
    assert!(told[1].starts_with("in:5: not an object"), "{told:?}");
    assert!(told[2].starts_with("in:6: ") && told[2].contains("at column"), "{told:?}");
    assert_eq!(told[3], "in:7: a/b is there already");
}

#[test]
fn ids_are_safe_distinct_and_the_same_at_every_import() {
    let text = "# ../../etc/passwd?\na\n# 同样\nb\n# 同样\nc\n# What is X?\nd\n# What is X\ne";
    let first = read(text, Format::Markdown);
    assert_eq!(ids(&first), ids(&read(text, Format::Markdown)));
    assert_eq!(ids(&first)[0], "imported/etc-passwd");
    assert_eq!(ids(&first)[2], format!("{}-2", ids(&first)[1]));
    assert_eq!(ids(&first)[4], "imported/what-is-x-2");
    assert!(slug(&"word ".repeat(40)).len() <= LONGEST_SLUG);
}

#[test]
fn control_characters_are_refused() {
    let imported = read("# T\u{1b}[31m\ntext", Format::Markdown);
    assert!(imported.faults[0].message.contains("U+001B"), "{:?}", imported.faults);
}
