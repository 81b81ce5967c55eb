//! `aware demo`: three stories through the whole pipeline.
//!
//! Nothing is simulated: AWS-shaped bytes go through envelope, source, topic and destination, as in
//! the daemon.

use std::io::{Write, stdout};
use std::sync::Arc;

use async_trait::async_trait;
use aware_cases::group::RepeatIntervals;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_io::compose;
use aware_io::log::{self, Verbosity};
use aware_io::screen::OutputScreen;
use aware_pipeline::deliver::DestinationHalf;
use aware_pipeline::port::{Delivery, Input, InputError, Store, SystemClock};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::args::DemoArgs;
use crate::exit::{CommandExit, CommandFailure};
use crate::render::screen::stdout_screen;

/// One story.
struct DemoScene {
    title: &'static str,
    story: &'static str,
    records: &'static str,
    wrap: fn(&Value) -> Result<Vec<u8>, CommandFailure>,
    moral: &'static str,
}

const SCENES: [DemoScene; 3] = [
    DemoScene {
        title: "Mallory has Alice's key",
        story: "The key leaked. Mallory looks around with it: who is Alice, what may she do?\nAlice has few permissions, so nearly everything is denied. CloudTrail's file:",
        records: include_str!("../../../corpus/demo/alice.json"),
        wrap: trail_file,
        moral: "Five denials, one message, with what contains her.",
    },
    DemoScene {
        title: "A server writes to another server's folder",
        story: "Web servers share a role. Its policy lets each write its logs below its own id, ${aws:userid}, and\nnowhere else. One was made from another's image, with the other's config in it.\nThe events arrive through a CloudWatch Logs subscription:",
        records: include_str!("../../../corpus/demo/instance.json"),
        wrap: logs_subscription,
        moral: "Three denials, one message. A grant to the shared role would open that folder to every server, so none\n   is offered: the config must change, or somebody must find out what runs on that server.",
    },
    DemoScene {
        title: "A new function lacks one permission",
        story: "The function runs, and nobody sees its logs, because its role cannot create the log group.\nThe event arrives through EventBridge:",
        records: include_str!("../../../corpus/demo/function.json"),
        wrap: bus_events,
        moral: "The message names the permission that is missing.",
    },
];

/// Runs the command.
pub(crate) fn run_demo(args: &DemoArgs) -> Result<CommandExit, CommandFailure> {
    log::init(Verbosity::Quiet, log::Format::Text);
    let screen = stdout_screen(args.no_color);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let paint = screen.to_paint();
    for (number, scene) in SCENES.iter().enumerate() {
        writeln!(
            stdout(),
            "{}\n{}\n",
            paint.bold(&format!("{}. {}", number + 1, scene.title)),
            scene.story
        )?;
        runtime.block_on(play_scene(scene, screen))?;
        writeln!(stdout(), "{}\n", paint.faint(&format!("   {}", scene.moral)))?;
    }
    writeln!(
        stdout(),
        "Now on your own logs:  aware scan ./AWSLogs   or   aware scan s3://bucket/AWSLogs"
    )?;
    Ok(CommandExit::Done)
}

async fn play_scene(scene: &DemoScene, screen: OutputScreen) -> Result<(), CommandFailure> {
    let records: Value = serde_json::from_str(scene.records).map_err(std::io::Error::other)?;
    let mut script = DemoInput { body: Some((scene.wrap)(&records)?) };
    let store = Arc::new(FallbackStore::new(compose::memory_store()));
    let topic = compose::local_topic();
    let kept = Arc::clone(&store) as Arc<dyn Store>;
    let deliver = DestinationHalf::new(
        kept,
        Arc::clone(&topic),
        Arc::new(SystemClock),
        vec![compose::stdout_terminal("terminal", screen)],
        Vec::new(),
    );
    let delivering = tokio::spawn(deliver.run_until_closed());
    let source = SourceHalf::new(
        store,
        Arc::clone(&topic),
        Arc::new(SystemClock),
        RepeatIntervals::default(),
        Arc::default(),
    );
    source.drain_input(&mut script).await;
    topic.close();
    delivering.await.map_err(|error| CommandFailure::Delivery(error.to_string()))
}

/// An input with one body.
struct DemoInput {
    body: Option<Vec<u8>>,
}

#[async_trait]
impl Input for DemoInput {
    fn name(&self) -> &str {
        "demo"
    }

    fn resume_at(&mut self, _place: &str) {}

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        let delivery = |body| Delivery {
            origin: "demo".to_owned(),
            kind: EnvelopeKind::Any,
            body,
            token: String::new(),
            resume: None,
        };
        Ok(self.body.take().map(delivery))
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release_delivery(&mut self, _token: &str) {}

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        Err(InputError::Gone(object.key.clone()))
    }
}

/// A CloudTrail log file: compressed, on one line.
fn trail_file(records: &Value) -> Result<Vec<u8>, CommandFailure> {
    gzip_bytes(records.to_string().as_bytes())
}

/// The event in which CloudWatch Logs passes records to a function.
fn logs_subscription(records: &Value) -> Result<Vec<u8>, CommandFailure> {
    let events =
        records.get("Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let events: Vec<Value> = events
        .iter()
        .enumerate()
        .map(|(id, record)| json!({"id": id.to_string(), "message": record.to_string()}))
        .collect();
    let data = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "CloudTrail/logs", "logEvents": events});
    let data = STANDARD.encode(gzip_bytes(data.to_string().as_bytes())?);
    Ok(json!({"awslogs": {"data": data}}).to_string().into_bytes())
}

/// The events in which EventBridge passes records on, one for each.
fn bus_events(records: &Value) -> Result<Vec<u8>, CommandFailure> {
    let events =
        records.get("Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wrap = |record: &Value| json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.logs", "detail": record});
    let lines: Vec<String> = events.iter().map(|record| wrap(record).to_string()).collect();
    Ok(lines.join("\n").into_bytes())
}

fn gzip_bytes(bytes: &[u8]) -> Result<Vec<u8>, CommandFailure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
