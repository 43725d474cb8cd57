//! A table with aligned columns, whatever script the names are written in.

use comfy_table::{CellAlignment, ColumnConstraint, Table as Grid, presets};

/// Rows under a header; the first column is text, the others are numbers unless said otherwise.
#[derive(Debug)]
pub(crate) struct Table {
    grid: Grid,
    columns: usize,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING)
            .set_header(header.iter().copied());
        for column in 0..header.len() {
            if let Some(column) = grid.column_mut(column) {
                column
                    .set_padding((0, 2))
                    .set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for column in 1..header.len() {
            if let Some(column) = grid.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self {
            grid,
            columns: header.len(),
        }
    }

    /// Makes a column text, aligned left.
    pub(crate) fn text(mut self, column: usize) -> Self {
        if let Some(column) = self.grid.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Left);
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
            .map(|cell| cell.replace(char::is_control, "\u{fffd}"));
        self.grid.add_row(cells);
    }

    /// The table as text, without trailing blanks.
    pub(crate) fn render(&self) -> String {
        self.grid
            .lines()
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
        let text = table.render();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "猫头鹰     7  goal", "{text}");
        assert_eq!(lines[2], "owl      123  x", "{text}");
    }
}
