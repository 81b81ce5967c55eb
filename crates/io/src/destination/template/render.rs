//! Renders a body as a tree: each text of it is a template of its own, so that no value can end a
//! string, and a value that is not text keeps its type.
//!
//! - A text that is one expression with `|json` at its end becomes that value; `none` is left out.
//! - `{"$secret": "NAME"}` becomes a secret of the config.
//! - `{"$each": "EXPRESSION", "$item": …}` in a list becomes an entry for each `item`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_core::message::Message;
use minijinja::value::Value as Dynamic;
use minijinja::{Environment, Error, ErrorKind};
use serde_json::{Map, Value};

use super::context::{NAMES, template_context};
use super::engine::engine_for;
use crate::destination::card::MessageCard;
use crate::secret::SecretText;

/// The most bytes that one text may have.
const MAX_TEXT: usize = 256 << 10;
/// The functions that come with the engine.
const FUNCTIONS: [&str; 5] = ["range", "dict", "namespace", "debug", "loop"];

/// Why a template cannot be rendered. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The engine refuses it.
    #[error("`{place}`, line {line}: {problem} (hint: {hint})")]
    Template {
        /// Which text of the body, or which header.
        place: String,
        /// The line within it.
        line: usize,
        /// What is wrong.
        problem: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// It uses a name that no message has.
    #[error("`{place}`: unknown name `{name}` (hint: one of {})", NAMES.join(", "))]
    UnknownName {
        /// Which text.
        place: String,
        /// The name.
        name: String,
    },
    /// A value that does not exist.
    #[error("`{0}`: has no value (hint: `… if … else none` leaves it out)")]
    NoValue(String),
    /// A text is too long.
    #[error("`{0}`: is longer than 256 KiB (hint: `|clip(4000)`)")]
    TooLong(String),
    /// The name of a secret that the config lacks.
    #[error("`{place}`: there is no secret `{name}` (hint: `secrets.{name} = \"env:NAME\"`)")]
    NoSecret {
        /// Where it is used.
        place: String,
        /// Its name.
        name: String,
    },
    /// A list of a template that is not one.
    #[error("`{0}`: `$each` needs a list and `$item` (hint: `\"$each\" = \"card.fields\"`)")]
    NotAList(String),
    /// A form holds names and texts.
    #[error("`{0}`: a form holds texts, numbers and booleans only (hint: `encoding = \"json\"`)")]
    NotAForm(String),
}

/// Renders the templates of one message.
pub(super) struct TemplateRenderer<'t> {
    engine: Environment<'t>,
    context: Map<String, Value>,
    secrets: &'t BTreeMap<String, SecretText>,
    /// Whether names in branches that this message does not take are looked at too.
    is_check: bool,
}

impl<'t> TemplateRenderer<'t> {
    pub(super) fn new(
        message: &Message,
        parameters: &BTreeMap<String, String>,
        secrets: &'t BTreeMap<String, SecretText>,
        thread: Option<&str>,
    ) -> Self {
        let card = Arc::new(MessageCard::new(message));
        let context = template_context(message, &card, parameters, thread);
        Self { engine: engine_for(&card), context, secrets, is_check: false }
    }

    /// The same, for the check of a config.
    pub(super) fn checking(self) -> Self {
        Self { is_check: true, ..self }
    }

    /// Renders a body.
    pub(super) fn render_body(&self, body: &'t Value) -> Result<Value, TemplateError> {
        let rendered = self.render_node("body", body, &self.context)?;
        Ok(rendered.unwrap_or_default())
    }

    /// Renders a header's value, which may contain `secret.NAME`.
    pub(super) fn render_header(&self, name: &str, text: &'t str) -> Result<String, TemplateError> {
        let mut context = self.context.clone();
        let secrets = self.secrets.iter();
        let secrets: Map<String, Value> =
            secrets.map(|(name, secret)| (name.clone(), secret.expose().into())).collect();
        context.insert("secret".to_owned(), Value::Object(secrets));
        let place = format!("headers.{name}");
        self.check_names(&place, text, &["secret"])?;
        let rendered =
            self.engine.render_named_str(&place, text, Dynamic::from_serialize(&context));
        // The engine's own words could quote a secret.
        rendered.map_err(|error| template_error(&place, &error, error.kind().to_string()))
    }

    fn render_node(
        &self,
        place: &str,
        node: &'t Value,
        context: &Map<String, Value>,
    ) -> Result<Option<Value>, TemplateError> {
        match node {
            Value::String(text) => self.render_text(place, text, context),
            Value::Array(list) => self.render_list(place, list, context).map(Some),
            Value::Object(object) => match object.get("$secret").and_then(Value::as_str) {
                Some(name) => self.secret(place, name).map(Some),
                None => self.render_object(place, object, context).map(Some),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(Some(node.clone())),
        }
    }

    fn secret(&self, place: &str, name: &str) -> Result<Value, TemplateError> {
        let secret = self.secrets.get(name).map(|secret| secret.expose().into());
        let (place, name) = (place.to_owned(), name.to_owned());
        secret.ok_or(TemplateError::NoSecret { place, name })
    }

    fn render_object(
        &self,
        place: &str,
        object: &'t Map<String, Value>,
        context: &Map<String, Value>,
    ) -> Result<Value, TemplateError> {
        let mut rendered = Map::new();
        for (key, node) in object {
            if let Some(value) = self.render_node(&format!("{place}.{key}"), node, context)? {
                rendered.insert(key.clone(), value);
            }
        }
        Ok(Value::Object(rendered))
    }

    fn render_list(
        &self,
        place: &str,
        list: &'t [Value],
        context: &Map<String, Value>,
    ) -> Result<Value, TemplateError> {
        let mut rendered = Vec::new();
        for (index, node) in list.iter().enumerate() {
            let place = format!("{place}[{index}]");
            match node.get("$each") {
                Some(each) => rendered.extend(self.render_each(&place, node, each, context)?),
                None => rendered.extend(self.render_node(&place, node, context)?),
            }
        }
        Ok(Value::Array(rendered))
    }

    fn render_each(
        &self,
        place: &str,
        node: &'t Value,
        each: &'t Value,
        context: &Map<String, Value>,
    ) -> Result<Vec<Value>, TemplateError> {
        let not_a_list = || TemplateError::NotAList(place.to_owned());
        let (Some(each), Some(entry)) = (each.as_str(), node.get("$item")) else {
            return Err(not_a_list());
        };
        let Value::Array(items) = self.evaluate(place, each, context)? else {
            return Err(not_a_list());
        };
        let mut rendered = Vec::new();
        for item in items {
            let mut inner = context.clone();
            inner.insert("item".to_owned(), item);
            rendered.extend(self.render_node(place, entry, &inner)?);
        }
        Ok(rendered)
    }

    fn render_text(
        &self,
        place: &str,
        text: &'t str,
        context: &Map<String, Value>,
    ) -> Result<Option<Value>, TemplateError> {
        if let Some(expression) = json_expression(text) {
            let value = self.evaluate(place, expression, context)?;
            return Ok((!value.is_null()).then_some(value));
        }
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return Ok(Some(text.into()));
        }
        self.check_names(place, text, &[])?;
        let rendered = self
            .engine
            .render_named_str(place, text, Dynamic::from_serialize(context))
            .map_err(|error| template_error(place, &error, problem_of(&error)))?;
        if rendered.len() > MAX_TEXT {
            return Err(TemplateError::TooLong(place.to_owned()));
        }
        Ok(Some(rendered.into()))
    }

    fn evaluate(
        &self,
        place: &str,
        expression: &'t str,
        context: &Map<String, Value>,
    ) -> Result<Value, TemplateError> {
        let wrong = |error: Error| template_error(place, &error, problem_of(&error));
        let compiled = self.engine.compile_expression(expression).map_err(wrong)?;
        if self.is_check {
            known_names(place, compiled.undeclared_variables(false), &[])?;
        }
        let value = compiled.eval(Dynamic::from_serialize(context)).map_err(wrong)?;
        if value.is_undefined() {
            return Err(TemplateError::NoValue(place.to_owned()));
        }
        let json = serde_json::to_value(&value);
        json.map_err(|_| TemplateError::NoValue(place.to_owned()))
    }

    fn check_names(&self, place: &str, text: &'t str, more: &[&str]) -> Result<(), TemplateError> {
        if !self.is_check {
            return Ok(());
        }
        let parsed = self.engine.template_from_str(text);
        let parsed = parsed.map_err(|error| template_error(place, &error, problem_of(&error)))?;
        known_names(place, parsed.undeclared_variables(false), more)
    }
}

fn known_names(
    place: &str,
    names: impl IntoIterator<Item = String>,
    more: &[&str],
) -> Result<(), TemplateError> {
    let is_known = |name: &str| {
        [NAMES.as_slice(), FUNCTIONS.as_slice(), more].iter().any(|known| known.contains(&name))
    };
    match names.into_iter().filter(|name| !is_known(name)).min() {
        None => Ok(()),
        Some(name) => Err(TemplateError::UnknownName { place: place.to_owned(), name }),
    }
}

fn template_error(place: &str, error: &Error, problem: String) -> TemplateError {
    let line = error.line().unwrap_or(1);
    TemplateError::Template { place: place.to_owned(), line, problem, hint: hint_for(error.kind()) }
}

fn problem_of(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

fn hint_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UndefinedError => {
            "not every message has it: `{% if case %}{{ case.who }}{% endif %}`"
        }
        ErrorKind::UnknownFilter => {
            "clip, clip_bytes, markdown, code, html, slack_text, adf, base64, and Jinja's own"
        }
        ErrorKind::OutOfFuel => "the template loops for too long",
        ErrorKind::SyntaxError => "templates are Jinja's; includes and macros are not supported",
        _ => "`aware destinations show PRESET` prints templates that work",
    }
}

/// The expression of `{{ expression|json }}`.
fn json_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let expression = inner.trim().strip_suffix("json")?.trim_end().strip_suffix('|')?;
    (!expression.contains("{{") && !expression.contains("}}")).then(|| expression.trim())
}

/// The pairs of a form.
pub(super) fn form_body(body: &Value) -> Result<String, TemplateError> {
    let not_a_form = || TemplateError::NotAForm("body".to_owned());
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in body.as_object().ok_or_else(not_a_form)? {
        match value {
            Value::String(text) => form.append_pair(key, text),
            Value::Number(_) | Value::Bool(_) => form.append_pair(key, &value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(TemplateError::NotAForm(format!("body.{key}")));
            }
        };
    }
    Ok(form.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_with_json() {
        assert_eq!(json_expression("{{ card.fields | json }}"), Some("card.fields"));
        assert_eq!(json_expression(" {{count|json}} "), Some("count"));
        for text in
            ["{{ count }}", "{{ a|json }} {{ b|json }}", "x {{ a|json }}", "json", "{{json}}"]
        {
            assert_eq!(json_expression(text), None, "{text}");
        }
    }
}
