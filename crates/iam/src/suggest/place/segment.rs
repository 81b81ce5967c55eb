//! One name of a path, and whose it is.

use super::super::caller::{CallerNames, is_unique_id};
use super::forms;
use super::owner::OtherPlace;

/// The shortest name of a user, session or tag that counts without further evidence.
const MIN_NAME: usize = 4;
/// Folders below which every person has a place.
const HOMES: [&str; 12] = [
    "home", "homes", "user", "users", "people", "person", "personal", "private", "profile",
    "profiles", "member", "members",
];
/// Those of them in which programs seldom keep their users' data.
const OF_PERSONS: [&str; 6] = ["home", "homes", "people", "person", "personal", "private"];
/// Names that are not a person's, in such a folder or elsewhere.
const COMMON: [&str; 44] = [
    "admin",
    "all",
    "api",
    "app",
    "apps",
    "archive",
    "assets",
    "backend",
    "backup",
    "backups",
    "batch",
    "build",
    "builds",
    "cache",
    "common",
    "config",
    "data",
    "default",
    "deploy",
    "dev",
    "export",
    "exports",
    "files",
    "images",
    "input",
    "inputs",
    "jobs",
    "logs",
    "main",
    "output",
    "outputs",
    "prod",
    "production",
    "public",
    "reports",
    "root",
    "service",
    "shared",
    "staging",
    "system",
    "temp",
    "templates",
    "test",
    "uploads",
];

/// A name of a path with its surroundings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathSegment<'p> {
    /// The name.
    pub(super) text: &'p str,
    /// The preceding name.
    pub(super) before: &'p str,
    /// The slash or colon after it.
    pub(super) end: &'p str,
    /// Whether a slash ends it and more follows.
    pub(super) has_more: bool,
    /// Whether it contains nothing but the name.
    pub(super) is_whole: bool,
}

/// The owner of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameOwner {
    /// Nobody's.
    Nobody,
    /// Contains an instance's id.
    Instance,
    /// The name of the caller's session, for which there is no variable.
    Session,
    /// The caller's own: the text with a variable; private to the caller, or shared with others, as
    /// an account is.
    Variable { text: String, private: bool },
    /// Another's.
    Other(OtherPlace),
}

/// The names of a path. A colon joins an id and its session; elsewhere it separates names.
pub(super) fn split_segments<'p>(path: &'p str, service: &str) -> Vec<PathSegment<'p>> {
    let mut segments = Vec::new();
    let (mut rest, mut before) = (path, "");
    while !rest.is_empty() && segments.len() < 64 {
        let is_id = is_unique_id(rest.split(['/', ':']).next().unwrap_or_default());
        let by_colon = service != "s3" && !is_id;
        let at = rest.find(|c| c == '/' || by_colon && c == ':').unwrap_or(rest.len());
        let (text, tail) = rest.split_at(at);
        let (end, tail) = tail.split_at(tail.len().min(1));
        let has_more = end == "/" && !tail.is_empty();
        segments.push(PathSegment { text, before, end, has_more, is_whole: true });
        (before, rest) = (text, tail);
    }
    if !rest.is_empty() {
        segments.push(PathSegment { text: rest, before, end: "", has_more: false, is_whole: true });
    }
    segments
}

impl PathSegment<'_> {
    /// Whose it is.
    pub(super) fn find_owner(&self, caller: &CallerNames<'_>) -> NameOwner {
        let by_id = self.by_id(caller);
        if by_id != NameOwner::Nobody {
            return by_id;
        }
        if !instance_ids(self.text).is_empty() {
            return NameOwner::Instance;
        }
        if let Some(text) = self.with_variable(caller.user_name, "${aws:username}") {
            return NameOwner::Variable { text, private: true };
        }
        let identity = caller.source_identity.filter(|_| self.is_at_home());
        if let Some(text) = self.with_variable(identity, "${aws:SourceIdentity}") {
            return NameOwner::Variable { text, private: true };
        }
        if caller.account.is_some_and(|account| account == self.text) {
            return NameOwner::Variable {
                text: "${aws:PrincipalAccount}".to_owned(),
                private: false,
            };
        }
        let tag = caller.tags.iter().find(|(key, value)| {
            is_telling(value)
                && *value == self.text
                && key.bytes().all(|byte| byte.is_ascii_graphic() && !b"${}*?\"".contains(&byte))
        });
        if let Some((key, _)) = tag {
            let text = format!("${{aws:PrincipalTag/{key}}}");
            return NameOwner::Variable { text, private: false };
        }
        self.by_session(caller).or_else(|| self.by_home(caller)).unwrap_or(NameOwner::Nobody)
    }

    /// Whether the id names a resource, as in `instance/i-0abc`.
    pub(super) fn is_instance_resource(&self) -> bool {
        matches!(self.before, "instance" | "managed-instance" | "container-instance")
    }

    /// Finds the owner by an id that IAM assigned, with or without a session.
    fn by_id(&self, caller: &CallerNames<'_>) -> NameOwner {
        let Some(at) = unique_id(self.text) else { return NameOwner::Nobody };
        let (head, id) = self.text.split_at(at);
        let length = id.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit());
        let (unique, tail) = id.split_at(length.unwrap_or(id.len()));
        let own = caller.unique_id();
        let Some(session) = tail.strip_prefix(':').filter(|_| unique.starts_with("AROA")) else {
            return match own {
                Some(own) if own == unique && unique.starts_with("AIDA") => NameOwner::Variable {
                    text: format!("{head}${{aws:userid}}{tail}"),
                    private: true,
                },
                // All sessions of a role share its id.
                Some(own) if own == unique => NameOwner::Nobody,
                _ => NameOwner::Other(other_place("another principal's place", unique)),
            };
        };
        let label = if instance_ids(session).is_empty() {
            "another session's place"
        } else {
            "another instance's place"
        };
        let rest = caller.session.and_then(|own| after_session(session, own));
        match rest {
            Some(rest) if own.is_none_or(|own| own == unique) => {
                NameOwner::Variable { text: format!("{head}${{aws:userid}}{rest}"), private: true }
            }
            _ => NameOwner::Other(other_place(label, &format!("{unique}:{session}"))),
        }
    }

    /// The text with a variable in place of the given name; a secret's random suffix, or the
    /// pattern for it, is kept.
    fn with_variable(&self, name: Option<&str>, variable: &str) -> Option<String> {
        let name = name.filter(|name| !name.is_empty())?;
        if !self.is_at_home() && !is_telling(name) {
            return None;
        }
        let rest = self.text.strip_prefix(name)?;
        let is_ending = rest.len() == 7 && rest.starts_with('-') && self.before == "secret";
        (rest.is_empty() || is_ending).then(|| format!("{variable}{rest}"))
    }

    /// Finds the owner by a session's name that distinguishes one session from another.
    fn by_session(&self, caller: &CallerNames<'_>) -> Option<NameOwner> {
        let own = caller.session.filter(|own| !is_instance(own))?;
        let is_person = own.contains('@');
        let local = own.split('@').next().unwrap_or(own);
        if self.is_below(&OF_PERSONS) && (self.text == own || self.text == local) {
            return Some(NameOwner::Session);
        }
        if !is_telling(own) || !is_person && !own.bytes().any(|byte| byte.is_ascii_digit()) {
            // Every session of it has this name, as a function's sessions do.
            return None;
        }
        if self.before == "lambda" {
            // The name of a function, which its log group and its sessions share.
            return None;
        }
        // A file with the name of its session.
        let stem = self.text.split('.').next().unwrap_or(self.text);
        let stem = if own.contains('.') { self.text } else { stem };
        if stem == own {
            return Some(NameOwner::Session);
        }
        let is_mail = |text: &str| text.split_once('@').is_some_and(|(_, host)| host.contains('.'));
        if is_mail(own) && is_mail(self.text) {
            return Some(NameOwner::Other(other_place("another user's place", self.text)));
        }
        forms::are_alike(own, stem, self.before)
            .then(|| NameOwner::Other(other_place("another session's place", stem)))
    }

    /// Whether it is below a folder in which every person has a place.
    pub(super) fn is_at_home(&self) -> bool {
        self.is_below(&HOMES)
    }

    fn is_below(&self, folders: &[&str]) -> bool {
        folders.contains(&self.before.to_ascii_lowercase().as_str())
    }

    /// Finds the owner by the folder in which every person has a place: what a user looks for in
    /// another's. A role's session may be a program that keeps its users' data, but seldom in their
    /// homes.
    fn by_home(&self, caller: &CallerNames<'_>) -> Option<NameOwner> {
        let is_mail = |name: &str| name.contains('@');
        let is_person = caller.user_name.is_some()
            || caller.source_identity.is_some()
            || caller.session.is_some_and(is_mail);
        let is_home = match (is_person, caller.session) {
            (true, _) => self.is_at_home(),
            (false, Some(session)) => {
                !session.bytes().any(|byte| byte.is_ascii_digit()) && self.is_below(&OF_PERSONS)
            }
            (false, None) => false,
        };
        let folder = self.text.to_ascii_lowercase();
        let is_common = COMMON.contains(&folder.as_str()) || HOMES.contains(&folder.as_str());
        let is_name = self.has_more && !self.text.contains(['*', '?', '$']) && !is_common;
        (is_home && is_name && !self.text.is_empty())
            .then(|| NameOwner::Other(other_place("another user's place", self.text)))
    }
}

fn other_place(label: &'static str, name: &str) -> OtherPlace {
    OtherPlace { label, name: name.to_owned() }
}

/// Whether a name is long and rare enough to be somebody's.
fn is_telling(name: &str) -> bool {
    name.len() >= MIN_NAME && !COMMON.contains(&name.to_ascii_lowercase().as_str())
}

/// What follows the caller's own session in a text that begins with it and continues with a
/// character that no session name has. After an instance's id anything may follow, since its form
/// ends it.
fn after_session<'t>(text: &'t str, own: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(own)?;
    let goes_on = |c: char| c.is_ascii_alphanumeric() || !is_instance(own) && "_+=,.@-".contains(c);
    (!rest.starts_with(goes_on)).then_some(rest)
}

/// The position in a text at which an id assigned by IAM begins.
fn unique_id(text: &str) -> Option<usize> {
    let starts = ["AROA", "AIDA"].iter().flat_map(|start| text.match_indices(start));
    let mut ids = starts.map(|(at, _)| at).filter(|at| {
        let is_start = text.get(..*at).is_some_and(|head| !head.ends_with(char::is_alphanumeric));
        let id = text.get(*at..).unwrap_or_default();
        let end = id.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit());
        let id = id.get(..end.unwrap_or(id.len())).unwrap_or_default();
        // AWS's ids have 21 characters; invented ones in examples have fewer, followed by a
        // session.
        let has_session = text.get(at + id.len()..).is_some_and(|tail| tail.starts_with(':'));
        is_start && (id.len() >= 16 || has_session)
    });
    ids.next()
}

/// Whether a text is an instance's id: `i-` and hexadecimal digits, today 17 of them.
pub(super) fn is_instance(text: &str) -> bool {
    text.strip_prefix("i-").or_else(|| text.strip_prefix("I-")).is_some_and(|id| {
        (4..=17).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The instance ids in a text.
pub(super) fn instance_ids(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let ids = words.flat_map(|word| {
        let marks = word.as_bytes().windows(2).enumerate();
        let marks = marks.filter(|(_, two)| two.eq_ignore_ascii_case(b"i-"));
        marks.filter_map(move |(at, _)| {
            let is_start = word.get(..at)?.chars().last().is_none_or(|c| c == '-');
            let id = word.get(at..)?;
            let end = id.get(2..)?.find(|c: char| !c.is_ascii_hexdigit()).map(|end| end + 2);
            let id = id.get(..end.unwrap_or(id.len()))?;
            let tail = word.get(at + id.len()..)?;
            let is_end = !tail.starts_with(|c: char| c.is_ascii_alphanumeric());
            (is_start && is_end && is_instance(id)).then_some(id)
        })
    });
    ids.take(8).collect()
}
