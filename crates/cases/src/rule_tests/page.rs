//! Parses a page of Markdown into its tests.

use aware_core::source;
use aware_rules::problem::RuleMistake;
use serde_json::Value;

use super::case::{RuleTest, RuleTestPage, TestKind, TestPlaces};

/// Parses a page.
///
/// ```
/// use aware_cases::rule_tests::{TestKind, parse_page};
///
/// let event = r#"{"eventTime": "2026-11-24T03:54:07Z", "eventName": "StopLogging",
///     "eventSource": "cloudtrail.amazonaws.com"}"#;
/// let text = format!("# Trail stopped\n\n## Hit: by a user\n\n```json\n{event}\n```\n");
/// let page = parse_page("trail-stopped.md", &text).unwrap();
/// assert_eq!((page.tests[0].kind, page.tests[0].title.as_str()), (TestKind::Hit, "by a user"));
/// ```
///
/// # Errors
/// Everything that is wrong with it: no title or tests, a heading that nearly is a test's, a test
/// without records or with two blocks of them, invalid JSON, records that are not events.
pub fn parse_page(file: &str, text: &str) -> Result<RuleTestPage, Vec<RuleMistake>> {
    let mut parser =
        PageParser { file, title: None, config: None, drafts: Vec::new(), problems: Vec::new() };
    parser.read_lines(text);
    parser.finish_page()
}

/// What the fence of a config says.
const CONFIG_BLOCK: &str = "toml config";

/// A test that is being read.
struct DraftTest {
    kind: TestKind,
    title: String,
    line: usize,
    records: Option<FencedBlock>,
    message: Option<FencedBlock>,
}

/// A fenced block.
struct FencedBlock {
    info: String,
    /// The line after the opening fence, counted from 1.
    line: usize,
    text: String,
    lines: usize,
}

struct PageParser<'a> {
    file: &'a str,
    title: Option<String>,
    config: Option<(u32, String)>,
    drafts: Vec<DraftTest>,
    problems: Vec<RuleMistake>,
}

impl PageParser<'_> {
    fn read_lines(&mut self, text: &str) {
        let mut lines = text.lines().zip(1..);
        // Whether the current section is a test.
        let mut in_case = false;
        while let Some((line, number)) = lines.next() {
            if let Some(fence) = OpeningFence::parse_fence(line) {
                let block = fence.read_block(&mut lines, number);
                match block {
                    Some(block) if block.info == CONFIG_BLOCK => self.take_config(block),
                    Some(block) if in_case => self.take_block(block),
                    Some(_) => {}
                    None => self.add_problem(number, "fenced block has no end", None),
                }
            } else if let Some((level, heading)) = parse_heading(line) {
                in_case = self.take_heading(level, heading, number);
            }
        }
    }

    /// Takes a heading; returns whether it begins a test.
    fn take_heading(&mut self, level: usize, text: &str, line: usize) -> bool {
        if level == 1 && self.title.is_none() {
            self.title = Some(text.to_owned());
            return false;
        }
        let named =
            text.split_once(':').and_then(|(kind, title)| Some((kind_from_text(kind)?, title)));
        match named {
            Some((kind, title)) if level == 2 && !title.trim().is_empty() => {
                let title = title.trim().to_owned();
                self.drafts.push(DraftTest { kind, title, line, records: None, message: None });
                true
            }
            None if !is_nearly_a_test(text) => false,
            _ => {
                let hint = "write `## Hit: what it is` or `## Near miss: what it is`";
                self.add_problem(
                    line,
                    format!("heading `{text}` is nearly that of a case"),
                    Some(hint),
                );
                false
            }
        }
    }

    fn take_config(&mut self, block: FencedBlock) {
        let line = block.line - 1;
        if self.config.is_some() {
            let what = format!("second block `{CONFIG_BLOCK}` on the page");
            return self.add_problem(line, what, Some("one holds for all cases"));
        }
        self.config = Some((u32::try_from(line).unwrap_or(u32::MAX), block.text));
    }

    fn take_block(&mut self, block: FencedBlock) {
        let line = block.line - 1;
        let Some(draft) = self.drafts.last_mut() else { return };
        let is_hit = draft.kind == TestKind::Hit;
        let place = match block.info.as_str() {
            "json" => &mut draft.records,
            "text" if is_hit => &mut draft.message,
            "text" => return self.add_problem(line, "a near miss makes no message", None),
            _ => return,
        };
        if place.is_none() {
            *place = Some(block);
        } else {
            let what = format!("second block `{}` in one case", block.info);
            self.add_problem(line, what, Some("put several records into one list"));
        }
    }

    fn finish_page(mut self) -> Result<RuleTestPage, Vec<RuleMistake>> {
        let title = self.title.take();
        if title.is_none() {
            self.add_problem(1, "page has no title", Some("begin it with `# What the rule sees`"));
        }
        if self.drafts.is_empty() {
            let hint = "add sections `## Hit: …` and `## Near miss: …`";
            self.add_problem(1, "page has no cases", Some(hint));
        }
        let config = self.config.take();
        let drafts = std::mem::take(&mut self.drafts);
        let cases: Vec<RuleTest> =
            drafts.into_iter().filter_map(|draft| self.finish_test(draft)).collect();
        match title {
            Some(title) if self.problems.is_empty() => {
                Ok(RuleTestPage { file: self.file.to_owned(), title, config, tests: cases })
            }
            _ => {
                self.problems.sort();
                Err(self.problems)
            }
        }
    }

    fn finish_test(&mut self, draft: DraftTest) -> Option<RuleTest> {
        let DraftTest { kind, title, line, records, message } = draft;
        let Some(records) = records else {
            let what = format!("case `{title}` has no records");
            self.add_problem(line, what, Some("add a fenced block `json`"));
            return None;
        };
        let events = self.read_events(&records)?;
        let places = TestPlaces {
            records_end: records.line + records.lines,
            message: message.as_ref().map(|block| block.line - 1..block.line - 1 + block.lines),
        };
        let message = message.map(|block| block.text.trim_end().to_owned());
        Some(RuleTest { kind, title, line: as_u32(line), events, message, places })
    }

    fn read_events(&mut self, block: &FencedBlock) -> Option<Vec<Value>> {
        let events = match serde_json::from_str(&block.text) {
            Ok(Value::Array(events)) if !events.is_empty() => events,
            Ok(event @ Value::Object(_)) => vec![event],
            Ok(_) => {
                self.add_problem(
                    block.line,
                    "block is neither a record nor a list of records",
                    None,
                );
                return None;
            }
            Err(error) => {
                let place =
                    (as_u32(block.line + error.line().saturating_sub(1)), as_u32(error.column()));
                let text = error.to_string();
                let what = text.split(" at line ").next().unwrap_or_default();
                self.problems.push(RuleMistake::new(self.file, place, format!("not JSON: {what}")));
                return None;
            }
        };
        for (event, number) in events.iter().zip(1..) {
            if let Err(error) = source::decode_record(event.to_string().as_bytes()) {
                self.add_problem(
                    block.line,
                    format!("record {number} is not an event: {error}"),
                    None,
                );
                return None;
            }
        }
        Some(events)
    }

    fn add_problem(&mut self, line: usize, what: impl std::fmt::Display, hint: Option<&str>) {
        let problem = RuleMistake::new(self.file, (as_u32(line), 1), what);
        self.problems.push(match hint {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        });
    }
}

/// An opening fence: at least three backticks or tildes, and the kind of block that follows.
struct OpeningFence {
    mark: char,
    length: usize,
    info: String,
}

impl OpeningFence {
    fn parse_fence(line: &str) -> Option<Self> {
        let mark = line.chars().next().filter(|mark| "`~".contains(*mark))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        (length >= 3).then(|| Self { mark, length, info: info.trim().to_owned() })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let rest = line.trim_start_matches(self.mark);
        line.len() - rest.len() >= self.length && rest.trim().is_empty()
    }

    /// Reads up to the closing fence; `None` when there is none.
    fn read_block<'t>(
        self,
        lines: &mut impl Iterator<Item = (&'t str, usize)>,
        number: usize,
    ) -> Option<FencedBlock> {
        let (mut text, mut count) = (String::new(), 0);
        for (line, _) in lines {
            if self.is_closed_by(line) {
                return Some(FencedBlock { info: self.info, line: number + 1, text, lines: count });
            }
            text.push_str(line);
            text.push('\n');
            count += 1;
        }
        None
    }
}

fn parse_heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (level > 0 && text.starts_with(' ')).then(|| (level, text.trim()))
}

fn kind_from_text(text: &str) -> Option<TestKind> {
    [TestKind::Hit, TestKind::NearMiss].into_iter().find(|kind| kind.as_str() == text)
}

/// `## Hits: …`, `## near-miss …`, `### Hit`: meant as a test, but it would not be run.
fn is_nearly_a_test(text: &str) -> bool {
    let lower = text.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let is_short = text.split_whitespace().count() == 1 || text.contains(':');
    matches!(first, "hit" | "hits" | "miss" | "misses") && is_short
        || lower.replace('-', " ").starts_with("near miss")
        || lower.starts_with("nearmiss")
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
