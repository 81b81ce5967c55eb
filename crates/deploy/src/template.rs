//! What the template says about itself.

use std::collections::BTreeSet;

use super::TEMPLATE;

/// The names of the template's parameters.
pub(super) fn template_parameters() -> BTreeSet<&'static str> {
    let section = TEMPLATE.split("\nParameters:\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let name = |line: &'static str| {
        line.strip_prefix("  ")?.strip_suffix(':').filter(|name| !name.starts_with([' ', '#']))
    };
    lines.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BUCKET, LOG_GROUP, WEBHOOK};

    #[test]
    fn parameters_of_the_template() {
        let names = template_parameters();
        for name in [LOG_GROUP, BUCKET, WEBHOOK, "CloudTrailCloudWatchLogsFilterPattern"] {
            assert!(names.contains(name), "{names:?}");
        }
        assert!(!names.contains("Type") && !names.contains("Resources"));
    }
}
