//! A JSON reader that sees duplicate keys and stops where the text stops making sense.
//!
//! It guesses nothing: in lenient mode it reads a few slips that have one
//! meaning only (trailing commas, comments, single-quoted strings, raw line
//! breaks and unknown escapes in strings, full-width colons and commas between
//! tokens); anything else stops it. Every byte is looked at a bounded number of
//! times, counted in `steps`, and nesting is bounded by [`MAX_DEPTH`].

use std::borrow::Cow;

/// Deepest nesting that is read; the reply's own form needs four.
pub(super) const MAX_DEPTH: usize = 32;

/// A JSON value as far as a reply's form needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number,
    /// An unquoted word such as `NaN` or `None`; never taken for anything.
    Word,
    Text(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Members<'a>),
}

/// The members of an object in order, duplicates included.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

impl Value<'_> {
    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number => "a number",
            Self::Word => "an unquoted word",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Why reading stopped; the place is [`Reader::at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The input ended inside a well-formed beginning.
    End,
    /// Something that cannot stand there.
    Syntax,
}

/// Reads values from `text` at byte offset `at`.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) at: usize,
    lenient: bool,
    pub(super) steps: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, at: usize, lenient: bool) -> Self {
        Self { text, at, lenient, steps: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        self.steps += bytes as u64;
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(prefix.as_bytes())
    }

    /// Reads the object at `at` into `members`, which holds the complete ones when it stops.
    pub(super) fn object(&mut self, depth: usize, members: &mut Members<'a>) -> Result<(), Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::Syntax);
        }
        self.advance(1);
        self.skip_space()?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.skip_space()?;
            self.expect(b':', "：")?;
            self.skip_space()?;
            let value = self.value(depth + 1)?;
            members.push((key, value));
            self.skip_space()?;
            if self.take(b'}') {
                return Ok(());
            }
            self.expect(b',', "，")?;
            self.skip_space()?;
            if self.lenient && self.take(b'}') {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::Syntax);
        }
        self.advance(1);
        let mut items = Vec::new();
        self.skip_space()?;
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space()?;
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            self.expect(b',', "，")?;
            self.skip_space()?;
            if self.lenient && self.take(b']') {
                return Ok(Value::Array(items));
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, Stop> {
        match self.peek().ok_or(Stop::End)? {
            b'{' => {
                let mut members = Vec::new();
                self.object(depth, &mut members)?;
                Ok(Value::Object(members))
            }
            b'[' => self.array(depth),
            b'"' | b'\'' => self.string().map(Value::Text),
            b'-' | b'+' | b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            _ => Err(Stop::Syntax),
        }
    }

    fn number(&mut self) -> Result<Value<'a>, Stop> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
            self.advance(1);
        }
        let digits = &self.text[start..self.at];
        if self.peek().is_none() {
            return Err(Stop::End);
        }
        if digits == "-" && self.lenient && self.starts_with("Inf") {
            return self.word();
        }
        // A run of digits without end would cost the parser of floats more than it is worth.
        let plausible = digits.len() <= 64 && digits.parse::<f64>().is_ok();
        if plausible && !digits.starts_with('+') { Ok(Value::Number) } else { Err(Stop::Syntax) }
    }

    fn word(&mut self) -> Result<Value<'a>, Stop> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_')) {
            self.advance(1);
        }
        if self.peek().is_none() {
            return Err(Stop::End);
        }
        match &self.text[start..self.at] {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ if self.lenient => Ok(Value::Word),
            _ => Err(Stop::Syntax),
        }
    }

    /// Reads a string; one without escapes is borrowed.
    fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        let quote = self.peek().ok_or(Stop::End)?;
        if quote != b'"' && !(quote == b'\'' && self.lenient) {
            return Err(Stop::Syntax);
        }
        self.advance(1);
        let mut text = Cow::Borrowed("");
        loop {
            let rest: &'a str = &self.text[self.at..];
            let ends = memchr::memchr2(quote, b'\\', rest.as_bytes()).unwrap_or(rest.len());
            let control = rest[..ends].bytes().position(|byte| byte < 0x20);
            let plain = control.filter(|_| !self.lenient).unwrap_or(ends);
            if text.is_empty() {
                text = Cow::Borrowed(&rest[..plain]);
            } else {
                text.to_mut().push_str(&rest[..plain]);
            }
            self.advance(plain);
            match self.peek().ok_or(Stop::End)? {
                b'\\' => self.escape(text.to_mut())?,
                byte if byte == quote => {
                    self.advance(1);
                    return Ok(text);
                }
                _ => return Err(Stop::Syntax),
            }
        }
    }

    /// Reads one escape; in lenient mode an unknown one stands for its own two characters.
    fn escape(&mut self, text: &mut String) -> Result<(), Stop> {
        self.advance(1);
        let byte = self.peek().ok_or(Stop::End)?;
        let plain = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(text),
            b'\'' if self.lenient => '\'',
            // The backslash alone is kept here; what follows it is read as plain text.
            _ if self.lenient => {
                text.push('\\');
                return Ok(());
            }
            _ => return Err(Stop::Syntax),
        };
        text.push(plain);
        self.advance(1);
        Ok(())
    }

    /// Reads `uXXXX`, joining surrogate pairs; a lone surrogate becomes U+FFFD.
    fn unicode_escape(&mut self, text: &mut String) -> Result<(), Stop> {
        let Some(first) = self.hex4()? else {
            if self.lenient {
                text.push('\\');
                return Ok(());
            }
            return Err(Stop::Syntax);
        };
        if (0xD800..0xDC00).contains(&first) && self.starts_with("\\u") {
            let (at, steps) = (self.at, self.steps);
            self.advance(1);
            if let Some(second @ 0xDC00..0xE000) = self.hex4()? {
                let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                text.push(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
                return Ok(());
            }
            (self.at, self.steps) = (at, steps);
        }
        text.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(())
    }

    /// Reads `u` and four hexadecimal digits; `None`, with nothing read, when they are not.
    fn hex4(&mut self) -> Result<Option<u32>, Stop> {
        let bytes = self.text.as_bytes();
        let digits = bytes.get(self.at + 1..self.at + 5);
        let Some(digits) = digits else {
            let rest = &bytes[self.at + 1..];
            return if rest.iter().all(u8::is_ascii_hexdigit) { Err(Stop::End) } else { Ok(None) };
        };
        let mut code = 0;
        for &digit in digits {
            let Some(value) = char::from(digit).to_digit(16) else { return Ok(None) };
            code = code * 16 + value;
        }
        self.advance(5);
        Ok(Some(code))
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance(1);
        }
        found
    }

    fn expect(&mut self, byte: u8, wide: &str) -> Result<(), Stop> {
        if self.take(byte) {
            return Ok(());
        }
        if self.lenient && self.starts_with(wide) {
            self.advance(wide.len());
            return Ok(());
        }
        Err(if self.peek().is_none() { Stop::End } else { Stop::Syntax })
    }

    /// Skips white space and, in lenient mode, comments; stops at the end of input.
    fn skip_space(&mut self) -> Result<(), Stop> {
        loop {
            match self.peek() {
                None => return Err(Stop::End),
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.advance(1),
                Some(b'/') if self.lenient && self.starts_with("//") => self.skip_until("\n")?,
                Some(b'/') if self.lenient && self.starts_with("/*") => {
                    self.advance(2);
                    self.skip_until("*/")?;
                }
                Some(_) => return Ok(()),
            }
        }
    }

    fn skip_until(&mut self, end: &str) -> Result<(), Stop> {
        if let Some(found) = self.text[self.at..].find(end) {
            self.advance(found + end.len());
            return Ok(());
        }
        self.advance(self.text.len() - self.at);
        Err(Stop::End)
    }
}
