//! Resources that no ARN format describes: the caller's own user, a service-linked role, the model
//! behind an inference profile, an API's path, resources created with tags.

use aware_core::event::{Event, PrincipalKind};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::parts::request_text;
use crate::resource::{FoundResource, ResourceOrigin, base_model};

/// The resources of an action, corrected for the services that name them in another way.
pub(super) fn adjust_resources(
    action: &str,
    found: Vec<FoundResource>,
    event: &Event,
) -> Vec<FoundResource> {
    let service = action.split(':').next().unwrap_or_default();
    match service {
        "iam" if action == "iam:CreateServiceLinkedRole" => linked_role(event).unwrap_or(found),
        "iam" => own_user(found, event),
        "bedrock" => add_global_models(add_region_models(found, event)),
        "ssm" => found.into_iter().map(public_parameter).collect(),
        "s3" => access_point(found, event),
        _ => found,
    }
}

/// A user who names no user acts on their own.
///
/// Source: IAM API reference, `GetUser`, `CreateAccessKey`: "If you do not specify a user name".
fn own_user(mut found: Vec<FoundResource>, event: &Event) -> Vec<FoundResource> {
    let is_user = event.principal.kind == PrincipalKind::IamUser;
    let Some(arn) = event.principal.arn.as_deref().filter(|_| is_user) else { return found };
    for one in &mut found {
        let is_open = one.origin == ResourceOrigin::Pattern && one.kind.as_deref() == Some("user");
        let names_by_key =
            request_text(field::REQUEST.find_in(&event.record), "userName").is_some();
        if is_open && !names_by_key {
            *one = one.with_arn(arn);
        }
    }
    found
}

/// Source: IAM user guide, "Service-linked role permissions": these roles are below
/// `aws-service-role/SERVICE/`.
fn linked_role(event: &Event) -> Option<Vec<FoundResource>> {
    let service = request_text(field::REQUEST.find_in(&event.record), "awsServiceName")?;
    let is_plain =
        service.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let place =
        crate::resource::CallPlace { region: &event.region, account: event.account.as_deref()? };
    let arn = format!(
        "arn:{}:iam::{}:role/aws-service-role/{service}/*",
        place.partition(),
        place.account
    );
    is_plain.then(|| vec![FoundResource::from_pattern(&arn, "role")])
}

/// An inference profile may route a call to another Region, which the log shows.
///
/// Source: Bedrock user guide, "Prerequisites for inference profiles": the policy must allow the
/// model in every Region that a call may go to.
fn add_region_models(mut found: Vec<FoundResource>, event: &Event) -> Vec<FoundResource> {
    let region =
        event.record.get("additionalEventData").and_then(|data| data.get("inferenceRegion"));
    let Some(region) = region.and_then(Value::as_str).filter(|region| *region != event.region)
    else {
        return found;
    };
    let is_plain = region
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let models: Vec<FoundResource> = found
        .iter()
        .filter(|one| one.kind.as_deref() == Some("foundation-model") && is_plain)
        .map(|one| {
            one.with_arn(&one.name.replace(&format!(":{}:", event.region), &format!(":{region}:")))
        })
        .collect();
    found.extend(models);
    found
}

/// AWS also checks a global inference profile on the model without a Region.
///
/// Source: Bedrock user guide, "Prerequisites for inference profiles", global cross-Region
/// inference.
fn add_global_models(mut found: Vec<FoundResource>) -> Vec<FoundResource> {
    let models: Vec<FoundResource> = found
        .iter()
        .filter_map(|one| {
            let (start, profile) = one.name.split_once(":inference-profile/")?;
            let model = base_model(profile).filter(|_| profile.starts_with("global."))?;
            let partition = start.split(':').nth(1)?;
            let arn = format!("arn:{partition}:bedrock:::foundation-model/{model}");
            Some(FoundResource::from_arn(&arn, "foundation-model"))
        })
        .collect();
    found.extend(models);
    found
}

/// Public parameters, which AWS publishes, belong to no account.
///
/// Source: Systems Manager user guide, "Working with public parameters".
fn public_parameter(one: FoundResource) -> FoundResource {
    let mut parts: Vec<&str> = one.name.splitn(6, ':').collect();
    let is_public = parts.last().is_some_and(|name| name.starts_with("parameter/aws/service/"));
    match parts.get_mut(4).filter(|_| is_public && one.whole) {
        Some(account) => {
            *account = "";
            one.with_arn(&parts.join(":"))
        }
        None => one,
    }
}

/// An access point takes the bucket's place: its objects are below it.
///
/// Source: S3 user guide, "Configuring IAM policies for using access points".
fn access_point(found: Vec<FoundResource>, event: &Event) -> Vec<FoundResource> {
    let request = field::REQUEST.find_in(&event.record);
    let point = request_text(request, "bucketName").filter(|name| name.contains(":accesspoint/"));
    let Some(point) = point else { return found };
    let of_point = |one: FoundResource| {
        // The source of a copy is named elsewhere.
        let is_it = one.name.starts_with("arn:") && one.name.split(':').nth(2) == Some("s3");
        let is_source = one.name.contains(":accesspoint/") && !one.name.starts_with(point);
        match request_text(request, "key").filter(|_| is_it && !is_source) {
            Some(key) if one.name.contains("/") => one.with_arn(&format!("{point}/object/{key}")),
            _ => one,
        }
    };
    found.into_iter().map(of_point).collect()
}

/// The resources that EC2 creates with tags: one pattern per type in `tagSpecificationSet`.
pub(super) fn tag_resources(request: Option<&Value>, event: &Event) -> Vec<FoundResource> {
    let fields = request.and_then(Value::as_object).into_iter().flatten();
    let given = fields.filter(|(key, _)| key.to_ascii_lowercase().starts_with("tagspecification"));
    let mut kinds = Vec::new();
    given.for_each(|(_, value)| collect_resource_types(value, 4, &mut kinds));
    kinds.sort_unstable();
    kinds.dedup();
    let account = event.account.as_deref().unwrap_or_default();
    let place = crate::resource::CallPlace { region: &event.region, account };
    let arn =
        |kind: &str| format!("arn:{}:ec2:{}:{account}:{kind}/*", place.partition(), event.region);
    kinds.into_iter().map(|kind| FoundResource::from_pattern(&arn(kind), kind)).collect()
}

fn collect_resource_types<'v>(value: &'v Value, depth: usize, kinds: &mut Vec<&'v str>) {
    if depth == 0 || kinds.len() >= 32 {
        return;
    }
    match value {
        Value::Array(list) => {
            list.iter().for_each(|item| collect_resource_types(item, depth - 1, kinds))
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                let is_plain =
                    |kind: &str| kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                match item.as_str().filter(|kind| is_plain(kind) && !kind.is_empty()) {
                    Some(kind) if key.eq_ignore_ascii_case("resourceType") => kinds.push(kind),
                    _ => collect_resource_types(item, depth - 1, kinds),
                }
            }
        }
        _ => {}
    }
}
