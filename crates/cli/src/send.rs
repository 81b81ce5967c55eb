//! `aware send`: sends a test message, to see that a destination works.

use std::sync::Arc;

use aware_cases::message;
use aware_core::event::Level;
use aware_core::near::{did_you_mean, nearest};
use aware_io::{compose, config};
use aware_pipeline::port::{DeliveryOutcome, Destination};
use jiff::Timestamp;

use crate::args::SendArgs;
use crate::exit::{CommandExit, CommandFailure};
use crate::render::screen::stdout_screen;

/// Runs the command.
pub(crate) fn run_send(args: &SendArgs) -> Result<CommandExit, CommandFailure> {
    let config = config::read_config(&args.config)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let destinations =
            compose::build_destinations(&config, &args.aws.aws_session(), stdout_screen(false))
                .await?;
        send_test(&select_destinations(destinations, args.to.as_deref())?).await
    })
}

fn select_destinations(
    all: Vec<Arc<dyn Destination>>,
    name: Option<&str>,
) -> Result<Vec<Arc<dyn Destination>>, CommandFailure> {
    let Some(name) = name else { return Ok(all) };
    let names: Vec<String> = all.iter().map(|destination| destination.name().to_owned()).collect();
    let found: Vec<_> = all.into_iter().filter(|destination| destination.name() == name).collect();
    if found.is_empty() {
        return Err(no_destination(name, &names));
    }
    Ok(found)
}

/// The failure for a name that no destination has.
pub(crate) fn no_destination(name: &str, names: &[String]) -> CommandFailure {
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => did_you_mean(near),
        None => format!("there are {}", names.join(", ")),
    };
    CommandFailure::Usage(format!("no destination is called `{name}` (hint: {hint})"))
}

async fn send_test(destinations: &[Arc<dyn Destination>]) -> Result<CommandExit, CommandFailure> {
    let details = [("Sent by", "aware send"), ("Meaning", "this destination receives messages")];
    let message = message::system_message(
        "A test message from Activity Aware",
        &details,
        Level::Informational,
        Timestamp::now(),
    );
    let mut failed = Vec::new();
    for destination in destinations {
        let name = destination.name();
        match destination.deliver(&message, None).await {
            DeliveryOutcome::Delivered(_) => tracing::info!(destination = name, "delivered"),
            DeliveryOutcome::Retry { reason: problem, .. } | DeliveryOutcome::Refused(problem) => {
                failed.push(format!("destination `{name}`: {problem}"));
            }
        }
    }
    if failed.is_empty() {
        Ok(CommandExit::Done)
    } else {
        Err(CommandFailure::Delivery(failed.join("; ")))
    }
}
