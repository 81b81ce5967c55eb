//! Reads plain events without decoding their records: most of what followed principals do.

use std::collections::HashMap;

use aware_cases::case::CaseEvent;
use aware_cases::notable::may_have_facts;
use aware_cases::triage::is_looking;
use aware_core::case::EventMark;
use aware_core::event::Outcome;
use aware_core::finding::FindingPrincipal;
use aware_core::source::cloudtrail::glance::PlainGlance;

/// How many principals, and how many calls, are remembered.
const MAX_KNOWN: usize = 20_000;

/// The principals and calls that were met.
#[derive(Debug, Default)]
pub(super) struct PlainReader {
    principals: HashMap<String, FindingPrincipal>,
    /// Calls by their names, and whether what a success of them means needs the whole record.
    calls: HashMap<String, bool>,
}

impl PlainReader {
    /// What a case keeps of the event, exactly as decoding would read it; `None` if only decoding
    /// can tell.
    pub(super) fn read_event(&mut self, plain: &PlainGlance<'_>) -> Option<CaseEvent> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let principal = FindingPrincipal {
            session_arn: owned(plain.session_arn),
            user_name: owned(plain.user_name),
            session: owned(plain.session),
            account: owned(plain.principal_account),
            access_key: owned(plain.access_key),
            ..self.principals.get(&plain.identity_key)?.clone()
        };
        let operation = plain.action.to_string();
        let is_success = plain.outcome == Outcome::Success;
        if is_success && self.needs_decoding(&operation, plain) {
            return None;
        }
        let is_reading = is_reading(plain, &operation);
        Some(CaseEvent {
            event_id: plain.event_id.to_owned(),
            time: plain.time,
            account: plain.account.to_owned(),
            region: plain.region.to_owned(),
            principal,
            action: operation.clone(),
            operation,
            is_reading,
            error_code: plain.error_code.clone(),
            mark: mark_of(plain.outcome, is_reading),
            resource: plain.resource.clone(),
            source: plain.network.source.clone(),
            network: plain.network.network_prefix(),
            agent: plain.network.agent_family().map(str::to_owned),
            endpoint: plain.network.vpc_endpoint.clone(),
            // Only denials are of stacks or pages of the console, and these are decoded.
            stack: None,
            is_summary: false,
            measured: None,
            reported: None,
            is_call: true,
            is_of_own_log: false,
            times: 1,
            from_console: false,
            first_finding: None,
            rules: Vec::new(),
            denial: None,
            notable: None,
            undoes: Vec::new(),
            links: Vec::new(),
        })
    }

    /// Remembers the principal of an event that was decoded.
    pub(super) fn learn_principal(&mut self, plain: PlainGlance<'_>, event: &CaseEvent) {
        if self.principals.len() >= MAX_KNOWN {
            self.principals.clear();
        }
        self.principals.insert(plain.identity_key, event.principal.clone());
    }

    fn needs_decoding(&mut self, operation: &str, plain: &PlainGlance<'_>) -> bool {
        if let Some(known) = self.calls.get(operation) {
            return *known;
        }
        let needs = may_have_facts(&plain.action.service, &plain.action.name);
        if self.calls.len() < MAX_KNOWN {
            self.calls.insert(operation.to_owned(), needs);
        }
        needs
    }
}

fn is_reading(plain: &PlainGlance<'_>, operation: &str) -> bool {
    plain.is_sign_in || plain.action.read_only.unwrap_or_else(|| is_looking(operation))
}

fn mark_of(outcome: Outcome, is_reading: bool) -> EventMark {
    match outcome {
        Outcome::Denied => EventMark::Denied,
        Outcome::Failed => EventMark::Failed,
        Outcome::Success if is_reading => EventMark::Read,
        Outcome::Success => EventMark::Changed,
    }
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail::decode_record;
    use aware_core::source::cloudtrail::glance::RecordGlance;

    use super::*;

    const IDENTITIES: [&str; 7] = [
        r#""type":"IAMUser","accountId":"111122223333","userName":"alice","accessKeyId":"AKIAEXAMPLEALICE0001","arn":"arn:aws:iam::111122223333:user/team/alice""#,
        r#""type":"AssumedRole","principalId":"AROA:i-0","arn":"arn:aws:sts::111122223333:assumed-role/app/i-0","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/path/app"}}"#,
        r#""type":"AssumedRole","principalId":"AROA:d","arn":"arn:aws:sts::111122223333:assumed-role/app/dana@example.com","invokedBy":"cloudformation.amazonaws.com""#,
        r#""type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForConfig/x","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"}}"#,
        r#""type":"Root","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root""#,
        r#""type":"AWSService","invokedBy":"config.amazonaws.com""#,
        r#""type":"FederatedUser","arn":"arn:aws:sts::111122223333:federated-user/f","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:user/alice"}}"#,
    ];
    const CALLS: [(&str, &str); 8] = [
        ("ec2", "DescribeInstances"),
        ("lambda", "GetFunction20150331v2"),
        ("ec2", "CreateRoute"),
        ("iam", "CreateAccessKey"),
        ("sts", "AssumeRole"),
        ("secretsmanager", "GetSecretValue"),
        ("signin", "ConsoleLogin"),
        ("newservice", "ListThings"),
    ];
    const RESTS: [&str; 9] = [
        "",
        r#","readOnly":true"#,
        r#","readOnly":"false","vpcEndpointId":"vpce-0a1b2c3d","sessionCredentialFromConsole":"true""#,
        r#","eventType":"AwsConsoleSignIn","userAgent":"Mozilla/5.0 (X11)""#,
        r#","errorCode":"NoSuchEntity","errorMessage":"there is none""#,
        r#","errorCode":"AccessDenied","errorMessage":"Access Denied""#,
        r#","resources":[{"type":"AWS::S3::Bucket"},{"ARN":"arn:aws:s3:::parcels","accountId":"111122223333"}]"#,
        r#","eventCategory":"Insight""#,
        r#","responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLESESSION01"}},"requestParameters":{"roleArn":"x"}"#,
    ];

    #[test]
    fn what_a_glance_reads_is_what_decoding_reads() {
        let (mut reader, mut plain_events) = (PlainReader::default(), 0);
        for (n, identity) in (0..2).flat_map(|n| IDENTITIES.map(|one| (n, one))) {
            for ((service, name), rest) in
                CALLS.iter().flat_map(|call| RESTS.iter().map(move |rest| (call, rest)))
            {
                let record = format!(
                    r#"{{"userIdentity":{{{identity}}},"eventTime":"2026-11-24T13:00:0{n}Z","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9"{rest},"eventID":"e{n}","recipientAccountId":"111122223333"}}"#
                );
                let event = decode_record(record.as_bytes()).unwrap();
                let decoded = CaseEvent::from_event(&event, Vec::new(), None);
                let glance = RecordGlance::read_record(record.as_bytes()).unwrap();
                let Some(plain) = glance.plain_event() else { continue };
                if let Some(read) = reader.read_event(&plain) {
                    assert_eq!(read, decoded, "{record}");
                    plain_events += 1;
                }
                reader.learn_principal(plain, &decoded);
            }
        }
        assert!(plain_events > 200, "{plain_events}");
    }
}
