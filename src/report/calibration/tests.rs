//! What is compared, and what is left out and counted.

use super::figures::levels;
use super::*;
use crate::report::samples;

const FORM: labels::Form = labels::Form { map: Vec::new(), scale: None, delimiter: b',' };
const RESAMPLING: Resampling = Resampling { seed: 1, resamples: 100 };

fn rows(lines: Vec<crate::domain::ResultLine>) -> Vec<Row> {
    (1..).zip(lines).map(|(number, line)| Row::new(number, line)).collect()
}

#[test]
fn scores_are_cut_into_the_labels_own_levels() {
    assert_eq!(levels(&[0.0, 100.0, 100.0]), 2);
    assert_eq!(levels(&[0.0, 50.0, 100.0]), 3);
    assert_eq!(levels(&[25.0, 75.0]), 5);
    assert_eq!(levels(&[33.333_333_33, 100.0]), 4);
    assert_eq!(levels(&[7.5, 31.0]), 11);
}

#[test]
fn what_one_side_does_not_score_is_coverage_and_never_a_number() {
    let labels = "{\"id\":\"a\",\"score\":1}\n{\"id\":\"b\",\"score\":0.5}\n{\"id\":\"c\",\"score\":0}\n{\"id\":\"z\",\"score\":1}";
    let labels = Labels::jsonl(labels.as_bytes(), &FORM).unwrap();
    let mut comparing = AgainstLabels::new(labels, samples::scoring());
    for row in rows(vec![
        samples::graded("a", "Ada", 1.0),
        samples::graded("a", "Ada", 0.0),
        samples::ungraded("b", "Ada"),
        samples::failed("c"),
        samples::graded("d", "Ada", 1.0),
    ]) {
        comparing.add(&row);
    }
    let figures = comparing.finish(RESAMPLING);
    assert_eq!((figures.matched, figures.absent, figures.unlabelled), (3, 1, 1));
    assert_eq!((figures.compared, figures.repeated), (1, 1));
    assert_eq!(figures.coverage, Some(0.25));
    assert_eq!(figures.mae.value, Some(0.0));
    assert_eq!((figures.pearson.value, figures.mae.interval), (None, None));
}

#[test]
fn labelled_verdicts_become_a_score_by_the_same_arithmetic() {
    let labels = "{\"id\":\"a\",\"verdicts\":{\"p1\":\"met\",\"p2\":\"partial\"}}";
    let labels = Labels::jsonl(labels.as_bytes(), &FORM).unwrap();
    let mut comparing = AgainstLabels::new(labels, samples::scoring());
    comparing.add(&Row::new(1, samples::graded("a", "Ada", 1.0)));
    let figures = comparing.finish(RESAMPLING);
    assert_eq!(figures.bias.value, Some(20.0)); // 100 by the run, (3 + 1) ÷ 5 by the label
    assert_eq!(figures.points.len(), 2);
    assert_eq!((figures.points[1].n, figures.points[1].exact), (1, Some(0.0)));
}

#[test]
fn a_run_against_itself_has_not_moved() {
    let lines = || vec![samples::graded("a", "Ada", 1.0), samples::ungraded("b", "Ada")];
    let mut baseline = Baseline::default();
    for row in rows(lines()) {
        baseline.add(&row);
    }
    let mut comparing = compare(baseline);
    for row in rows(lines()) {
        comparing.add(&row);
    }
    let comparison = comparing.finish(RESAMPLING);
    assert_eq!((comparison.matched, comparison.compared, comparison.moved), (2, 1, 0));
    assert_eq!((comparison.difference.value, comparison.fall), (Some(0.0), Some(0.0)));
    assert!(comparison.same_fingerprint && comparison.changes.is_empty());
}

#[test]
fn only_the_largest_changes_are_kept_and_all_are_counted() {
    let line = |id: u32, score: f64| {
        let mut line = samples::graded(&id.to_string(), "Ada", 1.0);
        let assessment = line.assessment.as_mut().unwrap();
        assessment.score = Some(score);
        (assessment.low, assessment.high) = (score, score);
        line
    };
    let mut baseline = Baseline::default();
    for id in 0..1000 {
        baseline.add(&Row::new(1, line(id, 50.0)));
    }
    let mut comparing = compare(baseline);
    for id in 0..1000 {
        let change = f64::from(id) / 20.0 + 0.1;
        comparing
            .add(&Row::new(1, line(id, if id % 2 == 0 { 50.0 - change } else { 50.0 + change })));
    }
    let comparison = comparing.finish(RESAMPLING);
    assert_eq!((comparison.rose, comparison.fell), (500, 500));
    assert_eq!(comparison.changes.len(), 50);
    let after = |place: usize| format!("{:.2}", comparison.changes[place].after);
    assert_eq!((after(0), after(49)), ("0.00".to_owned(), "100.05".to_owned()));
}
