//! The condition keys that every service has, and the types of their values.
//!
//! Source: IAM user guide, "AWS global condition context keys" (September 2026).

use aware_core::near::slips;

use crate::catalogue::Catalogue;

/// The type of a key's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    Text,
    Arn,
    Bool,
    Number,
    Date,
    Address,
    Binary,
    /// Seconds since 1970, which both date and numeric operators accept.
    DateOrNumber,
    /// The table does not say.
    Unknown,
}

/// A condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyType {
    /// As AWS spells it; a tag's key appears as `${TagKey}`.
    pub(super) name: String,
    pub(super) values: ValueType,
    /// Whether a request may have several values of it.
    pub(super) is_list: bool,
}

macro_rules! keys {
    ($($kind:ident $list:literal: $($name:literal)*;)*) => {
        &[$($(($name, ValueType::$kind, $list),)*)*]
    };
}

/// The keys; those that end with a slash are followed by a tag's key.
const GLOBAL: &[(&str, ValueType, bool)] = keys! {
    Text false: "aws:PrincipalAccount" "aws:PrincipalOrgID" "aws:PrincipalTag/"
        "aws:PrincipalServiceName" "aws:PrincipalType" "aws:userid" "aws:username"
        "aws:FederatedProvider" "aws:SourceIdentity" "aws:SourceVpc" "aws:SourceVpce"
        "aws:VpceAccount" "aws:VpceOrgID" "aws:ResourceAccount" "aws:ResourceOrgID"
        "aws:ResourceTag/" "aws:CalledViaFirst" "aws:CalledViaLast" "aws:referer"
        "aws:RequestedRegion" "aws:RequestTag/" "aws:SourceAccount" "aws:SourceOrgID"
        "aws:UserAgent" "aws:Ec2InstanceSourceVpc" "aws:CalledViaAWSMCP" "aws:ChatbotSourceArn"
        "aws:AssumedRoot" "aws:SourceOwner";
    Text true: "aws:PrincipalOrgPaths" "aws:PrincipalServiceNamesList" "aws:VpceOrgPaths"
        "aws:ResourceOrgPaths" "aws:CalledVia" "aws:SourceOrgPaths" "aws:TagKeys";
    Arn false: "aws:PrincipalArn" "aws:SourceArn" "aws:SourceVpcArn" "aws:ARN"
        "aws:SignInSessionArn";
    Bool false: "aws:PrincipalIsAWSService" "aws:MultiFactorAuthPresent" "aws:ViaAWSService"
        "aws:SecureTransport" "aws:IsMcpServiceAction" "aws:ViaAWSMCPService";
    Number false: "aws:MultiFactorAuthAge";
    Date false: "aws:CurrentTime" "aws:TokenIssueTime";
    DateOrNumber false: "aws:EpochTime";
    Address false: "aws:SourceIp" "aws:VpcSourceIp" "aws:Ec2InstanceSourcePrivateIPv4";
};

/// Keys of one service that occur in requests to others, because the credentials came from it.
const CROSS_SERVICE: [&str; 10] = [
    "codebuild:buildarn",
    "codebuild:projectarn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "identitystore:identitystorearn",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
];

/// Whether a key can occur in requests to any service.
pub(super) fn is_cross_service(key: &str) -> bool {
    CROSS_SERVICE.contains(&key.to_lowercase().as_str())
}

/// Whether a key comes from a token of an identity provider:
/// `token.actions.githubusercontent.com:sub`. Such keys are the provider's own, and no list of them
/// exists.
pub(super) fn is_of_provider(key: &str) -> bool {
    let prefix = key.split(':').next().unwrap_or_default();
    prefix.contains(['.', '/']) || prefix.eq_ignore_ascii_case("saml")
}

/// What is known about a condition key, ignoring case.
pub(super) fn key_type(catalogue: &Catalogue, key: &str) -> Option<KeyType> {
    global_key(key).or_else(|| service_key(catalogue, key))
}

fn global_key(key: &str) -> Option<KeyType> {
    let lower = key.to_ascii_lowercase();
    let (name, values, is_list) = GLOBAL.iter().find(|(name, ..)| {
        let name = name.to_ascii_lowercase();
        if name.ends_with('/') {
            lower.strip_prefix(&name).is_some_and(|tag| !tag.is_empty())
        } else {
            lower == name
        }
    })?;
    let tag = if name.ends_with('/') { "${TagKey}" } else { "" };
    Some(KeyType { name: format!("{name}{tag}"), values: *values, is_list: *is_list })
}

fn service_key(catalogue: &Catalogue, key: &str) -> Option<KeyType> {
    let found = catalogue.find_condition_key(key)?;
    if found.name.to_ascii_lowercase().starts_with("aws:") {
        return None;
    }
    let (is_list, kind) = match found.kind.strip_prefix("ArrayOf") {
        Some(kind) => (true, kind),
        None => (false, found.kind.as_str()),
    };
    let values = match kind.to_ascii_lowercase().as_str() {
        "string" => ValueType::Text,
        "arn" => ValueType::Arn,
        "bool" | "boolean" => ValueType::Bool,
        "numeric" | "number" | "long" | "integer" => ValueType::Number,
        "date" => ValueType::Date,
        "ipaddress" => ValueType::Address,
        "binary" => ValueType::Binary,
        _ => ValueType::Unknown,
    };
    Some(KeyType { name: found.name, values, is_list })
}

/// Whether a key lacks its tag: `aws:PrincipalTag`, `ec2:ResourceTag/`.
pub(super) fn lacks_tag(catalogue: &Catalogue, key: &str) -> bool {
    let stem = key.trim_end_matches('/');
    key_type(catalogue, stem).is_none()
        && !stem.contains('/')
        && key_type(catalogue, &format!("{stem}/x")).is_some()
}

/// The known key with the most similar name: of the same service, or of the global ones for `aws:`.
pub(super) fn nearest_key(catalogue: &Catalogue, key: &str) -> Option<String> {
    let lower = aware_core::text::clip_bytes(key, 80).0.to_ascii_lowercase();
    let (prefix, name) = lower.split_once(':')?;
    let (name, tag) = match name.split_once('/') {
        Some((name, tag)) => (name, Some(tag)),
        None => (name, None),
    };
    let known: Vec<String> = if prefix == "aws" {
        GLOBAL.iter().map(|(name, ..)| (*name).to_owned()).collect()
    } else {
        let own = catalogue.condition_keys().filter(|known| {
            known.split_once(':').is_some_and(|(of, _)| of.eq_ignore_ascii_case(prefix))
        });
        own.collect()
    };
    // Other languages write the same words with underscores and hyphens.
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    let wanted = plain(name);
    let near = known.iter().filter_map(|known| {
        let stem = known.split_once(':')?.1.split('/').next()?;
        let distance = slips(&wanted, &plain(stem));
        let is_near = distance <= 1 + stem.len() / 6 || plain(stem).starts_with(&wanted);
        is_near.then_some((distance, known))
    });
    let (_, known) = near.min()?;
    let stem = known.split('/').next().unwrap_or(known);
    Some(match (known.contains('/'), tag) {
        (true, Some(tag)) => format!("{stem}/{tag}"),
        (true, None) => format!("{stem}/KEY"),
        (false, _) => known.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_their_types() {
        let of = |key: &str| {
            key_type(Catalogue::built_in(), key).map(|key| (key.name, key.values, key.is_list))
        };
        let text = |name: &str, is_list| Some((name.to_owned(), ValueType::Text, is_list));
        assert_eq!(of("AWS:UserId"), text("aws:userid", false));
        assert_eq!(of("aws:principaltag/team"), text("aws:PrincipalTag/${TagKey}", false));
        assert_eq!(of("aws:TagKeys"), text("aws:TagKeys", true));
        assert_eq!(of("s3:prefix"), text("s3:prefix", false));
        assert_eq!(of("aws:user_id"), None);
        assert!(lacks_tag(Catalogue::built_in(), "aws:RequestTag"));
        assert!(lacks_tag(Catalogue::built_in(), "s3:ExistingObjectTag/"));
    }

    #[test]
    fn near_names() {
        for (key, near) in [
            ("aws:user_id", Some("aws:userid")),
            ("aws:PrincipleOrgID", Some("aws:PrincipalOrgID")),
            ("aws:sourceipaddress", None),
            ("aws:PrincipleTag/team", Some("aws:PrincipalTag/team")),
            ("s3:prefixes", Some("s3:prefix")),
        ] {
            let found = nearest_key(Catalogue::built_in(), key);
            assert_eq!(found.as_deref(), near, "{key}");
        }
    }

    #[test]
    fn every_type_of_the_catalogue_is_known() {
        let catalogue = Catalogue::built_in();
        let unknown: Vec<String> = catalogue
            .condition_keys()
            .filter(|key| !key.to_lowercase().starts_with("aws:"))
            .filter(|key| {
                key_type(catalogue, key).is_none_or(|key| key.values == ValueType::Unknown)
            })
            .collect();
        assert_eq!(unknown, Vec::<String>::new());
    }
}
