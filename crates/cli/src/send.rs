//! `aware send`: sends a test message, to see that a destination works.

use aware_core::near::{did_you_mean, nearest};
use std::sync::Arc;

use aware_cases::message;
use aware_core::event::Level;
use aware_io::{config, wire};
use aware_pipeline::port::{Destination, Outcome};
use jiff::Timestamp;

use crate::args::SendArgs;
use crate::exit::{Exit, Failure};
use crate::render::screen::screen;

/// Runs the command.
pub(crate) fn main(args: &SendArgs) -> Result<Exit, Failure> {
    let config = config::read(&args.config)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let destinations = wire::destinations(&config, &args.aws.aws(), screen(false)).await?;
        send(&wanted(destinations, args.to.as_deref())?).await
    })
}

fn wanted(
    all: Vec<Arc<dyn Destination>>,
    name: Option<&str>,
) -> Result<Vec<Arc<dyn Destination>>, Failure> {
    let Some(name) = name else { return Ok(all) };
    let names: Vec<String> = all.iter().map(|destination| destination.name().to_owned()).collect();
    let found: Vec<_> = all.into_iter().filter(|destination| destination.name() == name).collect();
    if found.is_empty() {
        return Err(no_destination(name, &names));
    }
    Ok(found)
}

/// The failure for a name that no destination has.
pub(crate) fn no_destination(name: &str, names: &[String]) -> Failure {
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => did_you_mean(near),
        None => format!("there are {}", names.join(", ")),
    };
    Failure::Usage(format!("no destination is called `{name}` (hint: {hint})"))
}

async fn send(destinations: &[Arc<dyn Destination>]) -> Result<Exit, Failure> {
    let details = [("Sent by", "aware send"), ("Meaning", "this destination receives messages")];
    let message = message::system(
        "A test message from Activity Aware",
        &details,
        Level::Informational,
        Timestamp::now(),
    );
    let mut failed = Vec::new();
    for destination in destinations {
        let name = destination.name();
        match destination.deliver(&message, None).await {
            Outcome::Delivered(_) => tracing::info!(destination = name, "delivered"),
            Outcome::Retry { reason: problem, .. } | Outcome::Refused(problem) => {
                failed.push(format!("destination `{name}`: {problem}"));
            }
        }
    }
    if failed.is_empty() { Ok(Exit::Done) } else { Err(Failure::Delivery(failed.join("; "))) }
}
