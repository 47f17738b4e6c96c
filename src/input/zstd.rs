//! Zstandard as a stream of all its frames.
//!
//! The decoder at hand reads a single frame; here frames follow one another,
//! skippable ones are passed over and checksums are compared. Refuses frames
//! whose window would need more than [`MAX_WINDOW`] of memory.

use std::error::Error;
use std::io::{self, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::source::cut_off;

/// Window that a frame may ask for at most, in bytes: what `zstd` up to level
/// 19 stays within, and what the format asks every decoder to support.
const MAX_WINDOW: u64 = 8 << 20;

pub(super) struct Zstd {
    source: BufReader<Box<dyn Read + Send>>,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl Zstd {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { source: BufReader::new(source), decoder, in_frame: false }
    }

    /// Goes to the next frame that holds data; false at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut first = Vec::new();
            self.source.by_ref().take(1).read_to_end(&mut first)?;
            if first.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(first.as_slice().chain(&mut self.source)) {
                Ok(()) => return Ok(true),
                Err(error) => self.pass_over(error)?,
            }
        }
    }

    /// Passes over a frame that holds no data; any other fault is one.
    fn pass_over(&mut self, error: FrameDecoderError) -> io::Result<()> {
        use ruzstd::decoding::errors::FrameDecoderError::{ReadFrameHeaderError, WindowSizeTooBig};
        match error {
            ReadFrameHeaderError(self::ReadFrameHeaderError::SkipFrame { length, .. }) => {
                let mut skipped = self.source.by_ref().take(u64::from(length));
                io::copy(&mut skipped, &mut io::sink()).map(|_| ())
            }
            WindowSizeTooBig { requested, .. } => Err(io::Error::other(format!(
                "the zstd file needs a window of {requested} bytes, at most {MAX_WINDOW} are \
                 allowed; pack it again without --long or --ultra"
            ))),
            other => Err(fault(&other)),
        }
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            return Err(damaged("its checksum is wrong"));
        }
        Ok(())
    }
}

/// A fault of the decoder: the file ends too early, or holds what cannot be.
fn fault(error: &FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        match one.downcast_ref::<io::Error>() {
            Some(read) if read.kind() == io::ErrorKind::UnexpectedEof => return cut_off("zstd"),
            _ => cause = one.source(),
        }
    }
    damaged(error)
}

fn damaged(why: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the zstd file is damaged: {why}"))
}

impl Read for Zstd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 && self.in_frame {
                return self.decoder.read(into);
            }
            if !self.in_frame {
                self.in_frame = self.next_frame()?;
                if !self.in_frame {
                    return Ok(0);
                }
            }
            if self.decoder.is_finished() {
                self.end_frame()?;
            } else {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder
                    .decode_blocks(&mut self.source, step)
                    .map_err(|error| fault(&error))?;
            }
        }
    }
}
