//! Results as the input's own table, from the lines of a run.

use std::io::{self, Write};

use crate::batch::{Output, Placed};
use crate::domain::Lang;
use crate::input::Reader;
use crate::report::{Columns, Gradebook};

/// The columns of an input that come back.
fn columns(rows: &Reader, texts: bool) -> Columns {
    match rows.columns() {
        None => Columns::None { answers: texts, input: rows.has_fields() },
        Some(columns) => Columns::Input {
            shown: (0..columns.names.len())
                .filter(|index| texts || !columns.texts.contains(index))
                .collect(),
            names: columns.names,
            questions: columns.questions,
            delimiter: columns.delimiter,
        },
    }
}

/// Takes lines and writes a table.
pub(super) struct Table<W: Write>(Gradebook<W>);

impl<W: Write> Table<W> {
    /// Begins the table of an input; `texts` says whether answers, questions and references
    /// come back.
    pub(super) fn new(out: W, ui: Lang, rows: &Reader, texts: bool) -> io::Result<Self> {
        Gradebook::new(out, ui, columns(rows, texts)).map(Self)
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

impl<W: Write> Output for Table<W> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let placed: Placed = serde_json::from_slice(line)?;
        self.0.add(placed.line, placed.columns, placed.result)
    }

    fn pause(&mut self) -> io::Result<()> {
        // Its rows are whole only at the end.
        Ok(())
    }
}
