//! Buckets: `s3://bucket/prefix`.

use aware_io::input::s3::{self, S3Input};
use aware_io::port::{Input, InputError};

use super::Bodies;
use crate::args::AwsOptions;
use crate::exit::Failure;

/// Lists a prefix and reads every object, many at once.
pub(super) fn read(
    bodies: &mut impl Bodies,
    url: &str,
    options: &AwsOptions,
) -> Result<(), Failure> {
    let wrong =
        || Failure::Usage(format!("`{url}` names no bucket (hint: write s3://bucket/prefix)"));
    let (bucket, prefix) = s3::parse_url(url).ok_or_else(wrong)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let aws = options.aws();
        let config = aws.regional().await.map_err(|error| Failure::Usage(error.to_string()))?;
        let mut input = S3Input::new("scan", config, &bucket, &prefix);
        let found = drain(&mut input, bodies).await;
        bodies.skip(input.skipped());
        if found == 0 && input.skipped() == 0 {
            bodies.reject(url, "no object is there (hint: check bucket and prefix)".to_owned());
        }
        Ok(())
    })
}

/// How many objects, or problems, there were.
async fn drain(input: &mut S3Input, bodies: &mut impl Bodies) -> u64 {
    let mut found = 0;
    loop {
        let next = input.next().await;
        found += u64::from(!matches!(next, Ok(None)));
        match next {
            Ok(Some(delivery)) => {
                tokio::task::block_in_place(|| {
                    bodies.begin();
                    bodies.part(&delivery.origin, &delivery.body);
                });
                let _ = input.ack(&delivery.token).await;
            }
            Ok(None) => return found,
            Err(InputError::Later(problem)) => {
                bodies.reject("AWS", problem);
                return found;
            }
            Err(error) => bodies.reject(input.name(), error.to_string()),
        }
    }
}
