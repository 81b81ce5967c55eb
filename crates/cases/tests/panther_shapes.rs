//! Rules of the shapes that Panther's rules have, in our words and with our events: what its
//! Python says of a record can be said in Sigma.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod pages;

#[test]
fn every_page_holds() {
    let folder = pages::folder("tests/panther_shapes");
    assert!(pages::files(&folder, "yml").len() >= 20);
    pages::check_folder(&folder);
}
