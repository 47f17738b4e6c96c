//! The project's words in both languages, and text cut to a length.

use crate::domain::{Band, ClarityLevel, Flag, GraderKind, Lang, Tier, Verdict};

/// The text in a language.
pub(super) fn say<'a>(ui: Lang, en: &'a str, zh: &'a str) -> &'a str {
    match ui {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// A verdict's name.
pub(super) fn verdict(ui: Lang, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => say(ui, "met", "答到"),
        Verdict::Partial => say(ui, "partial", "部分"),
        Verdict::Missing => say(ui, "missing", "缺失"),
        Verdict::Contradicted => say(ui, "contradicted", "说反"),
        Verdict::Ungraded => say(ui, "ungraded", "未评"),
    }
}

/// A verdict's mark.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "✔",
        Verdict::Partial => "◐",
        Verdict::Missing => "✘",
        Verdict::Contradicted => "≠",
        Verdict::Ungraded => "?",
    }
}

/// A grader's name; an estimate is always called one.
pub(super) fn grader(ui: Lang, grader: GraderKind) -> &'static str {
    match grader {
        GraderKind::Llm => say(ui, "model", "模型"),
        GraderKind::Lexical => say(ui, "lexical estimate", "词面估分"),
    }
}

/// A tier's name.
pub fn tier(ui: Lang, tier: Tier) -> &'static str {
    match tier {
        Tier::Must => say(ui, "must", "必答"),
        Tier::Should => say(ui, "should", "应答"),
        Tier::Bonus => say(ui, "bonus", "加分"),
    }
}

/// A band's name.
pub(super) fn band(ui: Lang, band: Band) -> &'static str {
    match band {
        Band::Strong => say(ui, "strong hire", "强烈推荐"),
        Band::Hire => say(ui, "hire", "推荐"),
        Band::Borderline => say(ui, "borderline", "待定"),
        Band::NoHire => say(ui, "no hire", "不推荐"),
    }
}

/// A clarity level's name.
pub(super) fn clarity(ui: Lang, level: ClarityLevel) -> &'static str {
    match level {
        ClarityLevel::Unclear => say(ui, "unclear", "不清楚"),
        ClarityLevel::Mixed => say(ui, "mixed", "一般"),
        ClarityLevel::Clear => say(ui, "clear", "清楚"),
        ClarityLevel::Crisp => say(ui, "crisp", "精炼"),
    }
}

/// A flag in a few words.
pub(super) fn flag(ui: Lang, flag: Flag) -> &'static str {
    match flag {
        Flag::Blank => say(ui, "blank", "空白"),
        Flag::RestatesQuestion => say(ui, "repeats the question", "只重复题目"),
        Flag::EscapedCharacters => say(ui, "hidden characters", "含隐藏字符"),
        Flag::AddressesGrader => say(ui, "addresses the grading", "对评分者说话"),
        Flag::DraftedPoints => say(ui, "points not reviewed", "要点未经审阅"),
        Flag::ReferenceOnly => say(ui, "likeness to the reference only", "只比对参考答案"),
        Flag::FromReasoning => say(ui, "verdicts from the reasoning", "评判取自推理"),
        Flag::Reasked => say(ui, "asked again", "重新询问过"),
        Flag::OtherModel => say(ui, "model changed", "中途换了模型"),
        Flag::SelfMarked => say(ui, "self-marked", "本人修改"),
        Flag::Corrected => say(ui, "corrected by a reviewer", "审阅者已更正"),
    }
}

/// The text cut to a number of characters, with an ellipsis when something was cut.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The name of a line of the run.
pub(super) fn line(ui: Lang, number: u64) -> String {
    match ui {
        Lang::En => format!("line {number}"),
        Lang::Zh => format!("第 {number} 行"),
    }
}

/// Whose answer a row is: its candidate and its id, which may begin with that name.
pub(super) fn who(candidate: Option<&str>, id: &str) -> String {
    match candidate {
        Some(name) if !name.is_empty() && id.split('/').next() != Some(name) => {
            format!("{name} · {id}")
        }
        _ => id.to_owned(),
    }
}

/// A number with its thousands apart.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
