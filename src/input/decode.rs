//! Bytes of any text encoding to UTF-8, as a stream.
//!
//! Detected are a byte-order mark, UTF-16 without one (by the zero bytes at its
//! beginning), and GB18030, at the first byte that is not ASCII; any other
//! encoding must be named, since a wrong guess would be graded as if it were the
//! answer. What begins like a JSON object is UTF-8. Invariant: a malformed sequence comes
//! out as bytes that are not UTF-8, so the row that holds it can be told; it
//! never swallows the end of a line.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use super::window::Window;
use super::{InputError, window::read_some};

/// Bytes, from the first one that is not ASCII, by which an encoding is told.
const SAMPLE: usize = 16 << 10;
/// Stands for a malformed sequence: a byte that UTF-8 never has.
const MALFORMED: u8 = 0xff;

/// The encoding that was named or found.
#[derive(Clone, Default)]
pub(super) struct Found(Arc<OnceLock<&'static Encoding>>);

impl Found {
    /// Its name in the Encoding Standard.
    pub(super) fn name(&self) -> &'static str {
        self.0.get().map_or(UTF_8.name(), |encoding| encoding.name())
    }
}

/// The encoding of that name.
pub(super) fn named(label: &str) -> Result<&'static Encoding, InputError> {
    Encoding::for_label_no_replacement(label.as_bytes())
        .ok_or_else(|| InputError::UnknownEncoding(label.to_owned()))
}

enum State {
    /// Nothing was read.
    Start(Option<&'static Encoding>),
    /// Only ASCII so far.
    Ascii,
    /// UTF-8, checked row by row.
    Utf8,
    Other(Box<Decoder>),
}

/// A reader of UTF-8 on a reader of any encoding.
pub(super) struct Decoded {
    window: Window,
    state: State,
    found: Found,
    /// Decoded bytes from `at` on that were not handed out.
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Decoded {
    pub(super) fn new(source: Box<dyn Read + Send>, named: Option<&'static Encoding>) -> Self {
        let window = Window::new(source);
        let (found, out) = (Found::default(), Vec::new());
        Self { window, state: State::Start(named), found, out, at: 0, ended: false }
    }

    /// Where the encoding can be asked for once it has shown itself.
    pub(super) fn found(&self) -> Found {
        self.found.clone()
    }

    /// Settles what the first bytes tell: marks, zero bytes, a JSON object.
    fn begin(&mut self, named: Option<&'static Encoding>) -> io::Result<()> {
        self.ahead(4)?;
        let marked = Encoding::for_bom(self.window.ahead());
        let encoding = match (marked, named) {
            // A mark says more than a name: `utf-16` names two encodings.
            (Some((marked, length)), _) => {
                self.window.advance(length);
                Some(marked)
            }
            (None, Some(named)) => Some(named),
            (None, None) => self.told_by_beginning()?,
        };
        match encoding {
            Some(encoding) => self.settle(encoding),
            None => self.state = State::Ascii,
        }
        Ok(())
    }

    /// What the first line that is not blank tells; only one that looks like another encoding
    /// makes more be read.
    fn told_by_beginning(&mut self) -> io::Result<Option<&'static Encoding>> {
        let length = self.first_line()?;
        let line = &self.window.ahead()[..length];
        let json = begins_like_json(line);
        if line.contains(&0) || (!json && std::str::from_utf8(line).is_err()) {
            self.ahead(SAMPLE)?;
            let ahead = self.window.ahead();
            if let Some(found) = utf16(&ahead[..ahead.len().min(SAMPLE)]) {
                return Ok(Some(found));
            }
        }
        Ok(json.then_some(UTF_8))
    }

    /// Length up to the end of the first line that is not blank, at most that of a sample.
    fn first_line(&mut self) -> io::Result<usize> {
        loop {
            let ahead = self.window.ahead();
            let from = ahead.iter().position(|byte| !byte.is_ascii_whitespace());
            let end = from.and_then(|from| Some(from + memchr::memchr(b'\n', &ahead[from..])?));
            let length = ahead.len().min(SAMPLE);
            match end {
                Some(end) => return Ok(end.min(SAMPLE)),
                None if length == SAMPLE || !self.window.fill()? => return Ok(length),
                None => {}
            }
        }
    }

    fn settle(&mut self, encoding: &'static Encoding) {
        // The first decision stands; the cell is empty until then.
        let _ = self.found.0.set(encoding);
        self.state = if encoding == UTF_8 {
            State::Utf8
        } else {
            State::Other(Box::new(encoding.new_decoder_without_bom_handling()))
        };
    }

    /// Reads until `count` bytes are ahead or the stream ends.
    fn ahead(&mut self, count: usize) -> io::Result<()> {
        while self.window.ahead().len() < count && self.window.fill()? {}
        Ok(())
    }

    /// Passes ASCII on; at the first other byte the encoding is told.
    fn ascii(&mut self) -> io::Result<()> {
        self.ahead(1)?;
        let ahead = self.window.ahead();
        let plain = ahead.iter().position(|byte| !byte.is_ascii()).unwrap_or(ahead.len());
        if plain > 0 {
            self.pass(plain);
        } else if self.window.ahead().is_empty() {
            self.ended = true;
        } else {
            self.ahead(SAMPLE)?;
            self.settle(told_by(&self.window.ahead()[..SAMPLE.min(self.window.ahead().len())]));
        }
        Ok(())
    }

    fn pass(&mut self, count: usize) {
        self.out.extend_from_slice(&self.window.ahead()[..count]);
        self.window.advance(count);
    }

    fn utf8(&mut self) -> io::Result<()> {
        self.ahead(1)?;
        self.ended = self.window.ahead().is_empty();
        self.pass(self.window.ahead().len());
        Ok(())
    }

    fn refill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.at = 0;
        while self.out.is_empty() && !self.ended {
            match &mut self.state {
                State::Start(named) => {
                    let named = *named;
                    self.begin(named)?;
                }
                State::Ascii => self.ascii()?,
                State::Utf8 => self.utf8()?,
                State::Other(decoder) => {
                    let more = !self.window.ahead().is_empty() || self.window.fill()?;
                    let read = decode(decoder, self.window.ahead(), !more, &mut self.out);
                    self.window.advance(read);
                    self.ended = !more;
                }
            }
        }
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.out.len() {
            self.refill()?;
        }
        let read = read_some(&mut &self.out[self.at..], into)?;
        self.at += read;
        Ok(read)
    }
}

/// Decodes all of `input` to the end of `out`; the number of bytes read.
fn decode(decoder: &mut Decoder, input: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
    let mut read = 0;
    loop {
        let from = out.len();
        out.resize(from + 4 * (input.len() - read) + 64, 0);
        let rest = &input[read..];
        let (result, count, written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut out[from..], last);
        out.truncate(from + written);
        read += count;
        match result {
            DecoderResult::InputEmpty => return read,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => out.push(MALFORMED),
        }
    }
}

/// UTF-16, if a sample from the beginning on is that: most ASCII characters stand beside a zero
/// byte on the same side, and there are more of them than a text of another encoding has stray
/// zeros.
fn utf16(sample: &[u8]) -> Option<&'static Encoding> {
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let (mut little, mut big) = (0_usize, 0_usize);
    for unit in sample.chunks_exact(2) {
        little += usize::from(unit[1] == 0 && is_text(unit[0]));
        big += usize::from(unit[0] == 0 && is_text(unit[1]));
    }
    let (encoding, most) = if little > big { (UTF_16LE, little) } else { (UTF_16BE, big) };
    let units = sample.len() / 2;
    let whole = &sample[..2 * units];
    let sound = || encoding.decode_without_bom_handling_and_without_replacement(whole).is_some();
    let western = 4 * most > units;
    // Chinese with a comma, digit or line break here and there, which is no UTF-8.
    let chinese = 100 * most > units && std::str::from_utf8(sample).is_err() && sound();
    (little != big && (western || chinese)).then_some(encoding)
}

fn begins_like_json(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// UTF-8 or GB18030, by a sample that begins with a byte that is not ASCII.
///
/// UTF-8 with some bad rows stays UTF-8: it has more sound sequences than
/// broken ones, which text of another encoding has by accident only.
fn told_by(sample: &[u8]) -> &'static Encoding {
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if sound >= broken {
        return UTF_8;
    }
    if is_gb18030(sample) { GB18030 } else { UTF_8 }
}

/// Whether most lines that are not ASCII are sound GB18030 and read like it.
///
/// The detector rules an encoding out at the first malformed sequence, so it
/// sees the sound lines only: one bad row must not spoil the others.
fn is_gb18030(sample: &[u8]) -> bool {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for line in sample.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        match GB18030.decode_without_bom_handling_and_without_replacement(line) {
            Some(_) => {
                sound += 1;
                detector.feed(line, false);
            }
            None => broken += 1,
        }
    }
    detector.feed(&[], true);
    // The last line of a sample may be cut.
    let most = sound >= 3 * broken.saturating_sub(1);
    let guess = detector.guess(None, Utf8Detection::Deny);
    sound > 0 && most && (guess == GBK || guess == GB18030)
}
