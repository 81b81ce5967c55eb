//! The template engine: minijinja without includes and macros, with a limit on work, and the
//! filters that escape and clip.
//!
//! Source: <https://docs.rs/minijinja/2/minijinja/syntax/>.

use std::sync::Arc;

use aware_core::text::clip_text;
use aware_core::text::slack::Mrkdwn;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::escape::{TextMedium, TextUnit, escape_html, escape_markdown, fit_text, markdown_code};
use super::story::{story_document, story_text, text_document};
use crate::destination::card::MessageCard;

/// How many steps one template may take.
const FUEL: u64 = 200_000;

/// An engine for one message. `story` writes this message.
pub(super) fn engine_for<'s>(card: &Arc<MessageCard>) -> Environment<'s> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.add_filter("clip", clip_utf16);
    engine.add_filter("clip_utf16", clip_utf16);
    engine.add_filter("clip_bytes", clip_to_bytes);
    engine.add_filter("markdown", to_markdown);
    engine.add_filter("code", to_code);
    engine.add_filter("html", to_html);
    engine.add_filter("slack_text", to_slack_text);
    engine.add_filter("adf", to_document);
    engine.add_filter("base64", to_base64);
    let card = Arc::clone(card);
    engine.add_function("story", move |medium: String, max: usize, unit: Option<String>| {
        write_story(&card, &medium, max, unit.as_deref())
    });
    engine
}

/// `story(medium, max, unit)`: the message in a medium, within a limit.
fn write_story(
    card: &MessageCard,
    medium: &str,
    max: usize,
    unit: Option<&str>,
) -> Result<Value, Error> {
    if medium == "adf" {
        return Ok(Value::from_serialize(story_document(card, max)));
    }
    let unknown = |detail: &'static str| Error::new(ErrorKind::InvalidOperation, detail);
    let medium = TextMedium::named(medium)
        .ok_or_else(|| unknown("`story` writes plain, markdown, html, fenced or adf"))?;
    let unit = TextUnit::named(unit.unwrap_or("utf16"))
        .ok_or_else(|| unknown("`story` counts chars, bytes or utf16"))?;
    Ok(Value::from(story_text(card, medium, max, unit)))
}

/// Characters count as UTF-16 units, the larger of the ways receivers count them.
fn clip_utf16(text: String, max: usize) -> String {
    clip_text(&text, max).into_owned()
}

fn clip_to_bytes(text: String, max: usize) -> String {
    fit_text(&text, max, TextUnit::Bytes, str::to_owned)
}

fn to_markdown(text: String, max: Option<usize>) -> String {
    fit_text(&text, max.unwrap_or(usize::MAX), TextUnit::Utf16, escape_markdown)
}

fn to_code(text: String, max: Option<usize>) -> String {
    fit_text(&text, max.unwrap_or(usize::MAX), TextUnit::Utf16, markdown_code)
}

fn to_html(text: String, max: Option<usize>) -> String {
    fit_text(&text, max.unwrap_or(usize::MAX), TextUnit::Utf16, escape_html)
}

fn to_slack_text(text: String, max: Option<usize>) -> String {
    Mrkdwn::escape_text(&text, max.unwrap_or(usize::MAX)).to_string()
}

fn to_document(text: String, max: Option<usize>) -> Value {
    Value::from_serialize(text_document(&text, max.unwrap_or(usize::MAX)))
}

fn to_base64(text: String) -> String {
    STANDARD.encode(text)
}
