//! A request's keys and values, as far as they can name a resource.

use serde_json::Value;

use super::Place;

/// The most values that are looked at, and how deep they may be.
const MAX_VALUES: usize = 200;
const MAX_DEPTH: usize = 6;
/// The longest value that is a name or an ARN, in bytes; S3 keys have at most 1024.
const MAX_VALUE: usize = 2_048;

/// A request, with its keys in plain letters; outer ones stand before inner ones.
#[derive(Debug, Default)]
pub(super) struct Request<'e> {
    values: Vec<(String, &'e str)>,
    queue: Option<String>,
}

impl<'e> Request<'e> {
    pub(super) fn read(request: Option<&'e Value>, place: &Place<'_>) -> Self {
        let mut found = Self::default();
        let mut level: Vec<(&str, &Value)> = request.map(|value| ("", value)).into_iter().collect();
        for _ in 0..MAX_DEPTH {
            let mut next = Vec::new();
            for (key, value) in level {
                found.visit(key, value, &mut next);
            }
            level = next;
        }
        let url = found.get("queueurl").and_then(|url| queue(url, place));
        found.queue = url;
        found
    }

    fn visit(&mut self, key: &'e str, value: &'e Value, next: &mut Vec<(&'e str, &'e Value)>) {
        let room = MAX_VALUES.saturating_sub(self.values.len() + next.len());
        match value {
            Value::String(text) if room > 0 && !text.is_empty() && text.len() <= MAX_VALUE => {
                self.values.push((plain(key), text));
            }
            Value::Object(fields) => {
                next.extend(fields.iter().map(|(key, value)| (key.as_str(), value)).take(room));
            }
            Value::Array(items) => next.extend(items.iter().map(|item| (key, item)).take(room)),
            _ => {}
        }
    }

    fn get(&self, key: &str) -> Option<&'e str> {
        self.values.iter().find(|(found, _)| found == key).map(|(_, value)| *value)
    }

    /// Values that are ARNs, and the queue that a URL names.
    pub(super) fn arns(&self) -> impl Iterator<Item = &str> {
        let arns = self.values.iter().map(|(_, value)| *value);
        arns.filter(|value| value.starts_with("arn:")).chain(self.queue.as_deref())
    }

    /// The value of a format's variable: of the key of its name, or of another that means it.
    pub(super) fn value(&self, variable: &str, kind: &str) -> Option<String> {
        if self.values.is_empty() {
            return None;
        }
        let variable = plain(variable);
        let stem = ["withpath", "withoutleadingslash"]
            .iter()
            .find_map(|ending| variable.strip_suffix(ending))
            .unwrap_or(&variable);
        let value = self.name(stem, "").or_else(|| self.alias(stem)).or_else(|| {
            let endings = ["name", "identifier", "id"];
            let base = endings.iter().find_map(|ending| stem.strip_suffix(ending))?;
            self.by_base(base, &plain(kind))
        })?;
        let value = if stem == "parametername" { value.trim_start_matches('/') } else { value };
        Some(value.to_owned())
    }

    fn alias(&self, stem: &str) -> Option<&'e str> {
        let keys = ALIASES.iter().filter(|(of, _)| *of == stem);
        keys.flat_map(|(_, keys)| keys.split(' ')).find_map(|key| self.name(key, ""))
    }

    /// `clusterIdentifier` for `ClusterName`; a plain `name` where the type is of that base.
    fn by_base(&self, base: &str, kind: &str) -> Option<&'e str> {
        if base.is_empty() {
            return None;
        }
        let endings = ["name", "identifier", "id", ""];
        let is_own = kind.ends_with(base) || base.ends_with(kind);
        let bare = || ["name", "id", "identifier"].iter().find_map(|key| self.name(key, ""));
        endings
            .iter()
            .find_map(|ending| self.name(base, ending))
            .or_else(|| is_own.then(bare).flatten())
    }

    /// A value that is a name: no ARN, no URL, no alias. The key is given in two parts.
    fn name(&self, start: &str, end: &str) -> Option<&'e str> {
        let is_key = |key: &str| key.strip_prefix(start) == Some(end);
        let (_, value) = self.values.iter().find(|(key, _)| is_key(key))?;
        let is_name =
            !value.starts_with("arn:") && !value.contains("://") && !value.starts_with("alias/");
        is_name.then_some(*value)
    }

    /// The alias by which a key was named.
    fn key_alias(&self) -> Option<&'e str> {
        self.get("keyid").filter(|value| value.starts_with("alias/"))
    }
}

/// Variables and request keys that mean them, beyond the rules of [`Request::value`].
const ALIASES: [(&str, &str); 12] = [
    ("objectname", "key"),
    ("bucketname", "bucket"),
    ("secretid", "name secretname"),
    ("parametername", "name names"),
    ("clustername", "cluster"),
    ("servicename", "service"),
    ("trailname", "name"),
    ("dbinstancename", "dbinstanceidentifier"),
    ("snapshotname", "dbsnapshotidentifier"),
    ("loggroupname", "loggroupidentifier"),
    ("streamname", "streamname"),
    ("layername", "layername"),
];

/// Letters and digits in lower case.
pub(super) fn plain(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The queue of `https://sqs.eu-west-1.amazonaws.com/111122223333/jobs`.
fn queue(url: &str, place: &Place<'_>) -> Option<String> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let (account, name) = path.split_once('/')?;
    let region = host.strip_prefix("sqs.").and_then(|rest| rest.split('.').next());
    let region = region.filter(|region| region.contains('-')).unwrap_or(place.region);
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let plain = !name.is_empty() && !name.contains(['/', '?', '*', ':']);
    (digits && plain).then(|| format!("arn:{}:sqs:{region}:{account}:{name}", place.partition()))
}

/// The alias by which a request names a KMS key, if it does.
pub(crate) fn key_alias<'e>(request: Option<&'e Value>, place: &Place<'_>) -> Option<&'e str> {
    Request::read(request, place).key_alias()
}
