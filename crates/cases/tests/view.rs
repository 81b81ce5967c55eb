//! How cases read, and that nobody can fake a line of one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod sample_cases;

use aware_cases::case::{Case, FirstFinding, Refuser, UndoState};
use aware_cases::view::{CaseView, case_json, case_rows, compare_cases};
use aware_core::enrichment::{Enrichment, KnownAccount, KnownAccounts, KnownNetworks};
use aware_core::event::Level;

/// A case as text, unwrapped.
fn told(case: &Case) -> String {
    let view = CaseView::new(case);
    let mut text = format!("{} {}  case {}\n", view.level, view.headline, view.short_id);
    for row in case_rows(&view, "LOGS") {
        let sign = row.mark.map(|mark| format!("{} ", mark.sign())).unwrap_or_default();
        let event =
            row.event_id.map(|id| format!("  [{}]", id.chars().take(8).collect::<String>()));
        text += &format!("  {:<10}{sign}{}{}\n", row.label, row.text, event.unwrap_or_default());
    }
    text
}

#[test]
fn how_cases_read() {
    for (name, case) in sample_cases::all() {
        if name != "hostile" {
            insta::assert_snapshot!(name, told(&case));
        }
    }
}

#[test]
fn nothing_fakes_a_line_or_hides_what_was_achieved() {
    let case = sample_cases::hostile();
    let view = CaseView::new(&case);
    let mut texts = vec![view.headline.clone(), view.who.clone(), view.from.clone()];
    texts.extend(case_rows(&view, "LOGS").into_iter().flat_map(|row| [row.label, row.text]));
    for text in &texts {
        let is_bad = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
        assert!(!text.contains(is_bad), "{text:?}");
        assert!(text.chars().count() < 1_000, "{}", text.chars().count());
    }
    // The name cannot pass for a sentence, and what was achieved is not pushed out by it.
    assert!(view.headline.starts_with('\u{201c}'), "{}", view.headline);
    assert!(view.headline.contains("created user eve"), "{}", view.headline);
    assert!(view.in_force.is_some_and(|state| state.holds == Some(false)));
    assert!(view.timeline.lines.len() < 10, "{}", view.timeline.lines.len());
}

#[test]
fn a_cut_timeline_keeps_what_the_case_is_about() {
    let mut case = sample_cases::intruder();
    let noise = (0..280).map(|index| {
        let time = format!("2026-11-26T{:02}:{:02}:00Z", 14 + index / 30, index % 30 * 2);
        sample_cases::action(
            aware_core::case::EventMark::Read,
            &format!("s3:Get{index}"),
            1,
            &time,
            &time,
        )
    });
    case.actions.extend(noise);
    let view = CaseView::new(&case);
    let shown = view.timeline.shown(4);
    let texts: Vec<&str> = shown.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(texts[0].ends_with("denied within 92 s"), "{texts:?}");
    assert!(texts[1].starts_with("iam:PutUserPolicy on themselves"), "{texts:?}");
    assert!(texts[2].ends_with("now work"), "{texts:?}");
    assert!(texts[3].starts_with("iam:CreateAccessKey"), "{texts:?}");
    assert_eq!(shown.left_out + 4, view.timeline.lines.len() + view.timeline.dropped);
    assert!(view.timeline.shown(20).lines.len() == 20);
}

#[test]
fn what_still_holds_comes_first() {
    let mut undone = sample_cases::intruder();
    for line in &mut undone.notable {
        let (by, event_id) = ("user/admin".to_owned(), "e".to_owned());
        line.undo = UndoState::Undone { by, time: line.time, event_id };
    }
    undone.counts.denied = 90;
    let mut low = sample_cases::intruder();
    low.level = Level::High;
    let holds = sample_cases::intruder();
    let mut cases = [low.clone(), undone.clone(), holds.clone()];
    cases.sort_by(compare_cases);
    assert_eq!(cases, [holds, undone.clone(), low]);
    let state = CaseView::new(&undone).in_force.unwrap();
    assert_eq!(
        state.sentence,
        "2 changes are undone, the last one by user/admin at 2026-11-26 13:10 UTC."
    );
}

#[test]
fn one_of_two_is_in_force() {
    let mut case = sample_cases::intruder();
    let (by, event_id) = ("user/m.keller".to_owned(), "e".to_owned());
    case.notable[1].undo = UndoState::Undone { by, time: sample_cases::at("13:30:00"), event_id };
    let view = CaseView::new(&case);
    assert_eq!(
        view.in_force.unwrap().sentence,
        "1 of 2 changes is still in force at 2026-11-30 09:50 UTC: iam:PutUserPolicy on themselves: Allow * on *."
    );
    let line = view.timeline.lines.iter().find(|line| line.text.contains("CreateAccessKey"));
    assert!(line.unwrap().text.ends_with("; undone by user/m.keller at 13:30:00"));
    case.notable.remove(0);
    let state = CaseView::new(&case).in_force.unwrap();
    let own =
        "user/m.keller, who is in this case, undid iam:CreateAccessKey at 2026-11-26 13:30 UTC.";
    assert_eq!((state.holds, state.sentence.as_str()), (Some(false), own));
}

/// What happened to a change in the same second is not known, and nothing says that all is well.
#[test]
fn what_may_be_in_force_is_said_to_be_unknown() {
    let mut case = sample_cases::intruder();
    let (by, event_id) = ("user/admin".to_owned(), "e".to_owned());
    case.notable[1].undo = UndoState::NotKnown;
    case.notable[0].undo = UndoState::Undone { by, time: sample_cases::at("13:30:00"), event_id };
    let state = CaseView::new(&case).in_force.unwrap();
    assert_eq!(
        (state.holds, state.sentence.as_str()),
        (
            None,
            "user/admin undid iam:PutUserPolicy at 2026-11-26 13:30 UTC. \
             It is not known whether 1 more change is still in force."
        )
    );
    case.notable[0].undo = UndoState::Final;
    let state = CaseView::new(&case).in_force.unwrap();
    let sentence = "It is not known whether 1 change is still in force.";
    assert_eq!((state.holds, state.sentence.as_str()), (None, sentence));
}

#[test]
fn headlines() {
    let mut case = sample_cases::workload();
    let mut check = |cured, wanted: &str| {
        case.cured = cured;
        assert_eq!(CaseView::new(&case).headline, wanted);
    };
    check((0, 9), "role/deployer lacks 9 permissions");
    check((3, 9), "role/deployer lacks 6 permissions; 3 of 9 now work");
    check((8, 9), "role/deployer lacks 1 permission; 8 of 9 now work");
    check((9, 9), "role/deployer lacked 9 permissions; all of them now work");
    case.actions.truncate(1);
    case.cured = (0, 1);
    assert_eq!(CaseView::new(&case).headline, "role/deployer lacks cloudformation:CreateChangeSet");
    let mut case = sample_cases::chain();
    case.actions[0].resources[0] = "arn:aws:s3:::clinic-log/elsewhere/a.gz".to_owned();
    assert!(CaseView::new(&case).headline.starts_with("Logs of AWS services have not reached"));
    case.actors[0].name = "moon.amazonaws.com".to_owned();
    let unknown =
        "moon.amazonaws.com has been denied s3:PutObject and s3:HeadBucket since 26 Nov 23:58";
    assert_eq!(CaseView::new(&case).headline, unknown);
}

#[test]
fn json_is_one_object_for_each_case() {
    for (name, case) in sample_cases::all() {
        let value = case_json(&case);
        assert_eq!(value["id"], case.id);
        assert!(value["timeline"].as_array().unwrap().len() <= 400);
        if name == "intruder" {
            insta::assert_json_snapshot!("intruder_json", value);
        }
        if name == "workload" {
            let statement = &value["cure"]["statements"][0];
            assert_eq!(statement["Action"], "ecr:CreateRepository");
        }
    }
}

#[test]
fn what_is_known_stands_beside_ids_and_addresses() {
    let account = KnownAccount {
        name: "clinic-prod".to_owned(),
        environment: None,
        owner: None,
        is_partner: false,
    };
    let accounts = KnownAccounts::new([("111122223333".to_owned(), account)].into(), None);
    let mut networks = KnownNetworks::default();
    networks.own.insert("203.0.113.0/24".parse().unwrap(), "branch office".to_owned());
    let known = Enrichment { accounts, networks, ..Enrichment::default() };
    let mut case = sample_cases::intruder();
    case.add_known(&known);
    let view = CaseView::new(&case);
    assert!(view.who.ends_with(" in clinic-prod (111122223333), us-west-1"), "{}", view.who);
    let from = "203.0.113.83 (own network branch office) ";
    assert!(view.from.starts_with(from), "{}", view.from);
    let json = case_json(&case);
    assert_eq!(json["accountNames"]["111122223333"], "clinic-prod");
    assert_eq!(json["addressNotes"]["203.0.113.83"], "own network branch office");
}

/// Logs that name no account: the region says where it was.
#[test]
fn an_account_that_no_log_names_is_left_out() {
    let mut case = sample_cases::unclear();
    case.accounts = sample_cases::strings(&["unknown"]);
    case.actors[0].account = None;
    assert_eq!(CaseView::new(&case).who, "user/alice in us-west-1");
    case.regions.clear();
    assert_eq!(CaseView::new(&case).who, "user/alice");
}

#[test]
fn a_host_that_two_logs_know_is_named_once() {
    let mut case = sample_cases::exploring();
    let hosts = ["i-0abc", "role/x/i-0abc", "i-0abc", "i-0def"];
    case.actors = hosts.map(|name| sample_cases::actor(name, "Instance", &[])).to_vec();
    let view = CaseView::new(&case);
    assert_eq!(view.who, "role/x/i-0abc and i-0def in 111122223333, us-west-1");
    assert_eq!(view.headline, "i-0abc and 1 other were denied 83 actions in 52 services");
}

#[test]
fn a_run_names_its_first_resources() {
    let told = |names: &[&str]| {
        let mut case = sample_cases::unclear();
        case.actions.remove(0);
        case.actions[0].resources = sample_cases::strings(names);
        CaseView::new(&case).timeline.lines[0].text.clone()
    };
    for (names, text) in [
        (&["*"][..], "s3:GetObject denied 3 times within 40 s"),
        (&["a", "*"], "s3:GetObject on a denied 3 times within 40 s"),
        (&["a", "b"], "s3:GetObject on a and b denied 3 times within 40 s"),
        (&["a", "b", "c"], "s3:GetObject on a, b and 1 more denied 3 times within 40 s"),
        (
            &["a", "b", "c", "d", "e", "f"],
            "s3:GetObject on a, b and others denied 3 times within 40 s",
        ),
    ] {
        assert_eq!(told(names), text);
    }
    let long = |end: &str| format!("{}/{end}", "x".repeat(70));
    let clipped = told(&[&long("a"), &long("b")]);
    let text = format!("s3:GetObject on {}\u{2026} and 1 more denied 3 times", "x".repeat(63));
    assert!(clipped.starts_with(&text), "{clipped}");
}

#[test]
fn what_is_no_permission_is_not_called_one() {
    let told = |refused_by: &[Refuser]| {
        let mut case = sample_cases::workload();
        case.cured = (0, 1);
        case.actions.truncate(1);
        case.actions[0].action = "net:tcp/443".to_owned();
        case.refused_by = refused_by.iter().copied().collect();
        let view = CaseView::new(&case);
        (view.headline, view.why.sentence)
    };
    let check = |refused_by: &[Refuser], headline: &str, sentence: &str| {
        assert_eq!(told(refused_by), (headline.to_owned(), sentence.to_owned()));
    };
    let lacks = "role/deployer lacks net:tcp/443";
    check(&[Refuser::Iam], lacks, "a workload that lacks permissions");
    check(
        &[Refuser::KubernetesRole, Refuser::KubernetesAdmission],
        lacks,
        "a workload that lacks permissions",
    );
    let rule = "a workload that lacks a rule of a security group or a network ACL";
    check(&[Refuser::NetworkRule], lacks, rule);
    check(&[Refuser::NetworkRule, Refuser::NetworkAcl], lacks, rule);
    check(
        &[Refuser::NetworkAcl],
        "A network ACL refuses the replies of role/deployer from net:tcp/443",
        "a network ACL that refuses the replies to what it let in: no security group lacks a rule",
    );
    check(
        &[Refuser::KubernetesAdmission],
        "Admission control refused role/deployer net:tcp/443",
        "a request that the cluster's admission control refuses: no role is missing",
    );
}

/// Rules say of tunnels and miners that they look like somebody exploring, which is not what they do.
#[test]
fn only_who_is_refused_permissions_explores() {
    let mut case = sample_cases::exploring();
    assert_eq!(CaseView::new(&case).why.sentence, "somebody exploring");
    case.refused_by = [Refuser::Other].into();
    let attack = "an attack, or somebody preparing one";
    assert_eq!(CaseView::new(&case).why.sentence, attack);
    case.refused_by.clear();
    assert_eq!(CaseView::new(&case).why.sentence, "somebody exploring", "stored long ago");
    case.counts.denied = 0;
    assert_eq!(CaseView::new(&case).why.sentence, attack);
}

#[test]
fn what_was_not_looked_for_is_told_of_callers_of_iam() {
    let mut case = sample_cases::unclear();
    assert!(CaseView::new(&case).not_seen.is_some());
    let log_source = Some("waf".to_owned());
    case.first_finding = Some(FirstFinding { log_source, ..FirstFinding::default() });
    assert!(CaseView::new(&case).not_seen.is_some(), "IAM denied something besides");
    case.refused_by = [Refuser::Other].into();
    assert_eq!(CaseView::new(&case).not_seen, None);
}
