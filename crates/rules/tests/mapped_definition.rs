//! Sources are defined once, and stay as they are.

#![allow(clippy::unwrap_used)]

use aware_core::source::id_of;
use aware_rules::mapped::{SourceMap, define_maps};

fn map(name: &str, action: &str) -> SourceMap {
    SourceMap {
        name: name.to_owned(),
        records: Some("{ $.log = \"audit\" }".to_owned()),
        action: vec![action.to_owned()],
        ..SourceMap::default()
    }
}

#[test]
fn what_is_defined_does_not_change() {
    assert_eq!(define_maps(&[]), Ok(()), "no source is defined yet");
    // With a mistake in one of them, none is defined.
    let mistakes = define_maps(&[map("orders", "$.event"), map("Orders", "$.event")]).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert_eq!(id_of("orders"), None);
    let orders = [map("orders", "$.event")];
    assert_eq!(define_maps(&orders), Ok(()));
    assert_eq!(id_of("orders").map(|id| id.as_str()), Some("orders"));
    assert_eq!(define_maps(&orders), Ok(()), "the same again");
    for others in [vec![], vec![map("orders", "$.what")], vec![map("stock", "$.event")]] {
        let told: Vec<String> =
            define_maps(&others).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["the `[source]` tables differ from those at start (hint: restart aware)"]
        );
    }
    assert_eq!(id_of("stock"), None);
}
