//! Cases made by hand. Other crates' tests include this file too.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_imports)]

use aware_cases::case::*;
use aware_core::case::{CaseKind, CaseReading, EventMark};
use aware_core::event::Level;
use aware_core::explanation::{Cure, Grant, PolicyChange};
use jiff::Timestamp;

const DAY: &str = "2026-11-26";

/// A time of the day that most of these cases are about, or any time.
pub(crate) fn at(text: &str) -> Timestamp {
    if text.contains('T') { text.parse() } else { format!("{DAY}T{text}Z").parse() }.unwrap()
}

pub(crate) fn actor(name: &str, kind: &str, keys: &[&str]) -> CaseActor {
    CaseActor {
        key: name.to_owned(),
        name: name.to_owned(),
        arn: Some(format!("arn:aws:iam::111122223333:{name}")),
        kind: kind.to_owned(),
        account: Some("111122223333".to_owned()),
        is_person: kind == "IAMUser",
        keys: strings(keys),
        sessions: Vec::new(),
    }
}

pub(crate) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// An action: how it ended, how often, from when to when.
pub(crate) fn action(
    mark: EventMark,
    action: &str,
    count: u64,
    first: &str,
    last: &str,
) -> ActionLine {
    ActionLine {
        action: action.to_owned(),
        mark,
        count,
        first: at(first),
        last: at(last),
        event_id: format!(
            "{:08x}-0000-4000-8000-000000000000",
            checksum(&format!("{action}{first}"))
        ),
        resources: Vec::new(),
        actor: 0,
    }
}

fn checksum(text: &str) -> u32 {
    text.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

pub(crate) fn notable(
    time: &str,
    action: &str,
    class: NotableClass,
    weight: u8,
    texts: [&str; 2],
) -> NotableLine {
    let [text, achieved] = texts;
    NotableLine {
        time: at(time),
        event_id: format!("{:08x}-0000-4000-8000-000000000000", checksum(text)),
        action: action.to_owned(),
        mark: EventMark::Changed,
        fact: NotableFact {
            class,
            weight,
            text: text.to_owned(),
            achieved: achieved.to_owned(),
            is_own_grant: false,
            undo_key: None,
            take_back: None,
        },
        count: 1,
        undo: UndoState::InForce,
        actor: 0,
        first_used: None,
    }
}

pub(crate) fn sign(points: i32, text: &str) -> CaseSign {
    CaseSign { points, text: text.to_owned(), event_id: None }
}

/// A case of nothing.
pub(crate) fn empty(kind: CaseKind, reading: CaseReading, level: Level, name: &str) -> Case {
    let who = match name {
        "root" => actor(name, "Root", &[]),
        name if name.starts_with("user/") => actor(name, "IAMUser", &[]),
        name => actor(name, "AssumedRole", &[]),
    };
    Case {
        id: format!("c{:08x}{:08x}", checksum(name), checksum(reading_name(reading))),
        kind,
        level,
        reading,
        signs: Vec::new(),
        accounts: strings(&["111122223333"]),
        actors: vec![who],
        counts: MarkCounts::default(),
        findings: 0,
        first_finding: None,
        first: at("13:02:53"),
        last: at("14:01:48"),
        actions: Vec::new(),
        reported: Vec::new(),
        notable: Vec::new(),
        turns: Vec::new(),
        cause: None,
        denied_because: Vec::new(),
        refused_by: Default::default(),
        endpoints: Vec::new(),
        cure: None,
        cured: (0, 0),
        steady_since: None,
        known: None,
        likely_next: Vec::new(),
        contain: Vec::new(),
        through: Vec::new(),
        stacks: Vec::new(),
        measured: Vec::new(),
        sources: strings(&["203.0.113.83"]),
        regions: strings(&["us-west-1"]),
        agents: strings(&["aws-cli"]),
        rules: vec![("aws-denied-call".to_owned(), "Denied call".to_owned())],
        event_ids: Vec::new(),
        logs_until: at("2026-11-30T09:50:00Z"),
        followed: true,
        account_names: Default::default(),
        address_notes: Default::default(),
    }
}

fn reading_name(reading: CaseReading) -> &'static str {
    aware_core::open::NamedSet::name(reading)
}

/// Counts and event ids, from the actions.
pub(crate) fn counted(mut case: Case) -> Case {
    for line in &case.actions {
        let count = match line.mark {
            EventMark::Denied => &mut case.counts.denied,
            EventMark::Changed => &mut case.counts.changed,
            EventMark::Read => &mut case.counts.read,
            EventMark::Failed => &mut case.counts.failed,
            EventMark::Reported => &mut case.counts.reported,
        };
        *count += line.count;
    }
    if case.counts.denied > 0 {
        case.refused_by.insert(Refuser::Iam);
    }
    case.findings = case.counts.denied + case.notable.len() as u64;
    case.event_ids = case.actions.iter().take(20).map(|line| line.event_id.clone()).collect();
    case
}

/// Denied, then made themselves administrator, then allowed, then a second key.
pub(crate) fn intruder() -> Case {
    use EventMark::{Changed, Denied, Read};
    let mut case =
        empty(CaseKind::Intruder, CaseReading::Intrusion, Level::Critical, "user/m.keller");
    case.actors[0].keys = strings(&["AKIAEXAMPLE0KELLER01", "AKIAEXAMPLE0KELLER02"]);
    case.agents = strings(&["aws-cli", "Boto3"]);
    case.actions = vec![
        action(Denied, "s3:ListAllMyBuckets", 1, "13:03:25", "13:03:25"),
        action(Denied, "ec2:DescribeInstances", 1, "13:03:31", "13:03:31"),
        action(Denied, "lambda:ListFunctions", 1, "13:03:37", "13:03:37"),
        action(Denied, "logs:DescribeLogGroups", 1, "13:04:57", "13:04:57"),
        action(Changed, "iam:PutUserPolicy", 1, "13:06:49", "13:06:49"),
        action(Changed, "iam:CreateAccessKey", 1, "13:10:42", "13:10:42"),
        action(Read, "sts:GetCallerIdentity", 4, "13:02:53", "13:11:40"),
        action(Read, "iam:ListRoles", 5, "13:03:42", "13:07:39"),
        action(Read, "iam:GetPolicyVersion", 14, "13:06:30", "13:06:41"),
        action(Read, "s3:ListAllMyBuckets", 1, "13:07:12", "13:07:12"),
        action(Read, "ec2:DescribeInstances", 2, "13:11:54", "13:12:25"),
        action(Read, "iam:ListUsers", 4, "13:20:39", "13:21:55"),
        action(Read, "s3:GetBucketVersioning", 1, "14:01:48", "14:01:48"),
    ];
    case.actions[12].resources = strings(&["clinic-eng"]);
    let mut grant = notable(
        "13:06:49",
        "iam:PutUserPolicy",
        NotableClass::Privileges,
        5,
        ["iam:PutUserPolicy on themselves: Allow * on *", "made themselves administrator"],
    );
    grant.fact.is_own_grant = true;
    let mut key = notable(
        "13:10:42",
        "iam:CreateAccessKey",
        NotableClass::Credentials,
        3,
        ["iam:CreateAccessKey for themselves: AKIA…ER02", "created a second access key"],
    );
    key.fact.undo_key = Some("iam access-key AKIAEXAMPLE0KELLER02".to_owned());
    key.first_used = Some((at("13:11:40"), "1e6886cc-0000-4000-8000-000000000000".to_owned()));
    case.notable = vec![grant, key];
    case.turns = vec![CaseTurn {
        actions: strings(&["s3:ListAllMyBuckets", "ec2:DescribeInstances"]),
        denied: at("13:03:25"),
        changed: at("13:06:49"),
        allowed: at("13:07:12"),
        event_id: case.actions[9].event_id.clone(),
    }];
    let mut turn = sign(
        5,
        "calls were denied, the caller made themselves administrator, and then the same calls went through",
    );
    turn.event_id = Some(case.actions[9].event_id.clone());
    case.signs = vec![
        turn,
        sign(3, "made themselves administrator"),
        sign(2, "created a second access key"),
        sign(1, "4 actions across 4 services within 92 seconds"),
    ];
    case.cure = Some(Cure::withheld("it looks like an intrusion".to_owned()));
    case.contain = vec![
        ContainStep {
            title: "Deny everything to user/m.keller".to_owned(),
            commands: strings(&[
                "aws iam attach-user-policy --user-name m.keller --policy-arn arn:aws:iam::aws:policy/AWSDenyAll",
            ]),
            breaks: "Anything that acts as this user, including sessions requested with its keys."
                .to_owned(),
            undo: strings(&[
                "aws iam detach-user-policy --user-name m.keller --policy-arn arn:aws:iam::aws:policy/AWSDenyAll",
            ]),
        },
        ContainStep {
            title: "Deactivate access keys AKIA…ER01 and AKIA…ER02 of user/m.keller".to_owned(),
            commands: strings(&[
                "aws iam update-access-key --user-name m.keller --access-key-id AKIAEXAMPLE0KELLER01 --status Inactive",
                "aws iam update-access-key --user-name m.keller --access-key-id AKIAEXAMPLE0KELLER02 --status Inactive",
            ]),
            breaks: "Anything that uses these keys.".to_owned(),
            undo: Vec::new(),
        },
    ];
    counted(case)
}

/// A deployment that lacks nine permissions, three of which work since.
pub(crate) fn workload() -> Case {
    let mut case =
        empty(CaseKind::Workload, CaseReading::LacksPermission, Level::Low, "role/deployer");
    let lacking = [
        "cloudformation:CreateChangeSet",
        "ecr:CreateRepository",
        "iam:GetRole",
        "iam:PassRole",
        "kms:Decrypt",
        "lambda:CreateFunction",
        "logs:CreateLogGroup",
        "s3:PutBucketPolicy",
        "ssm:GetParameter",
    ];
    case.actions = lacking
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let time = format!("09:02:{:02}", index * 5);
            action(EventMark::Denied, name, 1 + index as u64 % 2, &time, &time)
        })
        .collect();
    (case.first, case.last) = (at("09:02:00"), at("09:02:40"));
    case.agents = strings(&["cdk"]);
    case.signs = vec![
        sign(-3, "a role that CloudFormation uses"),
        sign(-2, "one action after another, as a deployment calls them"),
    ];
    case.cure = Some(Cure {
        changes: vec![
            PolicyChange {
                attach_to: "identity policy of arn:aws:iam::111122223333:role/deployer".to_owned(),
                statements: vec![
                    Grant {
                        actions: strings(&["ecr:CreateRepository"]),
                        resources: strings(&[
                            "arn:aws:ecr:us-west-1:111122223333:repository/checkout",
                        ]),
                        ..Grant::default()
                    },
                    Grant {
                        actions: strings(&["lambda:CreateFunction", "logs:CreateLogGroup"]),
                        resources: strings(&["*"]),
                        ..Grant::default()
                    },
                ],
                ..PolicyChange::default()
            },
            PolicyChange {
                attach_to: "key policy of arn:aws:kms:us-west-1:111122223333:key/1".to_owned(),
                statements: vec![
                    Grant {
                        actions: strings(&["kms:Decrypt"]),
                        resources: strings(&["*"]),
                        ..Grant::default()
                    }
                    .for_principal("AWS", "arn:aws:iam::111122223333:role/deployer"),
                ],
                ..PolicyChange::default()
            },
        ],
        take_care: strings(&[
            "iam:PassRole lets the role hand permissions on; name the role that it passes",
        ]),
        withheld: None,
    });
    case.cured = (3, 9);
    case.likely_next = strings(&["lambda:AddPermission", "logs:PutRetentionPolicy"]);
    counted(case)
}

/// Flow logs that no bucket takes.
pub(crate) fn chain() -> Case {
    let mut case = empty(
        CaseKind::Chain,
        CaseReading::BrokenChain,
        Level::High,
        "delivery.logs.amazonaws.com",
    );
    case.actors[0] = CaseActor {
        arn: None,
        account: None,
        ..actor("delivery.logs.amazonaws.com", "AWSService", &[])
    };
    (case.first, case.last) = (at("23:58:02"), at("2026-11-30T09:49:58Z"));
    let mut put =
        action(EventMark::Denied, "s3:PutObject", 9_686, "23:58:02", "2026-11-30T09:49:58Z");
    put.resources = strings(&[
        "arn:aws:s3:::clinic-log/AWSLogs/111122223333/vpcflowlogs/us-west-1/2026/11/26/a.log.gz",
    ]);
    let mut head =
        action(EventMark::Denied, "s3:HeadBucket", 325, "23:58:10", "2026-11-30T09:40:00Z");
    head.resources = strings(&["arn:aws:s3:::clinic-log"]);
    case.actions = vec![put, head];
    case.cause = Some(CaseCause {
        what: "arn:aws:s3:::clinic-log".to_owned(),
        changed_by: Some("root".to_owned()),
        changed_at: Some(at("23:53:36")),
        event_id: Some("fe077326-0000-4000-8000-000000000000".to_owned()),
        principals: 1,
    });
    case.cure = Some(Cure {
        changes: vec![PolicyChange {
            attach_to: "bucket policy of clinic-log".to_owned(),
            statements: vec![
                Grant {
                    actions: strings(&["s3:PutObject"]),
                    resources: strings(&["arn:aws:s3:::clinic-log/AWSLogs/111122223333/*"]),
                    ..Grant::default()
                }
                .for_principal("Service", "delivery.logs.amazonaws.com"),
            ],
            ..PolicyChange::default()
        }],
        ..Cure::default()
    });
    case.sources = strings(&["delivery.logs.amazonaws.com"]);
    case.agents = Vec::new();
    counted(case)
}

/// Root at work in the console, over two days.
pub(crate) fn root() -> Case {
    use EventMark::{Changed, Failed, Read};
    let mut case = empty(CaseKind::Change, CaseReading::MisuseOfRoot, Level::High, "root");
    (case.first, case.last) = (at("00:07:51"), at("2026-11-27T10:37:43Z"));
    case.agents = strings(&["console"]);
    case.actions = vec![
        action(Read, "signin:ConsoleLogin", 1, "00:07:51", "00:07:51"),
        action(Changed, "s3:PutObject", 12, "00:20:00", "01:00:00"),
        action(Changed, "cloudtrail:UpdateTrail", 1, "00:31:00", "00:31:00"),
        action(Changed, "iam:CreateRole", 2, "00:40:00", "2026-11-27T10:30:00Z"),
        action(Read, "iam:ListUsers", 600, "00:08:00", "2026-11-27T10:37:43Z"),
        action(Failed, "iam:GetRole", 39, "00:09:00", "00:30:00"),
    ];
    let mut trail = notable(
        "00:31:00",
        "cloudtrail:UpdateTrail",
        NotableClass::Defences,
        3,
        ["cloudtrail:UpdateTrail main: records one region only", "weakened trail main"],
    );
    trail.undo = UndoState::Undone {
        by: "root".to_owned(),
        time: at("00:45:00"),
        event_id: "aa000001-0000-4000-8000-000000000000".to_owned(),
    };
    let mut login = notable(
        "00:07:51",
        "signin:ConsoleLogin",
        NotableClass::Credentials,
        4,
        ["signin:ConsoleLogin as root without MFA", "signed in to the console without MFA"],
    );
    (login.mark, login.undo) = (Read, UndoState::Final);
    case.notable = vec![login, trail];
    case.signs = vec![sign(4, "signed in to the console without MFA")];
    counted(case)
}

/// A page of the console that asks for more than its visitor may see.
pub(crate) fn console_page() -> Case {
    let mut case = empty(
        CaseKind::Workload,
        CaseReading::ConsolePage,
        Level::Informational,
        "AdministratorAccess as alice@example.com",
    );
    case.actions = ["ce:GetCostForecast", "ce:GetCostAndUsage", "health:DescribeEventAggregates"]
        .map(|name| action(EventMark::Denied, name, 1, "13:02:53", "13:02:55"))
        .to_vec();
    counted(case)
}

/// Three denials that may be anything.
pub(crate) fn unclear() -> Case {
    let mut case = empty(CaseKind::Intruder, CaseReading::Unclear, Level::Medium, "user/alice");
    case.followed = false;
    case.actions = vec![
        action(EventMark::Denied, "iam:ListUsers", 1, "13:02:53", "13:02:53"),
        action(EventMark::Denied, "s3:GetObject", 3, "13:03:00", "13:03:40"),
    ];
    case.signs =
        vec![sign(1, "2 actions across 2 services"), sign(-1, "nothing else was denied this week")];
    counted(case)
}

/// One key that tries 83 actions of 52 services.
pub(crate) fn exploring() -> Case {
    let mut case = empty(CaseKind::Intruder, CaseReading::Exploring, Level::High, "user/backup");
    case.actions = (0..83)
        .map(|index| {
            let time = format!("13:{:02}:{:02}", 3 + index / 60, index % 60);
            action(
                EventMark::Denied,
                &format!("service{}:List{index}", index % 52),
                1,
                &time,
                &time,
            )
        })
        .collect();
    case.signs = vec![sign(6, "83 actions across 52 services within 2 minutes")];
    counted(case)
}

/// Names that try to be lines, colours and sentences of their own.
pub(crate) fn hostile() -> Case {
    let name = "user/x\nCRITICAL  nobody did anything\u{1b}[2J\u{202e}gnihton".to_owned();
    let mut case = empty(CaseKind::Intruder, CaseReading::Intrusion, Level::Critical, "user/x");
    case.actors[0].name = name.clone();
    case.actors[0].keys = vec!["AKIA\u{1b}[31mEVIL".to_owned(), "k".repeat(3_000)];
    case.actors.push(actor(&"y".repeat(4_000), "AssumedRole", &[]));
    case.sources = vec!["1.2.3.4\r\n13:00:00 \u{25cb} all is well".to_owned()];
    case.agents = vec!["<!channel> ```".to_owned(), "a".repeat(5_000)];
    let mut line = notable(
        "13:05:00",
        "iam:CreateUser",
        NotableClass::Credentials,
        4,
        [
            "iam:CreateUser eve\n14:00:00 \u{25cb} undone by root",
            "created user eve\u{2028}and deleted them",
        ],
    );
    line.fact.text.push_str(&"z".repeat(10_000));
    line.undo = UndoState::Undone {
        by: name,
        time: at("13:50:00"),
        event_id: "e\n\u{1b}]0;title\u{7}".to_owned(),
    };
    case.notable = vec![line];
    let many = (0..10_000).map(|index| {
        action(EventMark::Denied, &format!("s3:Get{index}\n<&>"), 1, "13:03:00", "13:04:00")
    });
    case.actions = many.collect();
    case.signs = vec![sign(3, "a sign\nwith a line \u{202e}break")];
    case.contain = vec![ContainStep {
        title: "Deny everything to user/x\nrm -rf /".to_owned(),
        commands: vec!["aws iam x --user-name 'a\nb'".to_owned()],
        breaks: "a\nb".to_owned(),
        undo: vec!["c\nd".to_owned()],
    }];
    counted(case)
}

/// Every case, by name.
pub(crate) fn all() -> Vec<(&'static str, Case)> {
    vec![
        ("intruder", intruder()),
        ("workload", workload()),
        ("chain", chain()),
        ("root", root()),
        ("console_page", console_page()),
        ("unclear", unclear()),
        ("exploring", exploring()),
        ("hostile", hostile()),
    ]
}
