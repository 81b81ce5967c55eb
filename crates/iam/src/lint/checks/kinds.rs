//! Checks of what a type of policy may contain, and how large it may be.

use crate::lint::check::checks;

checks! {
    NO_RESOURCE "no-resource" Error ["MISSING_RESOURCE"]
        "A statement has neither `Resource` nor `NotResource`; only trust policies need none."
        fix "an ARN, or `*`"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PRINCIPAL_IN_IDENTITY "principal-in-identity" Error ["UNSUPPORTED_PRINCIPAL"] of Identity
        "An identity-based policy names a principal, but it always applies to the identity it is attached to."
        fix "remove `Principal`, or attach the policy to the resource"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    SCP_PRINCIPAL "scp-principal" Error ["SCP_SYNTAX_ERROR_PRINCIPAL"] of Scp
        "A service control policy names a principal, which AWS does not accept."
        fix "use `aws:PrincipalArn` or `aws:PrincipalAccount` in a condition"
        bad r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}"#
        good r#"{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}"#

    RCP_ALLOW "rcp-allow" Error ["RCP_SYNTAX_ERROR_ALLOW"] of Rcp
        "A resource control policy with `Allow`, which only AWS's own `RCPFullAWSAccess` has."
        fix "use `Deny`"
        bad r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    RCP_PRINCIPAL "rcp-principal" Error ["RCP_SYNTAX_ERROR_PRINCIPAL"] of Rcp
        "A resource control policy with a principal other than `*`, or with `NotPrincipal`."
        fix "`\"Principal\": \"*\"`, and `aws:PrincipalArn` or `aws:PrincipalAccount` in a condition"
        bad r#"{"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}"#

    RCP_NOT_ACTION "rcp-not-action" Error ["RCP_SYNTAX_ERROR_NOTACTION"] of Rcp
        "A resource control policy with `NotAction`, which AWS does not accept."
        fix "list what is denied in `Action`"
        bad r#"{"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*"}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}"#

    RCP_ACTION "rcp-action" Error ["RCP_SYNTAX_ERROR_ACTION"] of Rcp
        "A resource control policy about the actions of every service: it has to name the service."
        fix "name the service, as in `s3:*`"
        bad r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#

    RCP_PRINCIPAL_KEY "rcp-principal-key" Warning ["RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY"] of Rcp
        "A resource control policy denies by a key of identities, and so denies AWS services that act for you, too: they lack the key."
        fix "add `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}`"
        bad r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}"#

    RCP_SERVICE_KEY "rcp-service-key" Warning ["RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY"] of Rcp
        "A resource control policy denies by a key of services, and so denies your identities, too: they lack the key."
        fix "add `\"Bool\": {\"aws:PrincipalIsAWSService\": \"true\"}`"
        bad r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}}}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}}"#

    RCP_NULL_CHECK "rcp-null-check" Warning ["RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK"] of Rcp
        "A resource control policy denies services by a key that some of their calls lack."
        fix "add `\"Null\": {\"aws:SourceAccount\": \"false\"}`"
        bad r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}}"#

    SIZE_IDENTITY "size-identity" Warning ["POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"]
        "An identity-based policy is over the 6,144 characters of a managed policy, white space not counted. Inline policies of a role have 10,240 together, of a group 5,120, of a user 2,048."
        fix "split it into several managed policies"
        bad r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": […6200…]}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": […5000…]}"#

    SIZE_RESOURCE "size-resource" Warning ["POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"]
        "A resource-based policy is over 20,480 characters, the most that any service accepts (for a bucket)."
        fix "allow less, or use access points"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": […20500…]}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": […19000…]}"#

    SIZE_TRUST "size-trust" Warning ["POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA"]
        "A trust policy is over 2,048 characters, white space not counted; the quota can be raised to 4,096."
        fix "trust an account, and let its policies say who"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"ArnEquals": {"aws:SourceArn": […2100…]}}}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"ArnEquals": {"aws:SourceArn": […1000…]}}}"#

    SIZE_SCP "size-scp" Error ["POLICY_SIZE_EXCEEDS_SCP_QUOTA"] of Scp
        "A service control policy is over 5,120 characters."
        fix "split it into several"
        bad r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": […5200…]}"#
        good r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": […4000…]}"#

    SIZE_RCP "size-rcp" Error ["POLICY_SIZE_EXCEEDS_RCP_QUOTA"] of Rcp
        "A resource control policy is over 5,120 characters."
        fix "split it into several"
        bad r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": […5200…]}"#
        good r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": […4000…]}"#
}
