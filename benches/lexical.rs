//! How many short answers the lexical grader grades in a second on one core.
//!
//! Questions are prepared once, as a batch does; an answer has about 40 words.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use viva::domain::{Localised, Misconception, Point, Question, QuestionId, Tier};
use viva::grader::lexical::LexicalGrader;

const ENGLISH: &str = "So all three keep the same number of query heads, but in multi-query they \
    share a single pair of keys and values, which makes the cache a lot smaller, so you read less \
    from memory at every step and can run bigger batches.";

const CHINESE: &str = "三种方案 query 头数都一样，区别在后面挂几个 KV 头。MQA 全部共用一个，\
    GQA 分成几组，组内共用，这样 KV cache 小很多，解码时访存少，batch 也能开大。";

const CLAIMS: [(&str, &str, &[&[&str]]); 4] = [
    (
        "All query heads share one key head and one value head.",
        "所有查询头共享一个键头和一个值头。",
        &[&["share", "sharing", "共享", "共用"], &["query head", "all heads", "查询头", "所有头"]],
    ),
    (
        "The KV cache gets smaller, so each decoding step reads less memory.",
        "KV 缓存变小，每步解码读的内存更少。",
        &[
            &["KV cache", "cached keys", "KV 缓存"],
            &["smaller", "shrink", "变小", "memory traffic"],
        ],
    ),
    (
        "Quality can fall and training can become unstable.",
        "效果可能下降，训练可能不稳。",
        &[&["quality", "accuracy", "精度", "效果"], &["drop", "worse", "unstable", "不稳"]],
    ),
    (
        "Larger batches and longer contexts fit on one GPU.",
        "一张卡放得下更大的批量和更长的上下文。",
        &[&["larger batch", "bigger batch", "batch size", "更大批量"], &["longer context", "更长"]],
    ),
];

fn terms(groups: &[&[&str]]) -> Vec<Vec<String>> {
    groups.iter().map(|group| group.iter().map(|alias| (*alias).to_owned()).collect()).collect()
}

fn question() -> Question {
    let id = QuestionId::new("bench/mqa").expect("a good id");
    let title = Localised::both("How does MQA differ from MHA?", "MQA 与 MHA 有什么区别？");
    let reference =
        Localised::both(CLAIMS.map(|(en, ..)| en).join(" "), CLAIMS.map(|(_, zh, _)| zh).concat());
    let mut question = Question::bare(id, title, vec![reference]).expect("one reference");
    question.points = CLAIMS
        .iter()
        .enumerate()
        .map(|(index, (en, zh, groups))| Point {
            id: format!("p{index}"),
            tier: Tier::Must,
            claim: Localised::both(*en, *zh),
            terms: terms(groups),
            hint: None,
        })
        .collect();
    question.misconceptions = vec![Misconception {
        id: "m".to_owned(),
        claim: Localised::both("MQA computes fewer scores.", "MQA 计算的分数更少。"),
        correction: Localised::both("The arithmetic stays.", "计算量不变。"),
        terms: terms(&[&["fewer scores", "分数更少"]]),
    }];
    question
}

fn grade(criterion: &mut Criterion) {
    let grader = LexicalGrader;
    let prepared = grader.prepare(&question());
    let mut group = criterion.benchmark_group("lexical");
    group.throughput(Throughput::Elements(1));
    for (name, answer) in [("english", ENGLISH), ("chinese", CHINESE)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| grader.grade(&prepared, black_box(answer)));
        });
    }
    group.bench_function("prepare", |bencher| bencher.iter(|| grader.prepare(&question())));
    group.finish();
}

criterion_group!(benches, grade);
criterion_main!(benches);
