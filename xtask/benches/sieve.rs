//! The sieve alone: microseconds a record, with the gates of the rule sets that `cargo xtask bench`
//! scans with.
//!
//! Run it with `cargo bench --package xtask --bench sieve`. Instructions, which do not depend on
//! what else the machine does, count like this, with the file that cargo names; every set is sifted
//! once:
//!
//! ```sh
//! CARGO_PROFILE_BENCH_STRIP=none cargo bench --package xtask --bench sieve --no-run
//! valgrind --tool=callgrind --toggle-collect='*Sieve::sift*' target/release/deps/sieve-* --test 'denied calls'
//! ```
//!
//! What `Collected` says, divided by 10,000, is instructions a record.

#![allow(missing_docs, clippy::unwrap_used)]

use aware_cases::triage;
use aware_core::source::cloudtrail::{self, split::RecordSieve};
use aware_rules::engine::RuleEngine;
use aware_rules::rule::CompiledRule;
use aware_rules::{cloudwatch, shipped, sigma};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use xtask::bench::rules;
use xtask::corpus;

/// How many records a round takes.
const RECORDS: u64 = 10_000;
/// How many of them are in one body.
const BODY: usize = 400;

/// The denied calls, and the calls by which somebody gives themselves permissions, which every scan
/// looks for.
fn denied_calls() -> Vec<CompiledRule> {
    let mut rules = shipped::load_shipped().rules;
    let is_cis = |rule: &CompiledRule| rule.about.tags.iter().any(|tag| tag.starts_with("cis."));
    rules.retain(|rule| rule.enabled && !is_cis(rule));
    let grants: Vec<String> =
        triage::self_grants().map(|(_, name)| format!("$.eventName = \"{name}\"")).collect();
    let pattern = format!("{{ ({}) && $.errorCode NOT EXISTS }}", grants.join(" || "));
    let expr = cloudwatch::compile_pattern("self-grants", &pattern).unwrap();
    let about = rules.first().unwrap().clone();
    rules.push(CompiledRule { expr, ..about });
    rules
}

fn made_up(size: usize) -> Vec<CompiledRule> {
    let texts = rules::rule_files(size);
    let files = texts.iter().map(|text| ("made-up.yml", text.as_str()));
    sigma::load_rules(files, &Default::default()).rules
}

fn bodies() -> Vec<String> {
    let records = corpus::generate_records(RECORDS, 1);
    let body = |records: &[String]| format!("{{\"Records\":[{}]}}", records.join(","));
    records.chunks(BODY).map(body).collect()
}

fn sieves(criterion: &mut Criterion) {
    let bodies = bodies();
    let mut group = criterion.benchmark_group("sieve");
    group.throughput(Throughput::Elements(RECORDS));
    for (name, size) in
        [("denied calls", 0), ("60 rules", 60), ("1000 rules", 1_000), ("5000 rules", 5_000)]
    {
        let engine =
            RuleEngine::compile_rules([denied_calls(), made_up(size)].concat(), cloudtrail::ID);
        let mut sieve = RecordSieve::for_filter(engine.gate());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let sift = |body: &String| sieve.sift_body(body.as_bytes(), engine.gate()).unwrap();
                bodies.iter().map(sift).map(|sifted| sifted.kept.len()).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, sieves);
criterion_main!(benches);
