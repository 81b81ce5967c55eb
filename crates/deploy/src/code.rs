//! The bucket from which CloudFormation reads the functions' zips and the template.
//!
//! Whoever owns the bucket decides what runs, so only a bucket of this account is used: its name is
//! in the account's own namespace, which nobody else can take, and each call says who must own it.
//! Sources: S3 User Guide, "Namespaces for general purpose buckets" and "Verifying bucket ownership
//! with bucket owner condition".

use std::path::Path;

use aware_io::aws::upload_timeouts;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration};
use sha2::{Digest, Sha256};

use super::{DeployError, DeployRequest, Deployment, TEMPLATE, url_suffix};

/// The bucket that holds the code.
struct CodeBucket {
    name: String,
    /// The account that must own it.
    owner: String,
    region: String,
}

/// The name of the code bucket, in the account's namespace.
pub fn code_bucket_name(account: &str, region: &str) -> String {
    format!("aware-code-{account}-{region}-an")
}

impl Deployment {
    /// Uploads the functions and the template; returns the template's URL.
    pub(super) async fn upload_code(&self, wanted: &DeployRequest) -> Result<String, DeployError> {
        let (owner, region) = self.account_and_region().await?;
        let name = wanted.code_bucket.clone();
        let name = name.unwrap_or_else(|| code_bucket_name(&owner, &region));
        let bucket = CodeBucket { name, owner, region };
        self.ensure_bucket(&bucket, wanted.code_bucket.is_none()).await?;
        let mut template = TEMPLATE.to_owned();
        for name in super::ZIPS {
            let key = self.upload_zip(&bucket, name, &wanted.zips.join(name)).await?;
            let url = format!("s3://{}/{key}", bucket.name);
            template = template.replace(&format!("../dist/{name}"), &url);
        }
        let key = format!("{}.yaml", content_digest(template.as_bytes()));
        self.put_object(&bucket, &key, template.into_bytes()).await?;
        Ok(self.object_url(&bucket, &key))
    }

    fn object_url(&self, bucket: &CodeBucket, key: &str) -> String {
        let CodeBucket { name, region, .. } = bucket;
        match self.aws.endpoint_url() {
            Some(endpoint) => format!("{endpoint}/{name}/{key}"),
            None => format!("https://{name}.s3.{region}.{}/{key}", url_suffix(region)),
        }
    }

    /// Creates the bucket if it does not exist. A bucket of another account is never used.
    async fn ensure_bucket(&self, bucket: &CodeBucket, may_make: bool) -> Result<(), DeployError> {
        let CodeBucket { name, owner, region } = bucket;
        let head =
            self.s3_client().head_bucket().bucket(name).expected_bucket_owner(owner).send().await;
        let error = match head {
            Ok(head) if head.bucket_region().is_some_and(|there| there != region) => {
                let there = head.bucket_region().unwrap_or_default();
                return Err(DeployError(format!(
                    "bucket `{name}` is in {there}, and Lambda takes code only from {region} (hint: --code-bucket)"
                )));
            }
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        match error.raw_response().map(|answer| answer.status().as_u16()) {
            Some(404) if may_make => self.create_bucket(bucket).await,
            Some(404) => Err(DeployError(format!("there is no bucket `{name}`"))),
            Some(403) => Err(DeployError(format!(
                "bucket `{name}` does not belong to account {owner}, or you may not access it; it is not used (hint: --code-bucket names another bucket of yours)"
            ))),
            _ => {
                Err(DeployError::call_failed(&format!("bucket `{name}` for the functions"), &error))
            }
        }
    }

    async fn create_bucket(&self, bucket: &CodeBucket) -> Result<(), DeployError> {
        let CodeBucket { name, region, .. } = bucket;
        // S3 does not accept the name of its first region here.
        let place = (region != "us-east-1").then(|| {
            let place = BucketLocationConstraint::from(region.as_str());
            CreateBucketConfiguration::builder().location_constraint(place).build()
        });
        let made =
            self.s3_client().create_bucket().bucket(name).set_create_bucket_configuration(place);
        let made = made.bucket_namespace(BucketNamespace::AccountRegional).send().await;
        match made {
            Ok(_) => Ok(()),
            // Another process of this account created it first.
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
            Err(error) => {
                let what = format!("bucket `{name}` for the functions cannot be created");
                let DeployError(problem) = DeployError::call_failed(&what, &error);
                Err(DeployError(format!("{problem} (hint: --code-bucket names a bucket of yours)")))
            }
        }
    }

    async fn upload_zip(
        &self,
        bucket: &CodeBucket,
        name: &str,
        path: &Path,
    ) -> Result<String, DeployError> {
        let bytes = std::fs::read(path)
            .map_err(|error| DeployError(format!("{}: {error}", path.display())))?;
        let key = format!("{}-{name}", content_digest(&bytes));
        self.put_object(bucket, &key, bytes).await?;
        Ok(key)
    }

    async fn put_object(
        &self,
        bucket: &CodeBucket,
        key: &str,
        bytes: Vec<u8>,
    ) -> Result<(), DeployError> {
        let CodeBucket { name, owner, .. } = bucket;
        let put = self.s3_client().put_object().bucket(name).expected_bucket_owner(owner).key(key);
        let patient = aws_sdk_s3::config::Builder::new().timeout_config(upload_timeouts());
        let sent = put.body(bytes.into()).customize().config_override(patient).send().await;
        sent.map(|_| ())
            .map_err(|error| DeployError::call_failed(&format!("s3://{name}/{key}"), &error))
    }
}

fn content_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::*;
    use crate::test_aws::sdk_config;

    const ACCOUNT: &str = "111122223333";

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// An S3 whose bucket is missing, ours, or somebody else's: it answers 403 if another owner is
    /// expected, which no emulator does.
    async fn uploading(owner: Option<&'static str>) -> (Result<String, DeployError>, Vec<Request>) {
        let server = MockServer::start().await;
        let caller = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let caller = ResponseTemplate::new(200).set_body_string(caller);
        Mock::given(method("POST")).respond_with(caller).mount(&server).await;
        let refusing = move |request: &Request| {
            let expected = header(request, "x-amz-expected-bucket-owner");
            let is_put_bucket =
                request.method == "PUT" && !request.url.path().trim_matches('/').contains('/');
            match owner {
                None if request.method == "HEAD" => ResponseTemplate::new(404),
                None => ResponseTemplate::new(200),
                Some(_) if is_put_bucket => ResponseTemplate::new(409),
                Some(owner) if expected.is_some_and(|expected| expected != owner) => {
                    ResponseTemplate::new(403)
                }
                Some(_) => ResponseTemplate::new(200),
            }
        };
        for verb in ["HEAD", "PUT"] {
            Mock::given(method(verb)).respond_with(refusing).mount(&server).await;
        }
        let config = sdk_config(&server);
        let folder = tempfile::tempdir().unwrap();
        for name in super::super::ZIPS {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let wanted = DeployRequest { zips: folder.path().to_owned(), ..DeployRequest::default() };
        let done = Deployment::new(config, "aware").upload_code(&wanted).await;
        let asked = server.received_requests().await.unwrap();
        (done, asked.into_iter().filter(|request| request.method != "POST").collect())
    }

    #[tokio::test]
    async fn the_bucket_is_made_in_the_accounts_own_namespace() {
        let (done, asked) = uploading(None).await;
        let url = done.unwrap();
        let [head, make, puts @ ..] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(head.url.path().trim_matches('/'), "aware-code-111122223333-eu-west-1-an");
        assert_eq!(header(make, "x-amz-bucket-namespace"), Some("account-regional"));
        assert_eq!(puts.len(), 3, "two zips and the template");
        for request in std::iter::once(head).chain(puts) {
            assert_eq!(header(request, "x-amz-expected-bucket-owner"), Some(ACCOUNT));
        }
        assert!(url.ends_with(".yaml"), "{url}");
        let template = String::from_utf8(puts[2].body.clone()).unwrap();
        let at = "CodeUri: s3://aware-code-111122223333-eu-west-1-an/";
        assert!(template.matches(at).count() == 2 && !template.contains("../dist"), "{template}");
    }

    #[tokio::test]
    async fn a_bucket_of_somebody_else_gets_nothing() {
        let (done, asked) = uploading(Some("999999999999")).await;
        let problem = done.unwrap_err().to_string();
        assert!(problem.contains("does not belong to account 111122223333"), "{problem}");
        assert_eq!(asked.len(), 1, "nothing is uploaded: {asked:?}");
        uploading(Some(ACCOUNT)).await.0.unwrap();
    }
}
