//! stub
#![allow(missing_docs)]
pub fn addressed_spans(_: &str) -> Vec<std::ops::Range<usize>> {
    Vec::new()
}
pub fn mask(a: &str, _: &[std::ops::Range<usize>]) -> String {
    a.to_owned()
}
pub fn escape_hidden(a: &str) -> (String, bool) {
    (a.to_owned(), false)
}
