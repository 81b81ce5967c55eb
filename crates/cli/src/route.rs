//! `aware route test`: what each route says to a message, and where it goes.

use std::io::{Write, stdout};

use aware_core::message::Message;
use aware_core::route::{MessageRoute, RouteVerdict, RoutedMessage, explain_routes, route_message};
use aware_core::text::json::visible_json;
use aware_core::text::terminal::terminal_safe;
use aware_io::config;
use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::args::{RouteArgs, RouteCommand, RouteTestArgs, TextOrJson};
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::{display_name, read_text};
use crate::outbox::destination_names;

/// What is told about one message.
struct TestedMessage<'a> {
    message: &'a Message,
    at: Option<Timestamp>,
    routes: &'a [MessageRoute],
    verdicts: Vec<RouteVerdict>,
    routed: RoutedMessage<'a>,
}

/// Runs `aware route`.
pub(crate) fn run_route(args: &RouteArgs) -> Result<CommandExit, CommandFailure> {
    match &args.command {
        RouteCommand::Test(args) => test_routes(args),
    }
}

fn test_routes(args: &RouteTestArgs) -> Result<CommandExit, CommandFailure> {
    let config = config::read_config(&args.config)?;
    let (routes, names) = (config::routes_from(&config), destination_names(&config));
    let messages = read_messages(&args.message)?;
    let tested: Vec<TestedMessage<'_>> = messages
        .iter()
        .map(|message| {
            let at = args.at.or(message.time);
            let verdicts = explain_routes(message, &routes, at);
            let routed = route_message(message, &routes, &names, at);
            TestedMessage { message, at, routes: &routes, verdicts, routed }
        })
        .collect();
    let mut out = stdout().lock();
    match args.format {
        TextOrJson::Text => tested.iter().try_for_each(|one| one.write_text(&mut out))?,
        TextOrJson::Json => {
            let all: Vec<Value> = tested.iter().map(TestedMessage::to_json).collect();
            let text = format!("{:#}", json!({ "messages": all }));
            writeln!(out, "{}", visible_json(&text))?;
        }
    }
    let is_lost = tested.iter().any(|one| one.routed.to.is_empty());
    Ok(if is_lost { CommandExit::Findings } else { CommandExit::Done })
}

fn read_messages(name: &str) -> Result<Vec<Message>, CommandFailure> {
    let text = read_text(name)?;
    let wrong = |problem: String| {
        let hint = "give a message as it is published, or what `aware scan --format jsonl` prints";
        CommandFailure::Usage(format!("{}: {problem} (hint: {hint})", display_name(name)))
    };
    let mut messages = Vec::new();
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Box<RawValue>>() {
        let value = value.map_err(|error| wrong(error.to_string()))?;
        let message = Message::read_json(value.get().as_bytes());
        messages.push(message.map_err(|error| wrong(error.to_string()))?);
    }
    if messages.is_empty() { Err(wrong("no message".to_owned())) } else { Ok(messages) }
}

impl TestedMessage<'_> {
    fn write_text(&self, out: &mut impl Write) -> std::io::Result<()> {
        let level = self.message.severity_name();
        let at = self.at.map_or_else(|| "no time".to_owned(), |at| at.to_string());
        writeln!(out, "{} ({level}, {at})", terminal_safe(&self.message.subject))?;
        for (index, (route, verdict)) in self.routes.iter().zip(&self.verdicts).enumerate() {
            let line = format!("route {} to {}: {verdict}", index + 1, route.to.join(", "));
            writeln!(out, "  {}", terminal_safe(&line))?;
        }
        if self.routes.is_empty() {
            writeln!(out, "  there are no routes: every destination gets it")?;
        }
        let RoutedMessage { to, muted } = &self.routed;
        let end = if to.is_empty() { "goes nowhere".to_owned() } else { goes_to(to) };
        let silent = if muted.is_empty() { String::new() } else { muted_for(muted) };
        writeln!(out, "  {}", terminal_safe(&format!("{end}{silent}")))
    }

    fn to_json(&self) -> Value {
        let routes = self.routes.iter().zip(&self.verdicts).enumerate();
        let routes: Vec<Value> = routes
            .map(|(index, (route, verdict))| {
                let mut told = json!({
                    "route": index + 1,
                    "to": route.to,
                    "verdict": verdict.name(),
                    "reason": verdict.to_string(),
                });
                if let (RouteVerdict::Differs(mismatch), Some(told)) =
                    (verdict, told.as_object_mut())
                {
                    told.insert("condition".to_owned(), mismatch.condition.clone().into());
                    told.insert("asked".to_owned(), mismatch.asked.clone().into());
                    told.insert("found".to_owned(), mismatch.found.clone().into());
                }
                told
            })
            .collect();
        json!({
            "id": self.message.id,
            "subject": self.message.subject,
            "severity": self.message.severity_name(),
            "at": self.at.map(|at| at.to_string()),
            "routes": routes,
            "destinations": self.routed.to,
            "muted": self.routed.muted,
        })
    }
}

fn goes_to(names: &[&str]) -> String {
    format!("goes to {}", names.join(", "))
}

fn muted_for(names: &[&str]) -> String {
    format!("; muted for {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use aware_core::event::Level;

    use super::*;

    fn tested(level: &str) -> (String, Value) {
        let body = format!(
            r#"{{"subject": "Bad\u001b[31m", "fields": [], "severity": "{level}", "id": "msg_1"}}"#
        );
        let message = Message::read_json(body.as_bytes()).unwrap();
        let routes = [MessageRoute {
            min_level: Some(Level::High),
            to: vec!["pager".to_owned()],
            ..MessageRoute::default()
        }];
        let one = TestedMessage {
            message: &message,
            at: None,
            routes: &routes,
            verdicts: explain_routes(&message, &routes, None),
            routed: route_message(&message, &routes, &[], None),
        };
        let mut text = Vec::new();
        one.write_text(&mut text).unwrap();
        (String::from_utf8(text).unwrap(), one.to_json())
    }

    #[test]
    fn what_is_shown() {
        let (text, json) = tested("low");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains(" (low, no time)\n"), "{text}");
        assert!(
            text.ends_with(
                "  route 1 to pager: does not match: `min_level` asks for high; the message has \
                 low\n  goes nowhere\n"
            ),
            "{text}"
        );
        assert_eq!(
            json.get("routes").unwrap(),
            &json!([{"route": 1, "to": ["pager"], "verdict": "differs",
                "reason": "does not match: `min_level` asks for high; the message has low",
                "condition": "min_level", "asked": ["high"], "found": ["low"]}])
        );
        let (text, json) = tested("high");
        assert!(text.ends_with("  route 1 to pager: takes it\n  goes to pager\n"), "{text}");
        assert_eq!(json.get("destinations").unwrap(), &json!(["pager"]));
    }
}
