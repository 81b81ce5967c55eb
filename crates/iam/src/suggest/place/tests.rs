//! Whose place a path names.

use super::*;

const ID: &str = "AROAQ2TTTT7EXAMPLE001";

fn instance<'e>() -> CallerNames<'e> {
    CallerNames {
        user_id: Some("AROAQ2TTTT7EXAMPLE001:i-0123456789abcdef0"),
        session: Some("i-0123456789abcdef0"),
        account: Some("222233334444"),
        ..CallerNames::default()
    }
}

fn nadia<'e>() -> CallerNames<'e> {
    CallerNames {
        user_id: Some("AIDAQ2TTTT7EXAMPLE002"),
        user_name: Some("nadia"),
        account: Some("222233334444"),
        tags: vec![("team", "parcels")],
        ..CallerNames::default()
    }
}

fn pattern(caller: &CallerNames<'_>, arn: &str) -> String {
    match find_place_owner(caller, arn) {
        PlaceOwner::Own { pattern, .. } => pattern,
        PlaceOwner::Nobodys => "nobody's".to_owned(),
        PlaceOwner::Others(other) => format!("{}: {}", other.label, other.name),
    }
}

#[test]
fn an_instance_s_own_place_has_the_variable() {
    let own = format!("{ID}:i-0123456789abcdef0");
    for (arn, written) in [
        (format!("arn:aws:s3:::spool/{own}/a.gz"), "arn:aws:s3:::spool/${aws:userid}/*"),
        (format!("arn:aws:s3:::spool/in/{own}/x/a.gz"), "arn:aws:s3:::spool/in/${aws:userid}/*"),
        (format!("arn:aws:s3:::spool/{own}"), "arn:aws:s3:::spool/${aws:userid}"),
        (format!("arn:aws:s3:::spool/{own}.log"), "arn:aws:s3:::spool/${aws:userid}.log"),
        (
            format!("arn:aws:ssm:eu-west-1:222233334444:parameter/fleet/{own}/token"),
            "arn:aws:ssm:eu-west-1:222233334444:parameter/fleet/${aws:userid}/*",
        ),
    ] {
        assert_eq!(pattern(&instance(), &arn), written);
    }
}

#[test]
fn another_s_place_is_told() {
    let other = format!("another instance's place: {ID}:i-0fedcba9876543210");
    for arn in [
        format!("arn:aws:s3:::spool/{ID}:i-0fedcba9876543210/a.gz"),
        format!("arn:aws:s3:::spool/in/{ID}:i-0fedcba9876543210"),
    ] {
        assert_eq!(pattern(&instance(), &arn), other, "{arn}");
    }
    for (arn, said) in [
        (
            "arn:aws:s3:::spool/AROAQ2TTTT7EXAMPLE999:worker/a",
            "another session's place: AROAQ2TTTT7EXAMPLE999:worker",
        ),
        (
            "arn:aws:s3:::spool/AROAQ2TTTT7EXAMPLE001:i-0123456789abcdef01/a",
            "another session's place: AROAQ2TTTT7EXAMPLE001:i-0123456789abcdef01",
        ),
        (
            "arn:aws:s3:::spool/i-0fedcba9876543210/a",
            "another instance's place: i-0fedcba9876543210",
        ),
        (
            "arn:aws:sqs:eu-west-1:222233334444:inbox-i-0fedcba9876543210",
            "another instance's place: i-0fedcba9876543210",
        ),
        (
            "arn:aws:logs:eu-west-1:222233334444:log-group:/fleet:log-stream:i-0fedcba9876543210",
            "another instance's place: i-0fedcba9876543210",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:222233334444:secret:AIDAQ2TTTT7EXAMPLE002/db",
            "another principal's place: AIDAQ2TTTT7EXAMPLE002",
        ),
    ] {
        assert_eq!(pattern(&instance(), arn), said);
    }
}

#[test]
fn a_session_s_bare_name_is_bound_by_a_condition() {
    let arn = "arn:aws:s3:::spool/i-0123456789abcdef0/a.gz";
    let PlaceOwner::Own { pattern, conditions } = find_place_owner(&instance(), arn) else {
        panic!("not its own")
    };
    assert_eq!(pattern, "arn:aws:s3:::spool/i-0123456789abcdef0/*");
    let id = "AROAQ2TTTT7EXAMPLE001:i-0123456789abcdef0".to_owned();
    assert_eq!(conditions, [("StringEquals", "aws:userid", id)]);
}

#[test]
fn a_user_s_place() {
    for (arn, written) in [
        ("arn:aws:s3:::people/homes/nadia/notes/a", "arn:aws:s3:::people/homes/${aws:username}/*"),
        ("arn:aws:s3:::homes/nadia/a", "arn:aws:s3:::homes/${aws:username}/*"),
        (
            "arn:aws:ssm:eu-west-1:222233334444:parameter/users/nadia",
            "arn:aws:ssm:eu-west-1:222233334444:parameter/users/${aws:username}",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:222233334444:secret:nadia-a1B2c3",
            "arn:aws:secretsmanager:eu-west-1:222233334444:secret:${aws:username}-a1B2c3",
        ),
        (
            "arn:aws:sqs:eu-west-1:222233334444:nadia",
            "arn:aws:sqs:eu-west-1:222233334444:${aws:username}",
        ),
        (
            "arn:aws:s3:::homes/teams/parcels/a",
            "arn:aws:s3:::homes/teams/${aws:PrincipalTag/team}/a",
        ),
        (
            "arn:aws:s3:::trail/AWSLogs/222233334444/x",
            "arn:aws:s3:::trail/AWSLogs/${aws:PrincipalAccount}/x",
        ),
        ("arn:aws:s3:::people/homes/omar/notes/a", "another user's place: omar"),
        ("arn:aws:s3:::people/homes/shared/a", "nobody's"),
        ("arn:aws:s3:::people/homes/a.txt", "nobody's"),
        ("arn:aws:s3:::homes/nadias/a", "nobody's"),
        ("arn:aws:iam::222233334444:user/nadia", "nobody's"),
    ] {
        assert_eq!(pattern(&nadia(), arn), written);
    }
}

#[test]
fn short_and_common_names_are_nobody_s() {
    for name in ["logs", "app", "ci", "data", "prod"] {
        let caller = CallerNames { user_name: Some(name), ..CallerNames::default() };
        assert_eq!(
            find_place_owner(&caller, &format!("arn:aws:s3:::spool/{name}/a")),
            PlaceOwner::Nobodys,
            "{name}"
        );
        let home = format!("arn:aws:s3:::spool/homes/{name}/a");
        assert!(matches!(find_place_owner(&caller, &home), PlaceOwner::Own { .. }), "{name}");
    }
    // All sessions of a function have its name.
    let function = CallerNames { session: Some("thumbnailer"), ..CallerNames::default() };
    assert_eq!(
        find_place_owner(&function, "arn:aws:s3:::spool/thumbnailer/a"),
        PlaceOwner::Nobodys
    );
    let numbered = CallerNames { session: Some("resize-2"), ..CallerNames::default() };
    let group = "arn:aws:logs:eu-west-1:222233334444:log-group:/aws/lambda/resize-1";
    assert_eq!(find_place_owner(&numbered, group), PlaceOwner::Nobodys);
}

#[test]
fn instances_are_resources_elsewhere() {
    for arn in [
        "arn:aws:ec2:eu-west-1:222233334444:instance/i-0fedcba9876543210",
        "arn:aws:ssm:eu-west-1:222233334444:managed-instance/i-0fedcba9876543210",
    ] {
        assert_eq!(find_place_owner(&instance(), arn), PlaceOwner::Nobodys);
    }
}

#[test]
fn sessions_of_one_form_and_of_persons() {
    let worker = CallerNames { session: Some("worker-17"), ..CallerNames::default() };
    assert_eq!(
        pattern(&worker, "arn:aws:s3:::spool/worker-18/a"),
        "another session's place: worker-18"
    );
    assert_eq!(pattern(&worker, "arn:aws:s3:::spool/waiter-18/a"), "nobody's");
    let person = CallerNames { session: Some("nadia@parcels.example"), ..CallerNames::default() };
    assert_eq!(
        pattern(&person, "arn:aws:s3:::homes/omar@parcels.example/a"),
        "another user's place: omar@parcels.example"
    );
    let PlaceOwner::Own { conditions, .. } =
        find_place_owner(&person, "arn:aws:s3:::homes/nadia@parcels.example/a")
    else {
        panic!("not its own")
    };
    assert_eq!(conditions, [("StringLike", "aws:userid", "*:nadia@parcels.example".to_owned())]);
}

#[test]
fn leading_keys_of_a_table() {
    let request = |key: &str| serde_json::json!({"tableName": "carts", "key": {"owner": key}});
    let PlaceOwner::Own { conditions, .. } = owner_of_keys(&nadia(), Some(&request("nadia")))
    else {
        panic!("not its own")
    };
    assert_eq!(
        conditions,
        [("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "${aws:username}".to_owned())]
    );
    let other = request("AROAQ2TTTT7EXAMPLE001:i-0fedcba9876543210");
    assert!(matches!(owner_of_keys(&instance(), Some(&other)), PlaceOwner::Others(_)));
    assert_eq!(owner_of_keys(&nadia(), Some(&request("order-7"))), PlaceOwner::Nobodys);
}

#[test]
fn what_may_be_somebody_s_is_looked_at_in_full() {
    let may = |arn: &str| may_be_somebodys(Some("worker-17"), None, arn);
    for arn in [
        "arn:aws:s3:::spool/AROAQ2TTTT7EXAMPLE001:worker-18/a",
        "arn:aws:s3:::spool/worker-17/a",
        "arn:aws:s3:::spool/worker-18/a",
        "arn:aws:s3:::trail/AWSLogs/222233334444/a",
    ] {
        assert!(may(arn), "{arn}");
    }
    assert!(!may("arn:aws:s3:::spool/in/a.csv"));
}

#[test]
fn an_encoded_name_is_a_name() {
    for arn in [
        format!("arn:aws:s3:::spool/{ID}%3Ai-0fedcba9876543210/a"),
        format!("arn:aws:s3:::spool/{ID}%253Ai-0fedcba9876543210/a"),
        "arn:aws:s3:::spool/x%2Fi-0fedcba9876543210%2Fa".to_owned(),
        "arn:aws:s3:::spool/I-0FEDCBA9876543210/a".to_owned(),
    ] {
        assert!(matches!(find_place_owner(&instance(), &arn), PlaceOwner::Others(_)), "{arn}");
    }
    // The caller's own name, encoded, stands for itself and nothing wider; a percent sign is not a
    // name.
    for arn in [
        format!("arn:aws:s3:::spool/{ID}%3Ai-0123456789abcdef0/a"),
        "arn:aws:s3:::spool/100%/a".to_owned(),
    ] {
        assert!(!matches!(find_place_owner(&instance(), &arn), PlaceOwner::Others(_)), "{arn}");
    }
}

#[test]
fn the_prefix_of_a_listing_is_a_place() {
    let bucket = "arn:aws:s3:::spool";
    let of_prefix = |prefix: &str| {
        requests::owner_of_prefix(&instance(), bucket, Some(&serde_json::json!({"prefix": prefix})))
    };
    assert!(matches!(of_prefix(&format!("{ID}:i-0fedcba9876543210/")), PlaceOwner::Others(_)));
    let PlaceOwner::Own { pattern, .. } = of_prefix(&format!("{ID}:i-0123456789abcdef0/in/"))
    else {
        panic!("not its own")
    };
    assert_eq!(pattern, "${aws:userid}/*");
    assert_eq!(of_prefix("in/2026/"), PlaceOwner::Nobodys);
    let request = serde_json::json!({"prefix": "homes/omar/"});
    assert!(find_other_place(&nadia(), bucket, Some(&request)).is_some());
    let request = serde_json::json!({"prefix": "homes/omar/2026"});
    assert!(find_other_place(&nadia(), bucket, Some(&request)).is_some());
}

#[test]
fn the_keys_of_every_request_on_a_table() {
    let other = "i-0fedcba9876543210";
    for request in [
        serde_json::json!({"item": {"id": {"S": other}}}),
        serde_json::json!({"requestItems": {"t": {"keys": [{"id": {"S": "a"}}, {"id": {"S": other}}]}}}),
        serde_json::json!({"requestItems": {"t": [{"putRequest": {"item": {"pk": {"S": other}}}}]}}),
        serde_json::json!({"transactItems": [{"delete": {"key": {"node": {"S": other}}}}]}),
        serde_json::json!({"keyConditionExpression": "id = :i", "expressionAttributeValues": {":i": {"S": other}}}),
        serde_json::json!({"keyConditions": {"id": {"attributeValueList": [{"S": other}]}}}),
    ] {
        assert!(
            matches!(owner_of_keys(&instance(), Some(&request)), PlaceOwner::Others(_)),
            "{request}"
        );
    }
    for request in [
        serde_json::json!({"item": {"id": {"S": "order-7"}, "note": {"S": other}}}),
        serde_json::json!({"tableName": other}),
    ] {
        assert_eq!(owner_of_keys(&instance(), Some(&request)), PlaceOwner::Nobodys, "{request}");
    }
}

#[test]
fn tasks_pods_and_jobs() {
    let told = |own: &'static str, path: &str| {
        let caller = CallerNames { session: Some(own), ..CallerNames::default() };
        pattern(&caller, &format!("arn:aws:s3:::spool/{path}"))
    };
    let task = "0c4c2f9b7d8e4a0f9a51d1c2b3e4f506";
    let pod = "eks-parcels-sorter-5d9c7b6f4-x7k2p-0a1b2c3d-1111-4222-8333-444455556666";
    for (own, path) in [
        (task, "tasks/9f8e7d6c5b4a49382716f5e4d3c2b1a0/x"),
        ("1b4e28ba-2fa1-41d2-883f-0016d3cca427", "sessions/6fa459ea-ee8a-43ca-894e-db77e160355e/x"),
        (pod, "logs/eks-parcels-sorter-5d9c7b6f4-q9z8w-9f8e7d6c-2222-4333-8444-555566667777/x"),
        ("job-17", "out/job-18.log"),
        ("job-17", "out/job-18/log"),
    ] {
        assert!(told(own, path).starts_with("another session's place"), "{path}");
    }
    // A digest is not a task, and another kind of job is not another session of this one.
    for (own, path) in
        [(task, "cache/9f8e7d6c5b4a49382716f5e4d3c2b1a0"), ("job-17", "out/batch-18.log")]
    {
        assert_eq!(told(own, path), "nobody's", "{path}");
    }
    for (own, path) in [(task, format!("tasks/{task}/x")), ("job-17", "out/job-17.log".to_owned())]
    {
        let caller = CallerNames { session: Some(own), ..CallerNames::default() };
        let PlaceOwner::Own { conditions, .. } =
            find_place_owner(&caller, &format!("arn:aws:s3:::spool/{path}"))
        else {
            panic!("{path} is its own")
        };
        assert_eq!(conditions, [("StringLike", "aws:userid", format!("*:{own}"))]);
    }
}

#[test]
fn homes_of_persons_behind_sessions() {
    let by_name = CallerNames { session: Some("nadia"), ..CallerNames::default() };
    let by_mail = CallerNames { session: Some("nadia@parcels.example"), ..CallerNames::default() };
    let behind = CallerNames {
        session: Some("session1"),
        source_identity: Some("nadia"),
        ..CallerNames::default()
    };
    for caller in [&by_name, &by_mail, &behind] {
        let other = pattern(caller, "arn:aws:s3:::team/homes/omar/notes");
        assert_eq!(other, "another user's place: omar");
        let own = find_place_owner(caller, "arn:aws:s3:::team/homes/nadia/notes");
        assert!(matches!(own, PlaceOwner::Own { .. }), "{own:?}");
    }
    let own = pattern(&behind, "arn:aws:s3:::team/homes/nadia/notes");
    assert_eq!(own, "arn:aws:s3:::team/homes/${aws:SourceIdentity}/*");
    // What one program keeps of its users is not another program's.
    let function = CallerNames { session: Some("thumbnailer"), ..CallerNames::default() };
    assert_eq!(pattern(&function, "arn:aws:s3:::team/users/omar/face.png"), "nobody's");
    let numbered = CallerNames { session: Some("sync-3"), ..CallerNames::default() };
    assert_eq!(pattern(&numbered, "arn:aws:s3:::team/homes/omar/notes"), "nobody's");
    assert!(may_be_somebodys(Some("session1"), None, "arn:aws:s3:::team/users/omar/a"));
}

proptest::proptest! {
    #[test]
    fn no_path_panics(path in ".{0,60}", session in "\\PC{0,20}", name in "\\PC{0,20}") {
        let caller = CallerNames {
            user_id: Some(&session), session: Some(&session), user_name: Some(&name),
            ..CallerNames::default()
        };
        for arn in [path.clone(), format!("arn:aws:s3:::{path}"), format!("arn:aws:sqs:r:1:{path}")] {
            find_place_owner(&caller, &arn);
            may_be_somebodys(Some(&session), Some(&name), &arn);
        }
    }
}
