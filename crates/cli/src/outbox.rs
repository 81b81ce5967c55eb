//! `aware outbox` and `aware redrive --local`: messages that wait in the daemon's state, messages
//! that destinations refused, and resending those.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use aware_core::message::Message;
use aware_core::route::{Route, route};
use aware_core::text::clip;
use aware_core::text::terminal::safe;
use aware_io::config::{self, Config};
use aware_io::store::sqlite::{Refused, Waiting};
use aware_io::wire::{self, SqliteStore};

use jiff::Timestamp;
use serde::Serialize;

use crate::args::{OutboxArgs, RedriveArgs, TextOrJson};
use crate::exit::{Exit, Failure};
use crate::send::no_destination;

/// The most characters shown of a subject or problem.
const WIDTH: usize = 100;

/// What is listed for one destination.
#[derive(Debug, Default, Serialize)]
struct Listed {
    waiting_count: u64,
    refused_count: u64,
    waiting: Vec<Line>,
    refused: Vec<Line>,
}

/// One message at one destination.
#[derive(Debug, Serialize)]
struct Line {
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

impl Line {
    fn of(message: &Message, since: Option<Timestamp>) -> Self {
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
struct Outbox {
    names: Vec<String>,
    routes: Vec<Route>,
    limit: usize,
    of: BTreeMap<String, Listed>,
}

/// Runs `aware outbox`.
pub(crate) fn main(args: &OutboxArgs) -> Result<Exit, Failure> {
    let config = config::read(&args.config)?;
    let names = names(&config);
    let of = names.iter().map(|name| (name.clone(), Listed::default())).collect();
    let mut outbox = Outbox { names, routes: config::routes(&config.route), limit: args.limit, of };
    match wire::local_state(&config.state)? {
        Some(store) => outbox.read(&store)?,
        None => tracing::info!("there is no state yet"),
    }
    match args.format {
        TextOrJson::Text => outbox.text(Timestamp::now())?,
        TextOrJson::Json => outbox.json()?,
    }
    Ok(Exit::Done)
}

/// Runs `aware redrive --local`.
pub(crate) fn redrive(args: &RedriveArgs) -> Result<Exit, Failure> {
    let config = config::read(&args.config)?;
    let names = names(&config);
    let wanted: Vec<&String> = match &args.name {
        None => names.iter().collect(),
        Some(name) => names.iter().filter(|known| *known == name).collect(),
    };
    if let (Some(name), []) = (&args.name, wanted.as_slice()) {
        return Err(no_destination(name, &names));
    }
    let mut count = 0;
    if let Some(store) = wire::local_state(&config.state)? {
        for name in wanted {
            count += store.redrive(Some(name)).map_err(failed)?;
        }
    }
    writeln!(
        stdout(),
        "{count} refused messages put back: the daemon sends them within seconds, or when it starts"
    )?;
    Ok(Exit::Done)
}

fn names(config: &Config) -> Vec<String> {
    let names: Vec<String> = config.destination.keys().cloned().collect();
    if names.is_empty() { vec!["terminal".to_owned()] } else { names }
}

fn failed(error: aware_pipeline::port::StoreError) -> Failure {
    Failure::Usage(error.to_string())
}

impl Outbox {
    fn read(&mut self, store: &SqliteStore) -> Result<(), Failure> {
        store.each_waiting(|one| self.waiting(&one)).map_err(failed)?;
        store.each_refused(|one| self.refused(&one)).map_err(failed)
    }

    fn waiting(&mut self, one: &Waiting) {
        let targets = match one.addressees.as_slice() {
            [] => route(&one.message, &self.routes, &self.names)
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
                listed.waiting.push(Line {
                    attempts: tried.map_or(0, |tried| tried.count),
                    last_attempt: tried.map(|tried| tried.last),
                    problem: tried.map(|tried| tried.problem.clone()),
                    ..Line::of(&one.message, one.since)
                });
            }
        }
    }

    fn refused(&mut self, one: &Refused) {
        let listed = self.of.entry(one.destination.clone()).or_default();
        listed.refused_count += 1;
        if listed.refused.len() < self.limit {
            listed.refused.push(Line {
                attempts: one.attempts,
                last_attempt: Some(one.at),
                problem: Some(one.problem.clone()),
                ..Line::of(&one.message, Some(one.at))
            });
        }
    }

    fn json(&self) -> Result<(), Failure> {
        let all = serde_json::json!({ "destinations": self.of });
        let text = serde_json::to_string_pretty(&all).map_err(std::io::Error::other)?;
        Ok(writeln!(stdout(), "{text}")?)
    }

    fn text(&self, now: Timestamp) -> Result<(), Failure> {
        let mut out = stdout().lock();
        for (name, listed) in &self.of {
            let unknown = if self.names.contains(name) { "" } else { " (not in the config)" };
            let (waiting, refused) = (listed.waiting_count, listed.refused_count);
            writeln!(out, "{}{unknown}: {waiting} waiting, {refused} refused", safe(name))?;
            lines(&mut out, "waiting", &listed.waiting, waiting, now)?;
            lines(&mut out, "refused", &listed.refused, refused, now)?;
        }
        Ok(())
    }
}

fn lines(
    out: &mut impl Write,
    what: &str,
    lines: &[Line],
    count: u64,
    now: Timestamp,
) -> std::io::Result<()> {
    for line in lines {
        let age = line.since.map_or_else(|| "?".to_owned(), |since| age(since, now));
        let (severity, attempts) = (line.severity, line.attempts);
        let subject = safe(&line.subject);
        let subject = clip(&subject, WIDTH);
        writeln!(out, "  {what} {age:>4}  {severity:<13}  attempts: {attempts:<3}  {subject}")?;
        if let Some(problem) = &line.problem {
            writeln!(out, "                {}", clip(&safe(problem), WIDTH))?;
        }
    }
    match count.saturating_sub(lines.len() as u64) {
        0 => Ok(()),
        more => writeln!(out, "  {what}       and {more} more (hint: --limit)"),
    }
}

/// `40s`, `12m`, `5h`, `3d`.
fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
