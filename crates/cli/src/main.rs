//! The command line program `aware`.

mod args;
mod baseline;
mod cases;
mod config;
mod demo;
mod deploy;
mod destinations;
mod exit;
mod generate;
mod iam;
mod interrupt;
mod logs;
mod outbox;
mod progress;
mod render;
mod route;
mod rules;
mod run;
mod scan;
mod send;

use aware_io::log::{self, Verbosity};
use clap::Parser;

use args::{CliCommand, CommandLine};
use exit::{CommandExit, CommandFailure};

/// Scans allocate and free many small strings.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let args = CommandLine::parse();
    log::init(Verbosity::Normal, log::Format::Text);
    let outcome = match args.command {
        CliCommand::Scan(scan) => scan::run_scan(&scan),
        CliCommand::Run(run) => run::run_command(&run),
        CliCommand::Demo(demo) => demo::run_demo(&demo),
        CliCommand::Send(send) => send::run_send(&send),
        CliCommand::Learn(args) => baseline::run_learn(&args),
        CliCommand::Baseline(args) => baseline::run_baseline(&args),
        CliCommand::Rules(rules) => rules::run_rules(&rules),
        CliCommand::Explain(args) => iam::explain(&args),
        CliCommand::Policy(args) => iam::policy(&args),
        CliCommand::Unused(args) => iam::unused(&args),
        CliCommand::Lint(args) => iam::lint(&args),
        CliCommand::Iam(args) => iam::run_iam(&args),
        CliCommand::Deploy(args) => deploy::run_deploy(&args),
        CliCommand::Status(args) => deploy::run_status(&args),
        CliCommand::Cases(args) => cases::run_cases(&args),
        CliCommand::Case(args) => cases::run_case(&args),
        CliCommand::Outbox(args) => outbox::run_outbox(&args),
        CliCommand::Redrive(args) if args.local => outbox::run_local_redrive(&args),
        CliCommand::Redrive(args) => deploy::run_redrive(&args),
        CliCommand::Backfill(args) => deploy::run_backfill(&args),
        CliCommand::Destroy(args) => deploy::run_destroy(&args),
        CliCommand::Route(args) => route::run_route(&args),
        CliCommand::Destinations(args) => destinations::run_destinations(&args),
        CliCommand::Config(config) => config::run_config(&config),
        CliCommand::Completions(completions) => generate::print_completions(&completions),
        CliCommand::Generate(generate) => generate::generate_all(&generate),
    };
    outcome.unwrap_or_else(|failure| report_failure(&failure)).into()
}

/// The only place where a failure is reported.
fn report_failure(failure: &CommandFailure) -> CommandExit {
    if !failure.is_silent() {
        failure.to_string().lines().for_each(|line| tracing::error!("{line}"));
    }
    failure.exit_code()
}
