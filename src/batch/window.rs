//! How much may be under way between reader and writer: rows, and bytes of what they carry.
//!
//! The reader waits here, so a stuck row holds back order and never costs
//! memory. Invariant: one row always fits, however large.

use std::sync::{Condvar, Mutex, PoisonError};

/// Room for rows that are read and not yet written.
#[derive(Debug)]
pub struct Window {
    rows: usize,
    bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

/// The share of the rows that there must be room for before a reader that waits is woken.
const LOT: usize = 8;

#[derive(Debug, Default)]
struct State {
    rows: usize,
    bytes: usize,
    closed: bool,
    /// A reader waits for room.
    awaited: bool,
}

impl Window {
    /// Most rows under way.
    pub const ROWS: usize = 1024;
    /// Most bytes of answers, and of what stands beside them, under way.
    pub const BYTES: usize = 8 << 20;

    /// Room for so many rows, and bytes of what they carry.
    pub(super) fn new(rows: usize, bytes: usize) -> Self {
        Self { rows, bytes, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for room for one row; `false` when the window was closed meanwhile.
    pub(super) fn enter(&self, bytes: usize) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.closed && self.is_full(&state, bytes) {
            state.awaited = true;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.closed {
            state.rows += 1;
            state.bytes += bytes;
        }
        !state.closed
    }

    /// Whether nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rows == 0
    }

    /// Waits until nothing is under way, or the window was closed.
    pub(super) fn drained(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.closed && state.rows > 0 {
            state.awaited = true;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes room again; the reader is woken for a lot of rows, since waking costs more than
    /// reading one.
    pub(super) fn leave(&self, bytes: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rows -= 1;
        state.bytes -= bytes;
        let roomy = state.rows <= self.rows - self.rows / LOT;
        let wake = roomy && std::mem::take(&mut state.awaited);
        drop(state);
        if wake {
            self.changed.notify_one();
        }
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }

    fn is_full(&self, state: &State, bytes: usize) -> bool {
        state.rows > 0 && (state.rows >= self.rows || state.bytes + bytes > self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many rows of so many bytes enter before one has to wait.
    fn enter(window: &Window, bytes: usize) -> usize {
        let full = || window.is_full(&window.state.lock().unwrap(), bytes);
        (0..1000).find(|_| full() || !window.enter(bytes)).unwrap()
    }

    #[test]
    fn it_is_full_by_rows_and_by_bytes_and_closed_for_good() {
        assert_eq!(enter(&Window::new(100, 1000), 1), 100);
        assert_eq!(enter(&Window::new(100, 1000), 300), 3);
        let window = Window::new(100, 1000);
        (0..3).for_each(|_| assert!(window.enter(300)));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| window.enter(300));
            window.close();
            assert!(!waiting.join().unwrap(), "somebody entered a full window that was closed");
        });
        (0..3).for_each(|_| window.leave(300));
        assert!(window.is_empty() && !window.enter(1) && window.is_empty());
    }

    #[test]
    fn a_row_larger_than_the_window_goes_alone() {
        let window = Window::new(Window::ROWS, Window::BYTES);
        assert!(window.enter(10 * Window::BYTES));
        std::thread::scope(|scope| {
            let second = scope.spawn(|| window.enter(1));
            await_reader(&window);
            window.leave(10 * Window::BYTES);
            assert!(second.join().unwrap());
        });
        window.close();
        assert!(!window.enter(1));
    }

    fn await_reader(window: &Window) {
        while !window.state.lock().unwrap().awaited {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_reader_that_waits_is_woken_once_for_an_eighth_of_the_rows() {
        let window = Window::new(16, usize::MAX);
        assert_eq!(enter(&window, 1), 16);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| window.enter(1));
            await_reader(&window);
            window.leave(1);
            assert!(window.state.lock().unwrap().awaited, "woken for one row");
            window.leave(1);
            assert!(reader.join().unwrap());
        });
        assert!(!window.state.lock().unwrap().awaited);
    }
}
