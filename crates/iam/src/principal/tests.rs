//! Names of principals, and which policies belong to them.

use super::*;

#[test]
fn named_principals() {
    let cases = [
        (
            "arn:aws:sts::111122223333:assumed-role/app/run-1",
            IdentityKind::Role,
            Some("arn:aws:iam::111122223333:role/app"),
        ),
        (
            "arn:aws-cn:iam::111122223333:user/team/carol",
            IdentityKind::User,
            Some("arn:aws-cn:iam::111122223333:user/team/carol"),
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Read_Only_0a1b/carol@a.example",
            IdentityKind::PermissionSet("Read_Only".to_owned()),
            Some("arn:aws:iam::111122223333:role/AWSReservedSSO_Read_Only_0a1b"),
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForECS/ecs",
            IdentityKind::Role,
            Some("arn:aws:iam::111122223333:role/AWSServiceRoleForECS"),
        ),
        (
            "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            IdentityKind::ServiceLinked,
            Some(
                "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            ),
        ),
        (
            "arn:aws:iam::111122223333:root",
            IdentityKind::Root,
            Some("arn:aws:iam::111122223333:root"),
        ),
        ("with accountId: 111122223333", IdentityKind::Account, None),
        ("sns.amazonaws.com", IdentityKind::Service, None),
        ("***", IdentityKind::Unknown, None),
    ];
    for (name, kind, arn) in cases {
        let identity = PrincipalIdentity::from_name(name);
        assert_eq!((identity.kind, identity.arn.as_deref()), (kind, arn), "{name}");
    }
}

#[test]
fn others() {
    let own = PrincipalIdentity {
        path_unknown: false,
        ..PrincipalIdentity::from_name("arn:aws:iam::111122223333:role/team/app")
    };
    let cases = [
        ("arn:aws:sts::111122223333:assumed-role/app/run-1", false),
        ("arn:aws:sts::***:assumed-role/app/run-1", false),
        ("arn:aws:sts::111122223333:assumed-role/exec/run-1", true),
        ("arn:aws:sts::444455556666:assumed-role/app/run-1", true),
        ("arn:aws:iam::111122223333:user/app", true),
        ("with accountId: 444455556666", false),
        ("sns.amazonaws.com", false),
        ("", false),
    ];
    for (name, expected) in cases {
        assert_eq!(own.is_other(&PrincipalIdentity::from_name(name)), expected, "{name}");
    }
    assert!(PrincipalIdentity::from_name("").is_other(&own));
}

#[test]
fn subjects_of_ci_jobs() {
    let cases = [
        ("repo:octo/shop:ref:refs/heads/main", Some("octo/shop"), Some("main")),
        ("repo:octo/shop:environment:prod", Some("octo/shop"), Some("prod")),
        ("repo:octo/shop:pull_request", Some("octo/shop"), Some("pull request")),
        ("project_path:group/app:ref_type:branch:ref:dev", Some("group/app"), Some("dev")),
        ("organization:acme:project:core:workspace:web:run_phase:apply", Some("acme/web"), None),
        ("system:serviceaccount:shop:checkout", Some("service account shop/checkout"), None),
        ("anything", None, None),
    ];
    for (subject, repository, reference) in cases {
        let web = WebIdentity::new("arn:aws:iam::111122223333:oidc-provider/id.example", subject);
        assert_eq!(web.provider, "id.example");
        assert_eq!(
            (web.repository.as_deref(), web.reference.as_deref()),
            (repository, reference),
            "{subject}"
        );
    }
}
