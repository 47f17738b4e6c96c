//! A key that cannot be printed, and the cleaning of text that may contain it.
//!
//! A [`Secret`] shows itself to the HTTP layer as one header value and to
//! nobody else; where it comes from is known, so that an error can say where to
//! look. Text from servers passes [`clean`] before it becomes part of an error:
//! the key is masked, control and invisible characters are removed, and what is
//! left is cut. Terminal escapes are handled again where text is shown.

use std::fmt;

use reqwest::header::HeaderValue;

use super::error::SetupError;

/// Shorter keys are placeholders for local servers; masking them would garble ordinary words.
const MASKED_FROM: usize = 8;

/// Longest piece of server text that an error carries, in characters.
const MAX_MESSAGE: usize = 400;

/// Where the key of an endpoint is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable that is set.
    Env(String),
    /// A program that prints it.
    Command(Vec<String>),
    /// Nowhere: the variable named here, if any, is not set.
    Missing(Option<String>),
    /// The vendor's key is not sent to an address that the vendor's preset does not name.
    OtherOrigin(String),
}

/// An API key: trimmed, fit for a header, absent from `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a key as it came from the environment or a command's output.
    ///
    /// # Errors
    /// When it is empty, or holds a line break or another character that no header can carry.
    pub fn new(raw: &str) -> Result<Self, SetupError> {
        let key = raw.trim();
        if key.is_empty() {
            return Err(SetupError::Key("is empty"));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return Err(SetupError::Key(
                "holds a line break or a character outside ASCII: copy it again, alone",
            ));
        }
        Ok(Self(key.to_owned()))
    }

    /// The key behind `scheme` (empty or such as `Bearer `), marked so that HTTP logs hide it.
    pub(crate) fn header(&self, scheme: &str) -> HeaderValue {
        let mut value = HeaderValue::from_str(&format!("{scheme}{}", self.0))
            .expect("invariant: a key is printable ASCII");
        value.set_sensitive(true);
        value
    }

    /// `text` with the key, and its last eight characters, replaced by `***`.
    fn mask(&self, text: &str) -> String {
        let key = self.0.as_str();
        if key.len() < MASKED_FROM {
            return text.replace(&format!("Bearer {key}"), "Bearer ***");
        }
        let masked = text.replace(key, "***");
        let tail = &key[key.len() - MASKED_FROM..];
        if key.len() >= 2 * MASKED_FROM { masked.replace(tail, "***") } else { masked }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Server text made fit for an error: key masked, one line, no control characters, cut.
pub(crate) fn clean(text: &str, secret: Option<&Secret>) -> String {
    // Invisible characters go first, or one inside the key would hide it from the mask.
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| shown(*c))
        .collect();
    let line = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let masked = secret.map_or(line.clone(), |secret| secret.mask(&line));
    match masked.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &masked[..end]),
        None => masked,
    }
}

/// Whether a character is neither a control nor one that hides or reorders text.
fn shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-canary-0123456789abcdef";

    #[test]
    fn a_key_is_trimmed_and_checked_without_panic() {
        assert_eq!(Secret::new("  sk-1 \n"), Ok(Secret("sk-1".into())));
        assert_eq!(Secret::new(" \n"), Err(SetupError::Key("is empty")));
        assert!(Secret::new("sk-1\nsk-2").is_err());
        assert!(Secret::new("ключ").is_err());
    }

    #[test]
    fn a_key_never_shows_itself() {
        let secret = Secret::new(KEY).expect("valid");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert!(!format!("{:?}", secret.header("Bearer ")).contains(KEY));
    }

    #[test]
    fn text_loses_the_key_its_tail_and_every_hidden_character() {
        let secret = Secret::new(KEY).expect("valid");
        let text = format!("bad key {KEY}\u{1b}[31m (…89abcdef)\r\n\u{202e}end");
        assert_eq!(clean(&text, Some(&secret)), "bad key ***[31m (…***) end");
        let split = format!("{}\u{200b}{}", &KEY[..9], &KEY[9..]);
        assert_eq!(clean(&split, Some(&secret)), "***");
    }

    #[test]
    fn text_is_cut_and_a_placeholder_key_garbles_nothing() {
        assert_eq!(clean(&"字".repeat(10_000), None).chars().count(), MAX_MESSAGE + 1);
        let placeholder = Secret::new("none").expect("valid");
        assert_eq!(clean("none of it: Bearer none", Some(&placeholder)), "none of it: Bearer ***");
    }
}
