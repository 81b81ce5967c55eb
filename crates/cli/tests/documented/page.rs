//! The command blocks of a documentation page.

use std::ops::Range;

/// A block of one or more commands.
#[derive(Debug)]
pub(crate) struct Block {
    /// The line where it starts, from 1.
    pub(crate) line: usize,
    /// The text after the fence: `console`, `sh`.
    pub(crate) language: String,
    /// The range of its text in the page.
    pub(crate) range: Range<usize>,
    /// Its commands; in a block without prompts every line is one.
    pub(crate) commands: Vec<Command>,
}

/// A command and what it prints.
#[derive(Debug)]
pub(crate) struct Command {
    /// As typed, including continuation lines.
    pub(crate) text: String,
    /// The output that follows it.
    pub(crate) output: String,
}

/// Every block of commands on a page.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, usize, String, String)> = None;
    let mut at = 0;
    for (number, line) in page.split_inclusive('\n').enumerate() {
        // A block within a list is indented.
        let line_begins = line.trim_start_matches(' ');
        let fence: String = line_begins.chars().take_while(|c| *c == '`').collect();
        match &open {
            Some((begin, start, closing, language)) if line.trim() == closing => {
                let range = *start..at;
                let text = &page[range.clone()];
                if ["console", "sh", "bash", "shell"].contains(&language.as_str()) {
                    let commands = commands(text, language == "console");
                    blocks.push(Block {
                        line: *begin,
                        language: language.clone(),
                        range,
                        commands,
                    });
                }
                open = None;
            }
            None if fence.len() >= 3 => {
                let language = line.trim()[fence.len()..].to_owned();
                open = Some((number + 1, at + line.len(), fence, language));
            }
            _ => {}
        }
        at += line.len();
    }
    blocks
}

fn commands(text: &str, has_prompts: bool) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut goes_on = false;
    let indent = text.len() - text.trim_start_matches(' ').len();
    for line in text.lines() {
        let line = line.get(indent..).unwrap_or_default();
        let begin = if has_prompts { line.strip_prefix("$ ") } else { Some(line) };
        match (begin, commands.last_mut()) {
            (_, Some(last)) if goes_on => {
                last.text.push('\n');
                last.text.push_str(line.strip_prefix("> ").unwrap_or(line));
            }
            (Some(begin), _) if has_prompts || !begin.trim().is_empty() => {
                commands.push(Command { text: begin.to_owned(), output: String::new() });
            }
            (None, Some(last)) => {
                last.output.push_str(line);
                last.output.push('\n');
            }
            _ => {}
        }
        goes_on = commands.last().is_some_and(|last| {
            last.output.is_empty() && last.text.ends_with('\\') && line.ends_with('\\')
        });
    }
    commands
}

impl Block {
    /// The block with other outputs.
    pub(crate) fn with(&self, outputs: &[String]) -> String {
        let pairs = self.commands.iter().zip(outputs);
        pairs.map(|(command, output)| format!("$ {}\n{output}", command.text)).collect()
    }
}

/// Inline code that starts with `aware `.
pub(crate) fn mentioned(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut spans = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            let code = line.split('`').skip(1).step_by(2);
            spans.extend(code.filter(|code| code.starts_with("aware ")).map(str::to_owned));
        }
    }
    spans
}
