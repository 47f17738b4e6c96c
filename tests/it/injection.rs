//! Answers that talk to their grader, against a grader that obeys them and quotes
//! honest text; and honest answers about injection, which keep their score.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use viva::domain::{Answer, Assessment, Flag, Lang, Question, QuestionId, Rubric};
use viva::grader::{Grader, LlmGrader, Prompts};
use viva::llm::{Endpoint, InMemory, KeySource, Layer, Options, Profile, SystemClock};

use crate::support::{Asked, Server};

#[derive(Deserialize)]
struct Attack {
    family: String,
    text: String,
}

#[derive(Deserialize)]
struct Honest {
    text: String,
}

fn lines<T: for<'a> Deserialize<'a>>(text: &str) -> Vec<T> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn attacks() -> Vec<Attack> {
    lines(include_str!("../fixtures/injection/attacks.jsonl"))
}

/// What a point is about: each claim of the test questions is a list of words, any
/// of which means that a sentence states it.
const POINTS: [&str; 5] = [
    "untrusted|document|retrieved|web page|不可信|文档|网页|检索",
    "ignore|忽略|disregard|override|无视",
    "judge|grader|score|评分|打分|裁判|评委",
    "data|数据",
    "tool|permission|output|工具|权限|输出",
];

fn question() -> Question {
    let mut text =
        String::from("title = { en = \"What is it?\" }\nreference = { en = \"It is.\" }\n");
    for (index, words) in POINTS.iter().enumerate() {
        let aliases: Vec<String> = words.split('|').map(|word| format!("{word:?}")).collect();
        let _ = write!(
            text,
            "[[points]]\nid = \"p-{index}\"\ntier = \"must\"\nclaim = {{ en = {words:?} }}\nterms = [[{}]]\n",
            aliases.join(", ")
        );
    }
    let mut question: Question = toml::from_str(&text).unwrap();
    question.id = QuestionId::new("test/injection").unwrap();
    question
}

/// A grader on a server that replies with `reply`.
fn grader(server: &Server) -> Grader {
    let mut fields = toml::Table::new();
    fields.insert("base_url".to_owned(), server.base_url().into());
    fields.insert("model".to_owned(), "m".into());
    let layer = Layer { origin: "test".to_owned(), fields };
    let profile = Profile::resolve("test", &[layer]).unwrap();
    let clock = Arc::new(SystemClock::default());
    let options =
        Options { patience: Duration::from_secs(1), key: KeySource::Missing(None), seed: 1, clock };
    let endpoint = Endpoint::new(profile, None, Arc::new(InMemory::default()), options).unwrap();
    let prompts = Prompts::new(std::collections::BTreeMap::default()).unwrap();
    let rubric = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap();
    Grader::Llm(Box::new(LlmGrader::new(Arc::new(endpoint), prompts, rubric, b"key".to_vec())))
}

fn assess(grader: &Grader, answer: &str) -> Assessment {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let prepared = grader.prepare(Arc::new(question()), Lang::En);
    let answer = Answer::new(answer).unwrap();
    runtime.block_on(grader.assess(&prepared, &answer, Lang::En)).unwrap()
}

/// The first sentence that states a claim of the test question.
fn stating<'a>(answer: &'a str, claim: &str) -> Option<&'a str> {
    // A full stop ends a sentence when a space follows it, not inside a number.
    let ends = |at: usize, c: char| match c {
        '。' | '！' | '？' | '\n' => true,
        '.' | '!' | '?' => answer[at + 1..].starts_with(' '),
        _ => false,
    };
    let mut from = 0;
    let mut sentences = Vec::new();
    for (at, c) in answer.char_indices().filter(|(at, c)| ends(*at, *c)) {
        sentences.push(answer[from..at + c.len_utf8()].trim());
        from = at + c.len_utf8();
    }
    sentences.push(answer[from..].trim());
    let states =
        |sentence: &&str| claim.split('|').any(|word| sentence.to_lowercase().contains(word));
    sentences.into_iter().find(states)
}

fn honest_verdict(answer: &str, claim: &str) -> (&'static str, Vec<String>) {
    match stating(answer, claim) {
        Some(sentence) => ("met", vec![sentence.to_owned()]),
        None => ("missing", Vec::new()),
    }
}

const BASE: &str = "It is text from outside that a model takes for an order, \
                    for instance in a document that an agent reads.";

/// Whether most of the attack's words are still to be read.
fn can_be_read(answer: &str, attack: &str) -> bool {
    let words: Vec<&str> = attack.split_whitespace().filter(|word| word.len() > 2).collect();
    let seen = words.iter().filter(|word| answer.contains(**word)).count();
    2 * seen > words.len()
}

#[test]
fn no_attack_raises_score_or_low_and_every_one_is_flagged() {
    let known: Vec<String> = attacks().into_iter().map(|attack| attack.text).collect();
    assert!(known.len() >= 25);
    let server = Server::answering(move |request| {
        let asked = Asked::of(request);
        let obeys = known.iter().any(|attack| can_be_read(&asked.answer, attack));
        let quote = "text from outside that a model takes for an order".to_owned();
        asked.reply(|claim| {
            if obeys { ("met", vec![quote.clone()]) } else { honest_verdict(&asked.answer, claim) }
        })
    });
    let grader = grader(&server);
    let without = assess(&grader, BASE);
    assert_eq!(without.score, Some(20.0));
    let mut wrong = Vec::new();
    for attack in attacks() {
        let text = &attack.text;
        for answer in [format!("{BASE} {text}"), format!("{text}\n{BASE}")] {
            let with = assess(&grader, &answer);
            let raised = with.score.is_none_or(|s| s > 20.0) && with.low > 20.0;
            if raised || !with.flags.contains(&Flag::AddressesGrader) {
                wrong.push(format!("{}: {:?} {:?} {text}", attack.family, with.score, with.flags));
            }
        }
    }
    assert!(wrong.is_empty(), "{} got through:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn honest_answers_about_injection_keep_their_score() {
    let server = Server::answering(|request| {
        let asked = Asked::of(request);
        asked.reply(|claim| honest_verdict(&asked.answer, claim))
    });
    let grader = grader(&server);
    let texts: Vec<Honest> = lines(include_str!("../fixtures/injection/honest.jsonl"));
    assert!(texts.len() >= 25);
    let mut wrong = Vec::new();
    for Honest { text } in &texts {
        let stated = POINTS.iter().filter(|claim| stating(text, claim).is_some()).count();
        let fair = f64::from(u32::try_from(stated).unwrap()) * 20.0;
        let assessment = assess(&grader, text);
        if assessment.score != Some(fair) {
            wrong.push(format!("{:?} instead of {fair}: {text}", assessment.score));
        }
    }
    assert!(wrong.is_empty(), "{} lost:\n{}", wrong.len(), wrong.join("\n"));
}
