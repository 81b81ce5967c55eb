//! Mail given to a small SMTP server that answers as a test tells it, and to a mocked SES.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aware_cases::message::{heartbeat_message, system_message};
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use aware_pipeline::port::{DeliveryOutcome, Destination};
use jiff::Timestamp;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::EmailDestination;

const SHORT: Duration = Duration::from_millis(500);
const PASSWORD: &str = "canary-password";

/// The answer to a command in the connection of this number, if it is not the usual one. The
/// greeting answers `greeting`, and `.` ends the mail. `HANG` says nothing, `CLOSE` hangs up.
type Script = fn(usize, &str) -> Option<&'static str>;

#[derive(Clone, Default)]
struct Recorded {
    commands: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<String>>>,
}

async fn start_server(script: Script) -> (SocketAddr, Recorded) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let recorded = Recorded::default();
    let shared = recorded.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            tokio::spawn(converse(stream, number, script, shared.clone()));
        }
    });
    (address, recorded)
}

async fn converse(stream: TcpStream, number: usize, script: Script, recorded: Recorded) {
    let mut stream = BufReader::new(stream);
    let mut command = "greeting".to_owned();
    loop {
        recorded.commands.lock().unwrap().push(command.clone());
        let answer = script(number, &command).unwrap_or_else(|| usual_answer(&command));
        match answer {
            "HANG" => return tokio::time::sleep(SHORT * 20).await,
            "CLOSE" => return,
            answer => {
                let _ = stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await;
            }
        }
        if answer.starts_with("354") {
            let mail = read_mail(&mut stream).await;
            recorded.mails.lock().unwrap().push(mail);
            command = ".".to_owned();
            continue;
        }
        let mut line = String::new();
        match stream.read_line(&mut line).await {
            Ok(length) if length > 0 => command = line.trim_end().to_owned(),
            _ => return,
        }
    }
}

fn usual_answer(command: &str) -> &'static str {
    match command.split([' ', ':']).next().unwrap_or_default() {
        "greeting" => "220 test ESMTP",
        "EHLO" => "250-test\r\n250 AUTH PLAIN LOGIN",
        "AUTH" => "235 2.7.0 ok",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    }
}

/// Reads until the line with a single dot; the dots before lines that begin with one are removed.
async fn read_mail(stream: &mut BufReader<TcpStream>) -> String {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        match line.as_str() {
            "" | ".\r\n" => return mail,
            text => mail.push_str(text.strip_prefix('.').unwrap_or(text)),
        }
    }
}

fn test_message() -> Message {
    system_message("A test", &[("Key", "value")], Level::Low, Timestamp::UNIX_EPOCH)
}

async fn outcome_with(script: Script) -> DeliveryOutcome {
    let (address, _) = start_server(script).await;
    let credentials = Some(("aware", PASSWORD));
    let mail = EmailDestination::test_smtp(address, &["sec@a.example"], credentials, SHORT);
    let outcome = mail.deliver(&test_message(), None).await;
    assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    outcome
}

#[tokio::test]
async fn a_mail_arrives_once_and_well_formed() {
    let (address, recorded) = start_server(|_, _| None).await;
    let mail = EmailDestination::test_smtp(address, &["Sec <sec@a.example>"], None, SHORT);
    let mut message = test_message();
    message.kind = MessageKind::Finding;
    let outcome = mail.deliver(&message, None).await;
    let DeliveryOutcome::Delivered(Some(thread)) = outcome else { panic!("{outcome:?}") };
    let commands = recorded.commands.lock().unwrap().join("|");
    let expected =
        "greeting|EHLO a.example|MAIL FROM:<aware@a.example>|RCPT TO:<sec@a.example>|DATA|.|QUIT";
    assert_eq!(commands, expected);
    let sent = recorded.mails.lock().unwrap().remove(0);
    for header in [
        "From: Aware <aware@a.example>\r\n",
        "To: Sec <sec@a.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "List-Id: Activity Aware <aware.a.example>\r\n",
        "X-Aware-Level: low\r\n",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(sent.contains(header), "{header}{sent}");
    }
    assert!(sent.is_ascii() && !sent.replace("\r\n", "").contains(['\r', '\n']), "{sent}");
    assert!(sent.lines().all(|line| line.len() <= 998), "{sent}");
    let thread: serde_json::Value = serde_json::from_str(&thread).unwrap();
    let id = thread["id"].as_str().unwrap();
    assert!(sent.contains(&format!("Message-ID: {id}\r\n")), "{sent}");
}

#[tokio::test]
async fn signs_of_life_are_not_mailed() {
    let (address, recorded) = start_server(|_, _| None).await;
    let mail = EmailDestination::test_smtp(address, &["sec@a.example"], None, SHORT);
    let outcome = mail.deliver(&heartbeat_message(Timestamp::UNIX_EPOCH), None).await;
    assert_eq!(outcome, DeliveryOutcome::Delivered(None));
    assert!(recorded.commands.lock().unwrap().is_empty());
}

fn at_stage(command: &str, stage: &str, answer: &'static str) -> Option<&'static str> {
    command.starts_with(stage).then_some(answer)
}

#[tokio::test]
async fn what_answers_are_refusals() {
    let refusing: [(Script, &str); 6] = [
        (|_, it| at_stage(it, "AUTH", "535 5.7.8 canary-password is wrong"), "check `username`"),
        (|_, it| at_stage(it, "MAIL", "530 5.7.0 sign in"), "wants `username`"),
        (|_, it| at_stage(it, "MAIL", "550 not you"), "send as `from`"),
        (|_, it| at_stage(it, "RCPT", "550 5.1.1 unknown"), "sec@a.example (550 5.1.1 unknown)"),
        (|_, it| at_stage(it, "DATA", "554 no"), "554 no"),
        (|_, it| (it == ".").then_some("554 5.7.1 spam"), "554 5.7.1 spam"),
    ];
    for (script, words) in refusing {
        let outcome = outcome_with(script).await;
        let DeliveryOutcome::Refused(reason) = &outcome else { panic!("{words}: {outcome:?}") };
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test]
async fn everything_else_is_retried() {
    let retrying: [(Script, bool); 10] = [
        (|_, it| at_stage(it, "greeting", "554 no service"), false),
        (|_, it| at_stage(it, "greeting", "421 later"), true),
        (|_, it| at_stage(it, "greeting", "CLOSE"), false),
        (|_, it| at_stage(it, "greeting", "HANG"), false),
        (|_, it| at_stage(it, "greeting", "HTTP/1.1 400 Bad Request"), false),
        (|_, it| at_stage(it, "AUTH", "454 4.7.0 later"), true),
        (|_, it| at_stage(it, "MAIL", "451 later"), false),
        (|_, it| at_stage(it, "RCPT", "450 4.2.0 greylisted"), false),
        (|_, it| at_stage(it, "RCPT", "421 closing"), true),
        (|_, it| (it == ".").then_some("452 full"), false),
    ];
    for (index, (script, pauses)) in retrying.into_iter().enumerate() {
        let outcome = outcome_with(script).await;
        let DeliveryOutcome::Retry { after, reason } = outcome else {
            panic!("{index} {outcome:?}")
        };
        assert_eq!(after.is_some(), pauses, "{index} {reason}");
        assert!(!reason.contains("nevertheless"), "{index} {reason}");
    }
    let nobody = EmailDestination::test_smtp(
        "127.0.0.1:1".parse().unwrap(),
        &["sec@a.example"],
        None,
        SHORT,
    );
    let outcome = nobody.deliver(&test_message(), None).await;
    assert!(matches!(outcome, DeliveryOutcome::Retry { after: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_fault_after_the_mail_leaves_a_doubt() {
    let scripts: [Script; 2] =
        [|_, it| (it == ".").then_some("CLOSE"), |_, it| (it == ".").then_some("HANG")];
    for script in scripts {
        let outcome = outcome_with(script).await;
        let DeliveryOutcome::Retry { reason, .. } = &outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("it may have arrived nevertheless"), "{reason}");
    }
}

#[tokio::test]
async fn one_bad_recipient_does_not_keep_the_others_from_their_mail() {
    let script: Script = |_, it| at_stage(it, "RCPT TO:<gone", "550 5.1.1 unknown");
    let (address, recorded) = start_server(script).await;
    let to = ["gone@a.example", "sec@a.example"];
    let mail = EmailDestination::test_smtp(address, &to, None, SHORT);
    assert_eq!(mail.deliver(&test_message(), None).await, DeliveryOutcome::Delivered(None));
    assert_eq!(recorded.mails.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_was_deferred_alone_gets_the_next_attempt() {
    let script: Script = |number, it| {
        (number == 0 && it.starts_with("RCPT TO:<slow")).then_some("450 4.2.0 greylisted")
    };
    let (address, recorded) = start_server(script).await;
    let to = ["slow@a.example", "sec@a.example"];
    let mail = EmailDestination::test_smtp(address, &to, None, SHORT);
    let outcome = mail.deliver(&test_message(), None).await;
    let DeliveryOutcome::Retry { reason, .. } = &outcome else { panic!("{outcome:?}") };
    let said = "slow@a.example (450 4.2.0 greylisted); the other recipients have it";
    assert!(reason.contains(said), "{reason}");
    assert_eq!(mail.deliver(&test_message(), None).await, DeliveryOutcome::Delivered(None));
    let commands = recorded.commands.lock().unwrap();
    let asked = commands.iter().filter(|command| command.starts_with("RCPT TO:<sec"));
    assert_eq!(asked.count(), 1, "{commands:?}");
    assert_eq!(recorded.mails.lock().unwrap().len(), 2);
}

async fn ses_outcome(region: &str, answer: ResponseTemplate) -> (DeliveryOutcome, MockServer) {
    let server = MockServer::start().await;
    let to_ses = Mock::given(method("POST")).and(path("/v2/email/outbound-emails"));
    to_ses.respond_with(answer).expect(1).mount(&server).await;
    let mut message = test_message();
    message.kind = MessageKind::Finding;
    let mail = EmailDestination::test_ses(&server.uri(), region, SHORT);
    (mail.deliver(&message, None).await, server)
}

#[tokio::test]
async fn ses_gives_the_mail_its_own_id() {
    for (region, host) in
        [("us-east-1", "email.amazonses.com"), ("eu-west-1", "eu-west-1.amazonses.com")]
    {
        let ok = ResponseTemplate::new(200).set_body_json(json!({"MessageId": "0102-abc"}));
        let (outcome, server) = ses_outcome(region, ok).await;
        let DeliveryOutcome::Delivered(Some(thread)) = outcome else { panic!("{outcome:?}") };
        assert!(thread.contains(&format!("<0102-abc@{host}>")), "{thread}");
        let request = server.received_requests().await.unwrap().remove(0);
        let body: serde_json::Value = request.body_json().unwrap();
        assert_eq!(body["FromEmailAddress"], "aware@a.example");
        assert_eq!(body["Destination"], json!({"ToAddresses": ["sec@a.example"]}));
        assert_eq!(body["ConfigurationSetName"], "alerts");
        assert!(body["Content"]["Raw"]["Data"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn what_ses_refuses_and_what_it_puts_off() {
    let failed = |status: u16, code: &str| {
        let answer = ResponseTemplate::new(status).insert_header("x-amzn-errortype", code);
        answer.set_body_json(json!({"message": "said so"}))
    };
    for (status, code, refused, pauses) in [
        (400, "MessageRejected", true, false),
        (400, "MailFromDomainNotVerifiedException", true, false),
        (400, "AccountSuspendedException", true, false),
        (400, "BadRequestException", true, false),
        (400, "LimitExceededException", false, true),
        (429, "TooManyRequestsException", false, true),
        (400, "SendingPausedException", false, false),
        (404, "NotFoundException", false, false),
        (403, "AccessDeniedException", false, false),
        (500, "InternalFailure", false, false),
    ] {
        let (outcome, _server) = ses_outcome("eu-west-1", failed(status, code)).await;
        match outcome {
            DeliveryOutcome::Refused(reason) => assert!(refused, "{code} {reason}"),
            DeliveryOutcome::Retry { after, reason } => {
                assert!(!refused && after.is_some() == pauses, "{code} {after:?} {reason}");
            }
            DeliveryOutcome::Delivered(_) => panic!("{code}"),
        }
    }
    let page = ResponseTemplate::new(400).set_body_raw("<html>Log in</html>", "text/html");
    let late = ResponseTemplate::new(200).set_delay(SHORT * 3);
    for (answer, words) in [(page, "SES"), (late, "it may have arrived nevertheless")] {
        let (outcome, _server) = ses_outcome("eu-west-1", answer).await;
        let DeliveryOutcome::Retry { reason, .. } = &outcome else { panic!("{outcome:?}") };
        assert!(reason.contains(words), "{reason}");
    }
}
