//! S3 clients, each in its bucket's region.
//!
//! S3 answers a call to the wrong region by naming the right one, in the header
//! `x-amz-bucket-region` or in the error's text (S3 API reference, "Error responses":
//! `PermanentRedirect`, `AuthorizationHeaderMalformed`). The call is then repeated there, and the
//! region remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// How many buckets in other regions are remembered.
const MAX_BUCKETS: usize = 1_000;

/// Clients by bucket. Clones share what they have learned.
#[derive(Clone)]
pub(crate) struct BucketClients(Arc<SharedClients>);

struct SharedClients {
    aws: SdkConfig,
    path_style: bool,
    home: Client,
    elsewhere: Mutex<HashMap<String, (String, Client)>>,
}

impl BucketClients {
    /// Clients that start in the region of `aws`.
    pub(crate) fn new(aws: &SdkConfig, path_style: bool) -> Self {
        let home = s3_client(aws, path_style);
        let elsewhere = Mutex::default();
        Self(Arc::new(SharedClients { aws: aws.clone(), path_style, home, elsewhere }))
    }

    /// The client for a bucket.
    pub(super) fn client_for(&self, bucket: &str) -> Client {
        let elsewhere = self.0.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.get(bucket).map_or_else(|| self.0.home.clone(), |(_, client)| client.clone())
    }

    /// Follows the region that S3 names in an error. True if the call is worth repeating.
    pub(super) fn follow_region<E>(&self, bucket: &str, error: &SdkError<E>) -> bool
    where
        E: ProvideErrorMetadata,
    {
        let Some(region) = region_in_error(error) else { return false };
        let mut elsewhere = self.0.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let home = self.0.aws.region().map(Region::as_ref);
        let current = elsewhere.get(bucket).map(|(region, _)| region.as_str()).or(home);
        if current == Some(region.as_str()) || elsewhere.len() >= MAX_BUCKETS {
            return false;
        }
        let aws = self.0.aws.to_builder().region(Region::new(region.clone())).build();
        elsewhere.insert(bucket.to_owned(), (region, s3_client(&aws, self.0.path_style)));
        true
    }
}

/// An S3 client for one region. Emulators, recognized by a custom endpoint, support only path-style
/// URLs.
pub fn s3_client(aws: &SdkConfig, path_style: bool) -> Client {
    let path_style = path_style || aws.endpoint_url().is_some();
    Client::from_conf(aws_sdk_s3::config::Builder::from(aws).force_path_style(path_style).build())
}

/// The region that an error names as the bucket's own.
fn region_in_error<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<String> {
    let answer = error.raw_response()?;
    if !matches!(answer.status().as_u16(), 301 | 307 | 400) {
        return None;
    }
    let header = answer.headers().get("x-amz-bucket-region");
    let expected = || error.message()?.split_once("expecting '")?.1.split('\'').next();
    header.or_else(expected).filter(|region| is_region(region)).map(str::to_owned)
}

fn is_region(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::super::object::{self, GetError};
    use super::*;
    use aware_core::envelope::S3Object;

    /// The region that a request was signed for.
    fn signed_for(request: &Request) -> String {
        let header = request.headers.get("authorization").unwrap().to_str().unwrap();
        header.split('/').nth(2).unwrap().to_owned()
    }

    async fn clients(
        answer: impl Fn(&str) -> ResponseTemplate + Send + Sync + 'static,
    ) -> (MockServer, BucketClients) {
        let server = MockServer::start().await;
        let answer = move |request: &Request| answer(&signed_for(request));
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.uri())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        (server, BucketClients::new(&aws, true))
    }

    async fn get(clients: &BucketClients) -> Result<Vec<u8>, GetError> {
        let object = S3Object { bucket: "parcels".into(), key: "k".into() };
        object::read_object(clients, &object, 100).await
    }

    fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        ResponseTemplate::new(status).set_body_string(body)
    }

    #[tokio::test]
    async fn the_region_that_s3_names_is_followed_and_remembered() {
        let by_header = |region: &str| match region {
            "eu-west-1" => ResponseTemplate::new(200).set_body_string("body"),
            _ => error(301, "PermanentRedirect", "elsewhere")
                .insert_header("x-amz-bucket-region", "eu-west-1"),
        };
        let by_text = |region: &str| match region {
            "eu-west-1" => ResponseTemplate::new(200).set_body_string("body"),
            _ => error(
                400,
                "AuthorizationHeaderMalformed",
                "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            ),
        };
        let (first, clients_by_header) = clients(by_header).await;
        let (second, clients_by_text) = clients(by_text).await;
        for (server, clients) in [(&first, &clients_by_header), (&second, &clients_by_text)] {
            for _ in 0..2 {
                assert_eq!(get(clients).await.unwrap(), b"body");
            }
            let asked = server.received_requests().await.unwrap();
            let regions: Vec<String> = asked.iter().map(signed_for).collect();
            assert_eq!(regions, ["us-east-1", "eu-west-1", "eu-west-1"]);
        }
    }

    #[tokio::test]
    async fn a_region_that_is_no_better_is_not_asked_again_and_again() {
        let circle = |region: &str| {
            let other = if region == "us-east-1" { "eu-west-1" } else { "us-east-1" };
            error(301, "PermanentRedirect", "elsewhere").insert_header("x-amz-bucket-region", other)
        };
        let (server, clients) = clients(circle).await;
        assert!(get(&clients).await.is_err());
        assert_eq!(server.received_requests().await.unwrap().len(), 2);
    }
}
