//! What the person at the keyboard sees: a line for each step, in columns, within 80 characters.

use crate::cli::Failure;

/// The width of what is printed.
const WIDTH: usize = 80;
/// Where the words of a step begin.
const INDENT: usize = 18;

/// Numbers the steps it shows.
#[derive(Default)]
pub struct Screen {
    steps: usize,
}

impl Screen {
    /// A step that was taken: by whom or what, and what came of it.
    pub fn step(&mut self, who: &str, what: &str) {
        self.steps += 1;
        show(&format!("{:>3} ✓ {who}", self.steps), INDENT, what);
    }

    /// Something to know about the step above.
    pub fn detail(&self, what: &str) {
        show(&format!("{:INDENT$}› ", ""), INDENT + 2, what);
    }

    /// The step that could not be taken.
    pub fn failure(&self, failure: &Failure) {
        show(&format!("{:>3} ✗ failed", self.steps + 1), INDENT, &failure.to_string());
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.steps
    }
}

/// Lines of prose, with an empty one after them.
pub fn paragraph(text: &str) {
    show("", 0, text);
    println!();
}

/// A caption and, below it, something to copy, which is never broken.
pub fn to_copy(caption: &str, command: &str) {
    println!("# {caption}\n{command}\n");
}

fn show(head: &str, indent: usize, text: &str) {
    let mut head = format!("{head:indent$}");
    for line in wrapped(text, WIDTH - indent) {
        println!("{head}{line}");
        head = " ".repeat(indent);
    }
}

/// The text in lines of at most `width` characters, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        match line.chars().count() {
            0 => line.push_str(word),
            so_far if so_far + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_count_characters_not_bytes() {
        assert_eq!(wrapped("Straße über Düben", 11), ["Straße über", "Düben"]);
        let long = wrapped("a-word-longer-than-the-line is kept", 10);
        assert_eq!(long, ["a-word-longer-than-the-line", "is kept"]);
        assert_eq!(wrapped("", 10), [""]);
    }
}
