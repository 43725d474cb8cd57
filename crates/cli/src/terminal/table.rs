//! A table with aligned columns, whatever script the names are written in.
//!
//! On a terminal that is too narrow, text is broken within its column; in a pipe each row is one line, for programs that read lines.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, presets};
use console::{Term, truncate_str};

use super::is_steering;

/// Most columns of a name, which is the first cell of a row.
const NAME: usize = 48;

/// Rows under a header; the first column is text, the others are numbers unless said otherwise.
#[derive(Debug)]
pub(crate) struct Table {
    grid: Grid,
    columns: usize,
    /// Most columns of a row's first cell.
    first: usize,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING)
            .set_header(header.iter().copied());
        for column in 0..header.len() {
            if let Some(column) = grid.column_mut(column) {
                column.set_padding((0, 2));
            }
        }
        for column in 1..header.len() {
            if let Some(column) = grid.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        Self {
            grid,
            columns: header.len(),
            first: NAME,
        }
    }

    /// Shows the first column whole, however long: paths, which are there to be taken over.
    pub(crate) fn of_paths(mut self) -> Self {
        self.first = usize::MAX;
        self
    }

    /// Makes a column text, aligned left, which may be broken into lines.
    pub(crate) fn text(mut self, column: usize) -> Self {
        if let Some(column) = self.grid.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Left);
            column.remove_constraint();
        }
        self
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(
            cells.len(),
            self.columns,
            "a row has a cell for each column"
        );
        // A cell is one line, whatever a name or an engine's answer holds.
        let cells = cells
            .into_iter()
            .map(|cell| cell.replace(is_steering, "\u{fffd}"))
            .enumerate()
            // One long name would pad the rows of all others; `--json` has the whole.
            .map(|(column, cell)| match column {
                0 => truncate_str(&cell, self.first, "…").into_owned(),
                _ => cell,
            });
        self.grid.add_row(cells);
    }

    /// Makes a column text that stays in one piece, such as an id that somebody copies.
    pub(crate) fn whole(self, column: usize) -> Self {
        let mut table = self.text(column);
        if let Some(column) = table.grid.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        table
    }

    /// The table as text, without trailing blanks, as wide as the terminal it is to be shown on.
    pub(crate) fn render(&self) -> String {
        let columns = Term::stdout().size_checked().map(|(_, columns)| columns);
        self.rendered(columns)
    }

    fn rendered(&self, columns: Option<u16>) -> String {
        let mut grid = self.grid.clone();
        if let Some(columns) = columns {
            // The blanks after the last column are cut off below.
            grid.set_width(columns.saturating_add(1))
                .set_content_arrangement(ContentArrangement::Dynamic);
        }
        grid.lines()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_for_wide_characters_too() {
        let mut table = Table::new(&["name", "kept", "why"]).text(2);
        table.row(vec!["猫头鹰".into(), "7".into(), "goal".into()]);
        table.row(vec!["owl".into(), "123".into(), "x".into()]);
        let text = table.rendered(None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "猫头鹰     7  goal", "{text}");
        assert_eq!(lines[2], "owl      123  x", "{text}");
    }

    #[test]
    fn names_can_neither_steer_the_terminal_nor_pad_the_rows_of_others() {
        let mut table = Table::new(&["name", "kept"]);
        table.row(vec![
            "a\u{202e}b\u{2066}c\u{200f}\u{1b}[2J".into(),
            "1".into(),
        ]);
        table.row(vec!["x".repeat(300), "2".into()]);
        table.row(vec!["鸟".repeat(300), "3".into()]);
        table.row(vec!["y".repeat(48), "4".into()]);
        let text = table.rendered(None);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("a\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}[2J "),
            "{text}"
        );
        assert_eq!(lines[2], format!("{}…     2", "x".repeat(47)));
        assert_eq!(lines[3], format!("{}…      3", "鸟".repeat(23)));
        assert_eq!(lines[4], format!("{}     4", "y".repeat(48)));
        let mut table = Table::new(&["picture", "label"]).of_paths();
        table.row(vec!["p".repeat(300), "1".into()]);
        assert!(table.rendered(None).contains(&"p".repeat(300)));
    }

    #[test]
    fn text_is_broken_where_the_terminal_is_narrow_and_numbers_and_ids_are_not() {
        let mut table = Table::new(&["name", "pictures", "id", "that is"])
            .whole(2)
            .text(3);
        let id = "0123456789abcdef0123456789abcdef";
        let why = "its site wants fewer requests, or a pause over the longest";
        table.row(vec!["owl".into(), "12345".into(), id.into(), why.into()]);
        let wide = table.rendered(None);
        assert_eq!(wide.lines().count(), 2, "{wide}");
        let narrow = table.rendered(Some(80));
        assert!(narrow.lines().all(|line| line.len() <= 80), "{narrow}");
        assert!(narrow.lines().count() > 2, "{narrow}");
        assert!(
            narrow.contains(&format!("owl      12345  {id}  ")),
            "{narrow}"
        );
        let words: Vec<&str> = narrow.split_whitespace().collect();
        assert!(why.split(' ').all(|word| words.contains(&word)), "{narrow}");
    }
}
