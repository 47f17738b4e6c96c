//! Figures equal to scipy's and scikit-learn's on real scores, and intervals that
//! cover what they promise.

use super::agreement::{
    Confusion, Weights, bias, by_class, level, mae, pearson, ranks, rmse, spearman,
};
use super::bootstrap::{Clusters, Plan, intervals};
use super::items::Item;
use super::summary::{Histogram, Moments, Sketch};
use super::*;

/// Human and rated scores of one set, as `tests/fixtures/agreement` has them.
fn set(text: &str) -> (Vec<f64>, Vec<f64>) {
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            (cells[1], cells[2])
        })
        .unzip()
}

fn band(score: f64) -> usize {
    [50.0, 70.0, 85.0].iter().filter(|lowest| score >= **lowest).count()
}

#[track_caller]
fn equal(found: Option<f64>, expected: f64) {
    let found = found.expect("defined");
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

struct Expected {
    levels: usize,
    pearson: f64,
    spearman: f64,
    mae: f64,
    rmse: f64,
    bias: f64,
    qwk: f64,
    qwk_bands: f64,
    kappa_bands: f64,
    bands: [[u64; 4]; 4],
}

#[track_caller]
fn check(text: &str, expected: &Expected) {
    let (human, rated) = set(text);
    equal(pearson(&rated, &human), expected.pearson);
    equal(spearman(&rated, &human), expected.spearman);
    equal(mae(&rated, &human), expected.mae);
    equal(rmse(&rated, &human), expected.rmse);
    equal(bias(&rated, &human), expected.bias);
    let cut = |values: &[f64]| -> Vec<usize> {
        values.iter().map(|v| level(*v, 0.0, 100.0, expected.levels)).collect()
    };
    let table = Confusion::of(&cut(&rated), &cut(&human), expected.levels);
    equal(table.kappa(Weights::Quadratic), expected.qwk);
    let bands = |values: &[f64]| -> Vec<usize> { values.iter().map(|v| band(*v)).collect() };
    let table = Confusion::of(&bands(&rated), &bands(&human), 4);
    equal(table.kappa(Weights::Quadratic), expected.qwk_bands);
    equal(table.kappa(Weights::Equal), expected.kappa_bands);
    for (i, row) in expected.bands.iter().enumerate() {
        for (j, count) in row.iter().enumerate() {
            assert_eq!(table.count(i, j), *count, "row {i}, column {j}");
        }
    }
}

#[test]
fn figures_equal_the_reference_on_saf2_en() {
    check(
        include_str!("../../tests/fixtures/agreement/saf2_en.csv"),
        &Expected {
            levels: 11,
            pearson: 0.169_702_064_178_231_44,
            spearman: 0.066_542_516_339_072,
            mae: 53.915_383_333_333_34,
            rmse: 59.199_054_837_612_63,
            bias: -51.625_883_333_333_334,
            qwk: 0.037_892_537_679_648_064,
            qwk_bands: 0.009_478_513_718_110_26,
            kappa_bands: 0.005_219_753_625_170_576,
            bands: [[111, 134, 148, 719], [1, 8, 8, 64], [0, 0, 0, 5], [0, 0, 0, 2]],
        },
    );
}

#[test]
fn figures_equal_the_reference_on_nq301() {
    check(
        include_str!("../../tests/fixtures/agreement/nq301.csv"),
        &Expected {
            levels: 2,
            pearson: 0.578_812_486_118_528_8,
            spearman: 0.600_232_336_325_731_3,
            mae: 27.272_297_297_297_296,
            rmse: 46.236_288_481_958_326,
            bias: -18.052_606_177_606_176,
            qwk: 0.489_512_269_626_311,
            qwk_bands: 0.450_081_833_060_556_5,
            kappa_bands: 0.383_174_000_471_820_04,
            bands: [[426, 0, 0, 228], [25, 0, 0, 67], [4, 0, 0, 33], [14, 0, 0, 239]],
        },
    );
}

#[test]
fn figures_equal_the_reference_on_ads_zh() {
    check(
        include_str!("../../tests/fixtures/agreement/ads_zh.csv"),
        &Expected {
            levels: 11,
            pearson: 0.409_319_878_850_495_64,
            spearman: 0.421_462_460_706_289_4,
            mae: 38.612_431_941_923_774,
            rmse: 44.434_480_100_239_55,
            bias: -33.838_747_731_397_46,
            qwk: 0.192_832_276_093_889_2,
            qwk_bands: 0.102_057_645_418_163_53,
            kappa_bands: 0.029_196_806_049_364_588,
            bands: [[145, 180, 127, 345], [10, 24, 17, 178], [1, 6, 1, 25], [0, 2, 0, 41]],
        },
    );
}

#[test]
fn what_is_undefined_is_none() {
    assert_eq!(pearson(&[1.0, 1.0], &[0.0, 3.0]), None);
    assert_eq!(spearman(&[], &[]), None);
    assert_eq!(mae(&[], &[]), None);
    assert_eq!(Confusion::of(&[1, 1], &[1, 1], 3).kappa(Weights::Quadratic), None);
    assert_eq!(Confusion::new(3).exact(), None);
    assert_eq!(quantile(&[], 0.5), None);
    let mut constant = Item::default();
    for rest in [0.1, 0.5, 0.9] {
        constant.push(1.0, true, Some(rest));
    }
    assert_eq!(constant.discrimination(), None);
    assert_eq!((constant.hit_rate(), constant.n()), (Some(1.0), 3));
}

#[test]
fn ties_share_the_average_rank() {
    assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
}

#[test]
fn levels_are_equally_spaced_and_halves_go_up() {
    let three = |value| level(value, 0.0, 100.0, 3);
    assert_eq!([0.0, 24.9, 25.0, 50.0, 75.0, 100.0, 120.0].map(three), [0, 0, 1, 1, 2, 2, 2]);
}

#[test]
fn agreement_is_told_apart_by_class_of_the_reference() {
    let within = by_class(&[40.0, 60.0, 90.0], &[30.0, 55.0, 52.0], 4, band);
    assert_eq!((within[0].n, within[0].same, within[0].bias), (1, 1, Some(10.0)));
    assert_eq!((within[1].n, within[1].same, within[1].mae), (2, 1, Some(21.5)));
    assert_eq!((within[3].n, within[3].mae), (0, None));
}

#[test]
fn discrimination_is_the_point_biserial_with_the_rest() {
    let rest = [0.9, 0.2, 0.75, 0.5, 0.3, 1.0, 0.45, 0.1, 0.6, 0.35];
    let of = |credits: [f64; 10]| {
        let mut item = Item::default();
        for (credit, rest) in credits.iter().zip(rest) {
            item.push(*credit, *credit > 0.9, Some(rest));
        }
        item
    };
    let binary = of([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    equal(binary.discrimination(), 0.731_078_334_929_586);
    equal(binary.hit_rate(), 0.6);
    let partial = of([1.0, 0.5, 1.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.5, 1.0]);
    equal(partial.discrimination(), 0.697_977_419_328_039_9);
    equal(partial.mean_credit(), 0.55);
}

#[test]
fn running_summaries_equal_those_over_all_values() {
    let mut random = Random::new(7);
    let values: Vec<f64> = (0..2_000).map(|_| (random.unit() * 1000.0).round() / 10.0).collect();
    let (mut moments, mut histogram, mut sketch) =
        (Moments::default(), Histogram::new(0.0, 100.0, 1000), Sketch::default());
    for value in &values {
        moments.push(*value);
        histogram.push(*value);
        sketch.push(value * 1e4);
    }
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    equal(moments.mean(), mean(&values).unwrap());
    let average = mean(&values).unwrap();
    let squares: f64 = values.iter().map(|v| (v - average).powi(2)).sum();
    equal(moments.deviation(), (squares / 1999.0).sqrt());
    assert_eq!((moments.min(), moments.max()), (Some(sorted[0]), Some(sorted[1999])));
    for (q, rank) in [(0.25, 499), (0.5, 999), (0.9, 1799)] {
        equal(histogram.quantile(q), sorted[rank]);
        let (found, exact) = (sketch.quantile(q).unwrap(), sorted[rank] * 1e4);
        assert!((found - exact).abs() <= 0.021 * exact, "{found} {exact}");
    }
    assert_eq!(histogram.counts().iter().sum::<u64>(), 2_000);
}

#[test]
fn quantiles_are_numpys() {
    let sorted = [1.0, 2.0, 3.0, 4.0, 10.0];
    for (q, expected) in [(0.025, 1.1), (0.1, 1.4), (0.5, 3.0), (0.975, 9.4)] {
        equal(quantile(&sorted, q), expected);
    }
}

/// A number of mean 0 and variance 1 (the sum of twelve uniform ones, less six).
fn normal(random: &mut Random) -> f64 {
    (0..12).map(|_| random.unit()).sum::<f64>() - 6.0
}

#[test]
fn intervals_by_question_cover_the_truth_and_those_by_answer_do_not() {
    const RUNS: u32 = 300;
    let (questions, answers) = (30, 6);
    let plan = Plan { resamples: 250, level: 0.95 };
    let mut random = Random::new(1);
    let (mut by_question, mut by_answer) = (0, 0);
    for _ in 0..RUNS {
        // Answers to one question share half of their variance; the true mean is 0.
        let data: Vec<(usize, f64)> = (0..questions)
            .flat_map(|question| {
                let shared = normal(&mut random);
                let of: Vec<f64> = (0..answers).map(|_| shared + normal(&mut random)).collect();
                of.into_iter().map(move |value| (question, value))
            })
            .collect();
        let covers = |clusters: &Clusters, random: &mut Random| {
            let [found] = intervals(clusters, plan, random, |places| {
                let values: Vec<f64> = places.iter().map(|place| data[*place].1).collect();
                [mean(&values)]
            });
            found.is_some_and(|interval| interval.low <= 0.0 && 0.0 <= interval.high)
        };
        let clusters = Clusters::by_key(data.iter().map(|(question, _)| *question));
        by_question += u32::from(covers(&clusters, &mut random));
        by_answer += u32::from(covers(&Clusters::single(data.len()), &mut random));
    }
    let share = |hits: u32| f64::from(hits) / f64::from(RUNS);
    assert!((0.90..=0.98).contains(&share(by_question)), "by question: {}", share(by_question));
    assert!(share(by_answer) < 0.80, "by answer: {}", share(by_answer));
}

#[test]
fn a_paired_difference_is_narrower_than_its_parts() {
    let mut random = Random::new(3);
    let data: Vec<(f64, f64)> = (0..60)
        .map(|_| {
            let level = 20.0 * normal(&mut random);
            (level + 2.0 + normal(&mut random), level + normal(&mut random))
        })
        .collect();
    let clusters = Clusters::single(data.len());
    let plan = Plan { resamples: 400, level: 0.95 };
    let statistics = |places: &[usize]| {
        let a: Vec<f64> = places.iter().map(|p| data[*p].0).collect();
        let b: Vec<f64> = places.iter().map(|p| data[*p].1).collect();
        [mean(&a), mean(&b), bias(&a, &b)]
    };
    let found = intervals(&clusters, plan, &mut random, statistics).map(Option::unwrap);
    let [a, b, difference] = found.map(|interval| interval.high - interval.low);
    assert!(difference * 5.0 < a.min(b), "{difference} {a} {b}");
    assert!(found[2].low > 1.0 && found[2].high < 3.0, "{:?}", found[2]);
    let again = intervals(&clusters, plan, &mut Random::new(9), statistics);
    assert_eq!(again, intervals(&clusters, plan, &mut Random::new(9), statistics));
}

#[test]
fn one_cluster_gives_no_interval() {
    let plan = Plan { resamples: 100, level: 0.95 };
    let clusters = Clusters::by_key(["q", "q", "q"]);
    assert_eq!(intervals(&clusters, plan, &mut Random::new(0), |_| [Some(1.0)]), [None]);
}
