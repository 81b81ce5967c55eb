//! `aware deploy`, `status`, `redrive`, `backfill`, `destroy`: the deployment on AWS.

mod plan;

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};

use aware_core::text::terminal::safe;
use aware_deploy::{
    ALARM_EMAIL, BUCKET, Change, DEFAULT_LOG_GROUP, DeployError, Deployment, Health, History,
    LOG_GROUP, Prepared, Progress, TRAIL, WEBHOOK, Wanted, code_bucket,
};
use aware_io::secret::SecretRef;
use tokio::runtime::Runtime;

use crate::args::{BackfillArgs, DeployArgs, DestroyArgs, Place, RedriveArgs, StatusArgs};
use crate::exit::{Exit, Failure};

impl From<DeployError> for Failure {
    fn from(error: DeployError) -> Self {
        Self::Usage(error.0)
    }
}

async fn deployment(place: &Place) -> Result<Deployment, Failure> {
    let aws = place.aws.aws();
    let config = aws.regional().await.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Deployment::new(config.clone(), &place.stack))
}

/// `aware deploy`.
pub(crate) fn deploy(args: &DeployArgs) -> Result<Exit, Failure> {
    Runtime::new()?.block_on(async {
        let deployment = deployment(&args.place).await?;
        let (account, region) = deployment.place().await?;
        say(&format!("stack {} in account {account}, {region}", deployment.stack()))?;
        let is_new = deployment.found().await?.is_none();
        let found = match is_new && args.log_group.is_none() {
            true => deployment.log_group_of_trails(&account, &region).await,
            false => None,
        };
        if let Some((group, trail)) = &found {
            say(&format!("{} writes to the log group {}", safe(trail), safe(group)))?;
        }
        let mut wanted = wanted(args, is_new, found.map(|(group, _)| group)).await?;
        let problems = deployment.problems(&wanted).await?;
        if !problems.is_empty() {
            return Err(Failure::Usage(problems.join("\n  ")));
        }
        if is_new
            && !wanted.parameters.contains_key(TRAIL)
            && let Some(trail) = deployment.trail_of(&wanted, &account).await
        {
            say(&format!("checking the trail {}", safe(&trail)))?;
            wanted.parameters.insert(TRAIL.to_owned(), trail);
        }
        for blind in deployment.blind(&wanted).await {
            say(&format!("warning: blind spot of the trail: {}", safe(&blind)))?;
        }
        let Some(prepared) = deployment.prepare(&wanted).await? else {
            say("nothing changes: the deployment is up to date")?;
            return Ok(Exit::Done);
        };
        tell_changes(&deployment, &prepared).await?;
        if args.dry_run {
            let bucket = args.code_bucket.clone();
            let bucket = bucket.unwrap_or_else(|| code_bucket(&account, &region));
            return tell_plan(&deployment, &prepared, &wanted, &bucket).await;
        }
        if !args.yes && !asked(&format!("{} changes. Continue?", prepared.changes.len()))? {
            deployment.give_up(&prepared).await;
            say("nothing was done")?;
            return Ok(Exit::Done);
        }
        deployment.execute(&prepared, tell).await?;
        for (name, value) in deployment.outputs().await? {
            say(&format!("{name:<20} {}", safe(&value)))?;
        }
        say("done (hint: `aware status` shows every link of the chain)")?;
        Ok(Exit::Done)
    })
}

/// Prints what changes, and who loses permission to publish.
async fn tell_changes(deployment: &Deployment, prepared: &Prepared) -> Result<(), Failure> {
    for change in &prepared.changes {
        say(&line(change))?;
    }
    let locked_out = deployment.locked_out(prepared).await;
    for locked_out in locked_out.unwrap_or_else(|error| vec![error.to_string()]) {
        say(&format!("\nNOTE {}", safe(&locked_out)))?;
    }
    Ok(())
}

/// Prints what a dry run shows besides the changes.
async fn tell_plan(
    deployment: &Deployment,
    prepared: &Prepared,
    wanted: &Wanted,
    bucket: &str,
) -> Result<Exit, Failure> {
    let plan = deployment.plan(prepared, wanted).await;
    deployment.give_up(prepared).await;
    for line in plan::lines(&plan?) {
        say(&line)?;
    }
    say(&format!(
        "\nnothing was changed, except that the code was uploaded to the bucket {bucket}"
    ))?;
    Ok(Exit::Done)
}

/// Builds the request from the options, and asks for what is missing if there is a terminal.
///
/// `found` is the log group that a trail writes to.
async fn wanted(args: &DeployArgs, is_new: bool, found: Option<String>) -> Result<Wanted, Failure> {
    let mut parameters = pairs("--parameter", &args.parameters)?;
    let named = parameters.get(LOG_GROUP).cloned();
    let asks = is_new && !args.yes && !args.dry_run && io::stdin().is_terminal();
    let answer = |option: &Option<String>, question: &str| match option {
        None if asks => ask(question).map(Some),
        given => Ok(given.clone()),
    };
    let question = match &found {
        Some(group) => format!("The log group to read (empty: {group}; -: none)"),
        None => "The log group that your trail writes to (empty: none)".to_owned(),
    };
    let group = answer(&args.log_group.clone().or(named), &question)?;
    let group = match (group.as_deref(), &found) {
        (Some("-"), _) => Some(String::new()),
        (Some("") | None, Some(_)) if args.log_group.is_none() => found.clone(),
        _ => group,
    };
    let bucket = answer(&args.trail_bucket, "The bucket that your trail writes to (empty: none)")?;
    let webhook = answer(
        &args.slack_webhook,
        "Where to read Slack's webhook from: env:NAME or file:/path (empty: none)",
    )?;
    let named = parameters.get(ALARM_EMAIL).cloned();
    let email = answer(
        &args.alarm_email.clone().or(named),
        "The address for alarms about the chain (empty: none)",
    )?;
    // A new stack uses the template's default, which is checked like any other value.
    let group = group.or_else(|| is_new.then(|| DEFAULT_LOG_GROUP.to_owned()));
    for (name, value) in [(LOG_GROUP, group), (BUCKET, bucket), (ALARM_EMAIL, email)] {
        parameters.extend(value.map(|value| (name.to_owned(), value)));
    }
    if let Some(place) = webhook.filter(|place| !place.is_empty()) {
        let read = async { SecretRef::parse(&place)?.read(&args.place.aws.aws()).await };
        let secret =
            read.await.map_err(|error| Failure::Usage(format!("--slack-webhook: {error}")))?;
        parameters.insert(WEBHOOK.to_owned(), secret.expose().to_owned());
    }
    Ok(Wanted {
        parameters,
        zips: args.zips.clone(),
        code_bucket: args.code_bucket.clone(),
        role: args.role_arn.clone(),
        tags: pairs("--tag", &args.tags)?,
    })
}

/// Parses options of the form NAME=VALUE.
fn pairs(option: &str, given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |pair: &String| {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failure::Usage(format!("{option} {pair}: not of the form NAME=VALUE"))
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}

/// `aware status`.
pub(crate) fn status(args: &StatusArgs) -> Result<Exit, Failure> {
    Runtime::new()?.block_on(async {
        let deployment = deployment(&args.place).await?;
        let links = deployment.links().await?;
        let width = links.iter().map(|link| link.name.chars().count()).max().unwrap_or_default();
        for link in &links {
            let mark = match link.health {
                Health::Well => "ok ",
                Health::Unknown => "?  ",
                Health::Ill => "BAD",
            };
            say(&format!("{mark}  {:<width$}  {}", safe(&link.name), safe(&link.says)))?;
        }
        let is_ill = links.iter().any(|link| link.health == Health::Ill);
        Ok(if is_ill { Exit::Findings } else { Exit::Done })
    })
}

/// `aware redrive`.
pub(crate) fn redrive(args: &RedriveArgs) -> Result<Exit, Failure> {
    Runtime::new()?.block_on(async {
        let name = args.name.as_deref().unwrap_or_default();
        let moved = deployment(&args.place).await?.redrive(name).await?;
        say(&format!("{} dead letters are back in the queue", moved.count))?;
        if moved.ticks > 0 {
            say(&format!("{} were ticks, which are useless later and were deleted", moved.ticks))?;
        }
        if moved.skipped > 0 {
            let hint = "the stream still has the records: read it again from there";
            say(&format!(
                "{} only name a position in a stream, and stay (hint: {hint})",
                moved.skipped
            ))?;
        }
        Ok(Exit::Done)
    })
}

/// `aware backfill`.
pub(crate) fn backfill(args: &BackfillArgs) -> Result<Exit, Failure> {
    Runtime::new()?.block_on(async {
        let deployment = deployment(&args.place).await?;
        let shows = io::stderr().is_terminal();
        let tell = |moved: aware_deploy::Moved| {
            if shows {
                let _ = write!(io::stderr(), "\r{} objects queued", moved.count);
            }
        };
        let history =
            History { url: args.url.clone(), since: args.since, after: args.after.clone() };
        let moved = deployment.backfill(&history, tell).await?;
        if shows {
            let _ = writeln!(io::stderr());
        }
        say(&format!("{} objects queued, {} skipped", moved.count, moved.skipped))?;
        Ok(Exit::Done)
    })
}

/// `aware destroy`.
pub(crate) fn destroy(args: &DestroyArgs) -> Result<Exit, Failure> {
    Runtime::new()?.block_on(async {
        let deployment = deployment(&args.place).await?;
        let (account, region) = deployment.place().await?;
        if deployment.found().await?.is_none() {
            say(&format!(
                "there is no stack {} in account {account}, {region}",
                deployment.stack()
            ))?;
            return Ok(Exit::Done);
        }
        let question =
            format!("Delete the stack {} in account {account}, {region}?", deployment.stack());
        if !args.yes && !asked(&question)? {
            say("nothing was done")?;
            return Ok(Exit::Done);
        }
        deployment.destroy(tell).await?;
        say("the stack is deleted; the bucket with the functions' code remains")?;
        Ok(Exit::Done)
    })
}

fn line(change: &Change) -> String {
    let again = if change.replaces { "  (replaced)" } else { "" };
    format!("{:<7} {:<44} {}{again}", change.action, safe(&change.name), safe(&change.kind))
}

fn tell(progress: &Progress) {
    let reason =
        progress.reason.as_deref().map_or_else(String::new, |why| format!("  {}", safe(why)));
    let _ = say(&format!("{:<28} {}{reason}", safe(&progress.status), safe(&progress.name)));
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn ask(question: &str) -> Result<String, Failure> {
    write!(io::stderr(), "{question}: ")?;
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Asks for confirmation; without a terminal this is an error.
fn asked(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "cannot ask for confirmation without a terminal (hint: --yes)".to_owned(),
        ));
    }
    Ok(matches!(ask(&format!("{question} [y/N]"))?.to_ascii_lowercase().as_str(), "y" | "yes"))
}
