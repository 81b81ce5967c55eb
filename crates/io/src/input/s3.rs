//! The objects of a bucket, listed and read, many at once, handed out in the order of their keys.
//!
//! Facts: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>. Keys are listed
//! in the order of their bytes, so that the last key done is where to go on. While following, the
//! whole prefix is listed again, since CloudTrail's late files have keys below the last one.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use aware_core::envelope::{Kind, S3Object};
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::task::JoinHandle;

use super::walk::MAX_FILE;
use crate::config::Span;
use crate::port::{Delivery, Input, InputError};

/// How many objects are read at once when nothing else is said.
const CONCURRENCY: usize = 16;

/// A bucket's objects.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with. Default: all of the bucket.
    #[serde(default)]
    pub prefix: String,
    /// Go on looking for new objects. Default: `false`.
    #[serde(default)]
    pub follow: bool,
    /// How often to look while following. Default: `60s`.
    #[serde(default)]
    pub poll: Option<Span>,
    /// Objects read at once, 1 to 256. Default: `16`.
    #[serde(default)]
    pub concurrency: Option<u16>,
}

impl S3Config {
    /// The input.
    ///
    /// # Errors
    /// When the bucket is empty, or the concurrency is out of range.
    pub fn build(self, name: &str, aws: &SdkConfig) -> Result<S3Input, String> {
        if self.bucket.is_empty() {
            return Err("`bucket` is empty".to_owned());
        }
        let concurrency = self.concurrency.map_or(CONCURRENCY, usize::from);
        if !(1..=256).contains(&concurrency) {
            return Err("`concurrency` is not between 1 and 256".to_owned());
        }
        let poll = self.poll.map_or(Duration::from_secs(60), |span| span.0.unsigned_abs());
        let mut input = S3Input::new(name, aws, &self.bucket, &self.prefix);
        input.follow = self.follow.then_some(poll);
        input.concurrency = concurrency;
        Ok(input)
    }
}

/// The bucket and prefix of `s3://bucket/prefix`.
pub fn parse_url(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    (!bucket.is_empty()).then(|| (bucket.to_owned(), prefix.to_owned()))
}

/// A client for S3. Emulators know buckets by path only.
pub(super) fn client(aws: &SdkConfig) -> Client {
    let path_style = aws.endpoint_url().is_some();
    Client::from_conf(aws_sdk_s3::config::Builder::from(aws).force_path_style(path_style).build())
}

type Body = JoinHandle<Result<Vec<u8>, InputError>>;

/// A bucket's objects.
pub struct S3Input {
    name: String,
    client: Client,
    bucket: String,
    prefix: String,
    follow: Option<Duration>,
    concurrency: usize,
    start_after: Option<String>,
    listing: Listing,
    keys: VecDeque<String>,
    bodies: VecDeque<(String, Body)>,
    done: HashSet<String>,
    greatest: String,
    skipped: u64,
}

/// Where the listing is.
enum Listing {
    Begin,
    At(String),
    End,
}

impl S3Input {
    /// All objects under a prefix, once.
    pub fn new(name: &str, aws: &SdkConfig, bucket: &str, prefix: &str) -> Self {
        Self {
            name: name.to_owned(),
            client: client(aws),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            follow: None,
            concurrency: CONCURRENCY,
            start_after: None,
            listing: Listing::Begin,
            keys: VecDeque::new(),
            bodies: VecDeque::new(),
            done: HashSet::new(),
            greatest: String::new(),
            skipped: 0,
        }
    }

    /// How many digest files and empty objects were left out.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Lists until there are enough keys, or no more.
    async fn list(&mut self) -> Result<(), InputError> {
        while self.keys.len() < self.concurrency && !matches!(self.listing, Listing::End) {
            let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
            let request = match &self.listing {
                Listing::At(token) => request.continuation_token(token),
                _ => request.set_start_after(self.start_after.clone()),
            };
            let page = request
                .send()
                .await
                .map_err(|error| InputError::Later(self.explain("s3:ListBucket", &error)))?;
            self.listing = match page.next_continuation_token() {
                Some(token) => Listing::At(token.to_owned()),
                None => Listing::End,
            };
            for object in page.contents() {
                self.found(object.key().unwrap_or_default(), object.size().unwrap_or_default());
            }
        }
        Ok(())
    }

    fn found(&mut self, key: &str, size: i64) {
        let new = !self.done.contains(key);
        if size == 0 || key.contains("/CloudTrail-Digest/") {
            self.skipped += u64::from(new && self.done.insert(key.to_owned()));
        } else if new {
            self.keys.push_back(key.to_owned());
        }
    }

    fn explain<E, R>(&self, action: &str, error: &aws_sdk_s3::error::SdkError<E, R>) -> String
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        explain(&format!("s3://{}/{}", self.bucket, self.prefix), action, error)
    }

    /// Starts reading until enough objects are on their way.
    fn read_ahead(&mut self) {
        while self.bodies.len() < self.concurrency {
            let Some(key) = self.keys.pop_front() else { return };
            let object = S3Object { bucket: self.bucket.clone(), key: key.clone() };
            let client = self.client.clone();
            let body = tokio::spawn(async move { get(&client, &object).await });
            self.bodies.push_back((key, body));
        }
    }

    async fn finish_first(&mut self) -> Option<Result<Delivery, InputError>> {
        let (key, task) = self.bodies.front_mut()?;
        let body = task.await.unwrap_or_else(|error| Err(InputError::Later(error.to_string())));
        let origin = format!("s3://{}/{key}", self.bucket);
        let key = self.bodies.pop_front().map(|(key, _)| key).unwrap_or_default();
        self.done.insert(key.clone());
        self.greatest = self.greatest.clone().max(key);
        let resume = Some(self.greatest.clone());
        Some(body.map(|body| Delivery {
            origin,
            kind: Kind::Any,
            body,
            token: String::new(),
            resume,
        }))
    }
}

fn explain<E, R>(place: &str, action: &str, error: &aws_sdk_s3::error::SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match error.code() {
        Some("AccessDenied") => format!("{place}: access denied (hint: this needs {action})"),
        Some(code) => format!("{place}: {code}: {}", error.message().unwrap_or_default()),
        None => format!("{place}: {}", DisplayErrorContext(error)),
    }
}

/// Reads one object.
pub(super) async fn get(client: &Client, object: &S3Object) -> Result<Vec<u8>, InputError> {
    let origin = format!("s3://{}/{}", object.bucket, object.key);
    let sent = client.get_object().bucket(&object.bucket).key(&object.key).send().await;
    let answer = sent.map_err(|error| match error.code() {
        Some("NoSuchKey" | "NoSuchBucket") => InputError::Gone(origin.clone()),
        Some("AccessDenied" | "InvalidObjectState") => InputError::Unreadable {
            origin: origin.clone(),
            problem: explain("object", "s3:GetObject, and kms:Decrypt for its key", &error),
        },
        _ => InputError::Later(explain(&origin, "s3:GetObject", &error)),
    })?;
    let length = u64::try_from(answer.content_length().unwrap_or_default()).unwrap_or_default();
    if length > MAX_FILE {
        return Err(InputError::Unreadable {
            origin,
            problem: format!("object is over the limit of {MAX_FILE} bytes"),
        });
    }
    let body = answer.body.collect().await;
    body.map(|body| body.to_vec()).map_err(|error| InputError::Later(format!("{origin}: {error}")))
}

#[async_trait]
impl Input for S3Input {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume(&mut self, place: &str) {
        self.start_after = Some(place.to_owned());
        self.greatest = place.to_owned();
    }

    async fn next(&mut self) -> Result<Option<Delivery>, InputError> {
        loop {
            self.list().await?;
            self.read_ahead();
            if let Some(delivery) = self.finish_first().await {
                return delivery.map(Some);
            }
            let Some(poll) = self.follow else { return Ok(None) };
            tokio::time::sleep(poll).await;
            self.listing = Listing::Begin;
        }
    }

    async fn ack(&mut self, _token: &str) -> Result<(), InputError> {
        Ok(())
    }

    async fn release(&mut self, _token: &str) {}

    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        get(&self.client, object).await
    }
}
