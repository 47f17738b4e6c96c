//! A difficulty, or a range of them, on the command line.

use std::str::FromStr;

/// Difficulties from `low` to `high`, both included, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Difficulty {
    low: u8,
    high: u8,
}

impl Difficulty {
    /// The difficulties as a range.
    pub(crate) fn range(self) -> std::ops::RangeInclusive<u8> {
        self.low..=self.high
    }
}

impl FromStr for Difficulty {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.trim().parse::<u8>().ok().filter(|n| (1..=5).contains(n));
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        match (number(low), number(high)) {
            (Some(low), Some(high)) if low <= high => Ok(Self { low, high }),
            _ => Err("write a difficulty from 1 to 5, or a range such as 2-4".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_and_range() {
        assert!("3".parse::<Difficulty>().unwrap().range().contains(&3));
        let range: Difficulty = "2-4".parse().unwrap();
        assert_eq!((1..=5).filter(|n| range.range().contains(n)).collect::<Vec<_>>(), [2, 3, 4]);
        for bad in ["0", "6", "4-2", "x", ""] {
            assert!(bad.parse::<Difficulty>().is_err(), "{bad}");
        }
    }
}
