//! The command line's arguments.

mod aws;
mod baseline;
mod cases;
mod config;
mod deploy;
mod destinations;
mod filter;
mod help;
mod iam;
mod outbox;
mod route;
mod rules;
mod scan;
mod time;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use aws::AwsOptions;
pub(crate) use baseline::{BaselineArgs, BaselineCommand, BaselineShowArgs, LearnArgs};
pub(crate) use cases::{CaseArgs, CaseCommand, CaseStoreOptions, CasesArgs};
pub(crate) use config::{ConfigAccountsArgs, ConfigArgs, ConfigCheckArgs, ConfigCommand};
pub(crate) use deploy::{
    BackfillArgs, DeployArgs, DeploymentOptions, DestroyArgs, RedriveArgs, StatusArgs,
};
pub(crate) use destinations::{DestinationsArgs, DestinationsCommand, DestinationsListArgs};
pub(crate) use iam::{
    ExplainArgs, ExplainFormat, FromWhat, IamArgs, IamCommand, LintArgs, PolicyArgs, TextOrJson,
    UnusedArgs,
};
pub(crate) use outbox::OutboxArgs;
pub(crate) use route::{RouteArgs, RouteCommand, RouteTestArgs};
pub(crate) use rules::{
    RuleOptions, RulesArgs, RulesBacktestArgs, RulesCheckArgs, RulesCommand, RulesCoverageArgs,
    RulesExplainArgs, RulesListArgs, RulesMatchArgs, RulesTestArgs, RulesTuneArgs,
};
pub(crate) use scan::{ScanArgs, ScanFormat, VerbosityOptions};
pub(crate) use time::TimePeriod;

/// Intrusion detection for AWS accounts, based on denied calls
#[derive(Debug, Parser)]
#[command(name = "aware", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: CliCommand,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Scan stored logs and report what was denied, grouped into cases
    #[command(after_help = help::SCAN)]
    Scan(ScanArgs),
    /// Watch inputs and deliver messages to destinations until stopped
    #[command(after_help = help::RUN)]
    Run(RunArgs),
    /// Play three stories through the whole pipeline, without AWS or a config
    #[command(after_help = help::DEMO)]
    Demo(DemoArgs),
    /// Send a test message to one destination of a config, or to all
    #[command(after_help = help::SEND)]
    Send(SendArgs),
    /// Learn from history what is usual, for the rules that ask
    #[command(after_help = help::LEARN)]
    Learn(LearnArgs),
    /// Show what is usual for a principal
    Baseline(BaselineArgs),
    /// List, check, test and explain rules, and run them on history
    Rules(RulesArgs),
    /// Explain why a call was denied, whose policy must change, and what would cure it
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Print the smallest policy for a principal, from what it was denied or did
    #[command(after_help = help::POLICY)]
    Policy(PolicyArgs),
    /// Report used, unused and unknowable permissions of a policy
    #[command(after_help = help::UNUSED)]
    Unused(UnusedArgs),
    /// Check policies for unknown actions, impossible resources and excessive permissions
    #[command(after_help = help::LINT)]
    Lint(LintArgs),
    /// Show or refresh the catalogue of IAM actions
    Iam(IamArgs),
    /// Deploy to AWS: show the changes, ask, and wait
    #[command(after_help = help::DEPLOY)]
    Deploy(DeployArgs),
    /// Check the health of a deployment, link by link
    #[command(after_help = help::STATUS)]
    Status(StatusArgs),
    /// List the open cases of a daemon or of the deployment, worst first
    #[command(after_help = help::CASES)]
    Cases(CasesArgs),
    /// Show, close or reopen a case
    #[command(after_help = help::CASE)]
    Case(CaseArgs),
    /// List messages waiting for delivery, and messages that destinations refused
    #[command(after_help = help::OUTBOX)]
    Outbox(OutboxArgs),
    /// Put dead letters back into their queue, or with `--local` resend what the daemon's
    /// destinations refused
    Redrive(RedriveArgs),
    /// Send stored logs through the deployment by queueing their keys
    Backfill(BackfillArgs),
    /// Delete the deployment
    Destroy(DestroyArgs),
    /// Test which destinations the routes of a config choose for a message
    Route(RouteArgs),
    /// List and print the templates that ship for destinations
    Destinations(DestinationsArgs),
    /// Check a config, show it with all defaults, or print its schema
    Config(ConfigArgs),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Write the generated references (for the repository)
    #[command(hide = true)]
    Generate(GenerateArgs),
}

/// Options of `aware run`.
#[derive(Debug, Parser)]
pub(crate) struct RunArgs {
    /// The config file
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) talk: VerbosityOptions,
}

/// Options of `aware demo`.
#[derive(Debug, Parser)]
pub(crate) struct DemoArgs {
    /// Disable colours, like the environment variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// Options of `aware send`.
#[derive(Debug, Parser)]
pub(crate) struct SendArgs {
    /// The config file
    #[arg(long, short, value_name = "FILE", default_value = "aware.toml", env = "AWARE_CONFIG")]
    pub(crate) config: PathBuf,
    /// The destination [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}
