//! Random records: as AWS writes them, and as nobody should.

use std::fmt::Write;

/// A random number generator that is reproducible from its seed (Vigna's splitmix64).
pub(crate) struct Random(u64);

/// The text of one record: always one JSON value.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) is_object: bool,
}

const JUNK: [&str; 6] = [
    "some noise",
    "WARN [x] y",
    "{\"broken\": ",
    "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":",
    "{\"eventVersion\":\"1.08\",\"eventName\":\"cut",
    "-----",
];

const ACTIONS: [(&str, &str); 8] = [
    ("iam.amazonaws.com", "ListUsers"),
    ("iam.amazonaws.com", "CreateAccessKey"),
    ("s3.amazonaws.com", "GetObject"),
    ("cloudtrail.amazonaws.com", "StopLogging"),
    ("signin.amazonaws.com", "ConsoleLogin"),
    ("kms.amazonaws.com", "Decrypt"),
    ("glue.amazonaws.com", "CreateTrigger"),
    ("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress"),
];

const ODD: [&str; 22] = [
    "null",
    "3",
    "-0",
    "1e3",
    "123456789012345678901234567890",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"}}\"",
    "\"]}\"",
    "\"{{[\"",
    "\"},{\\\"eventVersion\\\":\\\"1\\\"\"",
    "\"a\\\\\"",
    "\"\\\\\\\"}\"",
    "\"\u{e9}\u{1f512}\"",
    "\"\\u0041\\ud83d\\ude00\"",
    "[{\"a\":\"b\"},{\"eventVersion\":\"1\",\"z\":\"{{\"}]",
    "{\"errorCode\":\"AccessDenied\"}",
    "{\"Records\":[{\"eventVersion\":\"1.08\",\"eventName\":\"X\"}]}",
    "[[[[[{\"a\":[]}]]]]]",
    "{\"eventTime\":\"2026-01-01T00:00:00Z\",\"eventSource\":\"a\",\"eventName\":\"b\"}",
];

/// Requests that rules examine: lists, and policies within a text.
const REQUESTS: [&str; 7] = [
    r#"{"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\"}]}"}"#,
    r#"{"policyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22%2A%22%5D%7D%7D"}"#,
    r#"{"policyDocument":"{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\"},{\"Effect\":\"Allow\"}]}"}"#,
    r#"{"policyDocument":{"Statement":[{"Effect":"Allow","Action":["s3:Get","\u002a"]}]}}"#,
    r#"{"valuesToAdd":["222233334444","111122223333"],"userName":"u1"}"#,
    r#"{"valuesToAdd":["222233334444"],"userName":"1"}"#,
    r#"{"valuesToAdd":[],"userName":"222233334444:user/u2"}"#,
];

impl Random {
    pub(crate) fn new(seed: u64, body: u64) -> Self {
        let mut random = Self(seed ^ body.wrapping_mul(0x2545_f491_4f6c_dd1d));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    pub(crate) fn junk(&mut self) -> &'static str {
        self.of(&JUNK)
    }

    pub(crate) fn records(&mut self) -> Vec<Text> {
        (0..self.below(4) + 1).map(|_| self.record()).collect()
    }

    fn record(&mut self) -> Text {
        if self.one_in(25) {
            let text = self.of(&["3", "null", "\"x\"", "true", "-1.5"]).to_owned();
            return Text { text, is_object: false };
        }
        let mut members = if self.one_in(30) { Vec::new() } else { self.members() };
        if self.one_in(3) {
            self.spoil(&mut members);
        }
        Text { text: self.written(&members), is_object: true }
    }

    /// The members of a record, in AWS's order.
    fn members(&mut self) -> Vec<(String, String)> {
        let (source, name) = ACTIONS[self.below(ACTIONS.len())];
        let user = format!("u{}", self.below(3));
        let identity = format!(
            r#"{{"type":"IAMUser","principalId":"AIDA{user}","arn":"arn:aws:iam::222233334444:user/{user}","accountId":"222233334444","userName":"{user}","sessionContext":{{"attributes":{{"mfaAuthenticated":"false"}}}}}}"#
        );
        let quoted = |text: &str| format!("\"{text}\"");
        let day = self.below(28) + 1;
        let mut members = vec![
            ("eventVersion", quoted("1.08")),
            ("userIdentity", identity),
            ("eventTime", format!("\"2026-11-{day:02}T03:{:02}:00Z\"", self.below(60))),
            ("eventSource", quoted(source)),
            ("eventName", quoted(name)),
            ("awsRegion", quoted("eu-west-1")),
            ("sourceIPAddress", format!("\"192.0.2.{}\"", self.below(9))),
            ("userAgent", quoted(self.of(&["aws-cli/2.15", "[S3Console/0.4]", "}{", "Boto3/1"]))),
        ];
        match self.below(4) {
            0 => members.push(("errorCode", quoted("AccessDenied"))),
            1 => {
                let text = format!(
                    "User: arn:aws:iam::222233334444:user/{user} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::222233334444:user/ because no identity-based policy allows the iam:ListUsers action"
                );
                members.push((
                    "errorCode",
                    quoted(self.of(&["AccessDenied", "Client.UnauthorizedOperation"])),
                ));
                members.push(("errorMessage", quoted(&text)));
            }
            2 if self.one_in(3) => members.push(("errorCode", quoted("NoSuchKey"))),
            _ => {}
        }
        let request = if self.one_in(3) { self.of(&REQUESTS) } else { self.of(&ODD) };
        members.push(("requestParameters", request.to_owned()));
        members.push(("responseElements", "null".to_owned()));
        let id = format!("\"e{:016x}\"", self.next());
        members.push(("eventID", id));
        members.push(("readOnly", self.of(&["true", "false", "\"true\""]).to_owned()));
        members.push(("eventType", quoted("AwsApiCall")));
        members.push(("recipientAccountId", quoted("222233334444")));
        members.push(("eventCategory", quoted("Management")));
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Something that AWS would not write.
    fn spoil(&mut self, members: &mut Vec<(String, String)>) {
        for _ in 0..self.below(3) + 1 {
            let at = self.below(members.len() + 1);
            match self.below(9) {
                0 if !members.is_empty() => members.rotate_left(at % 5),
                1 => (0..members.len()).for_each(|at| {
                    let other = self.below(members.len());
                    members.swap(at, other);
                }),
                2 if at < members.len() => {
                    members.remove(at);
                }
                3 if at < members.len() => members[at].1 = self.of(&ODD).to_owned(),
                4 if at < members.len() => {
                    let (name, value) = members[at].clone();
                    let value = if self.one_in(2) { value } else { self.of(&ODD).to_owned() };
                    let to = self.below(members.len() + 1);
                    members.insert(to, (name, value));
                }
                5 => members.insert(at, ("extra".to_owned(), self.of(&ODD).to_owned())),
                6 => {
                    let name = self.of(&["eventTime", "eventName", "errorCode", "errorMessage"]);
                    members.insert(at, (name.to_owned(), "\"AccessDenied\"".to_owned()));
                }
                7 => {
                    let whole = self.members();
                    let whole = self.written(&whole);
                    members.insert(
                        at,
                        ("requestParameters".to_owned(), format!("{{\"r\":[{whole},{whole}]}}")),
                    );
                }
                _ => {
                    let time = self.of(&[
                        "2026-02-29T00:00:00Z",
                        "2026-11-24T03:54:00.123Z",
                        "2026-11-24T03:54:60Z",
                        "soon",
                    ]);
                    members.push(("eventTime".to_owned(), format!("\"{time}\"")));
                }
            }
        }
    }

    /// An object's text, sometimes with spaces, and with escapes in names.
    fn written(&mut self, members: &[(String, String)]) -> String {
        let blank = if self.one_in(8) { " " } else { "" };
        let escapes = self.one_in(8);
        let mut text = "{".to_owned();
        for (at, (name, value)) in members.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let name = if escapes && self.one_in(4) { escaped(name) } else { name.clone() };
            write!(text, "{comma}{blank}\"{name}\"{blank}:{blank}{value}").unwrap();
        }
        text + blank + "}"
    }
}

/// A name with its first letter escaped.
fn escaped(name: &str) -> String {
    let first = name.chars().next().unwrap_or('e');
    format!("\\u{:04x}{}", first as u32, name.get(1..).unwrap_or_default())
}
