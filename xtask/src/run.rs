//! Runs other programs, and reports what failed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What went wrong, as a text for people.
pub type XtaskError = String;

/// The repository's folder.
pub fn repository_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// A command to run in the repository's folder.
pub fn command_in_root(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(repository_root());
    command
}

/// Runs a command line; its output goes where ours does.
pub fn run_line(line: &str) -> Result<(), XtaskError> {
    println!("\n── {line}");
    run_command(&mut command_in_root(line), line)
}

/// Runs a command, and names it when it fails.
pub fn run_command(command: &mut Command, name: &str) -> Result<(), XtaskError> {
    let status = command.status().map_err(|error| format!("`{name}` cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` failed ({status})")) }
}

/// Whether a command line succeeds; its output is discarded.
pub fn line_succeeds(line: &str) -> bool {
    command_in_root(line).output().is_ok_and(|output| output.status.success())
}

/// What a command line prints.
pub fn line_output(line: &str) -> Result<String, XtaskError> {
    let output = command_in_root(line)
        .output()
        .map_err(|error| format!("`{line}` cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
