//! `aware outbox` and `aware redrive --local`: messages that wait in the daemon's state, messages
//! that destinations refused, and resending those.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use aware_core::message::Message;
use aware_core::route::{MessageRoute, destinations_for};
use aware_core::text::clip_text;
use aware_core::text::terminal::terminal_safe;
use aware_io::compose::{self, SqliteStore};
use aware_io::config::{self, Config};
use aware_io::store::sqlite::{RefusedMessage, WaitingMessage};
use jiff::Timestamp;
use serde::Serialize;

use crate::args::{OutboxArgs, RedriveArgs, TextOrJson};
use crate::exit::{CommandExit, CommandFailure};
use crate::send::no_destination;

/// The most characters shown of a subject or problem.
const TEXT_CHARS: usize = 100;

/// What is listed for one destination.
#[derive(Debug, Default, Serialize)]
struct OutboxListing {
    waiting_count: u64,
    refused_count: u64,
    waiting: Vec<OutboxLine>,
    refused: Vec<OutboxLine>,
}

/// One message at one destination.
#[derive(Debug, Serialize)]
struct OutboxLine {
    id: String,
    kind: &'static str,
    severity: &'static str,
    subject: String,
    /// When it was written, or refused.
    since: Option<Timestamp>,
    attempts: u64,
    last_attempt: Option<Timestamp>,
    problem: Option<String>,
}

impl OutboxLine {
    fn from_message(message: &Message, since: Option<Timestamp>) -> Self {
        Self {
            id: message.id.clone(),
            kind: message.kind.as_str(),
            severity: message.severity_name(),
            subject: message.subject.clone(),
            since,
            attempts: 0,
            last_attempt: None,
            problem: None,
        }
    }
}

/// Everything that is listed, by destination.
struct OutboxReport {
    names: Vec<String>,
    routes: Vec<MessageRoute>,
    limit: usize,
    of: BTreeMap<String, OutboxListing>,
}

/// Runs `aware outbox`.
pub(crate) fn run_outbox(args: &OutboxArgs) -> Result<CommandExit, CommandFailure> {
    let config = config::read_config(&args.config)?;
    let names = destination_names(&config);
    let of = names.iter().map(|name| (name.clone(), OutboxListing::default())).collect();
    let mut outbox =
        OutboxReport { names, routes: config::routes_from(&config), limit: args.limit, of };
    match compose::open_local_state(&config.state)? {
        Some(store) => outbox.read_store(&store)?,
        None => tracing::info!("there is no state yet"),
    }
    match args.format {
        TextOrJson::Text => outbox.print_text(Timestamp::now())?,
        TextOrJson::Json => outbox.print_json()?,
    }
    Ok(CommandExit::Done)
}

/// Runs `aware redrive --local`.
pub(crate) fn run_local_redrive(args: &RedriveArgs) -> Result<CommandExit, CommandFailure> {
    let config = config::read_config(&args.config)?;
    let names = destination_names(&config);
    let wanted: Vec<&String> = match &args.name {
        None => names.iter().collect(),
        Some(name) => names.iter().filter(|known| *known == name).collect(),
    };
    if let (Some(name), []) = (&args.name, wanted.as_slice()) {
        return Err(no_destination(name, &names));
    }
    let mut count = 0;
    if let Some(store) = compose::open_local_state(&config.state)? {
        for name in wanted {
            count += store.redrive_refused(Some(name)).map_err(store_failure)?;
        }
    }
    writeln!(
        stdout(),
        "{count} refused messages put back: the daemon sends them within seconds, or when it starts"
    )?;
    Ok(CommandExit::Done)
}

/// The names of a config's destinations.
pub(crate) fn destination_names(config: &Config) -> Vec<String> {
    let names: Vec<String> = config.destination.keys().cloned().collect();
    if names.is_empty() { vec!["terminal".to_owned()] } else { names }
}

fn store_failure(error: aware_pipeline::port::StoreError) -> CommandFailure {
    CommandFailure::Usage(error.to_string())
}

impl OutboxReport {
    fn read_store(&mut self, store: &SqliteStore) -> Result<(), CommandFailure> {
        store.each_waiting(|one| self.add_waiting(&one)).map_err(store_failure)?;
        store.each_refused(|one| self.add_refused(&one)).map_err(store_failure)
    }

    fn add_waiting(&mut self, one: &WaitingMessage) {
        let targets = match one.addressees.as_slice() {
            [] => destinations_for(&one.message, &self.routes, &self.names)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            some => some.to_vec(),
        };
        for name in targets.into_iter().filter(|name| !one.settled.contains(name)) {
            let tried = one.attempts.iter().find(|tried| tried.destination == name);
            let listed = self.of.entry(name).or_default();
            listed.waiting_count += 1;
            if listed.waiting.len() < self.limit {
                listed.waiting.push(OutboxLine {
                    attempts: tried.map_or(0, |tried| tried.count),
                    last_attempt: tried.map(|tried| tried.last),
                    problem: tried.map(|tried| tried.problem.clone()),
                    ..OutboxLine::from_message(&one.message, one.since)
                });
            }
        }
    }

    fn add_refused(&mut self, one: &RefusedMessage) {
        let listed = self.of.entry(one.destination.clone()).or_default();
        listed.refused_count += 1;
        if listed.refused.len() < self.limit {
            listed.refused.push(OutboxLine {
                attempts: one.attempts,
                last_attempt: Some(one.at),
                problem: Some(one.problem.clone()),
                ..OutboxLine::from_message(&one.message, Some(one.at))
            });
        }
    }

    fn print_json(&self) -> Result<(), CommandFailure> {
        let all = serde_json::json!({ "destinations": self.of });
        let text = serde_json::to_string_pretty(&all).map_err(std::io::Error::other)?;
        Ok(writeln!(stdout(), "{text}")?)
    }

    fn print_text(&self, now: Timestamp) -> Result<(), CommandFailure> {
        let mut out = stdout().lock();
        for (name, listed) in &self.of {
            let unknown = if self.names.contains(name) { "" } else { " (not in the config)" };
            let (waiting, refused) = (listed.waiting_count, listed.refused_count);
            writeln!(
                out,
                "{}{unknown}: {waiting} waiting, {refused} refused",
                terminal_safe(name)
            )?;
            print_lines(&mut out, "waiting", &listed.waiting, waiting, now)?;
            print_lines(&mut out, "refused", &listed.refused, refused, now)?;
        }
        Ok(())
    }
}

fn print_lines(
    out: &mut impl Write,
    what: &str,
    lines: &[OutboxLine],
    count: u64,
    now: Timestamp,
) -> std::io::Result<()> {
    for line in lines {
        let age = line.since.map_or_else(|| "?".to_owned(), |since| format_age(since, now));
        let (severity, attempts) = (line.severity, line.attempts);
        let subject = terminal_safe(&line.subject);
        let subject = clip_text(&subject, TEXT_CHARS);
        writeln!(out, "  {what} {age:>4}  {severity:<13}  attempts: {attempts:<3}  {subject}")?;
        if let Some(problem) = &line.problem {
            writeln!(out, "                {}", clip_text(&terminal_safe(problem), TEXT_CHARS))?;
        }
    }
    match count.saturating_sub(lines.len() as u64) {
        0 => Ok(()),
        more => writeln!(out, "  {what}       and {more} more (hint: --limit)"),
    }
}

/// `40s`, `12m`, `5h`, `3d`.
fn format_age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
