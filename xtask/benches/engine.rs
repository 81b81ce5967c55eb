//! The rule engine alone: microseconds an event at 50, 500 and 5,000 rules.
//!
//! Run it with `cargo bench --package xtask`. *gate and scan* is what the program does with a
//! record: most are dismissed by their bytes. *scan* takes the fields out of every record and runs
//! the rules, as if each record had passed the gate.

#![allow(missing_docs, clippy::unwrap_used)]

use aware_core::source::cloudtrail;
use aware_rules::engine::RuleEngine;
use aware_rules::sigma;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use xtask::{bench::rules, corpus};

/// How many records a round takes.
const RECORDS: u64 = 2_000;

fn engine(size: usize) -> RuleEngine {
    let texts = rules::rule_files(size);
    let files = texts.iter().map(|text| ("made-up.yml", text.as_str()));
    let loaded = sigma::load_rules(files, &Default::default());
    assert_eq!(loaded.rules.len(), size);
    RuleEngine::compile_rules(loaded.rules, cloudtrail::ID)
}

fn engines(criterion: &mut Criterion) {
    let records = corpus::generate_records(RECORDS, 1);
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(RECORDS));
    for size in [50, 500, 5_000] {
        let mut engine = engine(size);
        group.bench_function(BenchmarkId::new("gate and scan", size), |bencher| {
            bencher.iter(|| {
                let mut matches = 0;
                for record in &records {
                    if engine.gate().lets_through(record.as_bytes()) {
                        matches += engine.scan_record(record).unwrap().matches.len();
                    }
                }
                matches
            });
        });
        group.bench_function(BenchmarkId::new("scan", size), |bencher| {
            bencher.iter(|| {
                records
                    .iter()
                    .map(|record| engine.scan_record(record).unwrap().matches.len())
                    .sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, engines);
criterion_main!(benches);
