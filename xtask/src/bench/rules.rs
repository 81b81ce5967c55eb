//! Sets of generated Sigma rules, the same for the same size.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::XtaskError;

/// Sizes of the rule sets measured.
pub const SIZES: [usize; 3] = [60, 1_000, 5_000];
/// Rules per file; a file may have a mebibyte.
const A_FILE: usize = 500;

/// Writes a set of rules, and returns its folder.
pub fn write_rule_set(target: &Path, size: usize) -> Result<PathBuf, XtaskError> {
    let folder = target.join(format!("bench-rules/{size}"));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (number, text) in rule_files(size).iter().enumerate() {
        fs::write(folder.join(format!("{number}.yml")), text).map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

/// The texts of a set's files.
pub fn rule_files(size: usize) -> Vec<String> {
    let file = |first: usize| (first..size.min(first + A_FILE)).map(rule_text).collect::<Vec<_>>();
    (0..size).step_by(A_FILE).map(|first| file(first).join("---\n")).collect()
}

/// One rule. As with published rules for AWS, nearly all name an event that is rare or absent; one
/// in twenty names a frequent one with a further condition, and one in twenty-five searches the
/// user agent.
fn rule_text(number: usize) -> String {
    let detection = match number {
        n if n % 25 == 7 => format!("userAgent|contains: toolkit-{n}x"),
        n if n % 20 == 3 => format!(
            "eventName: {}\n        requestParameters.resourceArn|endswith: /none-{n}",
            FREQUENT.get(n / 20 % FREQUENT.len()).unwrap_or(&"ListKeys")
        ),
        n if n % 10 == 5 => format!(
            "eventName: [Create{0}{n}, Delete{0}{n}]\n        userIdentity.type: Root",
            NOUNS.get(n % NOUNS.len()).unwrap_or(&"Key")
        ),
        n => format!(
            "eventSource: iam.amazonaws.com\n        eventName: Attach{}{n}\n        errorCode: null",
            NOUNS.get(n % NOUNS.len()).unwrap_or(&"Key")
        ),
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "title: Made up {number}\nid: made-up-{number}\nlogsource:\n    product: aws\n    service: cloudtrail\ndetection:\n    selection:\n        {detection}\n    condition: selection\nlevel: low"
    );
    text
}

/// Events that are frequent in the corpus.
const FREQUENT: [&str; 4] =
    ["DescribeInstances", "ListInstances", "GetInstances", "DescribeVolumes"];
const NOUNS: [&str; 5] = ["User", "Role", "Policy", "Trail", "Detector"];

#[cfg(test)]
mod tests {
    #[test]
    fn rules_are_rules() {
        let all: Vec<String> = (0..200).map(super::rule_text).collect();
        let loaded = aware_rules::sigma::load_rules(
            [("made-up.yml", all.join("---\n"))],
            &Default::default(),
        );
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.rules.len(), 200);
    }
}
