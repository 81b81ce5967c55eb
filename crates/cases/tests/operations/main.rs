//! A call of every operation of AWS's API models, and the policy that comes of it.
//!
//! `operations.jsonl.gz` is derived from botocore (`xtask/operations.py`; `NOTICE` has its licence).
//! For each operation a call is made up, with names, ids and ARNs of the right form; the policy is
//! generated from its event, and judged by what this test itself knows of the members:
//!
//! - it allows the call's actions on the resources that the call names, under the evaluator, and no
//!   longer when a name is changed;
//! - it has no `*` where the request holds the name of that part;
//! - no value stands in a variable of another sort, or in two;
//! - what no action is known of is named.
//!
//! `exceptions.tsv` lists every operation of which that is not true, with the reason. A row too few
//! or too many fails the test. `cargo test -p aware-iam --test operations -- --nocapture` prints
//! the figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

mod calls;
mod judge;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use aware_iam::catalogue::Catalogue;

use judge::Verdict;

const EXCEPTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/operations/exceptions.tsv");

#[test]
fn every_operation_gives_the_policy_of_its_call() {
    let catalogue = Catalogue::built_in();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    for (operation, verdict) in judged(catalogue) {
        *counts.entry("operations").or_default() += 1;
        *counts.entry(verdict.name()).or_default() += 1;
        if let Verdict::Wrong(problems) = verdict {
            wrong.insert(operation.id(), problems.join("; "));
        }
    }
    println!("{counts:?}");
    let exceptions = std::fs::read_to_string(EXCEPTIONS).unwrap();
    let listed: BTreeSet<&str> = exceptions
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once('\t')?.0))
        .collect();
    let unlisted: Vec<String> = wrong
        .iter()
        .filter(|(id, _)| !listed.contains(id.as_str()))
        .map(|(id, problems)| format!("{id}\t{problems}"))
        .collect();
    let right: Vec<&&str> = listed.iter().filter(|id| !wrong.contains_key(**id)).collect();
    if let Ok(path) = std::env::var("AWARE_WRONG_OPERATIONS") {
        let rows: Vec<String> = wrong.iter().map(|(id, text)| format!("{id}\t{text}\n")).collect();
        std::fs::write(path, rows.concat()).unwrap();
    }
    assert!(unlisted.is_empty(), "{} unlisted:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(right.is_empty(), "listed in exceptions.tsv and right by now: {right:?}");
}

/// Every operation with its verdict, on all processors.
fn judged(catalogue: &Catalogue) -> Vec<(table::Operation, Verdict)> {
    let operations: Vec<table::Operation> = table::operations().filter(is_wanted).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = operations.len().div_ceil(workers).max(1);
    let verdicts: Vec<Verdict> = std::thread::scope(|scope| {
        let work = |chunk: &[table::Operation]| -> Vec<Verdict> {
            chunk.iter().map(|operation| judge::of(catalogue, operation)).collect()
        };
        let handles: Vec<_> =
            operations.chunks(share).map(|chunk| scope.spawn(move || work(chunk))).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    operations.into_iter().zip(verdicts).collect()
}

/// All, or only those that `AWARE_SHOW_OPERATIONS` is a part of, whose policies are printed then.
fn is_wanted(operation: &table::Operation) -> bool {
    std::env::var("AWARE_SHOW_OPERATIONS").map_or(true, |part| operation.id().contains(&part))
}
