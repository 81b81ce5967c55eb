//! The command line.

mod deploy;
mod iam;
mod outbox;

use std::path::PathBuf;

use aware_core::event::Level;
use clap::{ArgAction, ArgGroup, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

pub(crate) use deploy::{BackfillArgs, DeployArgs, DestroyArgs, Place, RedriveArgs, StatusArgs};
use iam::since;
pub(crate) use iam::{
    ExplainArgs, ExplainFormat, FromWhat, IamArgs, IamCommand, LintArgs, PolicyArgs, TextOrJson,
    UnusedArgs,
};
pub(crate) use outbox::OutboxArgs;

/// Intrusion detection for AWS accounts, from what is denied
#[derive(Debug, Parser)]
#[command(name = "aware", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look through stored logs, and print each group of denials once
    #[command(after_help = EXIT_CODES)]
    Scan(ScanArgs),
    /// Watch: inputs → topic → destinations, until stopped
    #[command(after_help = EXIT_CODES)]
    Run(RunArgs),
    /// See it at work: three stories through the whole pipeline, without AWS or config
    Demo(DemoArgs),
    /// Send a test message to one destination of a config, or to all
    Send(SendArgs),
    /// Rules: list them, check them, test them, try them on events and on history
    Rules(RulesArgs),
    /// Say why something was denied, whose policy must change, and what would cure it
    #[command(after_help = EXPLAIN_EXIT_CODES)]
    Explain(ExplainArgs),
    /// Print the smallest policy for a principal, from what it was denied or did
    #[command(after_help = POLICY_EXIT_CODES)]
    Policy(PolicyArgs),
    /// Tell which permissions of a policy were used, which were not, and of which nobody can know
    Unused(UnusedArgs),
    /// Look policies through: unknown actions, resources that cannot match, too much allowed
    #[command(after_help = LINT_EXIT_CODES)]
    Lint(LintArgs),
    /// The catalogue of IAM actions: refresh it, look into it
    Iam(IamArgs),
    /// Deploy to AWS: shows what changes, asks, and waits
    Deploy(DeployArgs),
    /// How the deployment is: every link from the trail to the last message
    #[command(after_help = STATUS_EXIT_CODES)]
    Status(StatusArgs),
    /// List what waits to be delivered by the daemon, and what destinations refused
    Outbox(OutboxArgs),
    /// Put dead letters back into their queue; with `--local` what destinations of the daemon refused
    Redrive(RedriveArgs),
    /// Send stored logs through the deployment, by queueing their keys
    Backfill(BackfillArgs),
    /// Delete the deployment
    Destroy(DestroyArgs),
    /// Check a config, show what it means, or print its schema
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write the generated references (for the repository)
    #[command(hide = true)]
    Generate(GenerateArgs),
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  findings at or above --fail-on
  2  wrong usage or config
  3  some input could not be read
  4  a message could not be delivered";

const STATUS_EXIT_CODES: &str = "Exit codes:
  0  every link that can be seen is well
  1  a link is not
  2  wrong usage, or AWS cannot be asked";

const EXPLAIN_EXIT_CODES: &str = "Exit codes:
  0  done
  2  wrong usage, or nothing that can be explained
  3  some input could not be read";

const POLICY_EXIT_CODES: &str = "Exit codes:
  0  done
  1  there is nothing to grant
  2  wrong usage, or a policy that cannot be read
  3  some input could not be read";

const LINT_EXIT_CODES: &str = "Exit codes:
  0  done
  1  a finding is an error
  2  a policy cannot be read";

/// Options of `aware scan`.
#[derive(Debug, Parser)]
pub(crate) struct ScanArgs {
    /// Folders, files, globs, `-` for standard input, or `s3://bucket/prefix`
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Report events from this time on: `2026-11-24`, `2026-11-24T03:54:00Z`
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Report events before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Timestamp>,
    /// Report this account only; may be given several times
    #[arg(long, value_name = "ID")]
    pub(crate) account: Vec<String>,
    /// Report principals whose name or ARN holds this; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Vec<String>,
    /// Report this region only; may be given several times
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Vec<String>,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    /// Exit with 1 when a group is at this level or above
    #[arg(long, value_name = "LEVEL")]
    pub(crate) fail_on: Option<Level>,
    /// Take the limits on what one file may come to from this config's `[limits]`
    #[arg(long, value_name = "CONFIG")]
    pub(crate) limits_from: Option<PathBuf>,
    /// Threads to work with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// Which rules are in force.
#[derive(Clone, Debug, Default, Parser)]
pub(crate) struct RuleOptions {
    /// Sigma rules besides those that ship: a file or a folder; may be given several times
    #[arg(long = "rules", id = "rule_paths", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Switch rules on: an id, `tag:NAME` or `level:NAME`; may be given several times
    #[arg(long, value_name = "RULE")]
    pub(crate) enable: Vec<String>,
    /// Switch rules off, in the same way
    #[arg(long, value_name = "RULE")]
    pub(crate) disable: Vec<String>,
    /// Take rules, one-line patterns and suppressions from this config
    #[arg(long = "rules-from", value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// Options of `aware rules`.
#[derive(Debug, Parser)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Show what is loaded: id, level, whether it is on, ATT&CK, where it is from
    List(RulesListArgs),
    /// Say every mistake, with file, line and column; exit with 2 if there is one
    Check(RulesCheckArgs),
    /// Run the cases that stand beside rules; exit with 1 if one fails
    Test(RulesTestArgs),
    /// Say why a rule matches an event or does not, condition by condition
    Explain(RulesExplainArgs),
    /// Try a pattern on an event: exit with 0 for a match, 1 for none, 2 for a wrong pattern
    Match(RulesMatchArgs),
    /// Run rules over history: matches and messages a day, by account and principal
    Backtest(RulesBacktestArgs),
}

/// Options of `aware rules list`.
#[derive(Debug, Parser)]
pub(crate) struct RulesListArgs {
    /// Rules for this source only
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Rules with this tag only, or one below it: `attack.t1562`, `cis`
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `aware rules check`.
#[derive(Debug, Parser)]
pub(crate) struct RulesCheckArgs {
    /// Files and folders of Sigma rules [default: those that ship]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Check the rules, patterns and suppressions of this config as well
    #[arg(long = "rules-from", value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Warn of suppressions that end within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub(crate) ending: u16,
    /// Print errors only: no notes, and no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options of `aware rules test`.
#[derive(Debug, Parser)]
pub(crate) struct RulesTestArgs {
    /// Files and folders of Sigma rules, with their cases beside them [default: those that ship]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write a JUnit report to this file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// Options of `aware rules explain`.
#[derive(Debug, Parser)]
pub(crate) struct RulesExplainArgs {
    /// The rule's id, or a file with one rule
    pub(crate) rule: String,
    /// A file with a CloudTrail record, or with anything that holds some; `-` for standard input
    pub(crate) event: String,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
}

/// Options of `aware rules match`.
#[derive(Debug, Parser)]
#[group(skip)]
#[command(group = ArgGroup::new("patterns").required(true).args(["pattern", "event_pattern"]))]
pub(crate) struct RulesMatchArgs {
    /// A CloudWatch Logs filter pattern
    #[arg(long, value_name = "PATTERN")]
    pub(crate) pattern: Option<String>,
    /// A file with an EventBridge event pattern
    #[arg(long, value_name = "FILE")]
    pub(crate) event_pattern: Option<PathBuf>,
    /// A file with an event as JSON, or a line of text for patterns of text; `-` for standard input
    pub(crate) event: String,
}

/// Options of `aware rules backtest`.
#[derive(Debug, Parser)]
pub(crate) struct RulesBacktestArgs {
    /// A file or folder of Sigma rules; suppressions in it are shown with what they would hide
    pub(crate) rules: PathBuf,
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    /// Take placeholders, and the rules that suppressions are for, from this config
    #[arg(long = "rules-from", value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Parser)]
pub(crate) struct Talk {
    /// Say nothing but errors, and print no summary
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Name every reject
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
    /// Use no colours; so does the environment variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// What `aware scan` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A block for each group, for people
    Text,
    /// One object: the summary and every message
    Json,
    /// One message a line
    Jsonl,
    /// One group a row
    Csv,
    /// One OCSF Detection Finding a line
    Ocsf,
}

/// Options of `aware run`.
#[derive(Debug, Parser)]
pub(crate) struct RunArgs {
    /// The config file
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// Options of `aware demo`.
#[derive(Debug, Parser)]
pub(crate) struct DemoArgs {
    /// Use no colours; so does the environment variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// Options of `aware send`.
#[derive(Debug, Parser)]
pub(crate) struct SendArgs {
    /// The config file
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    /// The destination [default: all of them]
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
}

/// Options of `aware config`.
#[derive(Debug, Parser)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with a config.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what is wrong with a config
    Check(ConfigFile),
    /// Print the JSON Schema, for editors
    Schema,
    /// Print what a config means, defaults included; secrets are not read
    Show(ConfigFile),
}

/// A config file.
#[derive(Debug, Parser)]
pub(crate) struct ConfigFile {
    /// The config file
    #[arg(default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
}

/// Options of `aware completions`.
#[derive(Debug, Parser)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `aware generate`.
#[derive(Debug, Parser)]
pub(crate) struct GenerateArgs {
    /// The folder to write to
    pub(crate) folder: PathBuf,
}

/// A time as people write it; without a zone it is UTC, without a time of day it is midnight.
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("`{text}` is no time (hint: write 2026-11-24 or 2026-11-24T03:54:00Z)");
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(Into::into));
    TimeZone::UTC.to_timestamp(civil.map_err(|_| wrong())?).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn times() {
        assert_eq!(time("2026-11-24").unwrap().to_string(), "2026-11-24T00:00:00Z");
        assert_eq!(time("2026-11-24T03:54:00").unwrap().to_string(), "2026-11-24T03:54:00Z");
        assert_eq!(time("2026-11-24T03:54:00+01:00").unwrap().to_string(), "2026-11-24T02:54:00Z");
        assert!(time("yesterday").is_err());
    }
}
