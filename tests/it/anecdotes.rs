//! What is told beside a right answer: small talk, an employer's story, an
//! apology, other technical work. The lexical grader neither takes for it nor
//! gives for it.

use std::sync::Arc;

use viva::bank::Bank;
use viva::domain::{Answer, Lang, Level, Question, Rubric};
use viva::grader::lexical::LexicalGrader;
use viva::grader::{Grader, Prepared};

/// The anecdotes of a language; each is about as long as a spoken answer.
fn anecdotes(lang: Lang) -> Vec<&'static str> {
    let lines = include_str!("../fixtures/anecdotes.tsv").lines();
    let parts = lines.map(|line| line.split_once('\t').unwrap());
    parts.filter(|(of, _)| *of == lang.to_string()).map(|(_, text)| text).collect()
}

/// The first three sentences.
fn core(text: &str) -> String {
    let mut left = 3;
    let mut chars = text.chars().peekable();
    let mut core = String::new();
    while let Some(c) = chars.next() {
        core.push(c);
        let ends_latin = matches!(c, '.' | '?' | '!') && chars.peek().is_none_or(|c| *c == ' ');
        left -= usize::from(ends_latin || matches!(c, '。' | '？' | '！'));
        if left == 0 {
            break;
        }
    }
    core
}

struct Bench {
    grader: Grader,
    questions: Vec<(Arc<Question>, Prepared)>,
}

impl Bench {
    fn new() -> Self {
        let mut bank = Bank::default();
        bank.add(viva::bank::embedded());
        let rubric = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap();
        let grader = Grader::Lexical { grader: LexicalGrader, rubric: Box::new(rubric) };
        let ready = |q: &Arc<Question>| (Arc::clone(q), grader.prepare(Arc::clone(q), Lang::En));
        let questions = bank.iter().map(ready).collect();
        Self { grader, questions }
    }

    fn score(&self, prepared: &Prepared, answer: &str) -> f64 {
        let answer = Answer::new(answer).unwrap();
        self.grader.assess_offline(prepared, &answer).unwrap().score.unwrap()
    }

    /// Score alone, and with each anecdote before, after and on both sides.
    fn told(&self, pick: impl Fn(&str) -> String) -> Vec<(String, f64, f64)> {
        let mut all = Vec::new();
        // Every third question: enough of them, and quick in a debug build.
        for (question, prepared) in self.questions.iter().step_by(3) {
            for lang in Lang::ALL {
                let sample = question.sample(Level::Strong).unwrap();
                let answer = pick(sample.answer.get(lang).trim());
                let alone = self.score(prepared, &answer);
                if alone < 20.0 {
                    continue;
                }
                for story in anecdotes(lang) {
                    let forms = [
                        format!("{story} {answer}"),
                        format!("{answer} {story}"),
                        format!("{story} {answer} {story}"),
                    ];
                    for form in forms {
                        let id = format!("{} {lang}: {story}", question.id);
                        all.push((id, alone, self.score(prepared, &form)));
                    }
                }
            }
        }
        all
    }
}

/// The value below which a share of all lies.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = (share * (sorted.len() - 1) as f64).round() as usize;
    sorted[place]
}

#[test]
fn a_right_answer_keeps_its_score_beside_an_anecdote() {
    let bench = Bench::new();
    for (what, told) in
        [("whole", bench.told(str::to_owned)), ("three sentences", bench.told(core))]
    {
        let kept: Vec<f64> = told.iter().map(|(_, alone, told)| told / alone).collect();
        let gained: Vec<f64> = told.iter().map(|(_, alone, told)| told - alone).collect();
        let (least, few) = (quantile(&kept, 0.0), quantile(&kept, 0.01));
        let (middle, most) = (quantile(&gained, 0.5), quantile(&gained, 0.95));
        println!(
            "{what}: {} answers, kept at least {least:.2}, 1 in 100 below {few:.2}, \
             gained {middle:.1} in the middle, 1 in 20 above {most:.1}",
            told.len()
        );
        let low: Vec<_> = told.iter().filter(|(_, alone, told)| told / alone < 0.6).collect();
        assert!(low.len() * 500 < told.len(), "{what}: {low:#?}");
        assert!(few >= 0.8, "{what}: 1 in 100 keeps less than {few}");
        assert!(middle.abs() <= 2.0 && most <= 8.0, "{what}: gained {middle}, {most}");
    }
}
