//! Which crate may import which: every member of the workspace has its line here.

use serde_json::Value;

use crate::run::{XtaskError, line_output};

/// What a crate may import of the workspace.
struct CrateDirection {
    /// Its package.
    package: &'static str,
    /// What it may import.
    imports: &'static [&'static str],
    /// What its tests may import besides.
    in_tests: &'static [&'static str],
}

const DIRECTIONS: &[CrateDirection] = &[
    direction("aware-core", &[], &[]),
    direction("aware-rules", &["aware-core"], &[]),
    direction("aware-iam", &["aware-core"], &[]),
    direction("aware-cases", &["aware-core", "aware-rules", "aware-iam"], &["aware-io"]),
    direction("aware-pipeline", &["aware-core", "aware-rules", "aware-iam", "aware-cases"], &[]),
    direction(
        "aware-io",
        &["aware-core", "aware-rules", "aware-iam", "aware-cases", "aware-pipeline"],
        &[],
    ),
    direction("aware-deploy", &["aware-core", "aware-pipeline", "aware-io"], &[]),
    direction("aware-console", &["aware-core", "aware-cases", "aware-pipeline", "aware-io"], &[]),
    direction(
        "aware",
        &[
            "aware-core",
            "aware-rules",
            "aware-iam",
            "aware-cases",
            "aware-pipeline",
            "aware-io",
            "aware-deploy",
            "aware-console",
        ],
        &[],
    ),
    direction(
        "aware-lambda",
        &["aware-core", "aware-rules", "aware-iam", "aware-cases", "aware-pipeline", "aware-io"],
        &["aware-deploy"],
    ),
    direction(
        "xtask",
        &["aware-iam"],
        &["aware-core", "aware-rules", "aware-cases", "aware-pipeline"],
    ),
];

const fn direction(
    package: &'static str,
    imports: &'static [&'static str],
    in_tests: &'static [&'static str],
) -> CrateDirection {
    CrateDirection { package, imports, in_tests }
}

/// Imports that point the wrong way, and crates without a line above.
pub(super) fn wrong_directions() -> Result<Vec<String>, XtaskError> {
    let text = line_output("cargo metadata --no-deps --locked --format-version 1")?;
    let metadata =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(check_metadata(&metadata))
}

fn check_metadata(metadata: &Value) -> Vec<String> {
    let packages = list(metadata, "packages");
    let members: Vec<&str> = packages.iter().map(|package| text(package, "name")).collect();
    packages.iter().flat_map(|package| check_package(package, &members)).collect()
}

fn check_package(package: &Value, members: &[&str]) -> Vec<String> {
    let name = text(package, "name");
    let Some(direction) = DIRECTIONS.iter().find(|direction| direction.package == name) else {
        return vec![format!(
            "{name}: has no direction (hint: add what it may import to xtask/src/tidy/crates.rs)"
        )];
    };
    let dependencies = list(package, "dependencies").iter();
    let of_workspace =
        dependencies.filter(|dependency| members.contains(&text(dependency, "name")));
    let wrong = of_workspace.filter(|dependency| {
        let import = text(dependency, "name");
        let in_tests = text(dependency, "kind") == "dev" && direction.in_tests.contains(&import);
        !direction.imports.contains(&import) && !in_tests
    });
    wrong.map(|dependency| format!("{name}: may not import {}", text(dependency, "name"))).collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crate_that_nobody_listed_and_a_wrong_import_fail() {
        let import = |name: &str, kind: Option<&str>| json!({"name": name, "kind": kind});
        let metadata = json!({"packages": [
            {"name": "aware-core", "dependencies": [import("serde", None), import("aware-io", Some("dev"))]},
            {"name": "aware-io", "dependencies": [import("aware-core", None)]},
            {"name": "aware-deploy", "dependencies": []},
            {"name": "aware-lambda", "dependencies": [import("aware-deploy", Some("dev"))]},
            {"name": "aware-new", "dependencies": []},
        ]});
        let problems = check_metadata(&metadata);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert_eq!(problems[0], "aware-core: may not import aware-io");
        assert!(problems[1].starts_with("aware-new: has no direction"));
        let normal = json!({"packages": [
            {"name": "aware-deploy", "dependencies": []},
            {"name": "aware-lambda", "dependencies": [import("aware-deploy", None)]},
        ]});
        assert_eq!(check_metadata(&normal), ["aware-lambda: may not import aware-deploy"]);
    }
}
