//! Reads buckets: `s3://bucket/prefix`.

use aware_io::input::s3;
use aware_io::wire::{self, S3Input};
use aware_pipeline::port::{Input, InputError};

use super::Bodies;
use crate::args::AwsOptions;
use crate::exit::Failure;
use crate::interrupt;

/// Lists a prefix and reads every object, concurrently.
pub(super) fn read(
    bodies: &mut impl Bodies,
    url: &str,
    options: &AwsOptions,
) -> Result<(), Failure> {
    let wrong = || {
        Failure::Usage(format!("`{url}` does not name a bucket (hint: write s3://bucket/prefix)"))
    };
    let (bucket, prefix) = s3::parse_url(url).ok_or_else(wrong)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let aws = options.aws();
        let config = aws.regional().await.map_err(|error| Failure::Usage(error.to_string()))?;
        let mut input = wire::stored_objects(config, &bucket, &prefix);
        drain(url, &mut input, bodies).await;
        bodies.skip(input.skipped());
        Ok(())
    })
}

async fn drain(url: &str, input: &mut S3Input, bodies: &mut impl Bodies) {
    let mut is_empty = true;
    loop {
        let next = tokio::select! {
            next = input.next() => next,
            () = interrupt::wait() => {
                let problem = "not all objects were read".to_owned();
                return bodies.reject("interrupted", problem);
            }
        };
        match next {
            Ok(Some(delivery)) => {
                is_empty = false;
                tokio::task::block_in_place(|| {
                    bodies.begin();
                    bodies.part(&delivery.origin, delivery.kind, &delivery.body);
                });
                let _ = input.ack(&delivery.token).await;
            }
            Ok(None) if is_empty => {
                let nothing = match input.skipped() {
                    0 => "there are no objects (hint: check bucket and prefix)".to_owned(),
                    n => format!("holds no logs that are read (others left out: {n})"),
                };
                return bodies.reject(url, nothing);
            }
            Ok(None) => return,
            Err(InputError::Later(problem)) => return bodies.reject("AWS", problem),
            Err(error) => {
                is_empty = false;
                bodies.reject(input.name(), error.to_string());
            }
        }
    }
}
