//! Agreement as a terminal shows it.

use super::compare::{Change, Comparison};
use super::figures::{Figure, Figures, PointFigures};
use crate::domain::Lang;
use crate::report::feedback::View;
use crate::report::words::{self, thousands};
use crate::term::{Paint, clip, pad, safe_line};

/// Points listed, those with the least agreement first.
const POINTS: usize = 20;
/// Changes listed.
const CHANGES: usize = 20;
/// Columns of a figure's name.
const NAME: usize = 26;

/// The figures as text.
pub fn show_figures(view: &View<'_>, figures: &Figures) -> String {
    let mut lines = head(view, figures);
    let named = [
        (view.say("QWK", "二次加权 κ"), figures.qwk, 3),
        (view.say("QWK over bands", "二次加权 κ（等级）"), figures.qwk_bands, 3),
        (view.say("Cohen's κ over bands", "Cohen κ（等级）"), figures.kappa_bands, 3),
        (view.say("Pearson", "Pearson 相关"), figures.pearson, 3),
        (view.say("Spearman", "Spearman 相关"), figures.spearman, 3),
        (view.say("MAE (points of 100)", "平均绝对误差（百分制）"), figures.mae, 1),
        (view.say("RMSE", "均方根误差"), figures.rmse, 1),
        (view.say("bias (run − labels)", "偏差（评分 − 标注）"), figures.bias, 1),
    ];
    lines.push(String::new());
    lines.extend(named.map(|(name, figure, digits)| row(name, figure, digits)));
    lines.push(view.paint(Paint::Dim, &how(view, figures)));
    constant(view, figures, &mut lines);
    bands(view, figures, &mut lines);
    points(view, figures, &mut lines);
    lines.join("\n")
}

fn head(view: &View<'_>, figures: &Figures) -> Vec<String> {
    let coverage =
        figures.coverage.map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let counts = match view.terminal.ui {
        Lang::En => format!(
            "compared: {} (questions: {}) · coverage {coverage} of {} labelled",
            thousands(figures.compared as u64),
            figures.questions,
            thousands(figures.labels as u64)
        ),
        Lang::Zh => format!(
            "比较 {} 个回答，{} 道题 · 覆盖率 {coverage}（有标注 {} 个）",
            thousands(figures.compared as u64),
            figures.questions,
            thousands(figures.labels as u64)
        ),
    };
    let scale = match (figures.scale, view.terminal.ui) {
        (Some((worst, best)), Lang::En) => format!("labels read as scores of {worst}–{best}"),
        (Some((worst, best)), Lang::Zh) => format!("标注按 {worst}–{best} 分读取"),
        (None, _) => view.say("labels read as verdicts by point", "标注按要点评判读取").to_owned(),
    };
    let head = [view.paint(Paint::Bold, &counts), scale];
    head.into_iter().chain(left_out(view, figures)).collect()
}

/// What is not among the answers that are compared.
fn left_out(view: &View<'_>, figures: &Figures) -> Vec<String> {
    let mut lines = Vec::new();
    let others = [
        (
            figures.absent,
            ["labelled answer is not in the run", "labelled answers are not in the run"],
            "个有标注的回答不在结果中",
        ),
        (
            figures.ungraded,
            [
                "labelled answer has no score in the run",
                "labelled answers have no score in the run",
            ],
            "个有标注的回答没有得分",
        ),
        (
            figures.incomplete,
            [
                "answer has no label on some of its points",
                "answers have no label on some of their points",
            ],
            "个回答有要点没有标注",
        ),
        (
            figures.unmarked,
            ["line of the labels has no mark", "lines of the labels have no mark"],
            "行标注没有填写",
        ),
        (
            figures.unlabelled,
            ["answer of the run has no label", "answers of the run have no label"],
            "个回答没有标注",
        ),
        (
            figures.repeated,
            ["line repeats an id and is left out", "lines repeat an id and are left out"],
            "行的 id 重复，未计入",
        ),
    ];
    for (count, [one, more], zh) in others.iter().filter(|(count, ..)| *count > 0) {
        let en = if *count == 1 { one } else { more };
        lines.push(format!("{} {}", thousands(*count), view.say(en, zh)));
    }
    lines
}

fn row(name: &str, figure: Figure, digits: usize) -> String {
    // Adding zero turns what rounds to −0 into 0.
    let number = |value: f64| {
        let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
        format!("{:.digits$}", (value * scale).round() / scale + 0.0)
    };
    let value = figure.value.map_or("–".to_owned(), number);
    let interval =
        figure.interval.map(|(low, high)| format!("  [{}, {}]", number(low), number(high)));
    format!("  {} {value:>7}{}", pad(name, NAME), interval.unwrap_or_default())
}

/// How the figures were made.
fn how(view: &View<'_>, figures: &Figures) -> String {
    let (levels, resamples) = (figures.levels, figures.resamples);
    if figures.mae.interval.is_none() {
        return match view.terminal.ui {
            Lang::En => format!("  QWK over {levels} levels; too few answers for intervals"),
            Lang::Zh => format!("  κ 按 {levels} 级计算；回答太少，不给区间"),
        };
    }
    let unit = if figures.by_question {
        view.say("question", "题目")
    } else {
        view.say("answer, since there is one question", "回答（只有一道题）")
    };
    match view.terminal.ui {
        Lang::En => format!(
            "  QWK over {levels} levels; 95 % intervals from {resamples} resamples by {unit}"
        ),
        Lang::Zh => format!("  κ 按 {levels} 级计算；95% 区间由 {resamples} 次按{unit}重抽样得出"),
    }
}

fn constant(view: &View<'_>, figures: &Figures, lines: &mut Vec<String>) {
    let Some(constant) = figures.constant else { return };
    lines.push(match view.terminal.ui {
        Lang::En => format!(
            "  always {:.1} has MAE {:.1}; always {:.1} has RMSE {:.1}",
            constant.median, constant.mae, constant.mean, constant.rmse
        ),
        Lang::Zh => format!(
            "  一律给 {:.1} 分的平均绝对误差为 {:.1}；一律给 {:.1} 分的均方根误差为 {:.1}",
            constant.median, constant.mae, constant.mean, constant.rmse
        ),
    });
}

fn bands(view: &View<'_>, figures: &Figures, lines: &mut Vec<String>) {
    lines.push(String::new());
    let title = format!(
        "  {} {:>7} {:>7} {:>7} {:>7}",
        pad(view.say("by band of the label", "按标注的等级"), NAME),
        "n",
        view.say("same", "同级"),
        "MAE",
        view.say("bias", "偏差")
    );
    lines.push(view.paint(Paint::Bold, &title));
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1}"));
    for band in &figures.bands {
        let same = band.same.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
        lines.push(format!(
            "  {} {:>7} {same:>7} {:>7} {:>7}",
            pad(words::band(view.terminal.ui, band.band), NAME),
            band.n,
            number(band.mae),
            number(band.bias)
        ));
    }
}

fn points(view: &View<'_>, figures: &Figures, lines: &mut Vec<String>) {
    if figures.points.is_empty() {
        return;
    }
    let mut points: Vec<&PointFigures> = figures.points.iter().collect();
    points.sort_by(|a, b| a.kappa.unwrap_or(1.0).total_cmp(&b.kappa.unwrap_or(1.0)));
    lines.push(String::new());
    let name = view.say("by point, the least agreement first", "按要点（一致性由低到高）");
    let room = view.columns().saturating_sub(36).max(NAME);
    let title = format!("  {} {:>5} {:>6} {:>6} {:>6}", pad(name, room), "n", "=", "κ", "QWK");
    lines.push(view.paint(Paint::Bold, &title));
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    for point in points.iter().take(POINTS) {
        let place = safe_line(&format!("{} · {}", point.question, point.point));
        lines.push(format!(
            "  {} {:>5} {:>6} {:>6} {:>6}",
            pad(&clip(&place, room), room),
            point.n,
            number(point.exact),
            number(point.kappa),
            number(point.qwk)
        ));
    }
    let more = points.len().saturating_sub(POINTS);
    if more > 0 {
        lines.push(view.paint(Paint::Dim, &format!("  … {more} {}", view.say("more", "项未列出"))));
    }
}

/// The comparison as text.
pub fn show_comparison(view: &View<'_>, comparison: &Comparison) -> String {
    let mut lines = vec![view.paint(Paint::Bold, &counts(view, comparison))];
    if !comparison.same_fingerprint {
        lines.push(view.say(
            "the fingerprints differ: the difference tells about the graders as well as about the answers",
            "指纹不同：差异既来自评分方式，也来自回答",
        ).to_owned());
    }
    let others = [
        (comparison.only_here, "answers are only in this run", "个回答只在这次结果中"),
        (comparison.only_before, "answers are only in the other run", "个回答只在另一次结果中"),
        (comparison.lost, "were graded there and are not here", "个在另一次已评、这次未评"),
        (comparison.gained, "are graded here and were not there", "个这次已评、另一次未评"),
    ];
    for (count, en, zh) in others.iter().filter(|(count, _, _)| *count > 0) {
        lines.push(format!("{} {}", thousands(*count), view.say(en, zh)));
    }
    lines.push(String::new());
    let plain = |value| Figure { value, interval: None };
    lines.push(row(view.say("mean difference", "平均差"), comparison.difference, 2));
    lines.push(row(
        view.say("fall of the mean at worst", "最坏情况平均分下降"),
        plain(comparison.fall),
        2,
    ));
    lines.push(row(view.say("mean absolute difference", "平均绝对差"), plain(comparison.mae), 2));
    lines.push(row("Pearson", plain(comparison.pearson), 3));
    lines.push(row("Spearman", plain(comparison.spearman), 3));
    let (moved, rose, fell) = (comparison.moved, comparison.rose, comparison.fell);
    lines.push(match view.terminal.ui {
        Lang::En => format!("  {moved} answers moved: {rose} rose, {fell} fell"),
        Lang::Zh => format!("  {moved} 个回答的得分有变：{rose} 个上升，{fell} 个下降"),
    });
    changes(view, comparison, &mut lines);
    lines.join("\n")
}

fn counts(view: &View<'_>, comparison: &Comparison) -> String {
    let (n, of) = (thousands(comparison.compared as u64), thousands(comparison.matched));
    let questions = comparison.questions;
    match view.terminal.ui {
        Lang::En => {
            format!("{n} of {of} common answers have a score in both runs (questions: {questions})")
        }
        Lang::Zh => format!("{of} 个共同的回答中 {n} 个两次都有得分，{questions} 道题"),
    }
}

fn changes(view: &View<'_>, comparison: &Comparison, lines: &mut Vec<String>) {
    if comparison.changes.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(view.paint(
        Paint::Bold,
        view.say("the largest changes, falls first", "变化最大的回答（下降在前）"),
    ));
    let mut largest: Vec<&Change> = comparison.changes.iter().collect();
    let size = |change: &Change| (change.after - change.before).abs();
    largest.sort_by(|a, b| size(b).total_cmp(&size(a)));
    largest.truncate(CHANGES);
    largest.sort_by(|a, b| (a.after - a.before).total_cmp(&(b.after - b.before)));
    for change in largest {
        let ui = view.terminal.ui;
        let points = change.points.iter().map(|(id, before, after)| {
            format!("{id} {} → {}", words::verdict(ui, *before), words::verdict(ui, *after))
        });
        let points = points.collect::<Vec<_>>().join(", ");
        let question = change.question.as_deref().unwrap_or("–");
        let text = safe_line(&format!("{} · {question} · {points}", change.id));
        lines.push(format!(
            "  {:>5.1} → {:<5.1} {}",
            change.before,
            change.after,
            clip(&text, view.columns().saturating_sub(17))
        ));
    }
}
