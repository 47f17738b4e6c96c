//! Sheet tests.
