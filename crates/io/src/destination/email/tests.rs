//! What a mail looks like, which conversation it belongs to, and what hostile names do to it.

use std::time::SystemTime;

use aware_cases::message::{case_message, system_message};
use aware_core::case::ContainStep;
use aware_core::event::Level;
use aware_core::message::{Message, MessageField, MessageKind};
use jiff::Timestamp;

use super::content::MailContent;
use super::mime::{MailParties, build_mail};
use super::render_html;
use super::text::render_text;
use super::thread::MailPlace;

use crate::destination::sample_cases;

const DOMAIN: &str = "a.example";

const INTRUDER: &str = "\
CRITICAL
m.keller made themselves administrator and created a second access key

A new access key. Nothing in these logs undoes these 2 changes, up to
2026-11-30 09:50 UTC. Looks like an intrusion: calls were denied, the
caller made themselves administrator, and then the same calls went
through, made themselves administrator, created a second access key.

Who:      user/m.keller in 111122223333, us-west-1
From:     203.0.113.83 · aws-cli and Boto3 · keys …ER01 and …ER02 (made
          in this case)
Counts:   ✕ 4 denied  ◆ 2 changed  ○ 31 read
When:     2026-11-26 13:02:53 to 14:01:48 UTC
No grant: it looks like an intrusion

What happened
  13:02:53 ○ 9 reads of STS and IAM within 8 min
  13:03:25 ✕ s3:ListAllMyBuckets, ec2:DescribeInstances,
    lambda:ListFunctions and logs:DescribeLogGroups denied within 92 s
  13:06:30 ○ iam:GetPolicyVersion 14 times within 11 s
  13:06:49 ◆ iam:PutUserPolicy on themselves: Allow * on *
  13:07:12 ○ s3:ListAllMyBuckets and ec2:DescribeInstances, first
    denied at 13:03:25, now work
  13:10:42 ◆ iam:CreateAccessKey for themselves: AKIA…ER02, first used
    58 s later
  13:11:54 ○ ec2:DescribeInstances twice within 31 s
  13:20:39 ○ iam:ListUsers 4 times within 76 s
  14:01:48 ○ s3:GetBucketVersioning on clinic-eng

What to do
  1. Deny everything to user/m.keller
     aws iam attach-user-policy --user-name m.keller --policy-arn arn:aws:iam::aws:policy/AWSDenyAll
     Stops working: Anything that acts as this user, including sessions
     requested with its keys.
  2. Deactivate access keys AKIA…ER01 and AKIA…ER02 of user/m.keller
     aws iam update-access-key --user-name m.keller --access-key-id AKIAEXAMPLE0KELLER01 --status Inactive
     aws iam update-access-key --user-name m.keller --access-key-id AKIAEXAMPLE0KELLER02 --status Inactive
     Stops working: Anything that uses these keys.

case cdbd6 · rule aws-denied-call · events";

fn intruder_message(kind: MessageKind) -> Message {
    let case = sample_cases::intruder();
    case_message(&case, kind, Some("a new access key"), case.last)
}

fn parties() -> MailParties {
    MailParties {
        from: "Aware <aware@a.example>".parse().unwrap(),
        to: vec!["sec@a.example".parse().unwrap()],
        reply_to: Some("oncall@a.example".parse().unwrap()),
    }
}

fn built(message: &Message, thread: Option<&str>) -> String {
    let content = MailContent::new(message);
    let place = MailPlace::new(message, &content.headline, thread, DOMAIN);
    let mail = build_mail(&parties(), &place, message, &content, SystemTime::UNIX_EPOCH).unwrap();
    String::from_utf8(mail).unwrap()
}

/// The headers, unfolded.
fn headers(mail: &str) -> Vec<String> {
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn the_text_of_a_case() {
    let text = render_text(&MailContent::new(&intruder_message(MessageKind::Update)));
    assert!(text.starts_with(INTRUDER), "{text}");
}

#[test]
fn the_html_of_a_short_message() {
    let message = system_message(
        "Look at evil.example",
        &[("Key", "<b>\"x\"</b>")],
        Level::Low,
        Timestamp::UNIX_EPOCH,
    );
    let html = render_html(&message);
    let (_, body) = html.split_once("border-top:6px solid #1f6fb2\">\n").unwrap();
    let (head, rest) = body.split_once("<table").unwrap();
    let chip = "<p style=\"margin:0 0 6px\"><span style=\"padding:2px 8px;background:#1f6fb2;color:#ffffff;font-size:12px;font-weight:bold\">LOW</span></p>\n";
    let title = "<h1 style=\"margin:0 0 8px;font-size:19px;line-height:1.35\">Look at evil<span>.</span>example</h1>\n";
    assert_eq!(head, format!("{chip}{title}"));
    assert!(rest.contains(">Key</td>") && rest.contains(">&lt;b&gt;&quot;x&quot;&lt;/b&gt;</td>"));
    for never in ["<img", "<script", "<link", "url(", "src=", "href="] {
        assert!(!html.contains(never), "{never} in {html}");
    }
}

#[test]
fn both_parts_say_everything_of_every_case() {
    for (name, case) in sample_cases::all() {
        let message = case_message(&case, MessageKind::Finding, None, case.last);
        let content = MailContent::new(&message);
        let (text, html) = (render_text(&content), render_html(&message));
        assert_eq!(html.matches("<tr>").count(), content.fields.len(), "{name}");
        for label in content.fields.iter().map(|(label, _)| label) {
            assert!(text.contains(&format!("{label}:")) && html.contains(label), "{name} {label}");
        }
        for step in &content.steps {
            assert!(step.commands.iter().all(|command| text.contains(command)), "{name} {text}");
        }
        assert!(html.len() < 100_000 && !html.contains("href=\"http:"), "{name}");
    }
}

#[test]
fn a_flood_stays_within_the_limits_and_says_so() {
    for hostile in ["<a.b@c>".repeat(400), "\u{1f600}".repeat(2000), "\"".repeat(3000)] {
        let mut message = intruder_message(MessageKind::Finding);
        message.subject.clone_from(&hostile);
        let case = message.case.as_mut().unwrap();
        let step = ContainStep { commands: vec![hostile.clone()], ..case.next_steps[0].clone() };
        case.next_steps = vec![step; 10];
        case.who.clone_from(&hostile);
        case.from.clone_from(&hostile);
        for line in &mut case.timeline {
            line.text.clone_from(&hostile);
        }
        check_limits(&message, &hostile);
    }
}

fn check_limits(message: &Message, hostile: &str) {
    let mail = built(message, None);
    assert!(mail.len() < 200_000, "{}", mail.len());
    let content = MailContent::new(message);
    assert!(content.steps.iter().all(|step| step.commands.is_empty()));
    assert!(content.steps.iter().any(|step| step.note.contains("left out")));
    let html = render_html(message);
    assert!(html.len() < 100_000 && !html.contains(hostile), "{}", html.len());
}

#[test]
fn many_fields_are_counted() {
    let mut message = system_message("s", &[], Level::Low, Timestamp::UNIX_EPOCH);
    let field = |at| MessageField { key: format!("k{at}"), value: "a\nb".repeat(400).into() };
    message.fields = (0..200).map(field).collect();
    let text = render_text(&MailContent::new(&message));
    assert!(text.contains("left out here: ") && text.len() < 80_000, "{text}");
    assert!(text.lines().all(|line| !line.starts_with('b')), "a value begins no line");
}

#[test]
fn no_value_adds_a_header_or_ends_one() {
    let hostile = "x\r\nBcc: evil@b.example\r\n\r\nbody\u{2028}\u{85}=?utf-8?b?4oCu?= \u{202e}é";
    let mut message = intruder_message(MessageKind::Update);
    message.subject = hostile.to_owned();
    message.id = hostile.to_owned();
    message.case.as_mut().unwrap().id = hostile.to_owned();
    let thread = "{\"id\":\"<a@b>\\r\\nBcc: c@d\",\"subject\":\"s\"}";
    let mail = built(&message, Some(thread));
    let headers = headers(&mail);
    let names: Vec<&str> =
        headers.iter().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    let expected = [
        "Date",
        "From",
        "Message-ID",
        "Subject",
        "To",
        "Reply-To",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "List-Id",
        "X-Aware-Kind",
        "X-Aware-Level",
        "X-Aware-Case",
        "MIME-Version",
        "Content-Type",
    ];
    assert_eq!(names, expected, "{mail}");
    assert!(mail.is_ascii() && !mail.replace("\r\n", "").contains(['\r', '\n']), "{mail}");
    let plain = system_message("=?utf-8?b?4oCu?=", &[], Level::Low, Timestamp::UNIX_EPOCH);
    assert!(built(&plain, None).contains("Subject: [aware LOW] = ?utf-8?b?4oCu?=\r\n"));
}

/// The place of an update, at this level, of what an earlier mail left.
fn place(kind: MessageKind, level: Level, thread: Option<&str>) -> MailPlace {
    let mut message = intruder_message(kind);
    message.severity = Some(level);
    message.id = format!("{kind:?} {level:?}");
    MailPlace::new(&message, "m.keller was denied", thread, DOMAIN)
}

#[test]
fn the_mails_of_a_case_are_one_conversation() {
    let first = place(MessageKind::Finding, Level::High, None);
    assert_eq!(first.subject, "[aware HIGH] m.keller was denied (case cdbd6)");
    assert_eq!(first.in_reply_to(), None);
    assert_eq!(first, place(MessageKind::Finding, Level::High, None), "a second attempt");
    let thread = first.thread_after("<first@ses>".to_owned()).unwrap();
    let update = place(MessageKind::Update, Level::Medium, Some(&thread));
    assert_eq!(update.subject, format!("Re: {}", first.subject));
    assert_eq!(update.in_reply_to(), Some("<first@ses>"));
    assert_eq!(update.root, first.root);
    assert_ne!(update.id, first.id);
    assert_eq!(update.thread_after("<second@ses>".to_owned()), Some(thread.clone()));

    let worse = place(MessageKind::Update, Level::Critical, Some(&thread));
    assert_eq!(worse.subject, "[aware CRITICAL] m.keller was denied (case cdbd6)");
    assert_eq!((worse.in_reply_to(), &worse.root), (Some("<first@ses>"), &first.root));
    let thread = worse.thread_after("<worse@ses>".to_owned()).unwrap();
    let after = place(MessageKind::Update, Level::Critical, Some(&thread));
    assert_eq!(after.subject, format!("Re: {}", worse.subject));
    assert_eq!(after.in_reply_to(), Some("<worse@ses>"));
}

#[test]
fn what_is_no_case_is_no_conversation() {
    let message = system_message("A test", &[], Level::Low, Timestamp::UNIX_EPOCH);
    let place = MailPlace::new(&message, "A test", None, DOMAIN);
    assert_eq!((place.subject.as_str(), &place.root), ("[aware LOW] A test", &None));
    assert_eq!(place.thread_after("<a@b>".to_owned()), None);
    for thread in
        ["C1/1.2", "{\"id\":\"<a b@c>\",\"subject\":\"s\"}", "{\"id\":\"a@b\",\"subject\":\"s\"}"]
    {
        let update = intruder_message(MessageKind::Update);
        let place = MailPlace::new(&update, "h", Some(thread), DOMAIN);
        assert_eq!(place.in_reply_to(), None, "{thread}");
        assert!(place.subject.starts_with("[aware "), "{}", place.subject);
    }
}

#[test]
fn references_name_the_case_and_the_mail_before() {
    let thread = "{\"id\":\"<first@ses>\",\"subject\":\"s\",\"level\":\"critical\"}";
    let mail = headers(&built(&intruder_message(MessageKind::Update), Some(thread)));
    let value = |name: &str| {
        let line = mail.iter().find_map(|line| line.strip_prefix(name)).unwrap();
        line.to_owned()
    };
    assert_eq!(value("In-Reply-To: "), "<first@ses>");
    assert_eq!(value("Subject: "), "Re: s");
    let references = value("References: ");
    assert!(references.starts_with("<case.") && references.ends_with("@a.example> <first@ses>"));
}
