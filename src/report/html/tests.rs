//! Pages, addresses, hidden characters.

use super::*;
use crate::domain::Lang;
use crate::report::run::Run;
use crate::report::samples;

const SETTING: Setting<'_> =
    Setting { title: "run.jsonl", ui: Lang::En, fail_under: None, at: "2026-11-25T10:00:00" };

/// The page of a run of so many equal rows.
fn page(number: u64, answers: u64, files: &[String]) -> String {
    let line = samples::graded("a", "Ada", 0.5);
    let row = |number| Row::new(number, line.clone());
    let mut run = Run::default();
    (1..=answers).for_each(|number| run.add(&row(number)));
    let first = (number - 1) * PAGE;
    let mut rows = (first + 1..=answers).map(|number| Ok(row(number)));
    let mut out = Vec::new();
    let place = Place { page: number, files };
    html(&mut out, &SETTING, &run.finish(), place, &mut rows).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_run_beyond_one_page_is_paged_and_says_so() {
    let files = ["a b#.html".to_owned(), "a b#-2.html".to_owned()];
    assert_eq!((pages(0), pages(PAGE), pages(PAGE + 3), pages(u64::MAX)), (1, 1, 2, MOST_PAGES));
    let last = page(2, PAGE + 3, &files);
    assert_eq!(last.matches("<details class=\"answer\"").count(), 3);
    assert!(last.contains("10,001–10,003 of 10,003"), "{}", &last[..900]);
    assert!(last.contains("a%20b%23.html\"") && last.contains("<b>2</b>"));
    assert!(!last.contains("<figure>"), "figures are on the first page alone");
}

#[test]
fn few_answers_stand_open_and_many_do_not() {
    let open = |html: &str| html.matches("class=\"answer\" id=\"a1\" open").count();
    assert_eq!(open(&page(1, 20, &[])), 1);
    assert_eq!(open(&page(1, 21, &[])), 0);
}

#[test]
fn the_policy_allows_the_pages_own_style_and_nothing_else() {
    let html = page(1, 1, &[]);
    let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = html.split("content=\"").nth(1).unwrap().split('"').next().unwrap();
    let policy = policy.replace("&#x27;", "'").replace("&#x2f;", "/").replace("&#x2b;", "+");
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(policy, expected);
    for remote in ["http:", "https:", "url(", "@import", "<script", " style=", "<link", "<iframe"] {
        assert!(!html.contains(remote), "{remote}");
    }
}

#[test]
fn hidden_characters_are_shown_as_code_points() {
    assert_eq!(visible("a\u{202e}b\u{1b}c\r\nd\te"), "a⟨U+202E⟩b⟨U+001B⟩c\nd\te");
}
