//! The objects of a bucket: listed, read concurrently, and delivered in the order of their keys.
//!
//! Facts: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>: keys are listed
//! in the order of their UTF-8 bytes. Digest files (`/CloudTrail-Digest/`), objects of other
//! services, and the empty objects that represent folders are skipped and counted. `place.rs` keeps
//! where to continue.
//!
//! An object that no longer exists, may not be read or is too large is an error of its own, and the
//! next call continues after it. If S3 does not answer, the same object is requested again, without
//! limit; if S3 answers five times that it cannot return the object, the object is given up.

pub mod buckets;
mod config;
pub(crate) mod object;
mod options;
mod place;
mod window;

use std::sync::Arc;

use async_trait::async_trait;
use aware_core::envelope::{EnvelopeKind, S3Object, other_logs};
use aws_config::SdkConfig;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use jiff::Timestamp;

pub use config::{S3Config, S3ConfigError, parse_s3_url};
pub use options::S3Options;

use super::RELEASE_PAUSE;
use super::walk::MAX_FILE;
use aware_pipeline::port::{Delivery, Input, InputError};
use buckets::BucketClients;
use place::KeyProgress;
use window::{ListedObject, ReadAhead};

/// A bucket's objects.
pub struct S3Input {
    name: String,
    clients: BucketClients,
    bucket: String,
    prefix: String,
    options: S3Options,
    place: KeyProgress,
    listing: ListingState,
    window: ReadAhead,
    /// What was delivered and is neither acknowledged nor released.
    held: Option<ListedObject>,
    released: bool,
    skipped: u64,
    choice: Option<ObjectChoice>,
}

/// Which objects are read, by their `s3://bucket/key`.
pub type ObjectChoice = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The state of the listing.
enum ListingState {
    Begin,
    At(String),
    End,
}

impl S3Input {
    /// All objects under a prefix, once.
    pub fn new(name: &str, aws: &SdkConfig, bucket: &str, prefix: &str) -> Self {
        Self::with_options(name, aws, bucket, prefix, S3Options::default())
    }

    /// Objects under a prefix.
    pub fn with_options(
        name: &str,
        aws: &SdkConfig,
        bucket: &str,
        prefix: &str,
        options: S3Options,
    ) -> Self {
        Self {
            name: name.to_owned(),
            clients: BucketClients::new(aws, options.force_path_style),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            place: KeyProgress::new(options.follow),
            listing: ListingState::Begin,
            window: ReadAhead::new(options.concurrency),
            held: None,
            released: false,
            skipped: 0,
            choice: None,
            options,
        }
    }

    /// The same, but only the chosen objects.
    #[must_use]
    pub fn with_choice(self, choice: ObjectChoice) -> Self {
        Self { choice: Some(choice), ..self }
    }

    /// How many digest files, folders and objects of other services were skipped.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Lists keys until there are enough, or no more.
    async fn list_enough(&mut self) -> Result<(), InputError> {
        while !self.window.has_enough() && !matches!(self.listing, ListingState::End) {
            let begin = matches!(self.listing, ListingState::Begin).then(Timestamp::now);
            let page = self.list_page().await?;
            if let Some(now) = begin {
                self.place.begin_listing(now);
            }
            self.listing = match page.next_continuation_token() {
                Some(token) => ListingState::At(token.to_owned()),
                None => ListingState::End,
            };
            for object in page.contents() {
                let written = object.last_modified().map_or(i64::MAX, |time| time.secs());
                self.add_listed(
                    object.key().unwrap_or_default(),
                    object.size().unwrap_or(0),
                    written,
                );
            }
        }
        Ok(())
    }

    async fn list_page(&self) -> Result<ListObjectsV2Output, InputError> {
        let start_after = self.options.start_after.clone().max(self.place.start_after());
        let ask = || {
            let client = self.clients.client_for(&self.bucket);
            let request = client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
            let request = request.max_keys(self.options.page);
            match &self.listing {
                ListingState::At(token) => request.continuation_token(token).send(),
                _ => request.set_start_after(start_after.clone()).send(),
            }
        };
        let later = |error| {
            let problem = object::explain_error(&error, "s3:ListBucket");
            InputError::Later(format!("s3://{}/{}: {problem}", self.bucket, self.prefix))
        };
        let mut sent = ask().await;
        if sent.as_ref().is_err_and(|error| self.clients.follow_region(&self.bucket, error)) {
            sent = ask().await;
        }
        sent.map_err(later)
    }

    fn add_listed(&mut self, key: &str, size: i64, written: i64) {
        let is_folder = size == 0 && key.ends_with('/');
        let object = S3Object { bucket: self.bucket.clone(), key: key.to_owned() };
        if !self.place.is_new(key, written) {
        } else if is_folder || object.is_digest() || self.is_of_other_service(&object) {
            self.skipped += 1;
        } else {
            let item = ListedObject::new(object, u64::try_from(size).unwrap_or_default());
            if self.choice.as_ref().is_none_or(|is_chosen| is_chosen(&item.origin())) {
                self.window.push(item);
            }
        }
    }

    /// Whether another service wrote the object, unless the prefix asks for that service.
    fn is_of_other_service(&self, object: &S3Object) -> bool {
        object.is_of_other_service() && other_logs::service_of_key(&self.prefix).is_none()
    }

    /// The first object of the window. Reading continues if this future is dropped.
    async fn next_body(&mut self) -> Option<Result<Delivery, InputError>> {
        let body = match self.window.first_body(&self.clients).await? {
            Err(error) if error.may_pass() => {
                return Some(Err(error.into_input_error(self.window.front()?.origin())));
            }
            body => body,
        };
        let item = self.window.pop()?;
        Some(match body {
            Ok(body) => Ok(self.hand_out(item, body)),
            Err(error) => Err(error.into_input_error(item.origin())),
        })
    }

    fn hand_out(&mut self, item: ListedObject, body: Vec<u8>) -> Delivery {
        let (origin, key) = (item.origin(), item.key().to_owned());
        let resume = Some(self.place.place_after(&key));
        self.held = Some(item);
        Delivery { origin, kind: EnvelopeKind::Any, body, token: key, resume }
    }

    fn settle_held(&mut self) {
        if let Some(item) = self.held.take() {
            self.place.mark_done(item.key());
        }
    }
}

#[async_trait]
impl Input for S3Input {
    fn name(&self) -> &str {
        &self.name
    }

    fn resume_at(&mut self, place: &str) {
        self.place.restore_from(place);
    }

    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError> {
        self.settle_held();
        if self.released {
            tokio::time::sleep(RELEASE_PAUSE).await;
            self.released = false;
        }
        loop {
            self.list_enough().await?;
            if let Some(delivery) = self.next_body().await {
                return delivery.map(Some);
            }
            self.place.end_listing();
            if !self.options.follow {
                return Ok(None);
            }
            tokio::time::sleep(self.options.poll).await;
            self.listing = ListingState::Begin;
        }
    }

    async fn ack_delivery(&mut self, _token: &str) -> Result<(), InputError> {
        self.settle_held();
        Ok(())
    }

    async fn keeps_rejected(&mut self, _whole: bool) -> bool {
        true
    }

    fn keeps_place_in_store(&self) -> bool {
        true
    }

    async fn release_delivery(&mut self, _token: &str) {
        if let Some(item) = self.held.take() {
            self.window.push_front(item);
            self.released = true;
        }
    }

    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError> {
        let origin = format!("s3://{}/{}", object.bucket, object.key);
        object::read_object(&self.clients, object, MAX_FILE)
            .await
            .map_err(|error| error.into_input_error(origin))
    }
}
