//! The test command, and the generated references.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::run::{Problem, command, root, run, succeed, succeeds};
use crate::{dist, tidy};

const NEXTEST: &str = "0.9.143";
const DENY: &str = "0.20.2";

/// The template's checks.
const DEPLOYMENT: &str = ".venv/bin/python -m unittest discover -s deploy -t deploy";
/// The whole chain on an emulated AWS, with the functions as built for the tests; the commands, and
/// the migration from the old stack.
const CHAIN: &str = "../.venv/bin/python -m unittest -v tests.test_chain tests.test_commands tests.test_deployer tests.test_drills tests.test_migrating";

/// Every check and test, in the order in which they fail fastest.
pub fn all(quick: bool) -> Result<(), Problem> {
    run("cargo fmt --check")?;
    tidy::main(false)?;
    if !quick {
        install("nextest", "cargo-nextest", NEXTEST)?;
        python()?;
        run(DEPLOYMENT)?;
    }
    run("cargo clippy --workspace --all-targets --locked -- -D warnings")?;
    tidy::lints_fire()?;
    tests(quick)?;
    if !quick {
        chain()?;
    }
    run("cargo test --doc --workspace --locked --quiet")?;
    generate(true)?;
    if quick {
        return Ok(());
    }
    run("cargo test --quiet --locked --manifest-path ci/slackcheck/Cargo.toml")?;
    run("cargo check --quiet --locked --manifest-path fuzz/Cargo.toml")?;
    install("deny", "cargo-deny", DENY)?;
    run("cargo deny check licenses bans sources")?;
    if run("cargo deny check advisories").is_err() {
        println!(
            "the advisory database could not be fetched, or lists an advisory for a dependency: see above"
        );
    }
    Ok(())
}

fn tests(quick: bool) -> Result<(), Problem> {
    let line = if quick {
        "cargo test --workspace --locked --quiet"
    } else {
        "cargo nextest run --workspace --locked"
    };
    println!("\n── {line}");
    let mut tests = command(line);
    let skipped = root().join("target/skipped-tests.txt");
    if quick {
        let _ = fs::remove_file(&skipped);
        tests.env("AWARE_WITHOUT_AWS", "1").env("AWARE_SKIPPED", &skipped);
    } else {
        tests.env("AWARE_MINISTACK", root().join(".venv/bin/ministack"));
    }
    let done = succeed(&mut tests, line);
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

fn chain() -> Result<(), Problem> {
    println!("\n── {CHAIN}");
    let mut tests = command(CHAIN);
    tests.current_dir(root().join("deploy"));
    for (name, variable) in
        [("source", "AWARE_SOURCE_ZIP"), ("destination", "AWARE_DESTINATION_ZIP")]
    {
        let zip = root().join(format!("target/chain/{name}.zip"));
        dist::bootstrap(&root().join(format!("target/debug/{name}")), &zip)?;
        tests.env(variable, zip);
    }
    tests.env("AWARE_PROGRAM", root().join("target/debug/aware"));
    succeed(&mut tests, CHAIN)
}

/// Installs a cargo subcommand unless it is already installed.
fn install(helper: &str, package: &str, version: &str) -> Result<(), Problem> {
    if succeeds(&format!("cargo {helper} --version")) {
        return Ok(());
    }
    run(&format!("cargo install --locked --quiet {package} --version {version}"))
}

/// The Python programs that the tests need, in `.venv`; installed again when the list changes.
fn python() -> Result<(), Problem> {
    let (wanted, had) = ("ci/requirements.txt", ".venv/requirements.txt");
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_default();
    if read(wanted) == read(had) {
        return Ok(());
    }
    if !succeeds("python3 -m venv .venv") {
        run("python3 -m pip install --quiet --break-system-packages virtualenv==20.35.4")?;
        run("python3 -m virtualenv --quiet .venv")?;
    }
    run(&format!(".venv/bin/python -m pip install --quiet -r {wanted}"))?;
    fs::copy(root().join(wanted), root().join(had)).map_err(|error| format!("{had}: {error}"))?;
    Ok(())
}

/// Writes the generated references, or checks that they are current.
pub fn generate(check: bool) -> Result<(), Problem> {
    let committed = root().join("docs/reference");
    let folder = if check { root().join("target/reference") } else { committed.clone() };
    if check {
        let _ = fs::remove_dir_all(&folder);
    }
    let aware = "target/debug/aware";
    if !(check && root().join(aware).exists()) {
        run("cargo build --locked --package aware")?;
    }
    run(&format!("{aware} generate {}", folder.display()))?;
    if check { same(&folder, &committed) } else { Ok(()) }
}

fn same(made: &Path, committed: &Path) -> Result<(), Problem> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    for path in tidy::files(made) {
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
