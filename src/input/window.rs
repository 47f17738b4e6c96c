//! A view on the bytes that come next in a stream.
//!
//! Holds what was read and not yet consumed, and reads more only when asked;
//! who asks decides how much is held at most.

use std::io::{self, ErrorKind, Read};

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// A stream of bytes of which the next ones can be looked at.
pub(super) struct Window {
    source: Box<dyn Read + Send>,
    /// What was read stands from `at` to `end`; behind it is room.
    held: Vec<u8>,
    at: usize,
    end: usize,
    ended: bool,
}

impl Window {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        Self { source, held: Vec::new(), at: 0, end: 0, ended: false }
    }

    /// What was read and not consumed.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.held[self.at..self.end]
    }

    /// Consumes the first `count` bytes of what is ahead.
    pub(super) fn advance(&mut self, count: usize) {
        debug_assert!(count <= self.ahead().len());
        self.at += count;
    }

    /// Reads more; false when the stream has ended.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.make_room();
        let read = read_some(&mut self.source, &mut self.held[self.end..])?;
        self.end += read;
        self.ended = read == 0;
        Ok(!self.ended)
    }

    fn make_room(&mut self) {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
        }
        if self.held.len() - self.end >= CHUNK / 2 {
            return;
        }
        if self.at > 0 {
            self.held.copy_within(self.at..self.end, 0);
            self.end -= self.at;
            self.at = 0;
        }
        if self.held.len() - self.end < CHUNK / 2 {
            self.held.resize(self.end + CHUNK, 0);
        }
    }

    /// Bytes of memory in use.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.held.capacity()
    }
}

/// Reads once, again when a signal came between.
pub(super) fn read_some(source: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
