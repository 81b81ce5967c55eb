//! The shipped rules, and the pages next to them.
//!
//! They are in the top-level folder `rules/`, and are compiled into the program.

use std::fmt::Write;

use crate::shipped_files::{PAGES, RULES};
use crate::sigma::{self, LoadedSigma, PlaceholderValues};

/// The files of the shipped rules: name, `rules/cloudtrail/cis/root-use.yml`, and text; sorted by name.
pub fn shipped_files() -> &'static [(&'static str, &'static str)] {
    RULES
}

/// The pages next to them: name, `rules/cloudtrail/cis/root-use.md`, and text; sorted by name.
pub fn shipped_pages() -> &'static [(&'static str, &'static str)] {
    PAGES
}

/// The text of the page next to a rule's file.
pub fn shipped_page(rule_file: &str) -> Option<&'static str> {
    let name = page_name_for(rule_file);
    shipped_pages().iter().find(|(page, _)| *page == name).map(|(_, text)| *text)
}

/// The name of the page next to a rule: `a/b.yml` has `a/b.md`.
///
/// ```
/// use aware_rules::shipped::page_name_for;
///
/// assert_eq!(page_name_for("rules/cloudtrail/cis/root-use.yml"), "rules/cloudtrail/cis/root-use.md");
/// ```
pub fn page_name_for(rule_file: &str) -> String {
    let stem = [".yml", ".yaml"].iter().find_map(|end| rule_file.strip_suffix(end));
    format!("{}.md", stem.unwrap_or(rule_file))
}

/// Loads all of them.
///
/// ```
/// let loaded = aware_rules::shipped::load_shipped();
/// assert!(loaded.problems.is_empty());
/// assert!(loaded.rules.iter().any(|rule| rule.file == "rules/cloudtrail/cis/root-use.yml"));
/// ```
pub fn load_shipped() -> LoadedSigma {
    sigma::load_rules(shipped_files().iter().copied(), &PlaceholderValues::default())
}

/// The rules that ship, as a table in Markdown; those that only feed correlations are left out.
pub fn markdown_table() -> String {
    let mut table = String::from(
        "| rule | sees | level | pack | default | tags |\n|---|---|---|---|---|---|\n",
    );
    let loaded = load_shipped();
    let silent = loaded.silent_rules();
    let told = loaded.rules.iter().filter(|rule| !silent.contains(rule.about.id.as_str()));
    let rules = told.map(|rule| (&rule.about, &rule.file, rule.enabled));
    let told = loaded.correlations.iter().filter(|one| !silent.contains(one.about.id.as_str()));
    let correlations = told.map(|one| (&one.about, &one.file, one.enabled));
    for (about, file, enabled) in rules.chain(correlations) {
        let tags: Vec<String> = about.tags.iter().map(|tag| format!("`{tag}`")).collect();
        let default = if enabled { "on" } else { "off" };
        let row = format!(
            "| [`{}`]({}) | {} | {} | {} | {default} | {} |",
            about.id,
            page_name_for(file),
            about.name,
            about.level,
            about.pack.as_deref().unwrap_or("none"),
            tags.join(", ")
        );
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{row}");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped_files::parsed_file;
    use crate::sigma::read_yaml;
    use crate::tree::packed::{pack_documents, unpack_documents};

    #[test]
    fn what_was_parsed_at_the_build_is_what_the_files_say() {
        for (name, text) in shipped_files() {
            let (documents, problems) = read_yaml(name, text);
            assert_eq!((parsed_file(name, text), problems), (Some(documents), vec![]), "{name}");
            assert_eq!(parsed_file(name, &format!("{text} ")), None, "another text");
        }
        assert_eq!(parsed_file("rules/none.yml", ""), None);
    }

    #[test]
    fn cut_and_changed_bytes_are_no_documents() {
        let text = "a: [1, 2.50, ~, true, &x {b: c}, *x, 'd\n']\n---\nb: -1e3\n";
        let (documents, _) = read_yaml("x.yml", text);
        let packed = pack_documents(&documents);
        assert_eq!(unpack_documents(&packed), Some(documents));
        for length in 0..packed.len() {
            assert_eq!(unpack_documents(&packed[..length]), None);
        }
        for at in 0..packed.len() {
            let mut changed = packed.clone();
            changed[at] ^= 0xff;
            let _ = unpack_documents(&changed);
        }
    }
}
