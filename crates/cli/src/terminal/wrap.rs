//! Long texts, broken between words.

/// Columns of a broken text: those of the narrowest terminal that is usual, less one.
const WIDTH: usize = 79;

/// Breaks a text into lines, the first led by `first` and the others by `margin`; a word that is longer than a line stays whole.
pub(crate) fn wrap(text: &str, first: &str, margin: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        let length = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if length > WIDTH && !is_empty {
            lines.push(std::mem::replace(&mut line, margin.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole() {
        let long = "x".repeat(90);
        let text = format!("{} {long} end", "word ".repeat(15).trim());
        let lines = wrap(&text, "a ", "  ");
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert_eq!(lines[0].len(), 76);
        assert_eq!(lines[1], format!("  {long}"));
        assert_eq!(lines[2], "  end");
        assert_eq!(wrap("", "a ", ""), ["a "]);
    }
}
