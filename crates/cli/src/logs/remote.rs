//! Reads buckets: `s3://bucket/prefix`.

use std::sync::Arc;

use aware_io::compose::{self, S3Input};
use aware_io::input::s3::{self, ObjectChoice};
use aware_pipeline::port::{Input, InputError};

use super::BodySink;
use crate::args::AwsOptions;
use crate::exit::CommandFailure;
use crate::interrupt;

/// Lists a prefix and reads every object, or every one that is wanted, concurrently.
pub(super) fn read_bucket(
    bodies: &mut impl BodySink,
    url: &str,
    options: &AwsOptions,
    wants: Option<&ObjectChoice>,
) -> Result<(), CommandFailure> {
    let wrong = || {
        CommandFailure::Usage(format!(
            "`{url}` does not name a bucket (hint: write s3://bucket/prefix)"
        ))
    };
    let (bucket, prefix) = s3::parse_s3_url(url).ok_or_else(wrong)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let aws = options.aws_session();
        let config = aws
            .regional_config()
            .await
            .map_err(|error| CommandFailure::Usage(error.to_string()))?;
        let mut input = compose::stored_objects(config, &bucket, &prefix);
        if let Some(wants) = wants {
            input = input.with_choice(Arc::clone(wants));
        }
        drain_objects(url, &mut input, bodies, wants.is_none()).await;
        bodies.skip_objects(input.skipped());
        Ok(())
    })
}

/// `needs_some` says whether it is a problem if there are no objects.
async fn drain_objects(
    url: &str,
    input: &mut S3Input,
    bodies: &mut impl BodySink,
    needs_some: bool,
) {
    let mut is_empty = needs_some;
    loop {
        let next = tokio::select! {
            next = input.next_delivery() => next,
            () = interrupt::wait_for_interrupt() => {
                let problem = "not all objects were read".to_owned();
                return bodies.take_reject("interrupted", problem);
            }
        };
        match next {
            Ok(Some(delivery)) => {
                is_empty = false;
                tokio::task::block_in_place(|| {
                    bodies.begin_body();
                    bodies.take_part(&delivery.origin, delivery.kind, &delivery.body);
                });
                let _ = input.ack_delivery(&delivery.token).await;
            }
            Ok(None) if is_empty => {
                let nothing = match input.skipped() {
                    0 => "there are no objects (hint: check bucket and prefix)".to_owned(),
                    n => format!("holds no logs that are read (others left out: {n})"),
                };
                return bodies.take_reject(url, nothing);
            }
            Ok(None) => return,
            Err(InputError::Later(problem)) => return bodies.take_reject("AWS", problem),
            Err(error) => {
                is_empty = false;
                bodies.take_reject(input.name(), error.to_string());
            }
        }
    }
}
