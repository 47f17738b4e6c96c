//! The word for a question with its number, as a heading begins: `Question 2`, `Q2`, 问题 2,
//! 第二题. What follows is for the reader of headings to judge.

/// How a line begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label<'a> {
    pub(super) number: Option<usize>,
    pub(super) rest: &'a str,
    /// Whether the label ends there: no letter goes on, nor a word after a mere space.
    pub(super) ends: bool,
}

/// Reads a line that begins with the word for a question.
pub(super) fn read(text: &str) -> Option<Label<'_>> {
    counted(text).or_else(|| {
        let rest = word(text, "question").or_else(|| any(text, &["问题", "题目"]))?;
        let (number, after) = number(rest.trim_start_matches([' ', '.', '#']));
        let rest = if number.is_some() { after } else { rest };
        let follows = rest.trim_start();
        if number.is_none() && !follows.starts_with(':') {
            return None;
        }
        labelled(number, rest)
    })
}

/// 第二题, or `Q2`: there is none without its number.
fn counted(text: &str) -> Option<Label<'_>> {
    if let Some(rest) = text.strip_prefix('第') {
        let (number, after) = number(rest.trim_start());
        let after = any(after.trim_start(), &["题", "个问题", "道题", "问"])?;
        return number.and_then(|number| labelled(Some(number), after));
    }
    let rest = word(text, "q").or_else(|| text.strip_prefix('题'))?;
    let (number, after) = number(rest.trim_start_matches([' ', '.']));
    number.and_then(|number| labelled(Some(number), after))
}

fn labelled(number: Option<usize>, rest: &str) -> Option<Label<'_>> {
    let follows = rest.chars().next();
    if follows.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let follows = rest.trim_start().chars().next();
    Some(Label { number, rest, ends: follows.is_none_or(|c| !c.is_alphabetic()) })
}

fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

fn any<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| text.strip_prefix(word))
}

/// A number in digits or Chinese numerals (below a hundred), and what follows it.
fn number(text: &str) -> (Option<usize>, &str) {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        return (text[..digits].parse().ok(), &text[digits..]);
    }
    let rest = text.trim_start_matches(|c| numeral(c).is_some());
    (chinese(&text[..text.len() - rest.len()]), rest)
}

fn numeral(c: char) -> Option<usize> {
    "零一二三四五六七八九十".chars().position(|other| other == c)
}

fn chinese(text: &str) -> Option<usize> {
    let digits: Vec<usize> = text.chars().filter_map(numeral).collect();
    match digits[..] {
        [digit] => Some(digit),
        [10, ones] => Some(10 + ones),
        [tens, 10] => Some(10 * tens),
        [tens, 10, ones] => Some(10 * tens + ones),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_counted_in_two_languages() {
        for (text, number, rest) in [
            ("Question 2: x", Some(2), ": x"),
            ("question #12", Some(12), ""),
            ("Q3. x", Some(3), ". x"),
            ("Question: x", None, ": x"),
            ("问题 2", Some(2), ""),
            ("问题二:x", Some(2), ":x"),
            ("第十二题", Some(12), ""),
            ("第 2 题 x", Some(2), " x"),
            ("第二个问题", Some(2), ""),
            ("题 2", Some(2), ""),
            ("题目二十", Some(20), ""),
            ("题目:x", None, ":x"),
        ] {
            let label = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((label.number, label.rest), (number, rest), "{text}");
        }
        for text in ["Questions: a/b", "Question", "Question 2b", "Queue 2", "Q", "第二", "题外话"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(!read("Question 2 is easy").unwrap().ends);
        assert!(!read("问题二的回答").unwrap().ends);
        assert!(read("Question 2 - x").unwrap().ends);
    }
}
