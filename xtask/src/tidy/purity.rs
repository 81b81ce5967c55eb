//! Pure crates do no input or output and have no clock, environment or thread: clippy refuses what
//! is in their `clippy.toml`, and their dependencies can't do it either.

use std::fs;
use std::path::Path;

use crate::run::{XtaskError, line_output, repository_root};

/// Crates that do no input or output, by folder.
const PURE: [&str; 4] = ["core", "rules", "iam", "cases"];
/// What a pure crate may not depend on, by the beginning of its name.
const WORLDLY: [&str; 7] = ["tokio", "reqwest", "hyper", "aws-", "rusqlite", "axum", "rustls"];
/// The line of a pure crate's `lib.rs` that turns the lints on.
const SWITCH: &str =
    "#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]";
/// What the `clippy.toml` of a pure crate refuses, at the least.
pub(super) const REFUSED: [&str; 43] = [
    "std::env::args",
    "std::env::args_os",
    "std::env::current_dir",
    "std::env::current_exe",
    "std::env::temp_dir",
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::env::vars_os",
    "std::fs::canonicalize",
    "std::fs::copy",
    "std::fs::create_dir",
    "std::fs::create_dir_all",
    "std::fs::exists",
    "std::fs::metadata",
    "std::fs::read",
    "std::fs::read_dir",
    "std::fs::read_link",
    "std::fs::read_to_string",
    "std::fs::remove_dir",
    "std::fs::remove_dir_all",
    "std::fs::remove_file",
    "std::fs::rename",
    "std::fs::write",
    "std::fs::File",
    "std::fs::OpenOptions",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::process::Command",
    "std::process::abort",
    "std::process::exit",
    "std::process::id",
    "std::thread::Builder",
    "std::thread::scope",
    "std::thread::sleep",
    "std::thread::spawn",
    "std::time::Instant",
    "std::time::SystemTime",
    "jiff::Timestamp::now",
];

/// What a pure crate lacks of its lints, and depends on against them.
pub(super) fn impurities() -> Result<Vec<String>, XtaskError> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let shared = read(&repository_root().join("clippy.toml"));
    let mut problems = Vec::new();
    for name in PURE {
        let folder = repository_root().join("crates").join(name);
        let lints = read(&folder.join("clippy.toml"));
        problems.extend(missing_lints(name, &lints, &shared, &read(&folder.join("src/lib.rs"))));
        let tree = line_output(&format!(
            "cargo tree --locked --package aware-{name} --edges normal --prefix none"
        ))?;
        problems.extend(worldly_dependencies(name, &tree));
    }
    Ok(problems)
}

fn missing_lints(name: &str, lints: &str, shared: &str, library: &str) -> Vec<String> {
    let file = format!("crates/{name}/clippy.toml");
    let refuses = |path: &str| {
        let entry = format!("{{ path = \"{path}\", reason = \"");
        lints.lines().any(|line| line.trim_start().starts_with(&entry))
    };
    let mut problems: Vec<String> = REFUSED
        .iter()
        .filter(|path| !refuses(path))
        .map(|path| format!("{file}: does not refuse `{path}` with a reason"))
        .collect();
    let kept = shared.lines().filter(|line| !line.is_empty() && !lints.contains(line));
    problems.extend(kept.map(|line| format!("{file}: lacks the workspace's `{line}`")));
    if !library.lines().any(|line| line == SWITCH) {
        problems.push(format!("crates/{name}/src/lib.rs: lacks `{SWITCH}`"));
    }
    problems
}

fn worldly_dependencies(name: &str, tree: &str) -> Vec<String> {
    let worldly = tree.lines().filter(|line| WORLDLY.iter().any(|start| line.starts_with(start)));
    worldly.map(|line| format!("aware-{name} is pure and depends on {line}")).collect()
}

/// Runs clippy with a pure crate's `clippy.toml` on `ci/impure`, which does everything that is
/// refused.
///
/// # Errors
/// When the lints let something through.
pub fn lints_fire() -> Result<(), XtaskError> {
    for name in PURE {
        let mut clippy = crate::run::command_in_root(
            "cargo clippy --quiet --locked --manifest-path ci/impure/Cargo.toml --message-format short",
        );
        let folder = repository_root().join("crates").join(name);
        let target = repository_root().join("target/impure").join(name);
        clippy.env("CLIPPY_CONF_DIR", folder).env("CARGO_TARGET_DIR", target);
        let output = clippy.output().map_err(|error| format!("cargo clippy: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if let Some(path) = REFUSED.iter().find(|path| !said.contains(&format!("`{path}`"))) {
            return Err(format!("crates/{name}/clippy.toml lets `{path}` through:\n{said}"));
        }
    }
    println!("\n── the lints of the pure crates refuse all of ci/impure");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_a_reason_is_missing() {
        let entry = |path: &str| format!("  {{ path = \"{path}\", reason = \"pure\" }},\n");
        let all: String = REFUSED.iter().map(|path| entry(path)).collect();
        let library = format!("//! Doc.\n{SWITCH}\n");
        assert_eq!(missing_lints("core", &all, "", &library), Vec::<String>::new());
        let without = all.replace(&entry("std::fs::write"), "  \"std::fs::write\",\n");
        assert_eq!(
            missing_lints("core", &without, "", &library),
            ["crates/core/clippy.toml: does not refuse `std::fs::write` with a reason"]
        );
        assert_eq!(missing_lints("core", &all, "allow-x = true\n", "//! Doc.\n").len(), 2);
    }

    #[test]
    fn a_dependency_that_touches_the_world_is_named() {
        let tree = "aware-core v0.1.0\njiff v0.2.0\ntokio v1.40.0\n";
        assert_eq!(
            worldly_dependencies("core", tree),
            ["aware-core is pure and depends on tokio v1.40.0"]
        );
    }
}
