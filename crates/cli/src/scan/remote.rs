//! Buckets: `aware scan s3://bucket/prefix`.

use aware_io::aws::Aws;
use aware_io::input::s3::{self, S3Input};
use aware_io::pipeline::scan::{Filter, Scan, Seen};
use aware_io::port::{Input, InputError};

use crate::exit::Failure;

/// Lists a prefix and scans every object, many at once.
pub(super) fn scan(
    whole: &mut Scan,
    url: &str,
    filter: &Filter,
    seen: &Seen,
) -> Result<(), Failure> {
    let wrong =
        || Failure::Usage(format!("`{url}` names no bucket (hint: write s3://bucket/prefix)"));
    let (bucket, prefix) = s3::parse_url(url).ok_or_else(wrong)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let aws = Aws::default();
        let mut input = S3Input::new("scan", aws.config().await, &bucket, &prefix);
        drain(&mut input, whole, filter, seen).await;
        whole.sums.skipped += input.skipped();
    });
    Ok(())
}

async fn drain(input: &mut S3Input, whole: &mut Scan, filter: &Filter, seen: &Seen) {
    loop {
        match input.next().await {
            Ok(Some(delivery)) => {
                tokio::task::block_in_place(|| {
                    whole.body(&delivery.origin, &delivery.body, filter, seen)
                });
                let _ = input.ack(&delivery.token).await;
            }
            Ok(None) => return,
            Err(InputError::Later(problem)) => return whole.reject(input.name(), 0, problem),
            Err(error) => whole.reject(input.name(), 0, error.to_string()),
        }
    }
}
