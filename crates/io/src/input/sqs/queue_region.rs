//! The region of a queue, from its URL.

use aws_config::{Region, SdkConfig};

/// The same configuration in the queue's region. S3 sends notices only within one region.
pub(super) fn in_region_of(queue_url: &str, aws: &SdkConfig) -> SdkConfig {
    match queue_region(queue_url).filter(|_| aws.endpoint_url().is_none()) {
        Some(region) => aws.to_builder().region(Region::new(region)).build(),
        None => aws.clone(),
    }
}

/// The region of `https://sqs.REGION.amazonaws.com/…`, also in other partitions.
pub(super) fn queue_region(queue_url: &str) -> Option<String> {
    let url = url::Url::parse(queue_url).ok()?;
    let mut labels = url.host_str()?.split('.');
    let is_sqs = matches!(labels.next()?, "sqs" | "sqs-fips");
    let region = labels.next()?;
    (is_sqs && labels.next()? == "amazonaws").then(|| region.to_owned())
}
