//! What every format is told about the report, and sentences that several share.

use super::run::{Counted, Digest, LEXICAL, Listed, Ungraded};
use super::words::{self, thousands};
use crate::domain::{GraderKind, Lang};

/// What a report is called and how it is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The run's name.
    pub title: &'a str,
    /// Language of the report's own words.
    pub ui: Lang,
    /// Score below which an answer counts as failed, 0 to 100.
    pub fail_under: Option<f64>,
    /// When the report is made: UTC, `YYYY-MM-DDThh:mm:ss`.
    pub at: &'a str,
}

impl Setting<'_> {
    fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        words::say(self.ui, en, zh)
    }

    /// A row without a score: whose, to which question, and why. What is wrong with a row of
    /// the input begins with its line there, so only lines that are no rows have one of their own.
    pub(super) fn unscored(&self, one: &Ungraded) -> Vec<String> {
        let line = one.line.map(|line| words::line(self.ui, line));
        let who = words::who(one.candidate.as_deref(), &one.id);
        let question = one.question.clone().filter(|question| !who.ends_with(question.as_str()));
        let parts = [line, Some(who), question, Some(one.why(self.ui).to_owned())];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect()
    }

    /// Counts, mean, spread and bands in a line each.
    pub(super) fn headlines(&self, digest: &Digest) -> Vec<String> {
        let mut lines = vec![self.counts(digest)];
        lines.extend(self.mean(digest));
        if let Some(spread) = digest.spread {
            lines.push(match self.ui {
                Lang::En => format!(
                    "median {:.0} · middle half {:.0}–{:.0} · lowest {:.0} · highest {:.0}",
                    spread.median, spread.q1, spread.q3, spread.min, spread.max
                ),
                Lang::Zh => format!(
                    "中位数 {:.0} · 中间一半 {:.0}–{:.0} · 最低 {:.0} · 最高 {:.0}",
                    spread.median, spread.q1, spread.q3, spread.min, spread.max
                ),
            });
        }
        lines.extend(self.bands(digest));
        lines
    }

    fn counts(&self, digest: &Digest) -> String {
        let (rows, graded) = (digest.answers, digest.graded);
        let parts = [
            (rows, "answers", "个回答"),
            (graded, "graded", "个已评"),
            (digest.ungraded, "partly ungraded", "个部分未评"),
            (digest.failed, "not graded", "个未评"),
            (digest.unreadable.total(), "unreadable lines", "行无法读取"),
            (digest.corrected, "corrected by a reviewer", "个经审阅更正"),
        ];
        let shown = parts.iter().enumerate().filter(|(index, part)| *index < 2 || part.0 > 0);
        let texts = shown.map(|(_, (n, en, zh))| {
            let en = if *n == 1 && *en == "answers" { "answer" } else { *en };
            let n = thousands(*n);
            match self.ui {
                Lang::En => format!("{n} {en}"),
                Lang::Zh => format!("{n} {zh}"),
            }
        });
        texts.collect::<Vec<_>>().join(" · ")
    }

    fn mean(&self, digest: &Digest) -> Option<String> {
        if !digest.comparable {
            return Some(self.incomparable().to_owned());
        }
        let mean = digest.mean?;
        let text = mean.text();
        let estimate = self.estimate(digest);
        let open = mean.rows - mean.graded;
        Some(match (self.ui, mean.is_exact()) {
            (Lang::En, true) => format!("mean score {text} of 100{estimate}"),
            (Lang::Zh, true) => format!("平均分 {text}（满分 100）{estimate}"),
            (Lang::En, false) => format!(
                "mean score {text} of 100{estimate}: {open} without a score count from their worst to their best case"
            ),
            (Lang::Zh, false) => {
                format!(
                    "平均分 {text}（满分 100）{estimate}：{open} 个没有得分的回答按最坏到最好情况计"
                )
            }
        })
    }

    /// Why there is no mean.
    pub(super) fn incomparable(&self) -> &'static str {
        words::say(
            self.ui,
            "graded by more than one grader or rubric: scores are comparable only within one fingerprint, so there is no common mean",
            "由不同的评分方式或评分标准评出：只有同一指纹内的分数可比，因此没有共同的平均分",
        )
    }

    fn bands(&self, digest: &Digest) -> Option<String> {
        let bands = &digest.bands;
        let counts = [
            (bands.strong, "strong hire", "强烈推荐"),
            (bands.hire, "hire", "推荐"),
            (bands.borderline, "borderline", "待定"),
            (bands.no_hire, "no hire", "不推荐"),
            (bands.open, "without a band", "无等级"),
        ];
        let banded: u64 = counts.iter().take(4).map(|(n, _, _)| n).sum();
        let texts = counts.iter().filter(|(n, _, _)| *n > 0);
        let texts = texts.map(|(n, en, zh)| format!("{} {}", self.say(en, zh), thousands(*n)));
        (banded > 0).then(|| texts.collect::<Vec<_>>().join(" · "))
    }

    /// Provenance, cost and time: a name and a text each.
    pub(super) fn sources(&self, digest: &Digest) -> Vec<(&'static str, String)> {
        let ui = self.ui;
        let say = |en, zh| words::say(ui, en, zh);
        let sources = &digest.sources;
        let graders = Listed { items: self.graders(digest), left_out: 0 };
        let lists = [
            (say("grader", "评分方式"), &graders),
            (say("endpoint", "端点"), &sources.endpoints),
            (say("model", "模型"), &sources.models),
            (say("model as returned", "返回的模型"), &sources.returned_models),
            (say("prompts", "提示词"), &sources.prompts),
            (say("rubric", "评分标准"), &sources.rubrics),
            (say("fingerprint", "指纹"), &sources.fingerprints),
        ];
        let filled = lists.into_iter().filter(|(_, list)| list.total() > 0);
        let mut lines: Vec<_> = filled.map(|(name, list)| (name, self.listed(list))).collect();
        if digest.cost.calls > 0 {
            lines.push((say("calls", "调用"), thousands(digest.cost.calls)));
            lines.push((say("tokens", "token"), self.tokens(digest)));
        }
        lines.extend(self.money(digest).map(|text| (say("cost", "费用"), text)));
        if let Some(latency) = digest.latency {
            let text = format!("{:.1} s, {:.1} s", latency.median, latency.p95);
            lines.push((
                say("seconds an answer (median, 95 %)", "每个回答用时（中位数、95%）"),
                text,
            ));
        }
        lines
    }

    /// The graders under the names that people read.
    fn graders(&self, digest: &Digest) -> Vec<Counted> {
        let named = digest.sources.graders.iter().map(|one| {
            let kind = if one.name == LEXICAL { GraderKind::Lexical } else { GraderKind::Llm };
            Counted { name: words::grader(self.ui, kind).to_owned(), ..one.clone() }
        });
        named.collect()
    }

    /// ` (lexical estimate)` behind figures that rest on one.
    fn estimate(&self, digest: &Digest) -> String {
        let lexical = digest.sources.graders.iter().any(|one| one.name == LEXICAL);
        let name = words::grader(self.ui, GraderKind::Lexical);
        match self.ui {
            _ if !lexical => String::new(),
            Lang::En => format!(" ({name})"),
            Lang::Zh => format!("（{name}）"),
        }
    }

    /// Names, with counts and means when there are several.
    fn listed(&self, list: &Listed<Counted>) -> String {
        let several = list.items.len() > 1 || list.left_out > 0;
        let texts = list.items.iter().map(|one| match (several, one.mean) {
            (false, _) => one.name.clone(),
            (true, None) => format!("{} ({})", one.name, thousands(one.count)),
            (true, Some(mean)) => {
                let said = self.say("mean", "平均");
                format!("{} ({}, {said} {})", one.name, thousands(one.count), mean.text())
            }
        });
        let mut text = texts.collect::<Vec<_>>().join(", ");
        if list.left_out > 0 {
            text.push_str(&format!(", +{}", thousands(list.left_out)));
        }
        text
    }

    fn tokens(&self, digest: &Digest) -> String {
        let tokens = &digest.cost.tokens;
        let [input, cached, output] = [tokens.input, tokens.cached, tokens.output].map(thousands);
        match self.ui {
            Lang::En => format!("{input} in ({cached} cached), {output} out"),
            Lang::Zh => format!("输入 {input}（缓存 {cached}），输出 {output}"),
        }
    }

    fn money(&self, digest: &Digest) -> Option<String> {
        let cost = &digest.cost;
        if cost.priced == 0 {
            return None;
        }
        let mut text = format!("{:.4}", cost.amount);
        if cost.unpriced > 0 {
            let said = self.say("answers have no price", "个回答没有价格");
            text.push_str(&format!(" ({} {said})", thousands(cost.unpriced)));
        }
        Some(text)
    }
}
