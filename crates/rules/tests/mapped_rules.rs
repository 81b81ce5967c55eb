//! The rules of the owner's own sources beside those that ship.

#![allow(clippy::unwrap_used)]

use aware_rules::mapped::{SourceMap, default_rules, define_maps};
use aware_rules::shipped::shipped_files;
use aware_rules::sigma::{PlaceholderValues, load_rules};

#[test]
fn no_own_rule_has_the_id_of_one_that_ships() {
    // Rules that ship are named after these, too.
    let maps = ["flow", "k8s", "waf_2"].map(|name| SourceMap {
        name: name.to_owned(),
        records: Some("{ $.log = \"audit\" }".to_owned()),
        action: vec!["$.event".to_owned()],
        denied: Some("{ $.code = 403 }".to_owned()),
        unauthenticated: Some("{ $.code = 401 }".to_owned()),
        ..SourceMap::default()
    });
    define_maps(&maps).unwrap();
    let own =
        maps.iter().map(|map| (format!("aware.toml [source.{}]", map.name), default_rules(map)));
    let shipped = shipped_files().iter();
    let shipped = shipped.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let loaded = load_rules(shipped.chain(own), &PlaceholderValues::new());
    assert_eq!(loaded.problems, []);
    let ids = loaded.rules.iter().map(|rule| (&rule.about.id, &rule.file));
    let ids = ids.chain(loaded.correlations.iter().map(|one| (&one.about.id, &one.file)));
    let own: Vec<&str> =
        ids.filter(|(_, file)| file.starts_with("aware.toml")).map(|(id, _)| id.as_str()).collect();
    for name in ["flow", "k8s", "waf-2"] {
        for rule in ["denied", "sign-in-refused", "guessing"] {
            assert!(own.contains(&format!("aware-own-{name}-{rule}").as_str()), "{own:?}");
        }
    }
    assert_eq!(own.len(), 9);
}
