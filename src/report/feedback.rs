//! Feedback on one answer, for a terminal of 24 × 80.
//!
//! Each point with its verdict and the candidate's own words, the one thing most
//! worth adding, and where the number came from. All text that is not ours is
//! made safe before it is laid out.

use super::words;
use crate::domain::score::{Breakdown, Steps, score};
use crate::domain::{
    Assessment, Band, Flag, GraderKind, Lang, PointAssessment, Question, Scoring, Tier, Verdict,
};
use crate::term::{Paint, Terminal, clip, pad, safe_line, wrap_indented};

/// Columns of the mark and the tier in front of a point.
const MARGIN: usize = 10;

/// How something is shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Language of messages, colours, columns.
    pub terminal: &'a Terminal,
    /// Whether the stream that shows it is a terminal.
    pub painted: bool,
    /// Language of the question.
    pub lang: Lang,
}

impl View<'_> {
    pub(super) fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        self.terminal.say(en, zh)
    }

    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        self.terminal.paint(paint, text, self.painted)
    }

    pub(super) fn columns(&self) -> usize {
        self.terminal.text_columns()
    }
}

/// The whole feedback on an answer.
pub fn feedback(view: &View<'_>, question: &Question, assessment: &Assessment) -> String {
    let mut lines = vec![headline(view, assessment)];
    for judged in &assessment.points {
        point(view, question, judged, &mut lines);
    }
    misconceptions(view, assessment, &mut lines);
    if let Some(line) = most_worth_adding(view, question, assessment) {
        lines.extend(line);
    }
    lines.extend(notes(view, assessment));
    lines.join("\n")
}

/// Score, band and grader in one line.
pub fn headline(view: &View<'_>, assessment: &Assessment) -> String {
    let number = match assessment.score {
        Some(score) => format!("{score:.0}/100"),
        None => format!("{:.0}–{:.0}/100", assessment.low, assessment.high),
    };
    let mut parts = vec![view.paint(Paint::Bold, &number)];
    if let Some(band) = assessment.band {
        parts.push(view.paint(band_paint(band), band_name(view, band)));
    }
    let ungraded = assessment.points.iter().filter(|p| p.verdict == Verdict::Ungraded).count();
    if ungraded > 0 {
        let of = assessment.points.len();
        parts.push(match view.terminal.ui {
            Lang::En => format!("{ungraded} of {of} points ungraded"),
            Lang::Zh => format!("{of} 个要点中有 {ungraded} 个未评"),
        });
    }
    parts.push(view.paint(Paint::Dim, &grader_name(view, assessment)));
    parts.join(" · ")
}

fn grader_name(view: &View<'_>, assessment: &Assessment) -> String {
    let source = &assessment.provenance;
    match assessment.grader {
        GraderKind::Lexical => {
            view.say("lexical estimate (offline)", "词面估分（离线）").to_owned()
        }
        GraderKind::Llm => {
            let model = source.model.as_deref().unwrap_or_default();
            let endpoint = source.endpoint.as_deref().unwrap_or_default();
            safe_line(&format!("{model} @ {endpoint}"))
        }
    }
}

/// The band's name in the language of messages.
pub(crate) fn band_name(view: &View<'_>, band: Band) -> &'static str {
    match band {
        Band::Strong => view.say_static("strong hire", "强烈推荐"),
        Band::Hire => view.say_static("hire", "推荐"),
        Band::Borderline => view.say_static("borderline", "待定"),
        Band::NoHire => view.say_static("no hire", "不推荐"),
    }
}

impl View<'_> {
    fn say_static(&self, en: &'static str, zh: &'static str) -> &'static str {
        self.terminal.say(en, zh)
    }
}

fn band_paint(band: Band) -> Paint {
    match band {
        Band::Strong | Band::Hire => Paint::Green,
        Band::Borderline => Paint::Yellow,
        Band::NoHire => Paint::Red,
    }
}

pub(super) fn mark(verdict: Verdict) -> (&'static str, Paint) {
    match verdict {
        Verdict::Met => ("✔", Paint::Green),
        Verdict::Partial => ("◐", Paint::Yellow),
        Verdict::Missing => ("✘", Paint::Red),
        Verdict::Contradicted => ("≠", Paint::Red),
        Verdict::Ungraded => ("?", Paint::Dim),
    }
}

/// A point in one line, its evidence in a second.
fn point(view: &View<'_>, question: &Question, judged: &PointAssessment, lines: &mut Vec<String>) {
    let claim = question.point(&judged.id).map_or("", |point| point.claim.get(view.lang));
    let (mark, paint) = mark(judged.verdict);
    let room = view.columns().saturating_sub(MARGIN);
    let tier = view.paint(Paint::Dim, &pad(words::tier(view.terminal.ui, judged.tier), MARGIN - 3));
    lines.push(format!("{} {tier} {}", view.paint(paint, mark), clip(&safe_line(claim), room)));
    let detail = match (judged.evidence.first(), judged.verdict) {
        (Some(evidence), _) => format!("“{}”", clip(&safe_line(&evidence.quote), room - 2)),
        (None, Verdict::Ungraded) => clip(&safe_line(&judged.why), room),
        (None, _) => return,
    };
    lines.push(format!("{}{}", " ".repeat(MARGIN), view.paint(Paint::Cyan, &detail)));
}

fn misconceptions(view: &View<'_>, assessment: &Assessment, lines: &mut Vec<String>) {
    for found in &assessment.misconceptions {
        let quote = found.evidence.first().map_or("", |evidence| evidence.quote.as_str());
        let label = view.say("wrong:", "误区：");
        let room = view.columns().saturating_sub(MARGIN + 4);
        lines.push(format!(
            "{} {label} “{}”",
            view.paint(Paint::Red, "≠"),
            clip(&safe_line(quote), room)
        ));
        let correction = safe_line(&found.correction);
        lines.extend(wrap_indented(&correction, view.columns(), "  → ", "    "));
    }
}

/// The point that would add most to the score, whole.
fn most_worth_adding(
    view: &View<'_>,
    question: &Question,
    assessment: &Assessment,
) -> Option<Vec<String>> {
    let order = |tier: Tier| match tier {
        Tier::Must => 0,
        Tier::Should => 1,
        Tier::Bonus => 2,
    };
    let open = |p: &&PointAssessment| {
        matches!(p.verdict, Verdict::Missing | Verdict::Partial | Verdict::Contradicted)
    };
    let worst = assessment.points.iter().filter(open).min_by(|a, b| {
        let lacking = |p: &PointAssessment| 1.0 - p.credit.unwrap_or(1.0);
        order(a.tier).cmp(&order(b.tier)).then(lacking(b).total_cmp(&lacking(a)))
    })?;
    let own_words = assessment
        .feedback
        .iter()
        .find(|line| line.point.as_deref() == Some(worst.id.as_str()))
        .map(|line| line.text.as_str());
    let claim = question.point(&worst.id)?.claim.get(view.lang);
    let text = safe_line(own_words.unwrap_or(claim));
    let label = view.say("Most worth adding: ", "最值得补的一点：");
    Some(wrap_indented(&format!("{label}{text}"), view.columns(), "", "  "))
}

/// What flags and grader mean for the reader, a line each.
fn notes(view: &View<'_>, assessment: &Assessment) -> Vec<String> {
    let mut notes: Vec<&str> =
        assessment.flags.iter().filter_map(|f| flag_note(view, *f)).collect();
    if assessment.grader == GraderKind::Lexical {
        notes.push(view.say(
            "An estimate from words: it sees neither order nor sense. `viva setup` connects a model.",
            "词面估分只看用词，看不出顺序和逻辑。用 `viva setup` 可接入模型评分。",
        ));
    }
    notes
        .iter()
        .flat_map(|note| wrap_indented(note, view.columns(), "", "  "))
        .map(|line| view.paint(Paint::Dim, &line))
        .collect()
}

fn flag_note<'t>(view: &View<'t>, flag: Flag) -> Option<&'t str> {
    let (en, zh) = match flag {
        Flag::Blank => ("The answer is blank.", "回答是空的。"),
        Flag::RestatesQuestion => ("The answer only repeats the question.", "回答只是重复了题目。"),
        Flag::AddressesGrader => (
            "Part of the answer addresses the grading; it was graded a second time without that part.",
            "回答中有对评分者说的话；已去掉那部分再评一次。",
        ),
        Flag::EscapedCharacters => (
            "Hidden characters in the answer were made visible.",
            "回答中的隐藏字符已转为可见形式。",
        ),
        Flag::DraftedPoints => (
            "The points were drafted from the reference by the model; nobody has reviewed them.",
            "要点由模型从参考答案草拟，未经人工审阅。",
        ),
        Flag::ReferenceOnly => (
            "No points exist: the score is likeness to the reference.",
            "没有要点：分数是与参考答案的相似程度。",
        ),
        Flag::FromReasoning => {
            ("The verdicts were found in the model's reasoning.", "评判取自模型的推理字段。")
        }
        Flag::OtherModel => ("The server changed its model in the middle.", "服务器中途换了模型。"),
        Flag::SelfMarked => ("Some verdicts are the candidate's own.", "部分评判由本人修改。"),
        Flag::Corrected => ("A reviewer has corrected some verdicts.", "部分评判已由审阅者更正。"),
        Flag::Reasked => return None,
    };
    Some(view.say(en, zh))
}

/// The arithmetic of a score, step by step.
pub fn explain(view: &View<'_>, assessment: &Assessment, scoring: &Scoring) -> String {
    let sum = score(scoring, &assessment.points, &assessment.misconceptions);
    let mut lines = Vec::new();
    for row in &sum.rows {
        let credit = row.credit.map_or("?".to_owned(), |credit| format!("{credit:.2}"));
        lines.push(format!(
            "{} {} {:.1} × {credit}",
            pad(&safe_line(&row.id), 24),
            pad(words::tier(view.terminal.ui, row.tier), 6),
            row.weight
        ));
    }
    if sum.complete {
        lines.extend(steps(view, &sum, &sum.low, scoring));
    } else {
        lines.push(view.say("at worst:", "最坏情况：").to_owned());
        lines.extend(steps(view, &sum, &sum.low, scoring));
        lines.push(view.say("at best:", "最好情况：").to_owned());
        lines.extend(steps(view, &sum, &sum.high, scoring));
    }
    lines.push(band_line(view, assessment, &sum, scoring));
    lines.join("\n")
}

fn steps(view: &View<'_>, sum: &Breakdown, steps: &Steps, scoring: &Scoring) -> Vec<String> {
    let label = |en, zh| pad(view.say(en, zh), 12);
    let base = if sum.possible > 0.0 { steps.earned / sum.possible } else { 0.0 };
    let mut lines = vec![format!(
        "{} {:.2} ÷ {:.1} = {base:.3}",
        label("content", "内容"),
        steps.earned,
        sum.possible
    )];
    if steps.bonus > 0.0 {
        lines.push(format!("{} + {:.3}", label("bonus", "加分"), steps.bonus));
    }
    if steps.wrong > 0 {
        lines.push(format!(
            "{} − {:.2} ({} × {:.2}, ≤ {:.2})",
            label("wrong claims", "错误说法"),
            steps.penalty,
            steps.wrong,
            scoring.penalty,
            scoring.penalty_limit
        ));
    }
    lines.push(format!("{} {:.1}", label("score", "得分"), steps.score));
    lines
}

fn band_line(
    view: &View<'_>,
    assessment: &Assessment,
    sum: &Breakdown,
    scoring: &Scoring,
) -> String {
    let bands = &scoring.bands;
    let (strong, hire, borderline) = (bands.strong, bands.hire, bands.borderline);
    let scale = match view.terminal.ui {
        Lang::En => format!(" (strong ≥ {strong}, hire ≥ {hire}, borderline ≥ {borderline})"),
        Lang::Zh => format!("（强烈推荐 ≥ {strong}，推荐 ≥ {hire}，待定 ≥ {borderline}）"),
    };
    if assessment.grader == GraderKind::Lexical {
        return view
            .say("no band: a lexical estimate has none", "无等级：词面估分不给等级")
            .to_owned();
    }
    let name = sum.band.map_or(view.say("open", "未定"), |band| band_name(view, band));
    let cap = match (&sum.capped_by, view.terminal.ui) {
        (None, _) => String::new(),
        (Some(id), Lang::En) => format!("; at most borderline: must point {id} is not there"),
        (Some(id), Lang::Zh) => format!("；必答要点 {id} 缺失，最高为待定"),
    };
    format!("{} {name}{scale}{cap}", pad(view.say("band", "等级"), 12))
}
