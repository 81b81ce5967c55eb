//! An emulated AWS, started for one test and stopped after it.

#![allow(clippy::print_stdout)]

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_s3::config::Credentials;

/// The account of the tests.
pub(crate) const ACCOUNT: &str = "111122223333";

/// A running emulator.
pub(crate) struct Ministack {
    process: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Drop for Ministack {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program named by `AWARE_MINISTACK`, else the one that `cargo xtask test` installs, else one
/// found on the path.
fn program() -> String {
    let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin/ministack");
    let fallback = if Path::new(installed).exists() { installed } else { "ministack" };
    std::env::var("AWARE_MINISTACK").unwrap_or_else(|_| fallback.to_owned())
}

/// Says which test is left out, and writes it where `AWARE_SKIPPED` says: `cargo xtask test --quick`
/// counts them there, as a test that returns looks like one that ran.
fn note_skipped() {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    println!("skipped: AWARE_WITHOUT_AWS is set");
    if let Some(path) = std::env::var_os("AWARE_SKIPPED") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(format!("{test}\n").as_bytes())).unwrap();
    }
}

impl Ministack {
    /// Starts it; `None` only if `AWARE_WITHOUT_AWS` allows leaving it out.
    pub(crate) async fn start() -> Option<Self> {
        if std::env::var_os("AWARE_WITHOUT_AWS").is_some() {
            note_skipped();
            return None;
        }
        let program = program();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(&program);
        command.env("GATEWAY_PORT", port.to_string()).env("BIND_HOST", "127.0.0.1");
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| {
            panic!("{program}: {error} (hint: `cargo xtask test` installs it; AWARE_WITHOUT_AWS=1 leaves this test out)")
        });
        let stack = Self { process, url: format!("http://127.0.0.1:{port}") };
        stack.wait().await;
        Some(stack)
    }

    async fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let health = format!("{}/_ministack/health", self.url);
        while !reqwest::get(&health).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(Instant::now() < deadline, "the emulated AWS does not answer");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A configuration that connects to it.
    pub(crate) async fn config(&self) -> SdkConfig {
        let credentials = Credentials::new(ACCOUNT, "secret", None, None, "test");
        let loader =
            aws_config::defaults(BehaviorVersion::latest()).region(Region::new("us-east-1"));
        loader.endpoint_url(&self.url).credentials_provider(credentials).load().await
    }
}

/// The table as the template creates it.
#[allow(dead_code)]
pub(crate) async fn table(client: &aws_sdk_dynamodb::Client, name: &str) {
    let attribute = |name: &str, kind: ScalarAttributeType| {
        let built = AttributeDefinition::builder().attribute_name(name);
        built.attribute_type(kind).build().unwrap()
    };
    let mut attributes: Vec<AttributeDefinition> = ["pk", "sk", "state", "due_shard"]
        .into_iter()
        .map(|name| attribute(name, ScalarAttributeType::S))
        .collect();
    attributes.push(attribute("due", ScalarAttributeType::N));
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let index = |name: &str, hash: &str, range: &str, projected: ProjectionType| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(hash, KeyType::Hash))
            .key_schema(key(range, KeyType::Range))
            .projection(Projection::builder().projection_type(projected).build())
            .build()
            .unwrap()
    };
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index("by-state", "state", "sk", ProjectionType::All))
        .global_secondary_indexes(index("by-due", "due_shard", "due", ProjectionType::KeysOnly))
        .send()
        .await
        .unwrap();
}
