//! The command line program `aware`.

mod args;
mod config;
mod demo;
mod deploy;
mod exit;
mod generate;
mod iam;
mod interrupt;
mod logs;
mod outbox;
mod progress;
mod render;
mod rules;
mod run;
mod scan;
mod send;

use aware_io::log::{self, Verbosity};
use clap::Parser;

use args::{Args, Command};
use exit::{Exit, Failure};

/// Scans allocate and free many small strings.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let args = Args::parse();
    log::init(Verbosity::Normal, log::Format::Text);
    let outcome = match args.command {
        Command::Scan(scan) => scan::main(&scan),
        Command::Run(run) => run::main(&run),
        Command::Demo(demo) => demo::main(&demo),
        Command::Send(send) => send::main(&send),
        Command::Rules(rules) => rules::main(&rules),
        Command::Explain(args) => iam::explain(&args),
        Command::Policy(args) => iam::policy(&args),
        Command::Unused(args) => iam::unused(&args),
        Command::Lint(args) => iam::lint(&args),
        Command::Iam(args) => iam::main(&args),
        Command::Deploy(args) => deploy::deploy(&args),
        Command::Status(args) => deploy::status(&args),
        Command::Outbox(args) => outbox::main(&args),
        Command::Redrive(args) if args.local => outbox::redrive(&args),
        Command::Redrive(args) => deploy::redrive(&args),
        Command::Backfill(args) => deploy::backfill(&args),
        Command::Destroy(args) => deploy::destroy(&args),
        Command::Config(config) => config::main(&config),
        Command::Completions(completions) => generate::completions(&completions),
        Command::Generate(generate) => generate::all(&generate),
    };
    outcome.unwrap_or_else(|failure| report(&failure)).into()
}

/// The only place where a failure is reported.
fn report(failure: &Failure) -> Exit {
    if !failure.is_silent() {
        failure.to_string().lines().for_each(|line| tracing::error!("{line}"));
    }
    failure.exit()
}
