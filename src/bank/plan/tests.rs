//! Plans: what is read, what is refused, what is drawn.

use std::path::Path;

use super::*;
use crate::bank::{Bank, embedded};

fn parse(text: &str) -> Result<Plan, String> {
    from_toml(Place { line: Some(1), ..Place::file(Path::new("plans/short.toml")) }, text)
        .map_err(|fault| fault.to_string())
}

fn plan(questions: &str) -> Plan {
    parse(&format!("title = {{ en = \"T\" }}\nminutes = 30\nquestions = [{questions}]")).unwrap()
}

fn bank() -> Bank {
    let mut bank = Bank::default();
    bank.add(embedded());
    bank
}

#[test]
fn a_plan_takes_its_name_from_its_file() {
    let plan = plan("\"a/b\", { topic = [\"rag\", \"peft\"], difficulty = \"2-4\", count = 3 }");
    assert_eq!((plan.name.as_str(), plan.minutes), ("short", 30));
    assert_eq!(plan.questions.len(), 2);
    let Step::Pick(pick) = &plan.questions[1] else { panic!() };
    assert_eq!(pick.filter.topics, ["rag", "peft"]);
    assert_eq!((pick.filter.difficulty.clone(), pick.count), (Some(2..=4), Count::Some(3)));
}

#[test]
fn faults_name_line_and_what_would_be_right() {
    let refused = |questions: &str| {
        parse(&format!("title = {{ en = \"T\" }}\nminutes = 30\nquestions = [\n{questions}\n]"))
            .unwrap_err()
    };
    assert!(refused("\"A B\"").contains("plans/short.toml:4"), "{}", refused("\"A B\""));
    assert!(refused("\"A B\"").contains("<topic>/<slug>"));
    assert!(refused("{ topik = \"rag\" }").contains("unknown field `topik`"));
    assert!(refused("{ topic = \"rag\", difficulty = \"9\" }").contains("1 to 5"));
    assert!(refused("{ topic = \"rag\", count = 0 }").contains("\"all\""));
    assert!(refused("{ count = 3 }").contains("a pick names a topic"));
    assert!(refused("7").contains("a question id or a pick"));
    assert!(refused("").contains("at least one question"));
    let minutes = "title = { en = \"T\" }\nminutes = 0\nquestions = [\"a/b\"]";
    assert!(parse(minutes).unwrap_err().contains("1 to 1440"));
}

#[test]
fn one_seed_draws_the_same_and_nothing_twice() {
    let bank = bank();
    let named = bank.iter().next().unwrap().id.to_string();
    let plan = plan(&format!(
        "{{ topic = \"{}\", count = 1 }}, \"{named}\", \"{named}\", {{ difficulty = \"1-5\", count = 9 }}",
        bank.iter().next().unwrap().id.topic()
    ));
    let drawn = plan.draw(&bank, 7);
    assert_eq!(drawn.gaps, []);
    assert_eq!(drawn, plan.draw(&bank, 7));
    assert!((0..20).any(|seed| plan.draw(&bank, seed).ids != drawn.ids));
    assert_eq!(drawn.ids.len(), 11);
    assert_eq!(drawn.ids[1].as_str(), named);
    let mut ids = drawn.ids.clone();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 11);
}

#[test]
fn all_of_the_article_comes_in_its_order() {
    let bank = bank();
    let drawn = plan("{ covers = \"*\", count = \"all\" }").draw(&bank, 1);
    let first = |id: &QuestionId| {
        let question = bank.get(id.as_str()).unwrap();
        question.covers.iter().filter_map(|item| crate::bank::items::position(item)).min()
    };
    assert!(drawn.ids.len() > 20);
    assert!(drawn.ids.is_sorted_by_key(first));
}

#[test]
fn what_the_bank_lacks_is_told_and_the_rest_is_drawn() {
    let bank = bank();
    let drawn = plan("\"no/such\", { topic = \"rga\" }, { topic = \"tokenization\", count = 500 }")
        .draw(&bank, 1);
    let told: Vec<_> = drawn.gaps.iter().map(|gap| (gap.step, gap.kind.to_string())).collect();
    assert_eq!(told[0], (0, "the bank has no question \"no/such\"".to_owned()));
    assert_eq!(told[1], (1, "no question has the topic \"rga\"".to_owned()));
    assert!(told[2].1.ends_with("500 are asked for"), "{told:?}");
    assert!(!drawn.ids.is_empty());
}
