//! `aware deploy`, `status`, `redrive`, `backfill`, `destroy`: the deployment on AWS.

mod ask;
mod plan;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use aware_core::text::terminal::terminal_safe;
use aware_deploy::{
    ALARM_EMAIL, BUCKET, BackfillRange, DEFAULT_LOG_GROUP, DeployError, DeployRequest, Deployment,
    LOG_GROUP, LinkHealth, PlannedChange, PreparedChangeSet, ResourceProgress, TRAIL, WEBHOOK,
    code_bucket_name,
};
use aware_io::aws::AwsSession;
use aware_io::secret::SecretRef;
use tokio::runtime::Runtime;

use crate::args::{
    BackfillArgs, DeployArgs, DeploymentOptions, DestroyArgs, RedriveArgs, StatusArgs,
};
use crate::exit::{CommandExit, CommandFailure};
use ask::{ask_user, ask_yes_no};

impl From<DeployError> for CommandFailure {
    fn from(error: DeployError) -> Self {
        Self::Usage(error.0)
    }
}

async fn open_deployment(place: &DeploymentOptions) -> Result<Deployment, CommandFailure> {
    let aws = place.aws.aws_session();
    let config =
        aws.regional_config().await.map_err(|error| CommandFailure::Usage(error.to_string()))?;
    Ok(Deployment::new(config.clone(), &place.stack))
}

/// The table of a stack.
pub(crate) async fn stack_table(aws: &AwsSession, stack: &str) -> Result<String, CommandFailure> {
    let config =
        aws.regional_config().await.map_err(|error| CommandFailure::Usage(error.to_string()))?;
    let outputs = Deployment::new(config.clone(), stack).stack_outputs().await?;
    let table = outputs.into_iter().find(|(name, _)| name == "Table").map(|(_, value)| value);
    table.ok_or_else(|| {
        let problem = format!("the stack {stack} has no output `Table`");
        CommandFailure::Usage(format!("{problem} (hint: `aware status` says whether it exists)"))
    })
}

/// `aware deploy`.
pub(crate) fn run_deploy(args: &DeployArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        let deployment = open_deployment(&args.place).await?;
        let (account, region) = deployment.account_and_region().await?;
        print_line(&format!("stack {} in account {account}, {region}", deployment.stack_name()))?;
        let is_new = deployment.find_stack().await?.is_none();
        let found = match is_new && args.log_group.is_none() {
            true => deployment.log_group_of_trails(&account, &region).await,
            false => None,
        };
        if let Some((group, trail)) = &found {
            print_line(&format!(
                "{} writes to the log group {}",
                terminal_safe(trail),
                terminal_safe(group)
            ))?;
        }
        let mut wanted = deploy_request(args, is_new, found.map(|(group, _)| group)).await?;
        let problems = deployment.check_request(&wanted).await?;
        if !problems.is_empty() {
            return Err(CommandFailure::Usage(problems.join("\n  ")));
        }
        if is_new
            && !wanted.parameters.contains_key(TRAIL)
            && let Some(trail) = deployment.trail_for(&wanted, &account).await
        {
            print_line(&format!("checking the trail {}", terminal_safe(&trail)))?;
            wanted.parameters.insert(TRAIL.to_owned(), trail);
        }
        change_stack(args, &deployment, &wanted, (&account, &region)).await
    })
}

/// Shows what would change, and changes it once that is agreed to.
async fn change_stack(
    args: &DeployArgs,
    deployment: &Deployment,
    wanted: &DeployRequest,
    (account, region): (&str, &str),
) -> Result<CommandExit, CommandFailure> {
    for blind in deployment.blind_spots(wanted).await {
        print_line(&format!("warning: blind spot of the trail: {}", terminal_safe(&blind)))?;
    }
    let Some(prepared) = deployment.prepare_change_set(wanted).await? else {
        print_line("nothing changes: the deployment is up to date")?;
        return Ok(CommandExit::Done);
    };
    print_changes(deployment, &prepared).await?;
    if args.dry_run {
        let bucket = args.code_bucket.clone();
        let bucket = bucket.unwrap_or_else(|| code_bucket_name(account, region));
        return print_plan(deployment, &prepared, wanted, &bucket).await;
    }
    if !args.yes && !ask_yes_no(&format!("{} changes. Continue?", prepared.changes.len()))? {
        deployment.discard_change_set(&prepared).await;
        print_line("nothing was done")?;
        return Ok(CommandExit::Done);
    }
    deployment.execute_change_set(&prepared, print_progress).await?;
    for (name, value) in deployment.stack_outputs().await? {
        print_line(&format!("{name:<20} {}", terminal_safe(&value)))?;
    }
    print_line("done (hint: `aware status` shows every link of the chain)")?;
    Ok(CommandExit::Done)
}

/// Prints what changes, and who loses permission to publish.
async fn print_changes(
    deployment: &Deployment,
    prepared: &PreparedChangeSet,
) -> Result<(), CommandFailure> {
    for change in &prepared.changes {
        print_line(&change_line(change))?;
    }
    let locked_out = deployment.locked_out_publishers(prepared).await;
    for locked_out in locked_out.unwrap_or_else(|error| vec![error.to_string()]) {
        print_line(&format!("\nNOTE {}", terminal_safe(&locked_out)))?;
    }
    Ok(())
}

/// Prints what a dry run shows besides the changes.
async fn print_plan(
    deployment: &Deployment,
    prepared: &PreparedChangeSet,
    wanted: &DeployRequest,
    bucket: &str,
) -> Result<CommandExit, CommandFailure> {
    let plan = deployment.plan_changes(prepared, wanted).await;
    deployment.discard_change_set(prepared).await;
    for line in plan::plan_lines(&plan?) {
        print_line(&line)?;
    }
    print_line(&format!(
        "\nnothing was changed, except that the code was uploaded to the bucket {bucket}"
    ))?;
    Ok(CommandExit::Done)
}

/// Builds the request from the options, and asks for what is missing if there is a terminal.
///
/// `found` is the log group that a trail writes to.
async fn deploy_request(
    args: &DeployArgs,
    is_new: bool,
    found: Option<String>,
) -> Result<DeployRequest, CommandFailure> {
    let mut parameters = parse_pairs("--parameter", &args.parameters)?;
    let named = parameters.get(LOG_GROUP).cloned();
    let asks = is_new && !args.yes && !args.dry_run && io::stdin().is_terminal();
    let answer = |option: &Option<String>, question: &str| match option {
        None if asks => ask_user(question).map(Some),
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
        parameters.insert(WEBHOOK.to_owned(), read_webhook(args, &place).await?);
    }
    Ok(DeployRequest {
        parameters,
        zips: args.zips.clone(),
        code_bucket: args.code_bucket.clone(),
        role: args.role_arn.clone(),
        tags: parse_pairs("--tag", &args.tags)?,
    })
}

/// Reads Slack's webhook from its place.
async fn read_webhook(args: &DeployArgs, place: &str) -> Result<String, CommandFailure> {
    let read = async { SecretRef::parse(place)?.read_secret(&args.place.aws.aws_session()).await };
    let secret = read.await;
    let secret = secret.map_err(|error| CommandFailure::Usage(format!("--slack-webhook: {error}")));
    Ok(secret?.expose().to_owned())
}

/// Parses options of the form NAME=VALUE.
fn parse_pairs(option: &str, given: &[String]) -> Result<BTreeMap<String, String>, CommandFailure> {
    let pair = |pair: &String| {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            CommandFailure::Usage(format!("{option} {pair}: not of the form NAME=VALUE"))
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}

/// `aware status`.
pub(crate) fn run_status(args: &StatusArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        let deployment = open_deployment(&args.place).await?;
        let links = deployment.check_links().await?;
        let width = links.iter().map(|link| link.name.chars().count()).max().unwrap_or_default();
        for link in &links {
            let mark = match link.health {
                LinkHealth::Healthy => "ok ",
                LinkHealth::Unknown => "?  ",
                LinkHealth::Broken => "BAD",
            };
            print_line(&format!(
                "{mark}  {:<width$}  {}",
                terminal_safe(&link.name),
                terminal_safe(&link.details)
            ))?;
        }
        let is_ill = links.iter().any(|link| link.health == LinkHealth::Broken);
        Ok(if is_ill { CommandExit::Findings } else { CommandExit::Done })
    })
}

/// `aware redrive`.
pub(crate) fn run_redrive(args: &RedriveArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        let name = args.name.as_deref().unwrap_or_default();
        let moved = open_deployment(&args.place).await?.redrive(name).await?;
        print_line(&format!("{} dead letters are back in the queue", moved.count))?;
        if moved.ticks > 0 {
            print_line(&format!(
                "{} were ticks, which are useless later and were deleted",
                moved.ticks
            ))?;
        }
        if moved.skipped > 0 {
            let hint = "the stream still has the records: read it again from there";
            print_line(&format!(
                "{} only name a position in a stream, and stay (hint: {hint})",
                moved.skipped
            ))?;
        }
        Ok(CommandExit::Done)
    })
}

/// `aware backfill`.
pub(crate) fn run_backfill(args: &BackfillArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        let deployment = open_deployment(&args.place).await?;
        let shows = io::stderr().is_terminal();
        let tell = |moved: aware_deploy::MoveCounts| {
            if shows {
                let _ = write!(io::stderr(), "\r{} objects queued", moved.count);
            }
        };
        let history =
            BackfillRange { url: args.url.clone(), since: args.since, after: args.after.clone() };
        let moved = deployment.backfill(&history, tell).await?;
        if shows {
            let _ = writeln!(io::stderr());
        }
        print_line(&format!("{} objects queued, {} skipped", moved.count, moved.skipped))?;
        Ok(CommandExit::Done)
    })
}

/// `aware destroy`.
pub(crate) fn run_destroy(args: &DestroyArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        let deployment = open_deployment(&args.place).await?;
        let (account, region) = deployment.account_and_region().await?;
        if deployment.find_stack().await?.is_none() {
            print_line(&format!(
                "there is no stack {} in account {account}, {region}",
                deployment.stack_name()
            ))?;
            return Ok(CommandExit::Done);
        }
        let question =
            format!("Delete the stack {} in account {account}, {region}?", deployment.stack_name());
        if !args.yes && !ask_yes_no(&question)? {
            print_line("nothing was done")?;
            return Ok(CommandExit::Done);
        }
        deployment.delete_stack(print_progress).await?;
        print_line("the stack is deleted; the bucket with the functions' code remains")?;
        Ok(CommandExit::Done)
    })
}

fn change_line(change: &PlannedChange) -> String {
    let again = if change.replaces { "  (replaced)" } else { "" };
    format!(
        "{:<7} {:<44} {}{again}",
        change.action,
        terminal_safe(&change.name),
        terminal_safe(&change.kind)
    )
}

fn print_progress(progress: &ResourceProgress) {
    let reason = progress
        .reason
        .as_deref()
        .map_or_else(String::new, |why| format!("  {}", terminal_safe(why)));
    let _ = print_line(&format!(
        "{:<28} {}{reason}",
        terminal_safe(&progress.status),
        terminal_safe(&progress.name)
    ));
}

fn print_line(text: &str) -> Result<(), CommandFailure> {
    Ok(writeln!(io::stdout(), "{text}")?)
}
