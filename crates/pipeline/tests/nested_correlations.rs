//! A correlation of correlations belongs to the case of whoever caused its events, however many
//! firings it names.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../cases/tests/story/mod.rs"]
mod story;

mod live {
    #[allow(dead_code)]
    pub(crate) mod world;
}

use std::sync::Arc;

use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_core::message::MessageKind;
use aware_pipeline::rule_set::{RuleSet, RuleSetParts};
use aware_pipeline::scan::{FindingFilter, LogScan, ScanReport, SeenEvents};
use aware_rules::correlate::{NamedRule, compile_correlations};
use aware_rules::shipped::load_shipped;
use live::world::LiveWorld;

/// The rules that ship and are on, with their correlations.
fn rules() -> Arc<RuleSet> {
    let shipped = load_shipped();
    let name = |rule: &str| rule.to_owned();
    let names: Vec<(String, String)> =
        shipped.rules.iter().map(|rule| (name(&rule.about.id), name(&rule.about.name))).collect();
    let named: Vec<NamedRule<'_>> =
        names.iter().map(|(id, title)| NamedRule { id, name: None, title }).collect();
    let on: Vec<_> = shipped.correlations.into_iter().filter(|one| one.enabled).collect();
    let correlations = compile_correlations(&named, &on);
    let rules = shipped.rules.into_iter().map(|rule| {
        let is_on = rule.enabled;
        (rule, is_on)
    });
    let (rules, suppressions) = (rules.collect(), Vec::new());
    Arc::new(RuleSet::new(RuleSetParts { rules, correlations, suppressions, lateness: None }))
}

fn scan(body: &str) -> ScanReport {
    let (rules, filter, seen) = (rules(), FindingFilter::default(), SeenEvents::default());
    let mut scan = LogScan::new(&filter, &rules);
    scan.scan_body("b", body.as_bytes(), &filter, &seen);
    scan.into_report().apply_filter(&filter)
}

/// One line of an S3 server access log.
fn line(second: usize, key: &str, status: &str) -> String {
    let (minute, second, owner) = (second / 60, second % 60, "7a".repeat(32));
    format!(
        "{owner} parcels [29/Nov/2026:09:{minute:02}:{second:02} +0000] 198.51.100.99 - R{minute}{second} \
         REST.GET.OBJECT {key} \"GET /{key} HTTP/1.1\" {status} 243 - 7 - \"-\" \"curl/8\" -"
    )
}

/// Names that are tried one after another, until one is public.
fn walk_of_names() -> Vec<String> {
    let tried = (0..60).map(|n| line(3 * n, &format!("name-{n}"), "403 AccessDenied"));
    tried.chain([line(200, "index.html", "200 -")]).collect()
}

/// The daemon tells it as one case, too, at once and with what a scan says of it, in whatever portions
/// the log arrives.
#[tokio::test]
async fn the_daemon_tells_the_same_case() {
    let lines = walk_of_names();
    for portion in [7, 61] {
        let world = LiveWorld::with_rule_set(0, rules());
        world.take_bodies(lines.chunks(portion).map(|part| part.join("\n").into_bytes())).await;
        let told = world.messages();
        let [first, ..] = told.as_slice() else { panic!("nothing told") };
        assert_eq!(first.kind, MessageKind::Finding);
        assert!(told.iter().all(|one| one.case.is_some()), "no group besides");
        let report = scan(&lines.join("\n"));
        let [case] = report.cases.as_slice() else { panic!("{:#?}", report.cases) };
        let kept = world.cases().await;
        let [kept] = kept.as_slice() else { panic!("{kept:#?}") };
        assert_eq!((&kept.id, kept.level, kept.reading), (&case.id, case.level, case.reading));
        assert_eq!(kept.rules, case.rules);
    }
}

#[test]
fn names_tried_and_one_found() {
    let report = scan(&walk_of_names().join("\n"));
    let [case] = report.cases.as_slice() else { panic!("{:#?}", report.cases) };
    assert_eq!((case.level, case.reading), (Level::High, CaseReading::Exploring));
    let rules: Vec<&str> = case.rules.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(rules, ["aware-s3-names-tried", "aware-s3-refused-then-read"]);
    assert_eq!(case.actors.first().unwrap().name, "198.51.100.99");
}
