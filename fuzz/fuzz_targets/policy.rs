//! Any text as a policy: no panic, and what was read is written so that it reads the same. What
//! cannot be read is linted all the same.
#![no_main]

use aware_iam::catalogue::Catalogue;
use aware_iam::lint;
use aware_iam::policy::{Policy, PolicyFormat, render_policies};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = lint::lint_policies(Catalogue::built_in(), text, None);
    let Ok(policy) = Policy::parse(text) else { return };
    let written = render_policies(std::slice::from_ref(&policy), PolicyFormat::Json, "role/fuzz")
        .expect("one policy can be written");
    assert_eq!(Policy::parse(&written).as_ref(), Ok(&policy), "{written}");
});
