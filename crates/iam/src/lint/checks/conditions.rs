//! Checks of condition operators and keys.

use crate::lint::check::checks;

checks! {
    KEY_FORMAT "key-format" Error ["INVALID_CONDITION_KEY_FORMAT"]
        "A condition key is not `service:name`."
        fix "`service:name`, such as `aws:SourceIp`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"team": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}"#

    UNKNOWN_GLOBAL_KEY "unknown-global-key" Error ["INVALID_GLOBAL_CONDITION_KEY"]
        "A condition key of `aws:` that does not exist: the condition never holds, or always does."
        fix "see AWS's list of global condition keys"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipleOrgID": "o-a1b2c3d4e5"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}"#

    UNKNOWN_SERVICE_KEY "unknown-service-key" Error ["INVALID_SERVICE_CONDITION_KEY"]
        "A condition key that its service does not have, or one of a service that does not exist."
        fix "the catalogue may be older; `aware iam refresh` reads a newer one"
        bad r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts", "Condition": {"StringLike": {"s3:prefixes": "2026/*"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts", "Condition": {"StringLike": {"s3:prefix": "2026/*"}}}"#

    DEPRECATED_KEY "deprecated-key" Warning ["DEPRECATED_GLOBAL_CONDITION_KEY" "UNSUPPORTED_GLOBAL_CONDITION_KEY"]
        "A condition key that AWS has replaced."
        fix "use `aws:PrincipalArn`, or `aws:SourceArn` for the resource on whose behalf a service calls"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnEquals": {"aws:ARN": "arn:aws:iam::111122223333:role/app"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}}"#

    MISSING_TAG_KEY "missing-tag-key" Error ["MISSING_TAG_KEY_IN_CONDITION"]
        "A condition on a tag does not say which tag."
        fix "add the tag's key after a slash, as in `aws:PrincipalTag/team`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}"#

    KEY_NOT_FOR_ACTION "key-not-for-action" Warning ["UNSUPPORTED_ACTION_FOR_CONDITION_KEY" "MISSING_ACTION_FOR_CONDITION_KEY"]
        "An action that never has the condition key: with `Allow` it is never allowed (or always, with `IfExists` or a negated operator)."
        fix "put the action into a statement without this condition"
        bad r#"{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::receipts", "Condition": {"StringLike": {"s3:prefix": "2026/*"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts", "Condition": {"StringLike": {"s3:prefix": "2026/*"}}}"#

    ALLOW_TAG_UNSUPPORTED "allow-tag-unsupported" Note ["ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]
        "`Allow` by `aws:ResourceTag` for an action that does not know the tags of its resource: it is never allowed."
        fix "allow it by the resource's name, in a statement of its own"
        bad r#"{"Effect": "Allow", "Action": "sns:ListTopics", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:eu-west-1:111122223333:instance/*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#

    DENY_TAG_UNSUPPORTED "deny-tag-unsupported" Security ["DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]
        "`Deny` by `aws:ResourceTag` for an action that does not know the tags of its resource: it is not denied."
        fix "deny it by the resource's name, in a statement of its own"
        bad r#"{"Effect": "Deny", "Action": "sns:ListTopics", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#

    ALLOW_NOT_ACTION_TAG "allow-not-action-tag" Note ["ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]
        "`Allow` with `NotAction` by `aws:ResourceTag`: most actions do not know the tags of their resource, and are never allowed."
        fix "list in `Action` what knows tags"
        bad r#"{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#

    DENY_NOT_ACTION_TAG "deny-not-action-tag" Security ["DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]
        "`Deny` with `NotAction` by `aws:ResourceTag`: most actions do not know the tags of their resource, and are not denied."
        fix "list in `Action` what knows tags"
        bad r#"{"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#

    OPERATOR_TYPE "operator-type" Warning ["TYPE_MISMATCH"]
        "An operator whose type does not match the key's."
        fix "use an operator of the key's type"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceIp": "203.0.113.7"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}}"#

    LIKE_ON_ARN "like-on-arn" Security ["STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"]
        "`StringLike` on a key that is an ARN: its `*` crosses colons, and so matches other accounts."
        fix "use `ArnLike` or `ArnNotLike`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}}"#

    MISSING_QUANTIFIER "missing-quantifier" Error ["MISSING_QUALIFIER"]
        "A key with several values is compared without `ForAllValues` or `ForAnyValue`."
        fix "put `ForAnyValue:` or `ForAllValues:` before the operator"
        bad r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"StringEquals": {"aws:TagKeys": "owner"}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "owner"}}}"#

    FOR_ALL_SINGLE "for-all-single" Security ["FORALLVALUES_WITH_SINGLE_VALUED_KEY"]
        "`ForAllValues` on a key with one value: it also holds if the request lacks the key."
        fix "leave `ForAllValues:` out"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalTag/team": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}"#

    FOR_ANY_AUDIENCE "for-any-audience" Security ["FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE"]
        "`ForAnyValue` on the audience of a token, which has one value."
        fix "leave `ForAnyValue:` out"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/id.example.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"ForAnyValue:StringEquals": {"id.example.com:aud": "reports"}}}"#
        good r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/id.example.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"id.example.com:aud": "reports"}}}"#

    FOR_ALL_ABSENT "for-all-absent" Warning []
        "`Allow` with `ForAllValues`, which also holds if the request lacks the key."
        fix "add `\"Null\": {\"KEY\": \"false\"}`"
        bad r#"{"Effect": "Allow", "Action": "ec2:StartInstances", "Resource": "arn:aws:ec2:eu-west-1:111122223333:instance/*", "Condition": {"ForAllValues:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}}"#
        good r#"{"Effect": "Allow", "Action": "ec2:StartInstances", "Resource": "arn:aws:ec2:eu-west-1:111122223333:instance/*", "Condition": {"ForAllValues:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}, "Null": {"aws:CalledVia": "false"}}}"#

    NULL_WITH_QUANTIFIER "null-with-quantifier" Note ["NULL_WITH_QUALIFIER"]
        "`Null` with `ForAllValues` or `ForAnyValue`, which change nothing."
        fix "use `Null` alone"
        bad r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:Null": {"aws:TagKeys": "true"}}}"#
        good r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": "true"}}}"#

    MFA_IF_EXISTS "mfa-if-exists" Security []
        "`Allow` with `BoolIfExists` on `aws:MultiFactorAuthPresent`: a long-term key has no such value, and is allowed without MFA."
        fix "use `Bool`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#

    MFA_DENY "mfa-deny" Security []
        "`Deny` with `Bool` on `aws:MultiFactorAuthPresent`: a long-term key has no such value, and is not denied."
        fix "use `BoolIfExists`"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#

    IF_EXISTS_ALLOW "if-exists-allow" Note []
        "`Allow` with `…IfExists` alone: it also holds if the request lacks the key."
        fix "leave `IfExists` out, unless you mean it"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEqualsIfExists": {"aws:PrincipalTag/team": "blue"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}"#

    NEGATED_ALLOW "negated-allow" Note []
        "`Allow` with nothing but negated operators: it also holds if the request lacks the key."
        fix "say what is allowed, or add `\"Null\": {\"KEY\": \"false\"}`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "guests"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "guests"}, "Null": {"aws:PrincipalTag/team": "false"}}}"#

    SPOOFABLE_KEY "spoofable-key" Security ["UNTRUSTWORTHY_CONDITION_KEY"]
        "A condition on what the caller writes into the request: the user agent or the referer."
        fix "use a key that AWS sets, such as `aws:SourceArn`, `aws:SourceVpce` or `aws:PrincipalArn`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:UserAgent": "reports/1.0"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f6a7b8"}}}"#

    UNPAIRED_KEY "unpaired-key" Security ["MISSING_PAIRED_CONDITION_KEYS"]
        "`aws:VpcSourceIp` without the network that the address belongs to: anyone can have a network with that address."
        fix "add `aws:SourceVpc` or `aws:SourceVpce`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}, "StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}}"#

    ATTRIBUTES_WITHOUT_SELECT "attributes-without-select" Security ["DYNAMODB_ATTRIBUTES_WITHOUT_SELECT"]
        "`dynamodb:Attributes` without `dynamodb:Select`: a request that names no attribute gets the whole item."
        fix "add `\"StringEquals\": {\"dynamodb:Select\": \"SPECIFIC_ATTRIBUTES\"}`"
        bad r#"{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "total"]}, "Null": {"dynamodb:Attributes": "false"}}}"#
        good r#"{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "total"]}, "Null": {"dynamodb:Attributes": "false"}, "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}}"#

    PREFIX_NEGATED "prefix-negated" Security ["S3_PREFIX_IN_NEGATIVE_CONTEXT"]
        "`s3:prefix` says which listings are *not* allowed: anyone who asks for a shorter prefix can still list them."
        fix "`Allow` with `StringLike`, or `Deny` with `StringNotLike`"
        bad r#"{"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts", "Condition": {"StringLike": {"s3:prefix": "private/*"}}}"#
        good r#"{"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::receipts", "Condition": {"StringNotLike": {"s3:prefix": "public/*"}}}"#
}
