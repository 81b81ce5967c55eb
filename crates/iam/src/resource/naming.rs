//! How a request key names a variable of an ARN format: `dBInstanceIdentifier` is
//! `${DbInstanceName}`, and the `name` of `CreateCluster` is `${ClusterName}`, but a group's name
//! is not `${GroupId}`.

use super::leaves::{RequestLeaf, plain_letters, to_singular};

/// Below this fitness, a key names a variable only by a part of itself.
pub(super) const CERTAIN_FITNESS: u32 = 40;

/// What the end of a key or variable says about its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameEnding {
    Name,
    Id,
    /// `Identifier`, `Arn`, or nothing: may be either.
    Any,
}

/// A key or variable: what it is about, and what sort of name it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NameTerm {
    whole: String,
    base: String,
    ending: NameEnding,
}

impl NameTerm {
    fn new(plain: &str) -> Self {
        let endings = [
            ("identifier", NameEnding::Any),
            ("arn", NameEnding::Any),
            ("uuid", NameEnding::Id),
            ("name", NameEnding::Name),
            ("id", NameEnding::Id),
        ];
        let found = endings.iter().find_map(|(end, kind)| Some((plain.strip_suffix(end)?, *kind)));
        let (base, ending) = found.unwrap_or((plain, NameEnding::Any));
        Self { whole: plain.to_owned(), base: base.to_owned(), ending }
    }
}

/// A variable of a resource type's format.
#[derive(Clone, Debug)]
pub(super) struct FormatVariable {
    term: NameTerm,
    /// The type in plain letters, without what follows a slash: `loadbalancer`.
    noun: String,
    /// Whether it is the type's own variable rather than one of a place above it.
    is_own: bool,
    /// Whether a plain `name` or `id` can mean it.
    is_of_type: bool,
}

/// Bases that do not say which type they name.
const GENERIC_BASES: [&str; 6] = ["", "resource", "relative", "opaque", "entity", "resourcepath"];

/// Ends of keys that wrap their subject: the `name` in `tableInput` is a table's.
const WRAPPER_ENDINGS: [&str; 3] = ["input", "definition", "request"];

impl FormatVariable {
    /// A variable, by its name in the format and the text before it: `${Id}` after `workflow/` is a
    /// workflow's.
    pub(super) fn new(name: &str, before: &str, kind: &str, is_own: bool) -> Self {
        let noun = type_noun(kind);
        let plain = plain_letters(name);
        let bare = ["withpath", "withoutleadingslash"]
            .iter()
            .find_map(|ending| plain.strip_suffix(ending))
            .unwrap_or(&plain);
        let mut term = NameTerm::new(bare);
        term.base = to_singular(&term.base);
        let is_generic = GENERIC_BASES.contains(&term.base.as_str());
        // `${ResourceId}` is whatever the service identifies its resources by.
        if is_generic && !term.base.is_empty() {
            term.ending = NameEnding::Any;
        }
        if is_generic && is_own {
            term.base.clone_from(&noun);
        } else if is_generic {
            let mut words = before.rsplit(['/', ':']).filter(|word| !word.is_empty());
            term.base = words
                .next()
                .map(|word| to_singular(&self::plain_letters(word)))
                .unwrap_or_default();
            term.whole = format!("{}{bare}", term.base);
        }
        let is_of_type = is_own || term.base == noun;
        Self { term, noun, is_own, is_of_type }
    }

    /// Whether an operation's name mentions what the variable names: `PutRule` mentions
    /// `${RuleName}`.
    pub(super) fn is_spoken(&self, operation: &str) -> bool {
        self.is_of_type
            && self.term.base.len() >= 3
            && plain_letters(operation).contains(&self.term.base)
    }

    /// How well a value's key names this variable; 0 is not at all. `is_spoken`: the operation
    /// mentions the type, or could be about no other.
    pub(super) fn rate_key(&self, leaf: &RequestLeaf<'_>, is_spoken: bool) -> u32 {
        let whole = leaf.parent.as_str();
        let parent =
            WRAPPER_ENDINGS.iter().find_map(|end| whole.strip_suffix(end)).unwrap_or(whole);
        let joined = format!("{parent}{}", leaf.key);
        // A plain `id` of an inner object is not the id of the whole.
        let is_bare = GENERIC_BASES.contains(&NameTerm::new(&leaf.key).base.as_str());
        let own = if is_bare && leaf.depth > 1 { 0 } else { self.by_key(&leaf.key) };
        let below = if parent.is_empty() { 0 } else { self.by_key(&joined) };
        let bare = if self.is_of_type && leaf.depth <= 1 && is_spoken {
            self.by_bare_key(&leaf.key)
        } else {
            0
        };
        // The key of an inner value says less than one at the top.
        let inner = u32::try_from(leaf.depth.saturating_sub(1).min(4)).unwrap_or_default();
        own.max(below).max(bare).saturating_sub(inner)
    }

    fn by_key(&self, key: &str) -> u32 {
        let term = &self.term;
        if key == term.whole {
            return 70;
        }
        if is_alias(&term.whole, &self.noun, key) {
            return 64;
        }
        let asked = NameTerm::new(key);
        let base = asked.base.as_str();
        let Some(malus) = ending_penalty(term.ending, asked.ending) else { return 0 };
        if base.is_empty() || GENERIC_BASES.contains(&base) {
            return 0;
        }
        let about = |base: &str, of: &str| -> u32 {
            let share = u32::try_from(of.len().min(base.len()).min(20)).unwrap_or_default();
            if base == of {
                56
            } else if of.len() >= 2 && base.ends_with(of) || base.len() >= 3 && of.ends_with(base) {
                28 + share
            } else {
                0
            }
        };
        let by_base = about(base, &term.base);
        let is_of_noun = self.is_own && base.ends_with(&self.noun);
        let by_noun = if is_of_noun { about(base, &self.noun).saturating_sub(2) } else { 0 };
        by_base.max(by_noun).saturating_sub(malus)
    }

    /// A plain `name`, `id` or `arn` at the top of the request.
    fn by_bare_key(&self, key: &str) -> u32 {
        let asked = NameTerm::new(key);
        let is_bare = GENERIC_BASES.contains(&asked.base.as_str());
        match ending_penalty(self.term.ending, asked.ending) {
            Some(malus) if is_bare => 26_u32.saturating_sub(malus),
            _ => 0,
        }
    }
}

/// The penalty for combining two endings; `None` if they exclude each other: a name is not an id,
/// and an id is seldom a name.
fn ending_penalty(variable: NameEnding, key: NameEnding) -> Option<u32> {
    match (variable, key) {
        (NameEnding::Id, NameEnding::Name) => None,
        (NameEnding::Name, NameEnding::Id) => Some(8),
        (a, b) if a == b => Some(0),
        _ => Some(1),
    }
}

/// Whether a variable tells the version or variant of a resource rather than which resource.
pub(super) fn is_lesser(variable: &str, kind: &str) -> bool {
    let (variable, noun) = (plain_letters(variable), type_noun(kind));
    let endings = [
        "version",
        "versionnumber",
        "versionid",
        "creationtime",
        "templatetype",
        "opaqueid",
        "uuid",
        "revisionnumber",
    ];
    !noun.ends_with("version")
        && !noun.ends_with("revision")
        && endings.iter().any(|end| variable.ends_with(end))
}

/// A type in plain letters and singular, without what follows a slash.
pub(super) fn type_noun(kind: &str) -> String {
    to_singular(&plain_letters(kind.split('/').next().unwrap_or(kind)))
}

/// Whether an operation's name mentions a type: `CreateDBSnapshot` mentions `snapshot`.
pub(super) fn mentions_type(operation: &str, kind: &str) -> bool {
    let (operation, noun) = (plain_letters(operation), type_noun(kind));
    !noun.is_empty()
        && (operation.contains(&noun) || operation.contains(&noun.replace("group", "grp")))
}

/// Whether a key mentions a type: `streamArn` mentions `stream`, but `resourceArn` mentions none.
pub(super) fn is_about(key: &str, kind: &str) -> bool {
    let (base, noun) = (NameTerm::new(key).base, type_noun(kind));
    !GENERIC_BASES.contains(&base.as_str()) && (base.contains(&noun) || noun.contains(&base))
}

/// How much of a type's name an operation mentions: all of it, or its end.
pub(super) fn spoken_part(operation: &str, kind: &str) -> usize {
    let (operation, noun) = (plain_letters(operation), type_noun(kind));
    let ends = (0..noun.len())
        .filter_map(|start| noun.get(start..))
        .filter(|end| end.len() >= 4 || end.len() == noun.len());
    ends.filter(|end| operation.contains(end)).map(str::len).max().unwrap_or_default()
}

fn is_alias(variable: &str, noun: &str, key: &str) -> bool {
    ALIASES.iter().any(|(of, keys)| {
        (*of == variable || of.strip_prefix('@') == Some(noun))
            && keys.split(' ').any(|alias| alias == key)
    })
}

/// Variables (or types, after `@`) and keys that mean them although the rules do not say so.
const ALIASES: [(&str, &str); 26] = [
    ("appid", "applicationid"),
    ("patchbaselineidresourceid", "baselineid"),
    ("objectname", "key"),
    ("bucketname", "bucket"),
    ("secretid", "name secretname"),
    ("parametername", "name"),
    ("securitygroupid", "groupid"),
    ("keypairname", "keyname"),
    ("alias", "aliasname"),
    ("trailname", "name"),
    ("networkinterfaceid", "eniid"),
    ("scope", "scope"),
    ("httpmethodtype", "httpmethod"),
    ("loggroupname", "loggroupidentifier"),
    ("subnetgroupname", "dbsubnetgroupname"),
    ("imageid", "amiid"),
    ("instanceid", "target"),
    ("statemachinename", "name"),
    ("layerversion", "versionnumber"),
    ("@subgrp", "dbsubnetgroupname"),
    ("@og", "optiongroupname"),
    ("@pg", "dbparametergroupname"),
    ("@secgrp", "dbsecuritygroupname dbsecuritygroup"),
    ("@document", "name documentname"),
    ("domainname", "domain"),
    ("workgroupname", "workgroup"),
];

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn fitness(variable: &str, kind: &str, parent: &str, key: &str) -> u32 {
        let depth = if parent.is_empty() { 1 } else { 2 };
        let leaf = RequestLeaf {
            key: key.to_owned(),
            parent: parent.to_owned(),
            value: Cow::Borrowed("x"),
            depth,
            place: Vec::new(),
        };
        FormatVariable::new(variable, "", kind, true).rate_key(&leaf, true)
    }

    #[test]
    fn what_names_what() {
        assert!(fitness("DbInstanceName", "db", "", "dbinstanceidentifier") > 50);
        assert!(fitness("SnapshotName", "snapshot", "", "dbsnapshotidentifier") > 30);
        assert!(fitness("ClusterName", "cluster", "", "name") > 20);
        assert!(fitness("PlacementGroupName", "placement-group", "placement", "groupname") > 50);
        assert!(fitness("ResourceId", "workspace", "", "workspaceid") > 50);
        assert_eq!(fitness("SecurityGroupId", "security-group", "", "groupname"), 0);
        assert_eq!(fitness("TargetGroupId", "targetgroup", "", "name"), 0);
        assert_eq!(fitness("UserPoolId", "userpool", "", "poolname"), 0);
    }
}
