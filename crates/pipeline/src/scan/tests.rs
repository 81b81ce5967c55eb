//! Scans of stored records.

use jiff::Timestamp;

use super::*;

fn record(id: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{}"}},"eventTime":"2026-11-24T03:54:{:02}Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.{}","errorCode":"AccessDenied","eventID":"e{id}","recipientAccountId":"111122223333"}}"#,
        id % 3,
        id % 60,
        id % 250
    )
}

fn body(ids: impl Iterator<Item = u32>) -> Vec<u8> {
    let records: Vec<_> = ids.map(record).collect();
    format!("{{\"Records\":[{}]}}", records.join(",")).into_bytes()
}

fn scan(bodies: &[Vec<u8>], threads: usize) -> ScanReport {
    let (seen, filter, rules) = (SeenEvents::default(), FindingFilter::default(), Arc::default());
    let mut parts: Vec<LogScan> = (0..threads).map(|_| LogScan::new(&filter, &rules)).collect();
    for (index, body) in bodies.iter().enumerate() {
        parts[index % threads].scan_body(&format!("b{index}"), body, &filter, &seen);
    }
    let mut whole = LogScan::new(&filter, &rules);
    parts.into_iter().rev().for_each(|part| whole.merge_part(part));
    whole.into_report()
}

#[test]
fn threads_and_duplicates_change_nothing() {
    let bodies = [body(0..40), body(20..60), b"junk".to_vec(), body(60..61)];
    let one = scan(&bodies, 1);
    let many = scan(&bodies, 3);
    assert_eq!(one.sums, many.sums);
    assert_eq!(format!("{:?}", one.groups), format!("{:?}", many.groups));
    assert_eq!(one.rejects, many.rejects);
    assert_eq!((one.sums.records, one.sums.events, one.sums.rejects), (81, 81, 1));
    assert_eq!((one.sums.denied, one.sums.duplicates), (61, 20));
    assert_eq!(one.groups.len(), 3);
    assert_eq!(one.groups.iter().map(|tally| tally.count).sum::<u64>(), one.sums.findings);
}

/// Denials that differ in everything by which repetitions are recognized: resources, regions,
/// agents, reasons, requests, services, or none of these.
fn denial(n: u32) -> String {
    let who = match n % 5 {
        0 => r#""type":"AWSService","invokedBy":"config.amazonaws.com""#.to_owned(),
        1 => format!(
            r#""type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/u{}""#,
            n % 2
        ),
        _ => format!(
            r#""type":"AssumedRole","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/app/i-0{}","sessionContext":{{"sessionIssuer":{{"arn":"arn:aws:iam::111122223333:role/app"}}}}"#,
            n % 3
        ),
    };
    let region = ["eu-west-1", "us-east-1"][(n % 7 / 4) as usize];
    let (source, name, message) = match n % 11 {
        0..=3 => ("s3", "GetObject", format!("User: x is not authorized to perform: s3:GetObject on resource: \\\"arn:aws:s3:::b{}/k{}/x{}\\\" because no identity-based policy allows the s3:GetObject action", n % 2, n % 3, n % 40)),
        4..=6 => ("sqs", "SendMessage", format!("User: x is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:{region}:111122223333:q{} because no identity-based policy allows the sqs:sendmessage action", n % 30)),
        7 => ("secretsmanager", "GetSecretValue", format!("User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:{region}:111122223333:secret:app/{} because no identity-based policy allows the secretsmanager:GetSecretValue action", n % 30)),
        8 => ("s3", "GetObject", "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b0/k0/x0 with an explicit deny in a resource-based policy".to_owned()),
        _ => ("s3", "PutObject", "Access Denied".to_owned()),
    };
    let agent =
        ["aws-cli/2.9", "Boto3/1 exec-env/AWS_Lambda_python3.12", "Mozilla/5.0"][(n % 3) as usize];
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{{who}}},"eventTime":"2026-11-24T0{}:{:02}:00Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"192.0.{}.1","userAgent":"{agent}","errorCode":"AccessDenied","errorMessage":"{message}","requestParameters":{{"bucketName":"b{}","key":"k/{}"}},"eventID":"e{n}","recipientAccountId":"111122223333"}}"#,
        n % 6,
        n * 7 % 60,
        n % 4,
        n % 2,
        n % 25
    )
}

#[test]
fn repetitions_come_to_what_decoding_comes_to() {
    let records: Vec<_> = (0..3_000).map(|n| denial(n * 1_237 % 3_001)).collect();
    let bodies = records.chunks(250).map(|part| format!("{{\"Records\":[{}]}}", part.join(",")));
    let bodies: Vec<Vec<u8>> = bodies.map(String::into_bytes).collect();
    let rules: Arc<RuleSet> = Arc::default();
    let all = FindingFilter { since: Some(Timestamp::UNIX_EPOCH), ..FindingFilter::default() };
    let run = |filter: &FindingFilter, backwards: bool| {
        let (mut scan, seen) = (LogScan::new(filter, &rules), SeenEvents::default());
        let mut order: Vec<&Vec<u8>> = bodies.iter().collect();
        if backwards {
            order.reverse();
        }
        order.iter().for_each(|body| scan.scan_body("b", body, filter, &seen));
        let report = scan.into_report();
        assert_eq!(report.sums.denied, 3_000);
        format!("{:#?}{:#?}", report.groups, report.services)
    };
    let decoded = run(&all, false);
    assert!(decoded == run(&FindingFilter::default(), false));
    assert!(decoded == run(&FindingFilter::default(), true));
    assert!(decoded == run(&all, true));
}

#[test]
fn filters_count_what_they_leave_out() {
    let filter = FindingFilter { principals: vec!["u1".into()], ..FindingFilter::default() };
    let mut scan = LogScan::new(&filter, &Arc::default());
    scan.scan_body("b", &body(0..9), &filter, &SeenEvents::default());
    let report = scan.into_report();
    assert_eq!((report.sums.denied, report.sums.filtered, report.sums.findings), (9, 6, 3));
}
