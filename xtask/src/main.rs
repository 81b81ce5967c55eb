//! The tasks of this repository: test, generate, tidy, corpus, bench, dist.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bench, catalogue, corpus, dist, names, test, tidy};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The tasks of this repository")]
struct XtaskArgs {
    #[command(subcommand)]
    chore: XtaskCommand,
}

#[derive(Debug, Subcommand)]
enum XtaskCommand {
    /// Run every check and test; installs what they need
    Test {
        /// Skip what is slow or needs the network
        #[arg(long)]
        quick: bool,
    },
    /// Regenerate the references
    Generate {
        /// Only check that they are current
        #[arg(long)]
        check: bool,
    },
    /// Check the repository's structural rules
    Tidy {
        /// Rewrite the list of known untidiness
        #[arg(long)]
        update: bool,
    },
    /// Measure names and sizes, and compare them with other projects'
    Names,
    /// Write a tree of generated CloudTrail files
    Corpus {
        /// Number of events
        #[arg(long, default_value_t = 100_000)]
        events: u64,
        /// Equal seeds give equal bytes
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Compare `aware scan` with plain decompression of the same files
    Bench {
        /// Number of events
        #[arg(long, default_value_t = 1_000_000)]
        events: u64,
        /// Measure flow logs instead, with this number of lines
        #[arg(long)]
        flows: Option<u64>,
    },
    /// Decompress every file below a folder, and nothing else
    #[command(hide = true)]
    Inflate {
        /// The folder
        folder: PathBuf,
    },
    /// Derive the catalogue of IAM actions from npm and PyPI again
    Catalogue,
    /// Pack a release
    Dist,
    /// Build the zips of the functions into `dist/`, for `deploy/template.yaml`
    Functions,
}

fn main() -> ExitCode {
    let done = match XtaskArgs::parse().chore {
        XtaskCommand::Test { quick } => test::run_all_checks(quick),
        XtaskCommand::Generate { check } => test::generate_references(check),
        XtaskCommand::Tidy { update } => tidy::check_all(update),
        XtaskCommand::Names => names::main(),
        XtaskCommand::Corpus { events, seed, out } => {
            corpus::write_corpus(events, seed, &out).map(|sums| println!("{sums}"))
        }
        XtaskCommand::Bench { flows: Some(lines), .. } => bench::flows::run_flow_benchmark(lines),
        XtaskCommand::Bench { events, flows: None } => bench::run_benchmarks(events),
        XtaskCommand::Inflate { folder } => bench::decompress_folder(&folder),
        XtaskCommand::Catalogue => catalogue::build_catalogue(),
        XtaskCommand::Dist => dist::pack_release(),
        XtaskCommand::Functions => dist::pack_functions(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
