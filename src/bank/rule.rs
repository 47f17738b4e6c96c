//! The rules that a bank is held to, by their stable names.
//!
//! An error is a fact: it stops loading, or cannot be meant. A warning is a
//! judgement, so an author can answer it in the file with a reason.

use crate::domain::FaultKind;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Has to be mended.
    Error,
    /// Has to be mended or answered.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! rules {
    ($($(#[doc = $about:literal])+ $rule:ident, $severity:ident, $name:literal;)+) => {
        /// A rule of the bank.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $about])+ $rule,)+
        }

        impl Rule {
            /// All rules: errors of loading, errors, warnings.
            pub const ALL: &'static [Self] = &[$(Self::$rule),+];

            /// Its name in messages and in `allow`, in kebab-case.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)+
                }
            }

            /// How bad a breach is.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$rule => Severity::$severity,)+
                }
            }

            /// What it demands, in one sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$rule => concat!($($about),+).trim_ascii(),)+
                }
            }
        }
    };
}

rules! {
    /// A file can be read: a regular file, UTF-8, not too long.
    Unreadable, Error, "unreadable";
    /// A file's place or a line's id is `<topic>/<slug>` in lower-case letters, digits and hyphens.
    BadId, Error, "bad-id";
    /// A file is well-formed, with known fields of the right type.
    Syntax, Error, "syntax";
    /// A tier is must, should or bonus.
    UnknownTier, Error, "unknown-tier";
    /// An id, present or former, belongs to one question of a layer.
    DuplicateId, Error, "duplicate-id";
    /// A difficulty is 1 to 5.
    BadDifficulty, Error, "bad-difficulty";
    /// Points and misconceptions have ids that differ within the question.
    DuplicatePoint, Error, "duplicate-point";
    /// A question with points has a must or should point.
    NoScoredPoint, Error, "no-scored-point";
    /// A question has at most 20 points.
    TooManyPoints, Error, "too-many-points";
    /// A term group has aliases, and none is blank.
    EmptyTerms, Error, "empty-terms";
    /// Follow-ups and samples name points of the question.
    UnknownPoint, Error, "unknown-point";
    /// Samples name misconceptions of the question.
    UnknownMisconception, Error, "unknown-misconception";
    /// No field holds control characters.
    ControlCharacter, Error, "control-character";
    /// A plan is well-formed.
    BadPlan, Error, "bad-plan";

    /// A plan names questions of the bank.
    UnknownPlanQuestion, Error, "unknown-plan-question";
    /// A plan picks by topics, tags and items that the bank has.
    UnknownPlanWord, Error, "unknown-plan-word";
    /// A plan's pick finds as many questions as it asks for.
    ShortPlanPick, Error, "short-plan-pick";
    /// `covers` names items of the article.
    UnknownItem, Error, "unknown-item";
    /// A source's URL is an https or http address.
    BadUrl, Error, "bad-url";
    /// No text of the template is left.
    Placeholder, Error, "placeholder";
    /// `allow` names a warning rule and gives a reason.
    BadAllow, Error, "bad-allow";

    /// Every text is there in English and in Chinese.
    MissingLanguage, Warning, "missing-language";
    /// A title has at most 120 characters in English, 45 in Chinese.
    TitleLength, Warning, "title-length";
    /// A reference has 90 to 260 words in English, 150 to 450 characters in Chinese.
    ReferenceLength, Warning, "reference-length";
    /// A claim has at most 230 characters in English, 100 in Chinese.
    ClaimLength, Warning, "claim-length";
    /// A question has 4 to 7 points, or 3 at difficulty 1.
    PointCount, Warning, "point-count";
    /// A question has a must point.
    NoMust, Warning, "no-must";
    /// Points stand in the order must, should, bonus.
    TierOrder, Warning, "tier-order";
    /// A point states one fact.
    CompoundPoint, Warning, "compound-point";
    /// A must point has a hint.
    MustWithoutHint, Warning, "must-without-hint";
    /// A hint holds no alias of its own point.
    HintGivesAway, Warning, "hint-gives-away";
    /// A question names its sources.
    NoSource, Warning, "no-source";
    /// A question has a follow-up.
    NoFollowUp, Warning, "no-follow-up";
    /// A question has one sample of each level: strong, middling, wrong.
    MissingSample, Warning, "missing-sample";
    /// A strong sample meets every must point, a wrong one none.
    SampleLevel, Warning, "sample-level";
    /// A sample has 35 to 160 words in English, 55 to 280 characters in Chinese.
    SampleLength, Warning, "sample-length";

    /// A point has term groups.
    NoTerms, Warning, "no-terms";
    /// An alias holds a word, number or Han character.
    DeadAlias, Warning, "dead-alias";
    /// Every term group has an alias for each language; a name such as `PaLM` serves both.
    AliasLanguage, Warning, "alias-language";
    /// The reference of each language meets the terms of every must and should point.
    ReferenceMissesPoint, Warning, "reference-misses-point";
    /// A point's claim meets its own terms.
    ClaimMissesTerms, Warning, "claim-misses-terms";
    /// The title meets no point.
    MetByTitle, Warning, "met-by-title";
    /// No misconception's claim meets a point.
    MetByMisconception, Warning, "met-by-misconception";
    /// Where a wrong sample states a misconception, it meets no point.
    MetByWrongSample, Warning, "met-by-wrong-sample";
    /// A misconception's claim meets its own terms.
    MisconceptionMissesTerms, Warning, "misconception-misses-terms";
    /// The reference meets no misconception's terms.
    MisconceptionInReference, Warning, "misconception-in-reference";
    /// No two points meet each other's terms with their claims.
    OverlappingPoints, Warning, "overlapping-points";
    /// A point's terms are met by few references of other questions.
    LooseTerms, Warning, "loose-terms";
    /// No two questions ask the same.
    NearDuplicate, Warning, "near-duplicate";

    /// Chinese text has full-width punctuation and quotes.
    ZhPunctuation, Warning, "zh-punctuation";
    /// A space stands between Han and Latin or digits, or nowhere, as the bank does mostly.
    ZhSpacing, Warning, "zh-spacing";
    /// English text has no full-width punctuation.
    EnPunctuation, Warning, "en-punctuation";
    /// Tags and ids of points and misconceptions are kebab-case.
    Naming, Warning, "naming";
    /// A question file stands in a topic folder.
    StrayFile, Warning, "stray-file";
    /// What `allow` answers is found.
    UnusedAllow, Warning, "unused-allow";
}

impl Rule {
    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl From<FaultKind> for Rule {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Difficulty => Self::BadDifficulty,
            FaultKind::DuplicateId => Self::DuplicatePoint,
            FaultKind::NoScoredPoint => Self::NoScoredPoint,
            FaultKind::TooManyPoints => Self::TooManyPoints,
            FaultKind::EmptyTerms => Self::EmptyTerms,
            FaultKind::UnknownPoint => Self::UnknownPoint,
            FaultKind::UnknownMisconception => Self::UnknownMisconception,
            FaultKind::ControlCharacter => Self::ControlCharacter,
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_differ_and_lead_back() {
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.name()), Some(*rule));
            assert!(rule.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{rule}");
            assert!(rule.about().ends_with('.'), "{rule}");
        }
        assert_eq!(Rule::named("nonsense"), None);
    }
}
