//! Checks of actions: unknown ones, and those that allow much.

use crate::lint::check::checks;

checks! {
    ACTION_FORMAT "action-format" Error ["INVALID_ACTION"]
        "An action is not `service:Name`."
        fix "`service:Name`, such as `s3:GetObject`"
        bad r#"{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    UNKNOWN_SERVICE "unknown-service" Error ["INVALID_SERVICE_IN_ACTION"]
        "An action of a service that the catalogue does not know."
        fix "the catalogue may be older; `aware iam refresh` reads a newer one"
        bad r#"{"Effect": "Allow", "Action": "sqss:SendMessage", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#

    UNKNOWN_ACTION "unknown-action" Error ["INVALID_ACTION"]
        "An action that the catalogue does not know, or a pattern that matches none. The name of an API call is often not that of its action: `HeadObject` needs `s3:GetObject`."
        fix "the catalogue may be older; `aware iam refresh` reads a newer one"
        bad r#"{"Effect": "Allow", "Action": "s3:HeadObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    WILDCARD_IN_SERVICE "wildcard-in-service" Warning ["WILDCARD_IN_SERVICE_NAME"]
        "A wildcard in the name of the service: what it matches grows with AWS."
        fix "name the service"
        bad r#"{"Effect": "Deny", "Action": "s3*:DeleteBucket", "Resource": "*"}"#
        good r#"{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}"#

    FULL_ADMINISTRATION "full-administration" Security []
        "Every action on every resource, without a condition."
        fix "list what is needed; `aware policy --from activity` does, from the logs"
        bad r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    ALL_ACTIONS "all-actions" Warning []
        "All actions of a service, or of all services."
        fix "list what is needed; `aware policy` does, from activity"
        bad r#"{"Effect": "Allow", "Action": "polly:*", "Resource": "arn:aws:polly:eu-west-1:111122223333:lexicon/names"}"#
        good r#"{"Effect": "Allow", "Action": "polly:GetLexicon", "Resource": "arn:aws:polly:eu-west-1:111122223333:lexicon/names"}"#

    SENSITIVE_ACTION "sensitive-action" Note []
        "An action that raises privileges, hands out credentials, opens resources to others, or impairs defences."
        fix "keep it for those who administer, and on named resources"
        bad r#"{"Effect": "Allow", "Action": "cloudtrail:StopLogging", "Resource": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}"#
        good r#"{"Effect": "Allow", "Action": "cloudtrail:GetTrailStatus", "Resource": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}"#

    ALLOW_NOT_ACTION "allow-not-action" Warning []
        "`NotAction` with `Allow` allows every other action, including those that AWS adds tomorrow."
        fix "list what is needed in `Action`"
        bad r#"{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    REDUNDANT_ACTION "redundant-action" Note ["REDUNDANT_ACTION"]
        "An action that another pattern of the same statement matches."
        fix "remove it"
        bad r#"{"Effect": "Allow", "Action": ["s3:GetObject*", "s3:GetObjectTagging"], "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectTagging"], "Resource": "arn:aws:s3:::receipts/*"}"#

    PASS_ROLE_ON_STAR "pass-role-on-star" Security ["PASS_ROLE_WITH_STAR_IN_RESOURCE"]
        "`iam:PassRole` on every role, not narrowed by `iam:PassedToService`; other conditions do not narrow it."
        fix "name the roles, or add `\"StringEquals\": {\"iam:PassedToService\": \"lambda.amazonaws.com\"}`"
        bad r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}"#
        good r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/*", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}"#

    PASS_ROLE_BY_PATTERN "pass-role-by-pattern" Security ["PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"]
        "An action pattern that includes `iam:PassRole`, on every role."
        fix "list the actions, and name the roles that may be passed"
        bad r#"{"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/resizer", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}"#

    PASS_ROLE_NOT_ACTION "pass-role-not-action" Security ["PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOTACTION"]
        "`NotAction` that leaves `iam:PassRole` allowed on every role, and every other action that it does not name."
        fix "list what is needed in `Action`, or put `iam:PassRole` into `NotAction`"
        bad r#"{"Effect": "Allow", "NotAction": ["iam:CreateServiceLinkedRole", "sts:*"], "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PASS_ROLE_NOT_RESOURCE "pass-role-not-resource" Security ["PASS_ROLE_WITH_NOT_RESOURCE" "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE" "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE"]
        "`NotResource` allows passing every other role, including those created tomorrow."
        fix "name the roles that may be passed in `Resource`"
        bad r#"{"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::111122223333:role/admin"}"#
        good r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/resizer", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}"#

    LINKED_ROLE_ON_STAR "linked-role-on-star" Warning ["CREATE_SLR_WITH_STAR_IN_RESOURCE"]
        "`iam:CreateServiceLinkedRole` for every service."
        fix "name the role, `arn:aws:iam::*:role/aws-service-role/SERVICE/*`, or add `iam:AWSServiceName`"
        bad r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}}"#

    LINKED_ROLE_BY_PATTERN "linked-role-by-pattern" Warning ["CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"]
        "An action pattern that includes `iam:CreateServiceLinkedRole`, for every service."
        fix "list the actions, and name the service-linked roles"
        bad r#"{"Effect": "Allow", "Action": "iam:CreateServiceL*", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*"}"#

    LINKED_ROLE_NOT_ACTION "linked-role-not-action" Warning ["CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"]
        "`NotAction` that leaves `iam:CreateServiceLinkedRole` allowed for every service, and every other action that it does not name."
        fix "list what is needed in `Action`"
        bad r#"{"Effect": "Allow", "NotAction": ["iam:PassRole", "sts:*"], "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    LINKED_ROLE_NOT_RESOURCE "linked-role-not-resource" Warning ["CREATE_SLR_WITH_NOT_RESOURCE" "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE" "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE"]
        "`NotResource` allows service-linked roles of every other service."
        fix "name the service-linked roles in `Resource`"
        bad r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "NotResource": "arn:aws:iam::111122223333:role/admin"}"#
        good r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*"}"#
}
