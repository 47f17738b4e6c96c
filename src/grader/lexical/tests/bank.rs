//! How well the grader tells the bank's own samples apart. Ignored by default:
//! run `cargo test --release -- --ignored bank --nocapture`.

use std::path::{Path, PathBuf};

use crate::domain::{Lang, Level, Question, Sample, Tier, Verdict};
use crate::grader::lexical::{LexicalGrader, LexicalVerdicts, Prepared};

fn folder() -> PathBuf {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("questions");
    std::env::var_os("VIVA_BANK").map_or_else(own, PathBuf::from)
}

fn questions() -> Vec<Question> {
    let topics = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = topics
        .filter(|topic| topic.file_name() != "plans")
        .flat_map(|topic| std::fs::read_dir(topic.path()).into_iter().flatten().flatten())
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Question {
    let text = std::fs::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Content × 100 with the default rubric; a contradicted point rests on the
/// quotes of a misconception and costs nothing more.
#[expect(clippy::cast_precision_loss, reason = "a handful of points")]
fn score(question: &Question, verdicts: &LexicalVerdicts) -> f64 {
    let (mut sum, mut weights, mut bonus) = (0.0, 0.0, Vec::new());
    for (point, judged) in question.points.iter().zip(&verdicts.points) {
        let weight = match point.tier {
            Tier::Must => 3.0,
            Tier::Should => 2.0,
            Tier::Bonus => {
                bonus.push(judged.credit);
                continue;
            }
        };
        sum += weight * judged.credit;
        weights += weight;
    }
    let extra = 0.1 * bonus.iter().sum::<f64>() / bonus.len().max(1) as f64;
    let penalty = (0.1 * verdicts.misconceptions.len() as f64).min(0.3);
    100.0 * (sum / weights + extra - penalty).clamp(0.0, 1.0)
}

/// Shares of what holds, counted as it goes.
#[derive(Default)]
struct Share {
    held: usize,
    of: usize,
}

impl Share {
    fn count(&mut self, holds: bool) {
        self.held += usize::from(holds);
        self.of += 1;
    }

    fn show(&self, what: &str, at_least: usize) {
        let percent = self.held * 100 / self.of.max(1);
        println!("{what:44} {percent:3} % of {:5} (at least {at_least} %)", self.of);
        assert!(percent >= at_least, "{what}: {percent} %");
    }
}

#[test]
#[ignore = "needs the bank with its samples"]
fn bank_samples_are_told_apart() {
    let grader = LexicalGrader;
    let (mut order, mut strong, mut wrong) = (Share::default(), Share::default(), Share::default());
    let (mut agree, mut gap) = (Share::default(), Share::default());
    for question in questions().iter().filter(|question| !question.samples.is_empty()) {
        let prepared = grader.prepare(question);
        let scores: Vec<[f64; 3]> = Lang::ALL
            .into_iter()
            .map(|lang| scores_in(question, &prepared, lang, &mut agree))
            .collect();
        for [low, middle, high] in &scores {
            for (better, worse) in [(middle, low), (high, middle), (high, low)] {
                order.count(better > worse);
            }
            strong.count(*high >= 60.0);
            wrong.count(*low <= 40.0);
        }
        gap.count((scores[0][2] - scores[1][2]).abs() <= 20.0);
    }
    if order.of == 0 {
        println!("skipped: no samples in {}", folder().display());
        return;
    }
    order.show("pairs in order", 95);
    strong.show("strong at 60 or above", 85);
    wrong.show("wrong at 40 or below", 85);
    agree.show("verdicts agree", 75);
    gap.show("strong within 20 across languages", 90);
}

/// Scores of the wrong, middling and strong sample in a language.
fn scores_in(question: &Question, prepared: &Prepared, lang: Lang, agree: &mut Share) -> [f64; 3] {
    [Level::Wrong, Level::Middling, Level::Strong].map(|level| {
        let Some(sample) = question.sample(level) else { return 0.0 };
        let verdicts = LexicalGrader.grade(prepared, sample.answer.get(lang));
        compare(question, sample, &verdicts, agree);
        score(question, &verdicts)
    })
}

fn compare(question: &Question, sample: &Sample, verdicts: &LexicalVerdicts, agree: &mut Share) {
    for (point, judged) in question.points.iter().zip(&verdicts.points) {
        agree.count(judged.verdict == sample.expected(&point.id));
    }
}

#[test]
#[ignore = "needs the bank"]
fn bank_references_reach_their_own_points_alone() {
    let grader = LexicalGrader;
    let (mut own, mut others) = (Share::default(), Share::default());
    let (mut titles, mut triggers) = (Share::default(), Share::default());
    let questions = questions();
    let prepared: Vec<Prepared> = questions.iter().map(|q| grader.prepare(q)).collect();
    for (index, question) in questions.iter().enumerate() {
        let grade = |text: &str| grader.grade(&prepared[index], text);
        for (_, reference) in question.reference.texts() {
            own.count(score(question, &grade(reference)) >= 90.0);
            let next = (index + questions.len() / 2) % questions.len();
            let other = grader.grade(&prepared[next], reference);
            others.count(score(&questions[next], &other) <= 5.0);
        }
        for (_, title) in question.title.texts() {
            titles.count(grade(title).points.iter().all(|p| p.verdict == Verdict::Missing));
        }
        for (place, wrong) in question.misconceptions.iter().enumerate() {
            for (_, claim) in wrong.claim.texts() {
                let held = grade(claim).misconceptions;
                triggers.count(held.iter().any(|misconception| misconception.index == place));
            }
        }
    }
    if own.of == 0 {
        println!("skipped: no questions in {}", folder().display());
        return;
    }
    own.show("own reference at 90 or above", 100);
    others.show("another topic's reference at 5 or below", 80);
    titles.show("the title alone meets nothing", 100);
    triggers.show("a misconception's claim is recognised", 99);
}
