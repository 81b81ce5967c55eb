//! Options of the commands about rules.

use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand};

use super::{AwsOptions, Period, help};

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
    #[command(after_help = help::RULES_LIST)]
    List(RulesListArgs),
    /// Say every mistake, with file, line and column; exit with 2 if there is one
    #[command(after_help = help::RULES_CHECK)]
    Check(RulesCheckArgs),
    /// Run the cases that stand beside rules; exit with 1 if one fails
    Test(RulesTestArgs),
    /// Say why a rule matches an event or does not, condition by condition
    #[command(after_help = help::RULES_EXPLAIN)]
    Explain(RulesExplainArgs),
    /// Try a pattern on an event: exit with 0 for a match, 1 for none, 2 for a wrong pattern
    Match(RulesMatchArgs),
    /// Run rules over history: matches and messages a day, by account and principal
    #[command(after_help = help::RULES_BACKTEST)]
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
    #[command(flatten)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}
