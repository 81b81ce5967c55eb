//! The test command, and the generated references.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::run::{
    XtaskError, command_in_root, line_succeeds, repository_root, run_command, run_line,
};
use crate::{dist, tidy};

const NEXTEST: &str = "0.9.143";
const DENY: &str = "0.20.2";

/// The template's checks.
const DEPLOYMENT: &str = ".venv/bin/python -m unittest discover -s deploy -t deploy";
/// The whole chain on an emulated AWS, with the functions as built for the tests; the commands, and
/// the migration from the old stack.
const CHAIN: &str = "../.venv/bin/python -m unittest -v tests.test_chain tests.test_commands tests.test_deployer tests.test_drills tests.test_migrating";

/// Every check and test, in the order in which they fail fastest.
pub fn run_all_checks(quick: bool) -> Result<(), XtaskError> {
    run_line("cargo fmt --check")?;
    tidy::check_all(false)?;
    if !quick {
        install_cargo_tool("nextest", "cargo-nextest", NEXTEST)?;
        install_python_tools()?;
        run_line(DEPLOYMENT)?;
    }
    run_line("cargo clippy --workspace --all-targets --locked -- -D warnings")?;
    tidy::lints_fire()?;
    run_tests(quick)?;
    if !quick {
        run_chain_tests()?;
    }
    run_line("cargo test --doc --workspace --locked --quiet")?;
    generate_references(true)?;
    if quick {
        return Ok(());
    }
    run_line("cargo test --quiet --locked --manifest-path ci/slackcheck/Cargo.toml")?;
    run_line("cargo check --quiet --locked --manifest-path fuzz/Cargo.toml")?;
    install_cargo_tool("deny", "cargo-deny", DENY)?;
    run_line("cargo deny check licenses bans sources")?;
    if run_line("cargo deny check advisories").is_err() {
        println!(
            "the advisory database could not be fetched, or lists an advisory for a dependency: see above"
        );
    }
    Ok(())
}

fn run_tests(quick: bool) -> Result<(), XtaskError> {
    let line = if quick {
        "cargo test --workspace --locked --quiet"
    } else {
        "cargo nextest run --workspace --locked"
    };
    println!("\n── {line}");
    let mut tests = command_in_root(line);
    let skipped = repository_root().join("target/skipped-tests.txt");
    if quick {
        let _ = fs::remove_file(&skipped);
        tests.env("AWARE_WITHOUT_AWS", "1").env("AWARE_SKIPPED", &skipped);
    } else {
        tests.env("AWARE_MINISTACK", repository_root().join(".venv/bin/ministack"));
    }
    let done = run_command(&mut tests, line);
    if quick {
        println!("{}", skipped_tests(&fs::read_to_string(&skipped).unwrap_or_default()));
    }
    done
}

/// Names the tests that were left out: they are counted among those that passed.
fn skipped_tests(list: &str) -> String {
    let names: BTreeSet<&str> = list.lines().filter(|line| !line.is_empty()).collect();
    let lines: String = names.iter().map(|name| format!("\n    {name}")).collect();
    format!("{} tests were skipped, as they need the emulated AWS:{lines}", names.len())
}

fn run_chain_tests() -> Result<(), XtaskError> {
    println!("\n── {CHAIN}");
    let mut tests = command_in_root(CHAIN);
    tests.current_dir(repository_root().join("deploy"));
    for (name, variable) in
        [("source", "AWARE_SOURCE_ZIP"), ("destination", "AWARE_DESTINATION_ZIP")]
    {
        let zip = repository_root().join(format!("target/chain/{name}.zip"));
        dist::pack_bootstrap(&repository_root().join(format!("target/debug/{name}")), &zip)?;
        tests.env(variable, zip);
    }
    tests.env("AWARE_PROGRAM", repository_root().join("target/debug/aware"));
    run_command(&mut tests, CHAIN)
}

/// Installs a cargo subcommand unless it is already installed.
fn install_cargo_tool(helper: &str, package: &str, version: &str) -> Result<(), XtaskError> {
    if line_succeeds(&format!("cargo {helper} --version")) {
        return Ok(());
    }
    run_line(&format!("cargo install --locked --quiet {package} --version {version}"))
}

/// The Python programs that the tests need, in `.venv`; installed again when the list changes.
fn install_python_tools() -> Result<(), XtaskError> {
    let (wanted, had) = ("ci/requirements.txt", ".venv/requirements.txt");
    let read = |path: &str| fs::read_to_string(repository_root().join(path)).unwrap_or_default();
    if read(wanted) == read(had) {
        return Ok(());
    }
    if !line_succeeds("python3 -m venv .venv") {
        run_line("python3 -m pip install --quiet --break-system-packages virtualenv==20.35.4")?;
        run_line("python3 -m virtualenv --quiet .venv")?;
    }
    run_line(&format!(".venv/bin/python -m pip install --quiet -r {wanted}"))?;
    fs::copy(repository_root().join(wanted), repository_root().join(had))
        .map_err(|error| format!("{had}: {error}"))?;
    Ok(())
}

/// Writes the generated references, or checks that they are current.
pub fn generate_references(check: bool) -> Result<(), XtaskError> {
    let committed = repository_root().join("docs/reference");
    let folder = if check { repository_root().join("target/reference") } else { committed.clone() };
    if check {
        let _ = fs::remove_dir_all(&folder);
    }
    let aware = "target/debug/aware";
    if !(check && repository_root().join(aware).exists()) {
        run_line("cargo build --locked --package aware")?;
    }
    run_line(&format!("{aware} generate {}", folder.display()))?;
    if check { check_same_files(&folder, &committed) } else { Ok(()) }
}

fn check_same_files(made: &Path, committed: &Path) -> Result<(), XtaskError> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    for path in tidy::files_below(made) {
        let name = path.strip_prefix(made).unwrap_or(&path);
        if read(&path) != read(&committed.join(name)) {
            let name = name.display();
            return Err(format!(
                "docs/reference/{name} is not current (hint: run `cargo xtask generate`)"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_counted_once_each() {
        let text = skipped_tests("b\na\nb\n");
        assert_eq!(text, "2 tests were skipped, as they need the emulated AWS:\n    a\n    b");
    }
}
