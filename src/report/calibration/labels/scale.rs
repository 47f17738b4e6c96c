//! The numbers that people mark with: how they are written, and on which scale.
//!
//! A number that can be read in two ways is refused.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::report::fault::Fault;

/// The scale of labelled scores: the worst and the best, of which either may be the larger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The worst score.
    pub worst: f64,
    /// The best score.
    pub best: f64,
}

impl Scale {
    pub(super) const UNIT: Self = Self { worst: 0.0, best: 1.0 };
    pub(super) const HUNDRED: Self = Self { worst: 0.0, best: 100.0 };

    pub(super) fn holds(self, score: f64) -> bool {
        (self.worst.min(self.best)..=self.worst.max(self.best)).contains(&score)
    }

    /// A score on it as one of 0 to 100.
    pub(super) fn of_hundred(self, score: f64) -> f64 {
        100.0 * ((score - self.worst) / (self.best - self.worst))
    }
}

impl FromStr for Scale {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The first character may be a sign.
        let dash = text.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at);
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        let scale = dash.and_then(|at| {
            Some(Self { worst: number(&text[..at])?, best: number(&text[at + 1..])? })
        });
        scale
            .filter(|scale| (scale.best - scale.worst).abs() > f64::EPSILON)
            .ok_or("write the worst and the best score, such as 0-5 or 6-1")
    }
}

impl Display for Scale {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.worst, self.best)
    }
}

/// A score as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub(super) score: f64,
    /// Whether a percent sign says its scale.
    pub(super) percent: bool,
}

impl Mark {
    /// Reads `0.5`, `0,5` or `50 %`.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let bare = text.trim_end_matches(['%', '％']);
        let number = bare.trim_end().replacen(',', ".", usize::from(!bare.contains('.')));
        let thousand = bare
            .trim_end()
            .rsplit_once(',')
            .is_some_and(|(whole, rest)| rest.len() == 3 && !matches!(whole, "" | "0" | "-0"));
        if thousand {
            return Err(Fault::new(
                format!("score {text:?} can be read in two ways: write it without the comma"),
                format!("得分 {text:?} 有两种读法：请不要用逗号"),
            ));
        }
        let percent = bare.len() < text.len();
        let score = number.parse().ok().filter(|score: &f64| score.is_finite());
        score.map(|score| Self { score, percent }).ok_or_else(|| {
            Fault::new(format!("score {text:?} is no number"), format!("得分 {text:?} 不是数字"))
        })
    }
}
