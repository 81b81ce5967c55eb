//! A request, as far as it can name a resource, from which the values of a format's variables are
//! taken.

use std::borrow::Cow;

use aware_core::event::{Arn, is_account_id};
use serde_json::Value;

use super::ids;
use super::leaves::{self, RequestLeaf};
use super::naming::{CERTAIN_FITNESS, FormatVariable};
use super::place::CallPlace;

/// A request's values.
#[derive(Debug, Default)]
pub(super) struct RequestValues<'e> {
    leaves: Vec<RequestLeaf<'e>>,
}

impl<'e> RequestValues<'e> {
    pub(super) fn read_request(request: Option<&'e Value>, place: &CallPlace<'_>) -> Self {
        let mut leaves = leaves::collect_leaves(request);
        let mut derived = Vec::new();
        for leaf in &mut leaves {
            if let Some(whole) = whole_name(leaf, place) {
                leaf.value = Cow::Owned(whole);
            }
            if leaf.is_arn() {
                cut_iterator(&mut leaf.value);
                derived.extend(id_within(leaf, place));
            } else if let Some(other) = derive_leaf(leaf, place) {
                derived.push(other);
            }
        }
        leaves.extend(derived);
        leaves.retain(|leaf| !leaf.value.contains("://"));
        Self { leaves }
    }

    /// Every value, outer ones first.
    pub(super) fn all_leaves(&self) -> &[RequestLeaf<'e>] {
        &self.leaves
    }

    /// The values that are ARNs, and the queue that a URL names.
    pub(super) fn named_arns(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().filter(|leaf| leaf.is_arn()).map(|leaf| &*leaf.value)
    }

    /// The value of a format's variable: that of the key that names it best.
    pub(super) fn find_value(&self, variable: &str, kind: &str) -> Option<String> {
        let wanted = FormatVariable::new(variable, "", kind, true);
        let mut best: Option<(u32, &RequestLeaf<'_>)> = None;
        for leaf in self.leaves.iter().filter(|leaf| is_name(leaf)) {
            let fitness = wanted.rate_key(leaf, true);
            // Only part of the variable's name, such as `family`, is too little to name the
            // resource of a refusal.
            let has_ending = ["name", "id", "identifier"].iter().any(|end| leaf.key.ends_with(end));
            if fitness < CERTAIN_FITNESS && !has_ending {
                continue;
            }
            if fitness > best.map_or(0, |(most, _)| most) {
                best = Some((fitness, leaf));
            }
        }
        best.map(|(_, leaf)| value_in_arn(variable, &leaf.value).into_owned())
    }
}

/// Whether a value is a name: neither an ARN nor an alias of a key.
pub(super) fn is_name(leaf: &RequestLeaf<'_>) -> bool {
    !leaf.is_arn() && (!leaf.value.starts_with("alias/") || leaf.key == "aliasname")
}

/// A value in the form that ARNs use.
///
/// Source: service authorization reference: parameters' ARNs lack the first slash; the scope of
/// WAF's ARNs is `global` or `regional`.
pub(super) fn value_in_arn<'v>(variable: &str, value: &'v str) -> Cow<'v, str> {
    match variable {
        "ParameterNameWithoutLeadingSlash" => Cow::Borrowed(value.trim_start_matches('/')),
        "Scope" if value.eq_ignore_ascii_case("cloudfront") => Cow::Borrowed("global"),
        "Scope" if value.eq_ignore_ascii_case("regional") => Cow::Borrowed("regional"),
        "UrlEncodedResourceARN" => Cow::Owned(value.replace(':', "%3A").replace('/', "%2F")),
        "Alias" => Cow::Borrowed(value.strip_prefix("alias/").unwrap_or(value)),
        _ => Cow::Borrowed(value),
    }
}

/// A stream's shard iterator is the stream's ARN, followed by `|` and a position.
fn cut_iterator(value: &mut Cow<'_, str>) {
    if let Some((arn, _)) = value.split_once('|') {
        *value = Cow::Owned(arn.to_owned());
    }
}

/// The meaning of a value that contains more than a name: the ARN for a name with its revision or
/// account, the id at the end of a path.
///
/// Source: API references of ECS (`taskDefinition`: `family:revision`), Lambda (`FunctionName`, the
/// partial ARN) and Route 53 (`Id`: `/hostedzone/Z…`).
fn whole_name(leaf: &RequestLeaf<'_>, place: &CallPlace<'_>) -> Option<String> {
    let (partition, region) = (place.partition(), place.region);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match leaf.key.as_str() {
        "taskdefinition" => {
            let (family, revision) = leaf.value.split_once(':')?;
            let is_here = !region.is_empty() && !place.account.is_empty() && is_number(revision);
            is_here.then(|| {
                let account = place.account;
                format!(
                    "arn:{partition}:ecs:{region}:{account}:task-definition/{family}:{revision}"
                )
            })
        }
        "functionname" => {
            let (account, name) = leaf.value.split_once(":function:")?;
            let is_here = is_account_id(account) && !region.is_empty();
            is_here.then(|| format!("arn:{partition}:lambda:{region}:{account}:function:{name}"))
        }
        "id" | "hostedzoneid" | "healthcheckid" | "delegationsetid" => {
            let kinds = ["/hostedzone/", "/healthcheck/", "/delegationset/", "/change/"];
            kinds.iter().find_map(|kind| leaf.value.strip_prefix(kind)).map(str::to_owned)
        }
        _ => None,
    }
}

/// The id from an ARN that was given where an id is expected, as in `instanceId`, if the ARN is in
/// the same place.
fn id_within<'e>(leaf: &RequestLeaf<'e>, place: &CallPlace<'_>) -> Option<RequestLeaf<'e>> {
    let noun = leaf.key.strip_suffix("id")?;
    let arn = Arn::parse(&leaf.value)?;
    let (kind, id) = arn.resource().split_once(['/', ':'])?;
    let is_here = arn.account() == place.account && arn.region() == place.region;
    let is_one = !id.is_empty() && !id.contains(['/', ':', '*', '?']);
    (is_here && is_one && leaves::plain_letters(kind) == noun)
        .then(|| RequestLeaf { value: Cow::Owned(id.to_owned()), ..leaf.clone() })
}

/// What a value implies: the queue of a URL, the project of a build, the model of an inference
/// profile.
fn derive_leaf<'e>(leaf: &RequestLeaf<'e>, place: &CallPlace<'_>) -> Option<RequestLeaf<'e>> {
    let with = |key: &str, value: String| {
        Some(RequestLeaf { key: key.to_owned(), value: Cow::Owned(value), ..leaf.clone() })
    };
    match leaf.key.as_str() {
        "queueurl" | "deadletterqueueurl" => with("queuearn", queue_arn(&leaf.value, place)?),
        // Source: CodeBuild API reference: a build's id is `project:number`.
        "id" | "buildid" | "buildbatchid" => {
            let (project, number) = leaf.value.split_once(':')?;
            (!number.contains(':')).then(|| with("projectname", project.to_owned())).flatten()
        }
        "modelid" => with("modelid", ids::base_model(&leaf.value)?.to_owned()),
        _ => None,
    }
}

/// The queue of `https://sqs.eu-west-1.amazonaws.com/111122223333/jobs`.
fn queue_arn(url: &str, place: &CallPlace<'_>) -> Option<String> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let (account, name) = path.split_once('/')?;
    let region = host.strip_prefix("sqs.").and_then(|rest| rest.split('.').next());
    let region = region.filter(|region| region.contains('-')).unwrap_or(place.region);
    let plain = !name.is_empty() && !name.contains(['/', '?', '*', ':']);
    (is_account_id(account) && plain)
        .then(|| format!("arn:{}:sqs:{region}:{account}:{name}", place.partition()))
}

/// The alias by which a request names a KMS key, if it does.
pub(crate) fn key_alias(request: Option<&Value>) -> Option<&str> {
    let alias = request?.get("keyId")?.as_str()?;
    alias.starts_with("alias/").then_some(alias)
}
