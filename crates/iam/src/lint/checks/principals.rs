//! Checks of principals, and of whom a role trusts.

use crate::lint::check::checks;

checks! {
    NO_PRINCIPAL "no-principal" Error ["MISSING_PRINCIPAL"]
        "A statement of a resource-based, trust or resource control policy names no principal."
        fix "add `Principal`, such as `{\"AWS\": \"111122223333\"}`"
        bad r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::receipts/*"}]}"#
        good r#"{"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PRINCIPAL_FORMAT "principal-format" Error ["INVALID_PRINCIPAL_FORMAT"]
        "AWS does not accept a name under `AWS` or `CanonicalUser`: groups and policies are not principals."
        fix "an account's 12 digits, or the ARN of a user, role or session"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:group/readers"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PRINCIPAL_WILDCARD "principal-wildcard" Error ["UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
        "A wildcard within a principal, which AWS does not accept: only a lone `*` is allowed."
        fix "name the account, and narrow it with `aws:PrincipalArn` in a condition"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reader-*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/reader-*"}}}"#

    ROLE_REFERENCE "role-reference" Warning ["INVALID_ROLE_REFERENCE"]
        "A role's unique id as a principal: what remains after the role has been deleted."
        fix "name the role's ARN"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    USER_REFERENCE "user-reference" Warning ["INVALID_USER_REFERENCE"]
        "A user's unique id as a principal: what remains after the user has been deleted."
        fix "name the user's ARN"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "AIDAJQABLZS4A3QDU576Q"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    SERVICE_PRINCIPAL "service-principal" Error ["INVALID_SERVICE_PRINCIPAL_FORMAT"]
        "A name under `Service` is not that of a service principal."
        fix "a service principal is written as `lambda.amazonaws.com`"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "lambda"}, "Action": "sts:AssumeRole"}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#

    FEDERATED_ELSEWHERE "federated-elsewhere" Error ["FEDERATED_PRINCIPAL_NOT_SUPPORTED"]
        "A federated principal in a policy other than a trust policy."
        fix "let the provider's users assume a role, and name the role"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/office"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/office"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    FEDERATED_FORMAT "federated-format" Error ["INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"]
        "A federated principal is neither a provider's ARN nor a domain."
        fix "the ARN of a SAML or OIDC provider, or a domain such as `cognito-identity.amazonaws.com`"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "office"}, "Action": "sts:AssumeRoleWithSAML"}"#
        good r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/office"}, "Action": "sts:AssumeRoleWithSAML"}"#

    ALLOW_NOT_PRINCIPAL "allow-not-principal" Security ["ALLOW_WITH_NOT_PRINCIPAL"]
        "`NotPrincipal` with `Allow` allows everybody else, including anonymous callers."
        fix "name the intended principals in `Principal`"
        bad r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#

    PUBLIC_PRINCIPAL "public-principal" Security []
        "Everybody is allowed, without a condition or under one that everybody can meet: TLS, a user agent, anything except one account."
        fix "name the intended principals, or add a condition such as `aws:PrincipalOrgID`"
        bad r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*"}"#
        good r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}"#

    SERVICE_SOURCE "service-source" Security ["RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"]
        "A service is allowed, whoever it acts for: another customer of the service can use it (the confused deputy)."
        fix "add `aws:SourceArn` or `aws:SourceAccount` as a condition"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs", "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:news"}}}"#

    SERVICE_SOURCE_KEY "service-source-key" Note ["RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"]
        "A service is allowed under conditions that do not say for whom it acts."
        fix "add `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#

    KEY_NOT_FOR_SERVICE "key-not-for-service" Error ["UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"]
        "A service is allowed under a condition on an identity's key, which a service principal does not have: the condition never holds."
        fix "use `aws:SourceAccount` or `aws:SourceOrgID`"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:SourceAccount": "111122223333"}}}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs", "Condition": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}}"#

    IRRELEVANT_KEY "irrelevant-key" Note ["IRRELEVANT_CONDITION_KEY_IN_POLICY"]
        "A condition on the resource's owner in that resource's own policy: it always has the same value."
        fix "use the key in identity-based policies"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"s3:ResourceAccount": "111122223333"}}}"#
        good r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", "Condition": {"StringEquals": {"s3:ResourceAccount": "111122223333"}}}"#

    TRUST_RESOURCE "trust-resource" Error ["ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE"]
        "A trust policy names a resource: it is always about its own role."
        fix "remove `Resource`"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole", "Resource": "*"}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#

    TRUST_NOT_PRINCIPAL "trust-not-principal" Error ["ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL"]
        "A trust policy with `NotPrincipal`, which AWS does not accept there."
        fix "name in `Principal` who may assume the role"
        bad r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole"}"#

    TRUST_WILDCARD "trust-wildcard" Error ["ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]
        "A trust policy that lets everybody of any account assume the role."
        fix "name who may assume the role"
        bad r#"{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole"}"#

    TRUST_ACTION "trust-action" Error ["UNSUPPORTED_ACTION_IN_POLICY"]
        "A trust policy allows something other than assuming the role and tagging its session."
        fix "one of `sts:AssumeRole`, `sts:AssumeRoleWithSAML`, `sts:AssumeRoleWithWebIdentity`, `sts:TagSession`, `sts:SetSourceIdentity`, `sts:SetContext`"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:GetCallerIdentity"]}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#

    TRUST_MISMATCH "trust-mismatch" Error ["MISMATCHED_ACTION_FOR_PRINCIPAL"]
        "The principals cannot use the action: `AssumeRoleWithSAML` is for SAML providers, `AssumeRoleWithWebIdentity` for OIDC providers, `AssumeRole` for neither."
        fix "use the action that goes with the principal"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/office"}, "Action": "sts:AssumeRole"}"#
        good r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/office"}, "Action": "sts:AssumeRoleWithSAML"}"#

    OIDC_CONDITION "oidc-condition" Security ["MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"]
        "A role trusts an OIDC provider without a condition on its tokens: everybody who has a token of that provider can assume it."
        fix "add a condition on the provider's `:aud` and `:sub`"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/id.example.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}"#
        good r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/id.example.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"id.example.com:sub": "reports"}}}"#

    GITHUB_REPOSITORY "github-repository" Security ["MISSING_GITHUB_REPO_CONDITION_KEY"]
        "A role trusts GitHub's tokens for any repository, or for owners whose name is open because of a wildcard."
        fix "add `\"token.actions.githubusercontent.com:sub\": \"repo:ORG/REPOSITORY:ref:refs/heads/main\"`"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}"#
        good r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:example/site:ref:refs/heads/main"}}}"#

    GITHUB_WILDCARD "github-wildcard" Warning ["SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"]
        "A role trusts GitHub's tokens for several repositories or branches, because their subject has a wildcard."
        fix "name the repository and the branch"
        bad r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/*"}}}"#
        good r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:example/site:ref:refs/heads/main"}}}"#

    ROLES_ANYWHERE "roles-anywhere" Error ["MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY"]
        "A role trusts IAM Roles Anywhere without all three actions that it needs."
        fix "`sts:AssumeRole`, `sts:SetSourceIdentity` and `sts:TagSession`"
        bad r#"{"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": "sts:AssumeRole"}"#
        good r#"{"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]}"#

    REDUNDANT_PRINCIPAL "redundant-principal" Note ["REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"]
        "A role's session is named as well as the role itself."
        fix "remove the session"
        bad r#"{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/deployer", "arn:aws:sts::111122223333:assumed-role/deployer/build"]}, "Action": "sts:AssumeRole"}"#
        good r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole"}"#
}
