//! A message as one text within a limit: what it shows is dropped in the order in which people miss
//! it least, and the text says so.

use aware_core::text::clip_text;
use serde_json::{Value, json};

use super::escape::{TextMedium, TextUnit, fit_text};
use crate::destination::card::MessageCard;

/// How much of a message is shown.
#[derive(Clone, Copy, Debug)]
struct StoryShape {
    /// Whether its references are shown.
    has_context: bool,
    /// Whether its commands, grant or request are shown. They are never cut.
    has_code: bool,
    /// How many lines of its timeline.
    lines: usize,
    /// How many fields.
    fields: usize,
    /// The most characters of a value and of a sentence.
    value: usize,
    sentence: usize,
}

const fn shape(context: bool, code: bool, lines: usize, fields: usize, value: usize) -> StoryShape {
    StoryShape {
        has_context: context,
        has_code: code,
        lines,
        fields,
        value,
        sentence: value.saturating_mul(2),
    }
}

/// From everything to the bare facts: sentence, who, where, what to do first.
const SHAPES: [StoryShape; 9] = [
    shape(true, true, usize::MAX, usize::MAX, usize::MAX),
    shape(true, true, usize::MAX, 40, 400),
    shape(false, true, 8, 20, 300),
    shape(false, true, 3, 12, 200),
    shape(false, false, 8, 12, 200),
    shape(false, false, 3, 10, 120),
    shape(false, false, 0, 8, 80),
    shape(false, false, 0, 4, 60),
    shape(false, false, 0, 2, 40),
];

/// What the text says if something was left out.
const SHORTENED: &str = "… shortened to fit";

/// The parts of a message that a shape keeps.
struct StoryParts<'c> {
    sentence: String,
    fields: Vec<(&'c str, String)>,
    lines: String,
    title: String,
    code: &'c str,
    context: String,
    is_cut: bool,
}

fn parts_of(card: &MessageCard, shape: StoryShape, is_cut: bool) -> StoryParts<'_> {
    let clipped = |text: &str, max: usize| clip_text(text, max).into_owned();
    let fields = card.fields.iter().take(shape.fields);
    let lines: Vec<&str> = card.lines.iter().take(shape.lines).map(String::as_str).collect();
    StoryParts {
        sentence: clipped(&card.sentence, shape.sentence),
        fields: fields
            .map(|(label, value)| (label.as_str(), clipped(value, shape.value)))
            .collect(),
        lines: lines.join("\n"),
        title: clipped(&card.code_title, shape.sentence),
        code: if shape.has_code { card.code.as_str() } else { "" },
        context: if shape.has_context { card.context.join(" · ") } else { String::new() },
        is_cut,
    }
}

/// The message in a medium, without its header, within a limit.
pub(super) fn story_text(
    card: &MessageCard,
    medium: TextMedium,
    max: usize,
    unit: TextUnit,
) -> String {
    for (index, shape) in SHAPES.into_iter().enumerate() {
        let text = medium.wrap(write_parts(&parts_of(card, shape, index > 0), medium));
        if unit.length(&text) <= max {
            return text;
        }
    }
    let gist = if card.sentence.is_empty() { &card.header } else { &card.sentence };
    fit_text(gist, max, unit, |text| medium.wrap(medium.escape(text)))
}

fn write_parts(parts: &StoryParts<'_>, medium: TextMedium) -> String {
    let running = |text: &str| (!text.is_empty()).then(|| medium.escape(text));
    let block = |text: &str| (!text.is_empty()).then(|| medium.block(text));
    let fields = parts.fields.iter().map(|(label, value)| medium.field(label, value));
    let all: Vec<String> = running(&parts.sentence)
        .into_iter()
        .chain(fields)
        .chain(block(&parts.lines))
        .chain(running(&parts.title))
        .chain(block(parts.code))
        .chain(running(&parts.context))
        .chain(parts.is_cut.then(|| SHORTENED.to_owned()))
        .collect();
    all.join("\n")
}

/// The message as a document in Atlassian's format, whose JSON has at most `max` characters.
///
/// Source: <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>.
pub(super) fn story_document(card: &MessageCard, max: usize) -> Value {
    for (index, shape) in SHAPES.into_iter().enumerate() {
        let document = write_document(&parts_of(card, shape, index > 0));
        if TextUnit::Utf16.length(&document.to_string()) <= max {
            return document;
        }
    }
    text_document(&card.sentence, max.saturating_sub(200) / 6)
}

/// A text as a document, a paragraph for each line.
pub(super) fn text_document(text: &str, max: usize) -> Value {
    let text = clip_text(text, max);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let paragraphs: Vec<Value> = lines.map(|line| paragraph([plain_node(line)])).collect();
    document_of(paragraphs)
}

fn write_document(parts: &StoryParts<'_>) -> Value {
    let running = |text: &str| (!text.is_empty()).then(|| paragraph([plain_node(text)]));
    let block = |text: &str| {
        let text = TextMedium::Plain.block(text);
        (!text.is_empty())
            .then(|| json!({"type": "codeBlock", "content": [{"type": "text", "text": text}]}))
    };
    let fields = parts.fields.iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| {
        let label = TextMedium::Plain.escape(label);
        let label =
            json!({"type": "text", "text": format!("{label}: "), "marks": [{"type": "strong"}]});
        paragraph([label, plain_node(value)])
    });
    let all: Vec<Value> = running(&parts.sentence)
        .into_iter()
        .chain(fields)
        .chain(block(&parts.lines))
        .chain(running(&parts.title))
        .chain(block(parts.code))
        .chain(running(&parts.context))
        .chain(running(if parts.is_cut { SHORTENED } else { "" }))
        .collect();
    document_of(all)
}

fn document_of(mut content: Vec<Value>) -> Value {
    if content.is_empty() {
        content.push(paragraph([plain_node("-")]));
    }
    json!({"type": "doc", "version": 1, "content": content})
}

fn paragraph<const N: usize>(nodes: [Value; N]) -> Value {
    json!({"type": "paragraph", "content": Value::Array(nodes.into())})
}

fn plain_node(text: &str) -> Value {
    json!({"type": "text", "text": TextMedium::Plain.escape(text)})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_card() -> MessageCard {
        MessageCard {
            header: "HIGH - iam:CreateUser by user/alice".into(),
            sentence: "Looks like *exploring*.".into(),
            fields: vec![
                ("Who".into(), "user/alice".into()),
                ("From".into(), "192.0.2.1".into()),
                ("User agent".into(), "x`y<@1> ".repeat(600)),
            ],
            lines: (0..20).map(|n| format!("13:06:{n:02} ✕ iam:CreateUser")).collect(),
            code_title: "First: Deny everything to user/alice".into(),
            code: "aws iam put-user-policy --user-name alice".repeat(20),
            context: vec!["case c5b1e".into()],
            level: None,
            is_finding: true,
        }
    }

    #[test]
    fn the_facts_stay_and_what_is_cut_is_said() {
        let card = long_card();
        let media = [TextMedium::Plain, TextMedium::Markdown, TextMedium::Html, TextMedium::Fenced];
        for medium in media {
            let whole = story_text(&card, medium, 100_000, TextUnit::Chars);
            assert!(whole.contains(&card.code) && !whole.contains(SHORTENED), "{whole}");
            for max in [400, 900, 2_000, 4_000] {
                let text = story_text(&card, medium, max, TextUnit::Bytes);
                assert!(text.len() <= max, "{max} {text}");
                for fact in ["exploring", "user/alice", "192.0.2.1", "First: Deny", SHORTENED] {
                    assert!(text.contains(fact), "{medium:?} {max} {fact}: {text}");
                }
                let commands = text.matches("put-user-policy").count();
                assert!(commands == 0 || commands == 20, "commands are whole or not there");
                assert!(
                    medium != TextMedium::Markdown || text.matches("```").count().is_multiple_of(2)
                );
                assert_eq!(text.matches("<pre>").count(), text.matches("</pre>").count());
            }
            assert!(TextUnit::Chars.length(&story_text(&card, medium, 20, TextUnit::Chars)) <= 20);
        }
    }

    #[test]
    fn a_document_has_no_empty_text_and_fits() {
        let card = long_card();
        for max in [1_500, 4_000, 30_000] {
            let text = story_document(&card, max).to_string();
            assert!(text.chars().count() <= max && !text.contains(r#""text":"""#), "{text}");
        }
        assert_eq!(
            text_document("a\n\nb", 10),
            json!({"type": "doc", "version": 1, "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "a"}]},
                {"type": "paragraph", "content": [{"type": "text", "text": "b"}]},
            ]})
        );
    }
}
