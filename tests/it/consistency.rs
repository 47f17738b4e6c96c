//! The bank against the lexical grader: references, titles, other questions'
//! references, misconceptions and samples land where they must.
//!
//! Prints its table of figures (`cargo test consistency -- --nocapture`).

use std::sync::Arc;

use viva::bank::Bank;
use viva::domain::{Answer, Assessment, Lang, Level, Question, Rubric, Verdict};
use viva::grader::lexical::LexicalGrader;
use viva::grader::{Grader, Prepared};

struct Bench {
    grader: Grader,
    runtime: tokio::runtime::Runtime,
    prepared: Vec<Prepared>,
}

impl Bench {
    fn new() -> Self {
        let mut bank = Bank::default();
        let layer = viva::bank::embedded();
        assert_eq!(layer.faults, []);
        bank.add(layer);
        let rubric = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap();
        let grader = Grader::Lexical { grader: LexicalGrader, rubric: Box::new(rubric) };
        let prepared = bank.iter().map(|q| grader.prepare(Arc::clone(q), Lang::En)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { grader, runtime, prepared }
    }

    fn assess(&self, prepared: &Prepared, answer: &str) -> Assessment {
        let answer = Answer::new(answer).unwrap();
        self.runtime.block_on(self.grader.assess(prepared, &answer, Lang::En)).unwrap()
    }

    fn score(&self, prepared: &Prepared, answer: &str) -> f64 {
        self.assess(prepared, answer).score.expect("the lexical grader grades every point")
    }
}

/// Share of values for which a condition holds, 0 to 1; 1 when there are none.
fn share<T>(values: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    if values.is_empty() {
        return 1.0;
    }
    count(values.iter().filter(|value| holds(value)).count()) / count(values.len())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[test]
fn references_titles_and_misconceptions_land_where_they_must() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let mut least = [100.0_f64; 2];
    for prepared in &bench.prepared {
        let question = &prepared.question;
        for (lang, least) in Lang::ALL.into_iter().zip(&mut least) {
            let own = bench.score(prepared, question.reference.get(lang));
            *least = least.min(own);
            if own < 90.0 {
                wrong.push(format!("{} {lang}: its reference scores {own}", question.id));
            }
            let title = bench.score(prepared, question.title.get(lang));
            if title > 0.0 {
                wrong.push(format!("{} {lang}: its title scores {title}", question.id));
            }
            for misconception in &question.misconceptions {
                let found = bench.assess(prepared, misconception.claim.get(lang)).misconceptions;
                if found.iter().all(|found| found.id != misconception.id) {
                    let id = &misconception.id;
                    wrong.push(format!("{} {lang}: the claim of {id} is not seen", question.id));
                }
            }
        }
        assert!(bench.score(prepared, " \n") <= 0.0, "{}", question.id);
    }
    println!("own references score at least {least:?}");
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// A reference graded against a question of another topic.
struct Crossed {
    to: String,
    from: String,
    lang: Lang,
    score: f64,
}

/// Every question of one half against the references of all other topics.
fn crossed(bench: &Bench, half: usize) -> Vec<Crossed> {
    let mut all = Vec::new();
    for prepared in bench.prepared.iter().skip(half).step_by(2) {
        let own = prepared.question.id.topic();
        for other in bench.prepared.iter().filter(|other| other.question.id.topic() != own) {
            for lang in Lang::ALL {
                let score = bench.score(prepared, other.question.reference.get(lang));
                let (to, from) = (prepared.question.id.to_string(), other.question.id.to_string());
                all.push(Crossed { to, from, lang, score });
            }
        }
    }
    all
}

/// Pairs of questions of different topics that share content, or so much of their
/// vocabulary that an estimate from words takes one for the other.
fn related() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../fixtures/related.tsv").lines();
    lines.filter_map(|line| line.split_once('\t')).collect()
}

#[test]
fn the_reference_of_another_topic_is_no_answer() {
    let halves = [0, 1].map(|half| std::thread::spawn(move || crossed(&Bench::new(), half)));
    let all: Vec<Crossed> = halves.into_iter().flat_map(|half| half.join().unwrap()).collect();
    let mut scores: Vec<f64> = all.iter().map(|crossed| crossed.score).collect();
    let middle = median(&mut scores);
    let confused: Vec<&Crossed> = all.iter().filter(|crossed| crossed.score >= 50.0).collect();
    println!(
        "other topics: {} pairs, median {middle}, at least 50 in {}",
        all.len(),
        confused.len()
    );
    let is = |crossed: &Crossed, (a, b): (&str, &str)| {
        (crossed.to == a && crossed.from == b) || (crossed.to == b && crossed.from == a)
    };
    let listed = related();
    let unlisted: Vec<String> = confused
        .iter()
        .filter(|crossed| !listed.iter().any(|pair| is(crossed, *pair)))
        .map(|c| format!("{}\t{}\t{}\t{}", c.to, c.from, c.lang, c.score))
        .collect();
    assert!(middle <= 5.0, "median {middle}");
    assert!(unlisted.is_empty(), "related, or confused?\n{}", unlisted.join("\n"));
    let idle = |pair: &&(&str, &str)| !confused.iter().any(|crossed| is(crossed, **pair));
    let idle: Vec<_> = listed.iter().filter(idle).collect();
    assert!(idle.is_empty(), "no longer confused, so not to be listed: {idle:?}");
}

/// The three samples of a question in one language.
struct Scored<'a> {
    question: &'a Question,
    strong: f64,
    middling: f64,
    wrong: f64,
}

/// Agreement of verdicts, of three classes: met, partial, neither.
#[derive(Default)]
struct Confusion([[u32; 3]; 3]);

impl Confusion {
    fn add(&mut self, expected: Verdict, given: Verdict) {
        let class = |verdict| match verdict {
            Verdict::Met => 0,
            Verdict::Partial => 1,
            Verdict::Missing | Verdict::Contradicted | Verdict::Ungraded => 2,
        };
        self.0[class(expected)][class(given)] += 1;
    }

    /// Share of equal verdicts, and Cohen's kappa.
    fn agreement(&self) -> (f64, f64) {
        let total: u32 = self.0.iter().flatten().sum();
        let of = |n: u32| f64::from(n) / f64::from(total.max(1));
        let equal = (0..3).map(|i| of(self.0[i][i])).sum::<f64>();
        let by_chance = (0..3)
            .map(|i| of(self.0[i].iter().sum()) * of(self.0.iter().map(|row| row[i]).sum()))
            .sum::<f64>();
        (equal, (equal - by_chance) / (1.0 - by_chance))
    }
}

fn scored<'a>(bench: &'a Bench, lang: Lang, confusion: &mut Confusion) -> Vec<Scored<'a>> {
    let mut all = Vec::new();
    for prepared in &bench.prepared {
        let question = &prepared.question;
        let mut of = |level: Level| {
            let sample = question.sample(level)?;
            let assessment = bench.assess(prepared, sample.answer.get(lang));
            for point in &assessment.points {
                confusion.add(sample.expected(&point.id), point.verdict);
            }
            assessment.score
        };
        if let (Some(strong), Some(middling), Some(wrong)) =
            (of(Level::Strong), of(Level::Middling), of(Level::Wrong))
        {
            all.push(Scored { question, strong, middling, wrong });
        }
    }
    all
}

#[test]
fn samples_come_out_in_their_order_and_near_their_level() {
    let bench = Bench::new();
    let mut confusion = Confusion::default();
    let mut strong_by_lang = Vec::new();
    let mut low = Vec::new();
    for lang in Lang::ALL {
        let all = scored(&bench, lang, &mut confusion);
        assert!(all.len() >= 12, "only {} questions have samples", all.len());
        let pairs: Vec<bool> = all
            .iter()
            .flat_map(|s| [s.strong > s.middling, s.middling > s.wrong, s.strong > s.wrong])
            .collect();
        let figures = [
            ("pairs in order", share(&pairs, |held| *held), 0.95),
            ("strong at least 60", share(&all, |s| s.strong >= 60.0), 0.85),
            ("wrong at most 40", share(&all, |s| s.wrong <= 40.0), 0.85),
        ];
        let of =
            |level: fn(&Scored<'_>) -> f64| median(&mut all.iter().map(level).collect::<Vec<_>>());
        let least = all.iter().map(|s| s.strong).fold(100.0, f64::min);
        let most = all.iter().map(|s| s.wrong).fold(0.0, f64::max);
        println!(
            "{lang}: {} questions, medians {} / {} / {}, strong at least {least}, wrong at most {most}",
            all.len(),
            of(|s| s.strong),
            of(|s| s.middling),
            of(|s| s.wrong)
        );
        for (name, value, bar) in figures {
            println!("{lang}: {name} {:.1} % (bar {:.0} %)", value * 100.0, bar * 100.0);
            if value < bar {
                low.push(format!("{lang}: {name} {value:.3}"));
            }
        }
        for s in all.iter().filter(|s| {
            s.strong <= s.middling || s.middling <= s.wrong || s.strong < 60.0 || s.wrong > 40.0
        }) {
            println!("  {} {lang}: {} / {} / {}", s.question.id, s.strong, s.middling, s.wrong);
        }
        strong_by_lang.push(all.iter().map(|s| s.strong).collect::<Vec<_>>());
    }
    let (agreement, kappa) = confusion.agreement();
    println!("verdicts: {:.1} % agree, kappa {kappa:.2} {:?}", agreement * 100.0, confusion.0);
    let gaps: Vec<f64> =
        strong_by_lang[0].iter().zip(&strong_by_lang[1]).map(|(en, zh)| (en - zh).abs()).collect();
    let close = share(&gaps, |gap| *gap <= 20.0);
    println!("strong samples within 20 between the languages: {:.1} %", close * 100.0);
    if agreement < 0.75 {
        low.push(format!("verdict agreement {agreement:.3}"));
    }
    if close < 0.90 {
        low.push(format!("within 20 between the languages {close:.3}"));
    }
    assert!(low.is_empty(), "below the bar: {low:?}");
}
