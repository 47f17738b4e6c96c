//! Loading: good files, and a clear word for each bad one.

use std::fs;

use super::*;

const GOOD: &str = r#"
title = { en = "What is X?", zh = "什么是 X？" }
reference = { en = "X is Y.", zh = "X 是 Y。" }
[[points]]
id = "is-y"
tier = "must"
claim = { en = "X is Y.", zh = "X 是 Y。" }
terms = [["y"]]
"#;

fn write(root: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn faults(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "topic/slug.toml", text);
    let layer = read_layer(&path).unwrap();
    let prefix = format!("{}:", path.display());
    layer.faults.iter().map(|f| f.to_string().replace(&prefix, "")).collect()
}

#[test]
fn a_file_takes_its_id_from_its_place() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "topic/slug.toml", GOOD);
    let plan = "title = { en = \"T\" }\nminutes = 5\nquestions = [\"topic/slug\"]";
    write(folder.path(), "plans/short.toml", plan);
    let layer = read_layer(folder.path()).unwrap();
    assert_eq!(layer.faults, []);
    assert_eq!(layer.questions[0].question.id.as_str(), "topic/slug");
}

#[test]
fn one_broken_file_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "topic/good.toml", GOOD);
    write(folder.path(), "topic/broken.toml", "title = {");
    write(folder.path(), "topic/latin1.toml", b"title = \"caf\xe9\"");
    write(folder.path(), "topic/large.toml", vec![b'#'; 1_000_001]);
    let layer = read_layer(folder.path()).unwrap();
    assert_eq!(layer.questions.len(), 1);
    let text: Vec<_> = layer.faults.iter().map(ToString::to_string).collect();
    assert!(text[0].contains("broken.toml:1"), "{text:?}");
    assert!(text[1].contains("1000001 bytes long"), "{text:?}");
    assert!(text[2].contains("latin1.toml:1: not UTF-8"), "{text:?}");
}

#[test]
fn faults_name_line_and_field() {
    let unknown_tier = GOOD.replace("\"must\"", "\"vital\"");
    let found = faults(&unknown_tier);
    assert!(found[0].starts_with("6: points[0].tier: unknown variant `vital`"), "{found:?}");

    let unknown_field = format!("colour = 1\n{GOOD}");
    let found = faults(&unknown_field);
    assert!(found[0].starts_with("1: colour: unknown field `colour`"), "{found:?}");

    let twice =
        format!("{GOOD}\n[[points]]\nid = \"is-y\"\ntier = \"bonus\"\nclaim = {{ en = \"a\" }}");
    assert_eq!(faults(&twice), ["11: points[1].id: \"is-y\" is used twice"]);

    let dangling = format!("{GOOD}\n[[follow_ups]]\nask = {{ en = \"a\" }}\npoints = [\"nope\"]");
    assert_eq!(faults(&dangling), ["12: follow_ups[0].points: unknown point \"nope\""]);

    let only_bonus = GOOD.replace("must", "bonus");
    assert!(faults(&only_bonus)[0].contains("no must or should point"));
}

#[test]
fn control_characters_in_a_text_are_refused() {
    let found = faults(&GOOD.replace("What is X?", "\\u001b[31mred"));
    assert!(found[0].starts_with("2: title"), "{found:?}");
    assert!(found[0].contains("control character U+001B"), "{found:?}");
}

#[test]
fn a_jsonl_layer_names_the_line_of_a_duplicate() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"id":"a/b","title":{"en":"T"},"reference":{"en":"R"}}"#;
    let path = write(folder.path(), "bank.jsonl", format!("{line}\n\n{line}\n{{\n"));
    let layer = read_layer(&path).unwrap();
    assert_eq!(layer.questions.len(), 1);
    assert_eq!(layer.faults[0].line, Some(3));
    assert!(layer.faults[0].message.contains("already on line 1"));
    assert_eq!(layer.faults[1].line, Some(4));
}

#[test]
fn an_empty_folder_and_a_missing_one_say_what_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read_layer(folder.path()).unwrap_err().message.contains("<topic>/<slug>.toml"));
    let missing = read_layer(&folder.path().join("nope")).unwrap_err();
    assert!(missing.to_string().contains("nope"), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "topic/good.toml", GOOD);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("self.toml", folder.path().join("topic/self.toml")).unwrap();
    let layer = read_layer(folder.path()).unwrap();
    assert_eq!(layer.questions.len(), 1);
    let text: Vec<_> = layer.faults.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 2);
    assert!(text[0].contains("loop: a link to a folder"), "{text:?}");
    assert!(text[1].contains("self.toml"), "{text:?}");
}

#[test]
fn a_layer_replaces_by_id_and_follows_renames() {
    let loaded = |id: &str, title: &str, was: &[&str]| {
        let text = format!("was = {was:?}\n{}", GOOD.replace("What is X?", title));
        let mut question: Question = toml::from_str(&text).unwrap();
        question.id = QuestionId::new(id).unwrap();
        Loaded { question: Arc::new(question), place: Place::default() }
    };
    let mut bank = Bank::default();
    let below = vec![loaded("a/b", "below", &[]), loaded("a/new", "renamed", &["a/old"])];
    bank.add(Layer { questions: below, ..Layer::default() });
    bank.add(Layer { questions: vec![loaded("a/b", "above", &[])], ..Layer::default() });
    assert_eq!(bank.replaced().len(), 1);
    assert_eq!(bank.get("a/b").unwrap().title.get(crate::domain::Lang::En), "above");
    assert_eq!(bank.get("a/old").unwrap().id.as_str(), "a/new");
    assert_eq!(bank.nearest("a/nwe")[0].as_str(), "a/new");
    assert!(bank.get("not an id").is_none());
}
