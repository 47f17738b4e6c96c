//! How long a server asks to wait, in all the forms in which servers say it.
//!
//! Headers carry seconds, milliseconds, durations such as `1m30s`, HTTP dates,
//! instants, or times since 1970; bodies say "try again in 6.2s". The largest
//! hint wins, what cannot be read is ignored, and a moment in the past asks for
//! nothing. A reset header of a window that still has something left is no hint.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;

/// Longest wait that is believed; beyond it a number is a mistake or an instant.
const MAX_HINT: Duration = Duration::from_hours(31 * 24);

/// Phrases in a body that stand before a duration, in lower case.
const PHRASES: [&str; 6] = [
    "try again in ",
    "retry in ",
    "retry after ",
    "try again after ",
    "retrydelay\":\"",
    "retrydelay\": \"",
];

/// The longest wait that headers and body of a failed response ask for.
pub(crate) fn hint(headers: &HeaderMap, body: &str, now: Timestamp) -> Option<Duration> {
    let by_header = headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?.trim();
        match name.as_str() {
            "retry-after-ms" => seconds(value.parse::<f64>().ok()? / 1000.0),
            "retry-after" => wait(value, now),
            name if is_reset(name) && !has_some_left(headers, name) => wait(value, now),
            _ => None,
        }
    });
    by_header.chain(in_words(body)).max()
}

/// `x-ratelimit-reset-tokens`, `anthropic-ratelimit-requests-reset`, `ratelimit-reset`, …
fn is_reset(name: &str) -> bool {
    name.contains("ratelimit") && name.contains("reset")
}

fn has_some_left(headers: &HeaderMap, reset: &str) -> bool {
    let remaining = headers.get(reset.replace("reset", "remaining"));
    let left = remaining.and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
    left.is_some_and(|left| left > 0.0)
}

/// One header value: seconds, a duration, a date or an instant.
pub(crate) fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        return if number > MAX_HINT.as_secs_f64() {
            since_1970(number, now)
        } else {
            seconds(number)
        };
    }
    duration(value)
        .or_else(|| until(value.parse().ok()?, now))
        .or_else(|| until(rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?, now))
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok().filter(|span| *span <= MAX_HINT)
}

/// An instant in seconds or, when it is far too large for that, milliseconds since 1970.
fn since_1970(number: f64, now: Timestamp) -> Option<Duration> {
    let secs = if number > 1e11 { number / 1000.0 } else { number };
    let instant = Timestamp::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(secs).ok()?);
    until(instant.ok()?, now)
}

fn until(instant: Timestamp, now: Timestamp) -> Option<Duration> {
    Duration::try_from(instant.duration_since(now)).ok().filter(|span| *span <= MAX_HINT)
}

/// A duration of one or more numbers with units: `1m30s`, `500ms`, `20 seconds`.
fn duration(text: &str) -> Option<Duration> {
    match leading_duration(text) {
        (Some(span), "") => Some(span),
        _ => None,
    }
}

/// Reads as long a duration as `text` starts with, and returns what follows it.
fn leading_duration(text: &str) -> (Option<Duration>, &str) {
    let (mut total, mut rest) = (None, text);
    while let Some((span, after)) = one_part(rest) {
        total = Some(total.unwrap_or(Duration::ZERO).saturating_add(span));
        rest = after;
    }
    (total.filter(|span| *span <= MAX_HINT), rest)
}

/// One number with its unit at the start of `text`.
fn one_part(text: &str) -> Option<(Duration, &str)> {
    let text = text.trim_start();
    let (number, rest) = split_where(text, |c| c.is_ascii_digit() || c == '.');
    let (unit, rest) = split_where(rest.trim_start(), |c| c.is_ascii_alphabetic() || c == 'µ');
    let scale = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" | "millisecond" | "milliseconds" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    };
    Some((seconds(number.trim_end_matches('.').parse::<f64>().ok()? * scale)?, rest))
}

fn split_where(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Durations that stand behind one of the known phrases.
fn in_words(body: &str) -> impl Iterator<Item = Duration> {
    let body = body.to_ascii_lowercase();
    PHRASES.into_iter().filter_map(move |phrase| {
        leading_duration(body.get(body.find(phrase)? + phrase.len()..)?).0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().expect("valid")
    }

    fn of_headers(pairs: &[(&'static str, &'static str)]) -> Option<f64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("valid"));
        }
        hint(&headers, "", now()).map(|span| span.as_secs_f64())
    }

    fn of_body(body: &str) -> Option<f64> {
        hint(&HeaderMap::new(), body, now()).map(|span| span.as_secs_f64())
    }

    #[test]
    fn every_form_of_retry_after_is_read() {
        for (value, expected) in [
            ("20", Some(20.0)),
            ("0.5", Some(0.5)),
            (" 7 ", Some(7.0)),
            ("1m30s", Some(90.0)),
            ("500ms", Some(0.5)),
            ("7m12.5s", Some(432.5)),
            ("2h", Some(7200.0)),
            ("Tue, 24 Nov 2026 12:00:20 GMT", Some(20.0)),
            ("2026-11-24T12:01:00Z", Some(60.0)),
            ("2026-11-24T20:01:00+08:00", Some(60.0)),
            ("1795521610", Some(10.0)),
            ("1795521610000", Some(10.0)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", None),
            ("-5", None),
            ("NaN", None),
            ("inf", None),
            ("1e300", None),
            ("soon", None),
            ("", None),
            ("5 parsecs", None),
        ] {
            assert_eq!(of_headers(&[("retry-after", value)]), expected, "{value:?}");
        }
        assert_eq!(of_headers(&[("retry-after-ms", "1500")]), Some(1.5));
    }

    #[test]
    fn the_largest_hint_wins() {
        let headers =
            [("retry-after", "2"), ("retry-after-ms", "2500"), ("x-ratelimit-reset", "1")];
        assert_eq!(of_headers(&headers), Some(2.5));
        assert_eq!(
            of_headers(&[
                ("x-ratelimit-reset-requests", "1s"),
                ("x-ratelimit-reset-tokens", "6m0s")
            ]),
            Some(360.0)
        );
    }

    #[test]
    fn a_window_with_something_left_asks_for_nothing() {
        let daily = ("x-ratelimit-reset-requests", "2h");
        assert_eq!(of_headers(&[daily, ("x-ratelimit-remaining-requests", "900")]), None);
        assert_eq!(of_headers(&[daily, ("x-ratelimit-remaining-requests", "0")]), Some(7200.0));
        let instant = ("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:30Z");
        assert_eq!(of_headers(&[instant]), Some(30.0));
    }

    #[test]
    fn bodies_say_it_in_words() {
        for (body, expected) in [
            ("Rate limit reached. Please try again in 7m12s. Visit …", Some(432.0)),
            ("Try again in 30 seconds", Some(30.0)),
            ("Please retry after 6 seconds.", Some(6.0)),
            ("Please retry in 36.9s.", Some(36.9)),
            ("please try again in 500ms", Some(0.5)),
            (r#"{"retryDelay": "36s"}"#, Some(36.0)),
            ("try again in a while", None),
            ("try again in ", None),
        ] {
            assert_eq!(of_body(body), expected, "{body:?}");
        }
    }
}
