//! The rules that ship: they load, their pages hold, and they see what CIS's patterns see.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../rules/tests/evaluators/mod.rs"]
mod evaluators;
mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aware_cases::rule_tests::{self, TestKind};
use aware_core::event::Level;
use aware_core::finding;
use aware_rules::{cloudwatch, shipped};

#[test]
fn every_rule_loads() {
    let loaded = shipped::load_shipped();
    assert!(loaded.problems.is_empty() && loaded.notes.is_empty(), "{loaded:#?}");
    let files = loaded.rules.iter().map(|rule| rule.file.as_str());
    let files = files.chain(loaded.correlations.iter().map(|one| one.file.as_str()));
    let shipped: BTreeSet<&str> = shipped::shipped_files().iter().map(|(name, _)| *name).collect();
    assert_eq!(files.collect::<BTreeSet<_>>(), shipped);
    let denied = &loaded.rules.iter().find(|rule| rule.about.id == "aws-denied-call").unwrap();
    let built_in = finding::RuleSummary::denied_call();
    assert_eq!((&denied.about.name, denied.about.level), (&built_in.name, Level::Medium));
    let rules = loaded.rules.iter().map(|rule| &rule.about);
    for about in rules.chain(loaded.correlations.iter().map(|one| &one.about)) {
        assert_eq!(about.author.as_deref(), Some("Activity Aware"), "{}", about.id);
        assert_eq!(about.license.as_deref(), Some("Apache-2.0 OR MIT"), "{}", about.id);
        assert!(about.description.is_some() && about.link.is_some(), "{}", about.id);
    }
}

/// A page is all that somebody has at 3 a.m. Those of the benchmark repeat the benchmark, and those
/// about single denials and names are background.
#[test]
fn every_page_says_what_is_benign_and_what_to_do() {
    let is_advice = |name: &str| {
        let parts: Vec<&str> = name.split('/').collect();
        matches!(parts.as_slice(), [_, "cloudtrail", tactic, _] if *tactic != "cis")
    };
    let mut count = 0;
    for (name, text) in shipped::shipped_pages().iter().filter(|(name, _)| is_advice(name)) {
        let page = rule_tests::parse_page(name, text).unwrap();
        let of_kind = |kind| page.tests.iter().filter(|test| test.kind == kind).count();
        assert!(of_kind(TestKind::Hit) >= 2 && of_kind(TestKind::NearMiss) >= 2, "{name}");
        for section in ["\n## Benign when\n", "\n## What to do\n"] {
            assert!(text.contains(section), "{name}: {section}");
        }
        count += 1;
    }
    assert!(count >= 110, "{count}");
}

/// What every match of is kept must be rare: those that feed correlations, and those that ask what
/// is usual, name the calls.
#[test]
fn rules_that_are_on_and_remember_name_their_calls() {
    let loaded = shipped::load_shipped();
    let silent = loaded.silent_rules();
    let is_on = |file: &str| {
        loaded.correlations.iter().any(|one| one.file == file && one.enabled)
            || loaded.rules.iter().any(|rule| rule.file == file && rule.enabled)
    };
    let remembers = loaded.rules.iter().filter(|rule| {
        rule.source.is_some_and(|source| source.as_str() == "cloudtrail")
            && (rule.baseline.is_some() || silent.contains(rule.about.id.as_str()))
    });
    for rule in remembers.filter(|rule| is_on(&rule.file)) {
        let text = format!("{:?}", rule.expr);
        assert!(text.contains("eventName"), "{} keeps too much", rule.about.id);
    }
}

/// ATT&CK split its tactic *defense evasion* in two; readers of either version find their rules.
#[test]
fn every_rule_names_its_tactic_in_both_versions_of_attack() {
    let loaded = shipped::load_shipped();
    let silent = loaded.silent_rules();
    let rules = loaded.rules.iter().filter(|rule| !silent.contains(rule.about.id.as_str()));
    let abouts = rules.map(|rule| (&rule.file, &rule.about));
    let told = loaded.correlations.iter().filter(|one| !silent.contains(one.about.id.as_str()));
    for (file, about) in abouts.chain(told.map(|one| (&one.file, &one.about))) {
        if file.contains("/cis/") {
            continue;
        }
        let has = |tag: &str| about.tags.iter().any(|one| one == tag);
        let is_new = has("attack.defense-impairment") || has("attack.stealth");
        assert_eq!(has("attack.defense-evasion"), is_new, "{file}");
        let is_technique = |tag: &&String| {
            tag.strip_prefix("attack.t")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let needs = about.id != "aws-denied-call";
        assert_eq!(about.tags.iter().any(|tag| is_technique(&tag)), needs, "{file}");
    }
}

/// A page without a rule would never be run.
#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let rules: BTreeSet<String> =
        shipped::shipped_files().iter().map(|(name, _)| rule_tests::page_name_for(name)).collect();
    let pages: BTreeSet<String> =
        shipped::shipped_pages().iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(rules, pages);
}

#[test]
fn every_page_holds() {
    let top = pages::folder("../..");
    let folders: BTreeSet<PathBuf> = shipped::shipped_files()
        .iter()
        .filter_map(|(name, _)| top.join(name).parent().map(Path::to_path_buf))
        .collect();
    let count: usize = folders.iter().map(|folder| pages::files(folder, "yml").len()).sum();
    assert_eq!(count, shipped::shipped_files().len());
    assert!(count >= 16, "{count}");
    folders.iter().for_each(|folder| pages::check_folder(folder));
}

/// Every rule is in a pack, and only the default one is on.
#[test]
fn what_is_on_by_default() {
    let loaded = shipped::load_shipped();
    let silent = loaded.silent_rules();
    let rules = loaded.rules.iter().filter(|rule| !silent.contains(rule.about.id.as_str()));
    let rules = rules.map(|rule| (&rule.about, rule.enabled));
    let all = rules.chain(loaded.correlations.iter().map(|one| (&one.about, one.enabled)));
    let mut packs: BTreeMap<&str, u32> = BTreeMap::new();
    for (about, enabled) in all {
        let pack = about.pack.as_deref().unwrap_or_default();
        assert_eq!(enabled, pack == "default", "{}", about.id);
        *packs.entry(pack).or_default() += 1;
    }
    assert_eq!(
        packs.keys().copied().collect::<Vec<_>>(),
        ["cis", "data-events", "default", "paranoid", "posture"]
    );
    assert_eq!(packs["cis"], 15);
    assert!(packs["default"] >= 110, "{packs:?}");
}

#[test]
fn the_table_has_every_rule() {
    let table = shipped::markdown_table();
    assert_eq!(table.lines().count(), shipped::shipped_files().len() + 2);
    let row = "| [`aware-cis-4-3`](rules/cloudtrail/cis/root-use.md) | Root was used | high | cis | off | \
               `cis.aws.4.3`, `attack.initial-access`, `attack.privilege-escalation`, \
               `attack.t1078.004` |";
    assert!(table.contains(row), "{table}");
}

/// The fifteen patterns of the benchmark, as facts: what each asks for.
fn patterns() -> Vec<(u32, String)> {
    let any = |source: &str, names: &str| {
        let names: Vec<String> =
            names.split_whitespace().map(|name| format!("($.eventName = {name})")).collect();
        let any = names.join(" || ");
        match source {
            "" => format!("{{ {any} }}"),
            source => format!("{{ ($.eventSource = {source}.amazonaws.com) && ({any}) }}"),
        }
    };
    let text = |text: &str| text.to_owned();
    let patterns = [
        text(r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#),
        text(
            r#"{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }"#,
        ),
        text(
            r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#,
        ),
        any(
            "",
            "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy
             PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion
             AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy
             DetachGroupPolicy",
        ),
        any("", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
        text(r#"{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }"#),
        any("kms", "DisableKey ScheduleKeyDeletion"),
        any(
            "s3",
            "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication
             DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
        ),
        any(
            "config",
            "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel
             PutConfigurationRecorder",
        ),
        any(
            "",
            "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
             RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup
             DeleteSecurityGroup",
        ),
        any(
            "",
            "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry
             ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
        ),
        any(
            "",
            "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway
             CreateInternetGateway DeleteInternetGateway DetachInternetGateway",
        ),
        any(
            "",
            "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation
             DeleteRouteTable DeleteRoute DisassociateRouteTable",
        ),
        any(
            "",
            "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection
             CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection
             AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink
             EnableVpcClassicLink",
        ),
        any(
            "organizations",
            "AcceptHandshake AttachPolicy CancelHandshake CreateAccount CreateOrganization
             CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization
             DeleteOrganizationalUnit DeletePolicy EnableAllFeatures EnablePolicyType
             InviteAccountToOrganization LeaveOrganization DetachPolicy DisablePolicyType
             MoveAccount RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
        ),
    ];
    (1..).zip(patterns).collect()
}

/// Where a rule and its pattern disagree: the control, the case, and why.
const DIFFERENCES: [(u32, &str, &str); 6] = [
    (2, "a record that says nothing of MFA", "CloudWatch: what is missing differs from nothing"),
    (4, "a policy of AWS IoT", "the pattern does not ask for the service"),
    (4, "a policy is deleted", "the pattern does not ask for the service: Organizations"),
    (3, "by root's key", "CloudWatch: a record without `eventType` differs from every type"),
    (13, "a route at API Gateway", "the pattern does not ask for the service"),
    (13, "a route of API Gateway", "the pattern does not ask for the service"),
];

/// On every case of every page, each rule says what its pattern says, but for [`DIFFERENCES`].
#[test]
fn rules_agree_with_the_patterns_of_the_benchmark() {
    let loaded = shipped::load_shipped();
    let mut differences = BTreeSet::new();
    for (control, pattern) in patterns() {
        let tag = format!("cis.aws.4.{control}");
        let rule = loaded.rules.iter().find(|rule| rule.about.tags.contains(&tag)).unwrap();
        let number = format!("Control 4.{control} of the CIS AWS Foundations Benchmark");
        assert!(rule.about.description.as_ref().unwrap().starts_with(&number), "{tag}");
        let pattern = cloudwatch::compile_pattern("pattern", &pattern).unwrap();
        let mut hits = 0;
        for (name, text) in shipped::shipped_pages() {
            for case in rule_tests::parse_page(name, text).unwrap().tests {
                for event in &case.events {
                    let line = event.to_string();
                    let by_pattern = evaluators::matches(&pattern, &line);
                    let by_rule = evaluators::matches(&rule.expr, &line);
                    hits += usize::from(by_pattern && by_rule && case.kind == TestKind::Hit);
                    if by_pattern != by_rule {
                        differences.insert((control, case.title.clone()));
                    }
                }
            }
        }
        assert!(hits > 0, "{tag}");
    }
    let known: BTreeSet<(u32, String)> =
        DIFFERENCES.iter().map(|(control, case, _)| (*control, (*case).to_owned())).collect();
    assert_eq!(differences, known);
}

/// A record from before `eventType` was there is root's use all the same.
#[test]
fn what_is_missing_does_not_hide_root() {
    let loaded = shipped::load_shipped();
    let rule = loaded.rules.iter().find(|rule| rule.about.id == "aware-cis-4-3").unwrap();
    let pattern = cloudwatch::compile_pattern("pattern", &patterns()[2].1).unwrap();
    let record = r#"{"userIdentity": {"type": "Root"}}"#;
    assert!(evaluators::matches(&rule.expr, record));
    assert!(!evaluators::matches(&pattern, record));
}

/// The names in a rule are those in its pattern, none more and none less.
#[test]
fn rules_name_the_calls_that_the_patterns_name() {
    let loaded = shipped::load_shipped();
    let tags = |control| format!("cis.aws.4.{control}");
    for (control, pattern) in patterns() {
        let rule = loaded.rules.iter().find(|r| r.about.tags.contains(&tags(control))).unwrap();
        let (_, text) =
            shipped::shipped_files().iter().find(|(name, _)| *name == rule.file).unwrap();
        let ours: BTreeSet<&str> =
            text.lines().filter_map(|line| line.strip_prefix("            - ")).collect();
        let theirs: BTreeSet<&str> = pattern
            .split("$.eventName = ")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .collect();
        if theirs.len() > 1 {
            assert_eq!(ours, theirs, "{control}");
        }
    }
}
