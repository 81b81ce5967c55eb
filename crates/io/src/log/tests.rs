//! Lines of the log as they are written.

use std::sync::Mutex;

use tracing_subscriber::layer::SubscriberExt;

use super::*;

static WRITTEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// What is written stands in one place: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// The lines that are written while `work` runs.
fn lines_of(
    verbosity: fn() -> Verbosity,
    format: fn() -> Format,
    work: impl FnOnce(),
) -> Vec<String> {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    WRITTEN.lock().unwrap().clear();
    let layer = LineLayer::new(verbosity, format, |line| {
        WRITTEN.lock().unwrap().push(line.to_owned());
    });
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    WRITTEN.lock().unwrap().clone()
}

fn text(verbosity: fn() -> Verbosity, work: impl FnOnce()) -> Vec<String> {
    lines_of(verbosity, || Format::Text, work)
}

#[test]
fn text_is_level_message_and_details() {
    let lines = text(
        || Verbosity::Normal,
        || {
            tracing::error!(problem = "a\nb", count = 3, none = None::<u64>, "call {}", "failed");
            tracing::warn!("a warning");
            tracing::info!("known");
            tracing::debug!("not at this verbosity");
        },
    );
    assert_eq!(lines[0], "error: call failed problem=a b count=3");
    assert_eq!(lines[1..], ["warning: a warning", "info: known"]);
}

#[test]
fn json_holds_the_details_beside_the_message() {
    let work = || tracing::info!(rules = 91, "watching \"x\"");
    let lines = lines_of(|| Verbosity::Normal, || Format::Json, work);
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["timestamp", "level", "message", "rules"]);
    assert_eq!((&line["level"], &line["message"]), (&"info".into(), &"watching \"x\"".into()));
    assert_eq!(line["rules"], "91");
}

#[test]
fn a_span_says_what_its_lines_are_about_and_the_line_itself_knows_better() {
    let lines = text(
        || Verbosity::Quiet,
        || {
            let _invocation = tracing::info_span!("invocation", requestId = "r-1").entered();
            let _delivery = tracing::info_span!("delivery", origin = "s3://b/k").entered();
            tracing::error!("commit failed");
            tracing::error!(origin = "s3://b/other", "record rejected");
            tracing::warn!("not when quiet");
        },
    );
    assert_eq!(
        lines,
        [
            "error: commit failed origin=s3://b/k requestId=r-1",
            "error: record rejected origin=s3://b/other requestId=r-1",
        ]
    );
}

#[test]
fn of_other_crates_warnings_are_heard_and_of_the_sdk_bare_steps() {
    let events = || {
        tracing::warn!(target: "aws_config::profile", path = "/x", "no such file");
        tracing::info!(target: "aws_config::profile", secret = "canary", "loaded");
        tracing::debug!(target: "aws_smithy_runtime", err = "canary", "attempt failed");
        tracing::trace!(target: "aws_smithy_runtime", body = "canary", "request");
        tracing::debug!(target: "h2::codec", "frame");
        tracing::info!(target: "lambda_runtime", "polled");
    };
    let warning = "warning: no such file path=/x target=aws_config::profile";
    assert_eq!(text(|| Verbosity::Normal, events), [warning]);
    let verbose = text(|| Verbosity::Verbose, events);
    assert_eq!(
        verbose,
        [
            warning,
            "info: loaded target=aws_config::profile",
            "debug: attempt failed target=aws_smithy_runtime",
        ]
    );
}

/// A client of Secrets Manager at a server that answers with this.
async fn call_secrets_manager(status: u16, answer: &str) {
    use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};

    let server = wiremock::MockServer::start().await;
    let answer = wiremock::ResponseTemplate::new(status).set_body_string(answer);
    let any = wiremock::matchers::any();
    wiremock::Mock::given(any).respond_with(answer).mount(&server).await;
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(
            "AKIACANARYKEY",
            "canary-secret-key",
            None,
            None,
            "x",
        ))
        .endpoint_url(server.uri())
        .build();
    let client = aws_sdk_secretsmanager::Client::from_conf(config);
    let request = client.put_secret_value().secret_id("known-name").secret_string("canary-sent");
    let _ = request.send().await;
    let _ = client.get_secret_value().secret_id("known-name").send().await;
}

#[test]
fn no_secret_of_a_call_reaches_the_log_however_verbose() {
    for (status, answer) in [
        (200, r#"{"Name":"known-name","SecretString":"canary-received"}"#),
        (400, r#"{"__type":"InvalidRequestException","Message":"canary-message"}"#),
        (200, "canary: no JSON"),
    ] {
        let lines = text(
            || Verbosity::Verbose,
            || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(call_secrets_manager(status, answer));
            },
        );
        assert!(lines.iter().any(|line| line.contains("target=aws_")), "{lines:#?}");
        let told: Vec<_> =
            lines.iter().filter(|line| line.to_lowercase().contains("canary")).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}
