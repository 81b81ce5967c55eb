//! The source half over stored logs: every body once, every group told at the end.
//!
//! Threads work on bodies in any order; the sums and groups do not depend on it.

mod filter;
mod sums;

use std::collections::HashMap;
use std::sync::Arc;

use aware_cases::group::{Class, Sighting, Tally};
use aware_cases::triage::{Histories, Observed, Readings};
use aware_core::envelope::Kind;
use aware_core::envelope::decompress::Limits;
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use aware_rules::correlate::{Hit, Settings};
use jiff::Timestamp;

use super::correlation::Correlator;
use super::detect::{Came, Detected, Detector};
use super::found::{Face, Found};
use super::known::Repeated;
use crate::port::EventKey;
use crate::rule_set::RuleSet;
use aware_cases::advise::advise;

pub use filter::{Filter, Seen};
pub use sums::Sums;

/// How many rejects are kept by name; all are counted.
pub const NAMED_REJECTS: usize = 1_000;

/// How much of memory the groups of a scan may take, roughly, in bytes. Beyond it the mildest and
/// rarest half is given up, and their findings counted as [`Sums::ungrouped`].
pub const MAX_HELD: usize = 80 << 20;
/// What a group takes besides its first finding, roughly, in bytes.
const GROUP: usize = 3 << 10;

/// A reject and the body that it is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedReject {
    /// The body.
    pub origin: String,
    /// The record's number, 0 for the whole body.
    pub record: u64,
    /// What was wrong.
    pub problem: String,
}

/// One thread's part of a scan.
pub struct Scan {
    /// There but while it is at work.
    detector: Option<Detector>,
    /// The sums so far.
    pub sums: Sums,
    /// Boxed, since they are large and the table moves them as it grows.
    groups: HashMap<Fingerprint, Box<Tally>>,
    /// How much of memory they take, roughly, in bytes.
    held: usize,
    rules: Arc<RuleSet>,
    hits: Vec<(Hit, Option<Face>)>,
    histories: Histories,
    rejects: Vec<NamedReject>,
    /// The body that is read in parts, and how many records of it were seen: they are numbered
    /// through.
    numbered: (String, u64),
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Report {
    /// The sums.
    pub sums: Sums,
    /// Groups of people and workloads: most severe first, then most frequent.
    pub groups: Vec<Tally>,
    /// Groups of AWS services acting for themselves.
    pub services: Vec<Tally>,
    /// Groups that a suppression hides.
    pub hidden: Vec<Tally>,
    /// The first [`NAMED_REJECTS`] rejects, in order of their names.
    pub rejects: Vec<NamedReject>,
}

impl Scan {
    /// A part that has seen nothing. A filter needs every finding in full.
    pub fn new(filter: &Filter, rules: &Arc<RuleSet>) -> Self {
        let own = Arc::clone(rules);
        let detector =
            if filter.is_empty() { Detector::with_repeats(own) } else { Detector::new(own) };
        Self {
            detector: Some(detector),
            sums: Sums::default(),
            groups: HashMap::new(),
            held: 0,
            rules: Arc::clone(rules),
            hits: Vec::new(),
            histories: Histories::default(),
            rejects: Vec::new(),
            numbered: (String::new(), 0),
        }
    }

    /// The same with other limits on what one body may come to.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { detector: self.detector.map(|detector| detector.with_limits(limits)), ..self }
    }

    /// Looks through one body.
    pub fn body(&mut self, origin: &str, body: &[u8], filter: &Filter, seen: &Seen) {
        self.sums.files += 1;
        self.part(origin, Kind::Any, body, filter, seen);
    }

    /// Looks through a body, or whole lines of it. The body itself is counted by the caller.
    pub fn part(&mut self, origin: &str, kind: Kind, part: &[u8], filter: &Filter, seen: &Seen) {
        let Some(mut detector) = self.detector.take() else { return };
        let detected = detector.detect_each(kind, part, &mut |came| match came {
            Came::To(found, _) => self.found(*found, filter, seen),
            Came::Again(repeated) => self.repeat(&repeated, seen),
        });
        self.detector = Some(detector);
        self.sums.bytes += part.len() as u64;
        let mut before = 0;
        if kind == Kind::Lines {
            if self.numbered.0 != origin {
                self.numbered = (origin.to_owned(), 0);
            }
            before = self.numbered.1;
            self.numbered.1 += detected.records;
        }
        self.add(origin, before, detected);
    }

    /// The groups so far, in no order. Their readings are made at the end.
    pub fn groups(&self) -> impl Iterator<Item = &Tally> {
        self.groups.values().map(|tally| &**tally)
    }

    /// Adds up a body, or a part of one before which there were so many records.
    fn add(&mut self, origin: &str, before: u64, detected: Detected) {
        let sums = &mut self.sums;
        sums.inflated += detected.bytes;
        sums.records += detected.records;
        sums.events += detected.events;
        sums.skipped += detected.skipped;
        sums.rejects += detected.rejects.total();
        sums.rejected_records += detected.rejects.of_records();
        sums.first = earlier(sums.first, detected.first);
        sums.last = sums.last.max(detected.last);
        for reject in &detected.rejects {
            let number = reject.record.map_or(0, |number| before + number);
            self.name(origin, number, reject.problem.clone());
        }
        for object in detected.objects {
            let problem = format!(
                "a notice of s3://{}/{} is no log (hint: scan the object)",
                object.bucket, object.key
            );
            self.reject(origin, 0, problem);
        }
    }

    /// Counts an event that repeats findings of this thread; there is no filter then.
    fn repeat(&mut self, repeated: &Repeated, seen: &Seen) {
        let sighting = &repeated.sighting;
        if !seen.insert(&sighting.account, &sighting.event_id) {
            self.sums.duplicates += 1;
            return;
        }
        self.sums.denied += u64::from(repeated.denied);
        self.observe(repeated.observed.as_ref());
        self.sums.findings += repeated.groups.len() as u64;
        let network = sighting.network.neighbourhood();
        for key in &repeated.groups {
            let Some(tally) = self.groups.get_mut(&**key) else {
                self.sums.ungrouped += 1;
                continue;
            };
            if let Some(cure) = &repeated.cure {
                tally.add_remedy(cure);
            }
            tally.sight(&Sighting {
                time: sighting.time,
                event_id: &sighting.event_id,
                source: sighting.network.source.as_deref(),
                network: network.as_deref(),
                region: &sighting.region,
                agent: sighting.network.agent_family(),
                resource: sighting.resource.as_deref(),
                session: sighting.session.as_deref(),
            });
        }
    }

    /// Counts what could not be read.
    pub fn reject(&mut self, origin: &str, record: u64, problem: String) {
        self.sums.rejects += 1;
        self.sums.rejected_records += u64::from(record > 0);
        self.name(origin, record, problem);
    }

    fn name(&mut self, origin: &str, record: u64, problem: String) {
        self.rejects.push(NamedReject { origin: origin.to_owned(), record, problem });
        if self.rejects.len() >= 2 * NAMED_REJECTS {
            self.rejects.sort_unstable();
            self.rejects.truncate(NAMED_REJECTS);
        }
    }

    /// Counts what one event came to.
    fn found(&mut self, found: Found, filter: &Filter, seen: &Seen) {
        if !seen.insert(&found.key.account, &found.key.id) {
            self.sums.duplicates += u64::from(found.is_told());
            // Another thread counts it; what repeats it may still be counted here.
            for finding in &found.findings {
                self.group(finding);
            }
            return;
        }
        self.sums.denied += u64::from(found.denied);
        self.observe(found.observed.as_ref());
        for finding in &found.findings {
            if filter.takes(finding) {
                self.sums.findings += 1;
                self.group(finding).absorb(finding);
            } else {
                self.sums.filtered += 1;
            }
        }
        for (tally, finding) in found.hidden_tallies() {
            self.sums.hidden += 1;
            let key = tally.fingerprint.clone();
            if !self.groups.contains_key(&key) {
                self.held += GROUP + finding.weight();
                self.make_room();
            }
            self.groups.entry(key).or_insert_with(|| Box::new(tally)).absorb(finding);
        }
        let mut face = found.face;
        self.hits.extend(found.hits.into_iter().map(|hit| (hit, face.take())));
    }

    fn observe(&mut self, observed: Option<&Observed>) {
        if let Some(observed) = observed {
            self.histories.observe(observed);
        }
    }

    /// Gives up the mildest and rarest half of the groups when they are too many for memory.
    fn make_room(&mut self) {
        if self.held <= MAX_HELD {
            return;
        }
        let mut groups: Vec<_> = self.groups.drain().collect();
        groups.sort_unstable_by(|(_, a), (_, b)| order(a, b));
        for (_, tally) in groups.drain(groups.len() / 2..) {
            if tally.class != Class::Suppressed {
                self.sums.ungrouped += tally.count;
            }
        }
        self.held = groups.iter().map(|(_, tally)| GROUP + tally.first.weight()).sum();
        self.groups.extend(groups);
    }

    fn group(&mut self, finding: &Finding) -> &mut Tally {
        let key = Fingerprint::of(finding);
        if !self.groups.contains_key(&key) {
            self.held += GROUP + finding.weight();
            self.make_room();
        }
        self.groups.entry(key).or_insert_with(|| Box::new(Tally::new(finding)))
    }

    /// Joins another thread's part.
    pub fn join(&mut self, other: Self) {
        let (sums, more) = (&mut self.sums, other.sums);
        sums.files += more.files;
        sums.bytes += more.bytes;
        sums.inflated += more.inflated;
        sums.records += more.records;
        sums.events += more.events;
        sums.rejects += more.rejects;
        sums.rejected_records += more.rejected_records;
        sums.duplicates += more.duplicates;
        sums.denied += more.denied;
        sums.filtered += more.filtered;
        sums.findings += more.findings;
        sums.skipped += more.skipped;
        sums.first = earlier(sums.first, more.first);
        sums.last = sums.last.max(more.last);
        sums.hidden += more.hidden;
        sums.correlated += more.correlated;
        sums.ungrouped += more.ungrouped;
        self.rejects.extend(other.rejects);
        self.hits.extend(other.hits);
        self.histories.merge(other.histories);
        for (key, tally) in other.groups {
            let weight = GROUP + tally.first.weight();
            match self.groups.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut mine) => {
                    mine.get_mut().merge(*tally)
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(tally);
                    self.held += weight;
                }
            }
        }
        self.make_room();
    }

    /// Runs the correlations over all hits, in the order of their times, so that what they tell
    /// does not depend on the threads.
    fn correlate(&mut self) {
        if self.hits.is_empty() {
            return;
        }
        let mut hits = std::mem::take(&mut self.hits);
        hits.sort_by(|(a, _), (b, _)| {
            (a.time, &a.account, &a.event_id, a.rule).cmp(&(
                b.time,
                &b.account,
                &b.event_id,
                b.rule,
            ))
        });
        let plan = Arc::clone(self.rules.correlations());
        let mut correlator = Correlator::new(plan, Settings::default());
        let mut fired = Vec::new();
        for (hit, face) in hits {
            if let Some(face) = face {
                let key = EventKey { account: hit.account.clone(), id: hit.event_id.clone() };
                correlator.remember(&key, &face);
            }
            fired.extend(correlator.hits(std::slice::from_ref(&hit)));
        }
        fired.extend(correlator.finish());
        for fired in fired {
            self.sums.findings += 1;
            self.sums.correlated += 1;
            let tally = self.group(&fired.finding);
            tally.absorb(&fired.finding);
            fired.sight(tally);
        }
    }

    /// Ends the scan: groups in order, the same for every number of threads.
    pub fn report(mut self) -> Report {
        self.correlate();
        // What is known of groups for their repetitions is not needed beside the report.
        self.detector = None;
        self.rejects.sort_unstable();
        self.rejects.truncate(NAMED_REJECTS);
        let mut tallies: Vec<Tally> = Vec::with_capacity(self.groups.len());
        let told = self.groups.into_values().filter(|tally| tally.count > 0);
        tallies.extend(told.map(|tally| *tally));
        let mut readings = Readings::new(&self.histories);
        tallies.iter_mut().for_each(|tally| advise(&mut readings, tally));
        tallies.sort_by(order);
        let mut report = Report { sums: self.sums, rejects: self.rejects, ..Report::default() };
        report.services = tallies.extract_if(.., |tally| tally.class == Class::Service).collect();
        report.hidden = tallies.extract_if(.., |tally| tally.class == Class::Suppressed).collect();
        report.groups = tallies;
        report
    }
}

/// Most severe first, then most frequent.
fn order(a: &Tally, b: &Tally) -> std::cmp::Ordering {
    let order = b.level().cmp(&a.level()).then(b.count.cmp(&a.count));
    order.then(a.first.time.cmp(&b.first.time)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u32) -> String {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{}"}},"eventTime":"2026-11-24T03:54:{:02}Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.{}","errorCode":"AccessDenied","eventID":"e{id}","recipientAccountId":"111122223333"}}"#,
            id % 3,
            id % 60,
            id % 250
        )
    }

    fn body(ids: impl Iterator<Item = u32>) -> Vec<u8> {
        let records: Vec<_> = ids.map(record).collect();
        format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
    }

    fn scan(bodies: &[Vec<u8>], threads: usize) -> Report {
        let (seen, filter, rules) = (Seen::default(), Filter::default(), Arc::default());
        let mut parts: Vec<Scan> = (0..threads).map(|_| Scan::new(&filter, &rules)).collect();
        for (index, body) in bodies.iter().enumerate() {
            parts[index % threads].body(&format!("b{index}"), body, &filter, &seen);
        }
        let mut whole = Scan::new(&filter, &rules);
        parts.into_iter().rev().for_each(|part| whole.join(part));
        whole.report()
    }

    #[test]
    fn threads_and_duplicates_change_nothing() {
        let bodies = [body(0..40), body(20..60), b"junk".to_vec(), body(60..61)];
        let one = scan(&bodies, 1);
        let many = scan(&bodies, 3);
        assert_eq!(one.sums, many.sums);
        assert_eq!(format!("{:?}", one.groups), format!("{:?}", many.groups));
        assert_eq!(one.rejects, many.rejects);
        assert_eq!((one.sums.records, one.sums.events, one.sums.rejects), (81, 81, 1));
        assert_eq!((one.sums.denied, one.sums.duplicates), (61, 20));
        assert_eq!(one.groups.len(), 3);
        assert_eq!(one.groups.iter().map(|tally| tally.count).sum::<u64>(), one.sums.findings);
    }

    /// Denials of every sort that a repetition can be told by: other resources, regions, agents,
    /// reasons, requests, services, and none of these.
    fn denial(n: u32) -> String {
        let who = match n % 5 {
            0 => r#""type":"AWSService","invokedBy":"config.amazonaws.com""#.to_owned(),
            1 => format!(
                r#""type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/u{}""#,
                n % 2
            ),
            _ => format!(
                r#""type":"AssumedRole","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/app/i-0{}","sessionContext":{{"sessionIssuer":{{"arn":"arn:aws:iam::111122223333:role/app"}}}}"#,
                n % 3
            ),
        };
        let region = ["eu-west-1", "us-east-1"][(n % 7 / 4) as usize];
        let (source, name, message) = match n % 11 {
            0..=3 => ("s3", "GetObject", format!("User: x is not authorized to perform: s3:GetObject on resource: \\\"arn:aws:s3:::b{}/k{}/x{}\\\" because no identity-based policy allows the s3:GetObject action", n % 2, n % 3, n % 40)),
            4..=6 => ("sqs", "SendMessage", format!("User: x is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:{region}:111122223333:q{} because no identity-based policy allows the sqs:sendmessage action", n % 30)),
            7 => ("secretsmanager", "GetSecretValue", format!("User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:{region}:111122223333:secret:app/{} because no identity-based policy allows the secretsmanager:GetSecretValue action", n % 30)),
            8 => ("s3", "GetObject", "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b0/k0/x0 with an explicit deny in a resource-based policy".to_owned()),
            _ => ("s3", "PutObject", "Access Denied".to_owned()),
        };
        let agent = ["aws-cli/2.9", "Boto3/1 exec-env/AWS_Lambda_python3.12", "Mozilla/5.0"]
            [(n % 3) as usize];
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{{who}}},"eventTime":"2026-11-24T0{}:{:02}:00Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"192.0.{}.1","userAgent":"{agent}","errorCode":"AccessDenied","errorMessage":"{message}","requestParameters":{{"bucketName":"b{}","key":"k/{}"}},"eventID":"e{n}","recipientAccountId":"111122223333"}}"#,
            n % 6,
            n * 7 % 60,
            n % 4,
            n % 2,
            n % 25
        )
    }

    #[test]
    fn repetitions_come_to_what_decoding_comes_to() {
        let records: Vec<_> = (0..3_000).map(|n| denial(n * 1_237 % 3_001)).collect();
        let bodies =
            records.chunks(250).map(|part| format!("{{\"Records\":[{}]}}", part.join(",")));
        let bodies: Vec<Vec<u8>> = bodies.map(String::into_bytes).collect();
        let rules: Arc<RuleSet> = Arc::default();
        let all = Filter { since: Some(Timestamp::UNIX_EPOCH), ..Filter::default() };
        let run = |filter: &Filter, backwards: bool| {
            let (mut scan, seen) = (Scan::new(filter, &rules), Seen::default());
            let mut order: Vec<&Vec<u8>> = bodies.iter().collect();
            if backwards {
                order.reverse();
            }
            order.iter().for_each(|body| scan.body("b", body, filter, &seen));
            let report = scan.report();
            assert_eq!(report.sums.denied, 3_000);
            format!("{:#?}{:#?}", report.groups, report.services)
        };
        let decoded = run(&all, false);
        assert!(decoded == run(&Filter::default(), false));
        assert!(decoded == run(&Filter::default(), true));
        assert!(decoded == run(&all, true));
    }

    #[test]
    fn filters_count_what_they_leave_out() {
        let filter = Filter { principals: vec!["u1".into()], ..Filter::default() };
        let mut scan = Scan::new(&filter, &Arc::default());
        scan.body("b", &body(0..9), &filter, &Seen::default());
        let report = scan.report();
        assert_eq!((report.sums.denied, report.sums.filtered, report.sums.findings), (9, 6, 3));
    }
}
