//! The policy as stories, and its sums and budgets as properties.

use aware_core::case::CaseReading;
use aware_core::event::Level;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::case::CaseAddition;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const REOPENED: TellCause = TellCause::Reopened { retracts_cure: false };

fn at(seconds: i64) -> Timestamp {
    "2026-11-24T03:54:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// A case whose facts change step by step, and what it sent.
struct CaseStory {
    telling: CaseTelling,
    level: Level,
    reading: CaseReading,
    findings: u64,
    /// How many of them it was decided about.
    decided: u64,
    important: Vec<String>,
    cure: bool,
    cured: bool,
    steady: bool,
    limits: TellingLimits,
}

impl CaseStory {
    fn new(level: Level, reading: CaseReading) -> Self {
        let (telling, limits) = (CaseTelling::default(), TellingLimits::default());
        let important = Vec::new();
        Self {
            telling,
            level,
            reading,
            findings: 0,
            decided: 0,
            important,
            cure: false,
            cured: false,
            steady: false,
            limits,
        }
    }

    fn facts(&self) -> CaseFactsForTelling<'_> {
        let new = self.findings - self.decided;
        CaseFactsForTelling {
            level: self.level,
            reading: self.reading,
            added: CaseAddition { findings: new, events: new },
            important: &self.important,
            offers_cure: self.cure,
            is_cured: self.cured,
            is_steady: self.steady,
        }
    }

    fn decide(&mut self, seconds: i64) -> TellingDecision {
        let decision = decide_telling(&self.telling, &self.facts(), at(seconds), &self.limits);
        let mut telling = self.telling.clone();
        telling.record_decision(&decision, &self.facts(), at(seconds));
        self.take_telling(telling);
        decision
    }

    /// Takes over what was decided of the facts.
    fn take_telling(&mut self, telling: CaseTelling) {
        self.telling = telling;
        self.decided = self.findings;
    }

    fn find(&mut self, more: u64, seconds: i64) -> TellingDecision {
        self.findings += more;
        self.decide(seconds)
    }

    fn due(&self) -> Option<i64> {
        let due = next_due_at(&self.telling, &self.limits)?;
        Some(due.duration_since(at(0)).as_secs())
    }
}

fn tell(cause: TellCause) -> TellingDecision {
    TellingDecision::Tell(cause)
}

#[test]
fn a_first_finding_is_told_at_once_and_repeats_at_intervals() {
    let mut case = CaseStory::new(Level::High, CaseReading::Exploring);
    assert_eq!(case.find(1, 0), tell(TellCause::First));
    assert_eq!(case.due(), Some(24 * HOUR), "it closes by itself");
    assert_eq!(case.find(3, 5), TellingDecision::Count);
    assert_eq!(case.due(), Some(30));
    assert_eq!(case.decide(29), TellingDecision::Count);
    assert_eq!(case.decide(30), tell(TellCause::CountsDue));
    // One of the first three messages is kept for what matters.
    case.find(3, 40);
    assert_eq!(case.due(), Some(10 * MINUTE));
    assert_eq!(case.decide(330), TellingDecision::Count);
    assert_eq!(case.decide(10 * MINUTE), tell(TellCause::CountsDue));
    case.find(1, 11 * MINUTE);
    assert_eq!(case.due(), Some(330 + 4 * HOUR));
    case.decide(330 + 4 * HOUR);
    case.find(1, 5 * HOUR);
    assert_eq!(case.due(), Some(330 + 28 * HOUR));
}

#[test]
fn what_is_not_high_is_counted_seldom() {
    let mut case = CaseStory::new(Level::Medium, CaseReading::Unclear);
    case.find(1, 0);
    case.find(3, 5);
    assert_eq!(case.due(), Some(5 * MINUTE));
    assert_eq!(case.decide(5 * MINUTE), tell(TellCause::CountsDue));
    case.find(1, 6 * MINUTE);
    assert_eq!(case.due(), Some(24 * HOUR + 5 * MINUTE));
    let mut low = CaseStory::new(Level::Low, CaseReading::LacksPermission);
    low.find(1, 0);
    low.find(1, 5);
    assert_eq!(low.due(), Some(24 * HOUR));
}

#[test]
fn a_rise_is_told_whatever_was_sent_before() {
    let mut case = CaseStory::new(Level::Informational, CaseReading::Unclear);
    case.find(1, 0);
    for (second, thing) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        case.important.push(thing.to_owned());
        let told = matches!(case.find(1, second), TellingDecision::Tell(TellCause::Important(_)));
        assert_eq!(told, second <= 2, "{thing}");
    }
    let mut from = case.level;
    for (second, level) in
        [(5, Level::Low), (6, Level::Medium), (7, Level::High), (8, Level::Critical)]
    {
        case.level = level;
        assert_eq!(case.find(1, second), tell(TellCause::LevelRose { from, retracts_cure: false }));
        from = level;
    }
    // Up and down again is no rise.
    case.level = Level::Low;
    assert_eq!(case.find(1, 9), TellingDecision::Count);
    case.level = Level::Critical;
    assert_eq!(case.find(1, 10), TellingDecision::Count);
}

#[test]
fn what_matters_waits_for_the_budget_and_is_told_together() {
    let mut case = CaseStory::new(Level::Critical, CaseReading::Intrusion);
    case.find(1, 0);
    for second in 1..=40 {
        case.important.push(format!("did {second}"));
        case.find(1, second);
    }
    assert_eq!(case.due(), Some(2 + 10 * MINUTE));
    let TellingDecision::Tell(TellCause::Important(new)) = case.decide(2 + 10 * MINUTE) else {
        panic!("not told")
    };
    assert_eq!(new.len(), 38, "what waited is told together");
    assert_eq!(case.telling.untold(), 0);
}

#[test]
fn a_reading_that_turns_is_told_and_retracts_the_cure() {
    let mut case = CaseStory::new(Level::Low, CaseReading::LacksPermission);
    case.cure = true;
    case.find(1, 0);
    for second in 1..=3 {
        case.important.push(second.to_string());
        case.find(1, second);
    }
    (case.reading, case.cure) = (CaseReading::Unclear, false);
    let from = CaseReading::LacksPermission;
    let turned = TellCause::ReadingChanged { from, retracts_cure: true };
    assert_eq!(case.find(1, 4), tell(turned), "though the first three messages are used up");
    case.reading = CaseReading::Exploring;
    assert_eq!(case.find(1, 5), TellingDecision::Count, "nothing to retract any more");
    let from = CaseReading::Unclear;
    let turned = TellCause::ReadingChanged { from, retracts_cure: false };
    let due = case.due().unwrap();
    assert_eq!(case.decide(due), tell(turned));
}

#[test]
fn what_needs_nobody_is_never_told_alone() {
    for reading in [CaseReading::NotConsistentYet, CaseReading::ConsolePage, CaseReading::NotServed]
    {
        let mut case = CaseStory::new(Level::Low, reading);
        assert_eq!(case.find(1, 0), TellingDecision::LeaveToDigest, "{reading:?}");
        assert_eq!(case.find(5, 10), TellingDecision::LeaveToDigest);
        assert_eq!(case.due(), Some(10 + 24 * HOUR));
        assert_eq!(case.telling.take_untold(), 6);
        case.reading = CaseReading::Exploring;
        assert_eq!(case.find(1, 20), tell(TellCause::First), "now it needs somebody");
        let mut grave = CaseStory::new(Level::High, reading);
        assert_eq!(grave.find(1, 0), tell(TellCause::First), "{reading:?}");
    }
    let mut told = CaseStory::new(Level::Low, CaseReading::Unclear);
    told.find(1, 0);
    told.reading = CaseReading::NotConsistentYet;
    let turned = TellCause::ReadingChanged { from: CaseReading::Unclear, retracts_cure: false };
    assert_eq!(told.find(1, 5), tell(turned), "who was told waits for it");
    assert_eq!(told.find(1, 6), TellingDecision::LeaveToDigest);
}

#[test]
fn what_has_been_the_same_for_days_is_left_to_the_digest() {
    let mut case = CaseStory::new(Level::Low, CaseReading::LacksPermission);
    case.find(1, 0);
    case.steady = true;
    assert_eq!(case.find(9, 5 * HOUR), TellingDecision::LeaveToDigest);
    assert_eq!(case.telling.take_untold(), 9);
    case.steady = false;
    assert_eq!(case.find(1, 25 * HOUR), tell(TellCause::CountsDue), "it changed");
    (case.level, case.steady) = (Level::High, true);
    assert!(matches!(case.find(1, 26 * HOUR), TellingDecision::Tell(_)), "a rise is told");
}

#[test]
fn a_quiet_case_closes_and_says_so_and_an_event_opens_it_again() {
    let mut case = CaseStory::new(Level::Medium, CaseReading::Unclear);
    case.find(1, 0);
    assert_eq!(case.decide(24 * HOUR - 1), TellingDecision::Count);
    assert_eq!(case.decide(24 * HOUR), tell(TellCause::Closed(ClosedBy::Quiet)));
    assert_eq!(case.due(), None);
    assert_eq!(case.decide(25 * HOUR), TellingDecision::LeaveToDigest, "a look is no event");
    assert_eq!(case.find(1, 26 * HOUR), tell(REOPENED));
    assert_eq!((case.telling.status.is_open(), case.telling.reopened), (true, 1));

    let mut silent = CaseStory::new(Level::Low, CaseReading::ConsolePage);
    silent.find(1, 0);
    assert_eq!(silent.decide(24 * HOUR), TellingDecision::CloseSilently);
    assert_eq!(silent.telling.take_untold(), 1);
    assert_eq!(silent.find(1, 30 * HOUR), TellingDecision::LeaveToDigest);
    assert!(silent.telling.status.is_open());
}

#[test]
fn a_cured_case_closes_and_flapping_does_not_use_up_the_messages() {
    let mut case = CaseStory::new(Level::Low, CaseReading::LacksPermission);
    (case.cure, case.findings) = (true, 1);
    assert_eq!(case.decide(0), tell(TellCause::First));
    case.cured = true;
    assert_eq!(case.decide(60), TellingDecision::Count, "it may fail again");
    assert_eq!(case.due(), Some(HOUR));
    assert_eq!(case.decide(HOUR), tell(TellCause::Closed(ClosedBy::Cured)));
    case.cured = false;
    assert_eq!(case.find(1, HOUR + 1), tell(REOPENED));
    let mut told = 0;
    for hour in 2..26 {
        case.cured = false;
        told += u32::from(matches!(case.find(1, hour * HOUR), TellingDecision::Tell(_)));
        case.cured = true;
        let due = case.decide(hour * HOUR + 1);
        assert_eq!(due, TellingDecision::Count);
        told += u32::from(matches!(case.decide((hour + 1) * HOUR), TellingDecision::Tell(_)));
    }
    assert!(told <= 12, "{told}");
}

#[test]
fn a_cure_is_withdrawn_though_the_case_was_closed_since() {
    let mut case = CaseStory::new(Level::Low, CaseReading::LacksPermission);
    case.cure = true;
    case.find(1, 0);
    assert_eq!(case.decide(24 * HOUR), tell(TellCause::Closed(ClosedBy::Quiet)));
    (case.level, case.reading, case.cure) = (Level::High, CaseReading::Exploring, false);
    let again = case.find(1, 30 * HOUR);
    assert_eq!(again, tell(TellCause::Reopened { retracts_cure: true }));
    assert_eq!(case.find(1, 30 * HOUR + 5), TellingDecision::Count, "it is withdrawn once");
}

/// What a store has forgotten is not counted again, and what is new counts all the same.
#[test]
fn what_is_added_counts_whatever_is_remembered() {
    let mut case = CaseStory::new(Level::Medium, CaseReading::Unclear);
    case.find(7, 0);
    (case.findings, case.decided) = (0, 0);
    case.find(2, 10);
    assert_eq!((case.telling.findings, case.telling.untold()), (9, 2));
    assert_eq!(case.decide(5 * MINUTE), tell(TellCause::CountsDue));
}

#[test]
fn what_a_person_closed_stays_closed_while_it_looks_the_same() {
    let close = |level, reading| {
        let mut case = CaseStory::new(level, reading);
        case.find(1, 0);
        let mut telling = case.telling.clone();
        telling.close_by_person("Nora", "exercise", &case.facts(), at(60));
        case.telling = telling;
        case
    };
    let mut case = close(Level::Medium, CaseReading::Exploring);
    assert_eq!(case.find(5, 70), TellingDecision::LeaveToDigest);
    assert_eq!(case.find(1, 40 * HOUR), TellingDecision::LeaveToDigest, "time does not open it");
    assert_eq!((case.due(), case.telling.untold()), (None, 6), "the digest counts them");
    case.reading = CaseReading::Unclear;
    assert_eq!(case.find(1, 41 * HOUR), TellingDecision::LeaveToDigest, "milder is no reason");
    case.level = Level::High;
    assert_eq!(case.find(1, 42 * HOUR), tell(REOPENED));
    let mut turned = close(Level::Medium, CaseReading::Exploring);
    turned.reading = CaseReading::Intrusion;
    assert_eq!(turned.find(1, 70), tell(REOPENED));
}

#[test]
fn two_cases_become_one_and_nothing_is_counted_twice() {
    let (mut old, mut new) = (
        CaseStory::new(Level::Medium, CaseReading::Unclear),
        CaseStory::new(Level::High, CaseReading::Exploring),
    );
    old.find(2, 0);
    new.find(3, 1);
    old.telling.merge_case(&mut new.telling, "c0");
    assert_eq!(new.telling.status, CaseStatus::Merged { into: "c0".to_owned() });
    assert_eq!(new.find(1, 2), TellingDecision::LeaveToDigest);
    (old.findings, old.decided) = (5, 5);
    (old.level, old.reading) = (Level::High, CaseReading::Exploring);
    assert_eq!(old.telling.reported, 5);
    let before = old.telling.clone();
    let decision = old.decide(3);
    let expected = TellCause::ReadingChanged { from: CaseReading::Unclear, retracts_cure: false };
    assert_eq!(decision, tell(expected), "its level was told by the other one: {before:?}");
    assert_eq!(old.telling.untold(), 0);
}

#[test]
fn a_storm_is_one_message_but_high_cases_go_alone() {
    let limits = TellingLimits::default();
    let mut storm = CaseStorm::default();
    let admitted =
        |storm: &mut CaseStorm, level, second| storm.admit_case(level, at(second), &limits.storm);
    let alone = (0..100).filter(|second| admitted(&mut storm, Level::Low, *second)).count();
    assert_eq!(alone, 30);
    assert!(admitted(&mut storm, Level::High, 100) && !admitted(&mut storm, Level::Medium, 101));
    for number in 0..70_u64 {
        let level = if number == 42 { Level::Medium } else { Level::Low };
        let case = StormCase { id: format!("c{number:02}"), level, title: "t".to_owned() };
        storm.gather_case(case, true, 2, at(110), &limits.storm);
    }
    assert!(storm.next_due_at(&limits).is_some_and(|due| due <= at(110)));
    let report = storm.take_report(at(110));
    assert_eq!((report.cases, report.findings, report.is_first), (70, 140, true));
    assert_eq!((report.worst.len(), report.worst[0].id.as_str()), (10, "c42"));
    assert_eq!(storm.next_due_at(&limits), None, "nothing new");
    let case = StormCase { id: "c00".to_owned(), level: Level::Low, title: "t".to_owned() };
    storm.gather_case(case, false, 5, at(115), &limits.storm);
    assert_eq!(storm.next_due_at(&limits), Some(at(140)));
    let report = storm.take_report(at(140));
    assert_eq!((report.new_cases, report.new_findings, report.findings), (0, 5, 145));
    // It ends when few come, and the next ones go alone again.
    assert!(!storm.is_active(at(110 + 5 * MINUTE)));
    assert!(admitted(&mut storm, Level::Low, 110 + 6 * MINUTE));
}

#[test]
fn cases_that_come_slowly_are_no_storm() {
    let limits = TellingLimits::default().storm;
    let mut storm = CaseStorm::default();
    assert!((0..500).all(|number| storm.admit_case(Level::Low, at(number * 10), &limits)));
}

#[test]
fn a_case_of_a_storm_is_told_alone_once_it_is_high() {
    let mut case = CaseStory::new(Level::Low, CaseReading::Unclear);
    case.findings = 1;
    let mut telling = case.telling.clone();
    telling.hold_in_storm(&case.facts(), at(0));
    case.take_telling(telling);
    assert_eq!(case.due(), Some(30));
    assert_eq!(case.find(1, 10), TellingDecision::Count);
    assert_eq!(case.telling.take_untold(), 2);
    case.telling.leave_to_digest();
    assert_eq!(case.find(1, 20), TellingDecision::LeaveToDigest, "the storm is over");
    case.level = Level::High;
    assert_eq!(case.find(1, 30), tell(TellCause::First));
}

#[test]
fn states_of_older_versions_are_read() {
    let read: CaseTelling = serde_json::from_str(r#"{"short":"c5b1e","findings":3}"#).unwrap();
    assert_eq!((read.untold(), read.status), (3, CaseStatus::Open));
    let mut case = CaseStory::new(Level::Low, CaseReading::Unclear);
    case.find(1, 0);
    let text = serde_json::to_string(&case.telling).unwrap();
    assert_eq!(serde_json::from_str::<CaseTelling>(&text).unwrap(), case.telling);
}

const LEVELS: [Level; 5] =
    [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];
const READINGS: [CaseReading; 6] = [
    CaseReading::Intrusion,
    CaseReading::Exploring,
    CaseReading::Unclear,
    CaseReading::LacksPermission,
    CaseReading::ConsolePage,
    CaseReading::NotServed,
];

/// One thing that happens to one of some cases.
#[derive(Clone, Debug)]
struct CaseStep {
    wait: i64,
    case: usize,
    findings: u64,
    level: usize,
    reading: usize,
    thing: Option<u8>,
    cure: bool,
    closes: bool,
}

fn any_step() -> impl Strategy<Value = CaseStep> {
    let wait = prop_oneof![0..3_i64, 0..600_i64, 0..30_000_i64];
    let thing = proptest::option::of(any::<u8>());
    (wait, 0..45_usize, 0..4_u64, 0..25_usize, 0..12_usize, thing, any::<bool>(), 0..40_u8)
        .prop_map(|(wait, case, findings, level, reading, thing, cure, closes)| CaseStep {
            wait,
            case,
            findings,
            level,
            reading,
            thing,
            cure,
            closes: closes == 0,
        })
}

/// Everything that was reported, by path.
#[derive(Debug, Default)]
struct ReportedSums {
    own: u64,
    storm: u64,
    digest: u64,
    /// When each case was told, besides rises and retractions.
    times: Vec<(usize, i64)>,
}

fn take_step(
    cases: &mut [CaseStory],
    storm: &mut CaseStorm,
    sums: &mut ReportedSums,
    step: &CaseStep,
    now: i64,
) {
    let case = &mut cases[step.case];
    case.findings += step.findings;
    if let Some(level) = LEVELS.get(step.level) {
        case.level = *level;
    }
    if let Some(reading) = READINGS.get(step.reading) {
        case.reading = *reading;
    }
    case.important.extend(step.thing.map(|thing| format!("did {thing}")));
    case.cure = step.cure && case.reading == CaseReading::LacksPermission;
    case.cured = case.cure && step.thing.is_none() && step.findings == 0;
    decide_one(case, step.case, storm, sums, now);
    if step.closes {
        let mut telling = case.telling.clone();
        telling.close_by_person("Nora", "known", &case.facts(), at(now));
        case.telling = telling;
    }
}

fn decide_one(
    case: &mut CaseStory,
    number: usize,
    storm: &mut CaseStorm,
    sums: &mut ReportedSums,
    now: i64,
) {
    let mut telling = case.telling.clone();
    let facts = case.facts();
    let decision = decide_telling(&telling, &facts, at(now), &case.limits);
    let opens = matches!(
        decision,
        TellingDecision::Tell(TellCause::First) | TellingDecision::Tell(TellCause::Reopened { .. })
    );
    if opens && !storm.admit_case(facts.level, at(now), &case.limits.storm) {
        telling.hold_in_storm(&facts, at(now));
    } else {
        sums.own += telling.record_decision(&decision, &facts, at(now));
        let is_beside = matches!(
            decision,
            TellingDecision::Tell(
                TellCause::LevelRose { .. } | TellCause::ReadingChanged { retracts_cure: true, .. }
            )
        );
        if matches!(decision, TellingDecision::Tell(_)) && !is_beside {
            sums.times.push((number, now));
        }
    }
    case.take_telling(telling);
}

/// What the minute brings: due cases, the storm's message, and at times the digest.
fn tick(
    cases: &mut [CaseStory],
    storm: &mut CaseStorm,
    sums: &mut ReportedSums,
    now: i64,
    digest: bool,
) {
    let limits = TellingLimits::default();
    for (number, case) in cases.iter_mut().enumerate() {
        if case.due().is_none_or(|due| due > now) {
            continue;
        }
        decide_one(case, number, storm, sums, now);
        if case.telling.channel == TellingChannel::Storm {
            let is_new = case.telling.reported == 0;
            let title =
                StormCase { id: number.to_string(), level: case.level, title: String::new() };
            let untold = case.telling.take_untold();
            storm.gather_case(title, is_new, untold, at(now), &limits.storm);
            if !storm.is_active(at(now)) {
                case.telling.leave_to_digest();
            }
        }
    }
    if storm.next_due_at(&limits).is_some_and(|due| due <= at(now)) {
        sums.storm += storm.take_report(at(now)).new_findings;
    }
    if digest {
        let held = cases.iter_mut().filter(|it| it.telling.channel == TellingChannel::Digest);
        sums.digest += held.map(|case| case.telling.take_untold()).sum::<u64>();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_finding_is_reported_once_and_no_case_is_loud(
        steps in proptest::collection::vec(any_step(), 1..300)
    ) {
        let mut cases: Vec<CaseStory> =
            (0..45).map(|_| CaseStory::new(Level::Low, CaseReading::Unclear)).collect();
        let (mut storm, mut sums, mut now) = (CaseStorm::default(), ReportedSums::default(), 0);
        for (number, step) in steps.iter().enumerate() {
            now += step.wait;
            if step.findings > 0 || cases[step.case].findings > 0 {
                take_step(&mut cases, &mut storm, &mut sums, step, now);
            }
            tick(&mut cases, &mut storm, &mut sums, now, number % 50 == 0);
        }
        // Days later everything that waited was told, and nothing is due.
        for minute in 0..(26 * 6) {
            tick(&mut cases, &mut storm, &mut sums, now + minute * 10 * MINUTE, minute % 100 == 0);
        }
        tick(&mut cases, &mut storm, &mut sums, now + 60 * HOUR, true);
        let found: u64 = cases.iter().map(|case| case.findings).sum();
        let untold: u64 = cases.iter().map(|case| case.telling.untold()).sum();
        prop_assert_eq!(untold, 0);
        prop_assert_eq!(found, sums.own + sums.storm + sums.digest, "{:?}", sums);
        for number in 0..45 {
            let times: Vec<i64> =
                sums.times.iter().filter(|(case, _)| *case == number).map(|(_, at)| *at).collect();
            for (first, at) in times.iter().enumerate() {
                let within = |span: i64| times[first..].iter().filter(|it| **it < at + span).count();
                prop_assert!(within(24 * HOUR) <= 12, "{:?}", times);
                prop_assert!(within(10 * MINUTE) <= 3, "{:?}", times);
            }
        }
    }

    #[test]
    fn what_is_due_is_found_at_its_time(
        steps in proptest::collection::vec((0..2_000_i64, 0..3_u64, proptest::option::of(0..9_u8)), 1..60)
    ) {
        let mut case = CaseStory::new(Level::Medium, CaseReading::Unclear);
        let mut now = 0;
        for (wait, findings, thing) in steps {
            now += wait;
            case.important.extend(thing.map(|thing| thing.to_string()));
            case.find(findings + 1, now);
            if let Some(due) = case.due().filter(|due| *due > now) {
                let told = |case: &CaseStory, second| {
                    let at = at(second);
                    let decided = decide_telling(&case.telling, &case.facts(), at, &case.limits);
                    matches!(decided, TellingDecision::Tell(_))
                };
                prop_assert!(!told(&case, due - 1) && told(&case, due), "{:?}", case.telling);
            }
        }
    }
}
