//! What the API server says when its authorizer refuses a request.
//!
//! Source: Kubernetes, `apiserver/pkg/endpoints/handlers/responsewriters/errors.go`, which quotes
//! every name as Go does, so that no name can end its own quotes.

/// A refusal, as its text tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalText {
    /// The kind of object that it begins with, with its group: `deployments.apps`. None for a path.
    pub kind: Option<String>,
    /// The object's name.
    pub name: Option<String>,
    /// Who was refused.
    pub user: String,
    /// What they wanted to do: `get`.
    pub verb: String,
    /// On what.
    pub asked: AskedFor,
    /// What the authorizer adds.
    pub reason: Option<String>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedFor {
    /// A resource.
    Resource {
        /// With its part: `pods/exec`.
        resource: String,
        /// The API group, empty for the core group.
        group: String,
        /// The namespace; none at the scope of the cluster.
        namespace: Option<String>,
    },
    /// A path that names no resource: `/metrics`.
    Path(String),
}

impl RefusalText {
    /// Reads a text that is such a refusal from its beginning.
    ///
    /// ```
    /// use aware_core::source::eks_audit::RefusalText;
    ///
    /// let text = r#"pods "web" is forbidden: User "dev" cannot get resource "pods" in API group "" in the namespace "prod""#;
    /// assert_eq!(RefusalText::parse(text).unwrap().user, "dev");
    /// assert_eq!(RefusalText::parse("pods is forbidden: exceeded quota"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name, rest) = subject(text)?;
        let (user, rest) = quoted(rest.strip_prefix("User ")?)?;
        let (verb, rest) = rest.strip_prefix(" cannot ")?.split_once(' ')?;
        let (asked, rest) = asked_for(rest)?;
        let reason = match rest {
            "" => None,
            more => Some(more.strip_prefix(": ")?.to_owned()),
        };
        Some(Self {
            kind: kind.map(str::to_owned),
            name,
            user,
            verb: verb.to_owned(),
            asked,
            reason,
        })
    }
}

/// What an error is about, and the text after ` is forbidden: `.
pub(super) fn subject(text: &str) -> Option<(Option<&str>, Option<String>, &str)> {
    if let Some(rest) = text.strip_prefix("forbidden: ") {
        return Some((None, None, rest));
    }
    let (kind, rest) = text.split_once(' ')?;
    let (name, rest) = match rest.starts_with('"') {
        true => {
            let (name, rest) = quoted(rest)?;
            (Some(name).filter(|name| !name.is_empty()), rest.strip_prefix(' ')?)
        }
        false => (None, rest),
    };
    Some((Some(kind), name, rest.strip_prefix("is forbidden: ")?))
}

fn asked_for(text: &str) -> Option<(AskedFor, &str)> {
    if let Some(rest) = text.strip_prefix("path ") {
        let (path, rest) = quoted(rest)?;
        return Some((AskedFor::Path(path), rest));
    }
    let (resource, rest) = quoted(text.strip_prefix("resource ")?)?;
    let (group, rest) = quoted(rest.strip_prefix(" in API group ")?)?;
    let (namespace, rest) = match rest.strip_prefix(" at the cluster scope") {
        Some(rest) => (None, rest),
        None => {
            let (namespace, rest) = quoted(rest.strip_prefix(" in the namespace ")?)?;
            (Some(namespace), rest)
        }
    };
    Some((AskedFor::Resource { resource, group, namespace }, rest))
}

/// The text in quotes at the beginning, and what follows. Escapes other than of quotes and of the
/// backslash stay as they are: no name that Kubernetes accepts has any.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut said = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, one)) = chars.next() {
        match one {
            '"' => return Some((said, inner.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                escaped @ ('"' | '\\') => said.push(escaped),
                other => said.extend(['\\', other]),
            },
            one => said.push(one),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_namespace(resource: &str, group: &str, namespace: &str) -> AskedFor {
        AskedFor::Resource {
            resource: resource.to_owned(),
            group: group.to_owned(),
            namespace: Some(namespace.to_owned()),
        }
    }

    #[test]
    fn the_forms_of_a_refusal() {
        let secret = r#"secrets "db" is forbidden: User "dev-alice" cannot get resource "secrets" in API group "" in the namespace "prod""#;
        let read = RefusalText::parse(secret).unwrap();
        assert_eq!((read.kind.as_deref(), read.name.as_deref()), (Some("secrets"), Some("db")));
        assert_eq!((read.user.as_str(), read.verb.as_str()), ("dev-alice", "get"));
        assert_eq!(read.asked, in_namespace("secrets", "", "prod"));

        let list = r#"secrets "" is forbidden: User "system:serviceaccount:prod:web" cannot list resource "secrets" in API group "" in the namespace "kube-system""#;
        assert_eq!(RefusalText::parse(list).unwrap().name, None);

        let exec = r#"pods "web" is forbidden: User "u" cannot create resource "pods/exec" in API group "" in the namespace "prod""#;
        assert_eq!(RefusalText::parse(exec).unwrap().asked, in_namespace("pods/exec", "", "prod"));

        let cluster = r#"deployments.apps is forbidden: User "u" cannot list resource "deployments" in API group "apps" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "x" not found"#;
        let read = RefusalText::parse(cluster).unwrap();
        assert!(matches!(read.asked, AskedFor::Resource { namespace: None, .. }));
        assert!(read.reason.unwrap().starts_with("RBAC: clusterrole"));

        let path = r#"forbidden: User "system:anonymous" cannot get path "/metrics""#;
        assert_eq!(RefusalText::parse(path).unwrap().asked, AskedFor::Path("/metrics".to_owned()));
    }

    #[test]
    fn a_name_cannot_end_its_quotes() {
        let hostile = r#"secrets "x\" is forbidden: User \"admin\" cannot get resource \"pods\" in API group \"\" in the namespace \"prod" is forbidden: User "mallory" cannot get resource "secrets" in API group "" in the namespace "prod""#;
        let read = RefusalText::parse(hostile).unwrap();
        assert_eq!(read.user, "mallory");
        assert_eq!(read.asked, in_namespace("secrets", "", "prod"));
    }

    proptest::proptest! {
        /// Whatever stands in quotes is read as it was, and nothing in it as something else.
        #[test]
        fn names_are_read_as_they_were(name in "\\PC{1,40}", user in "\\PC{0,40}", namespace in "\\PC{0,40}") {
            let quote = |text: &str| text.replace('\\', r"\\").replace('"', r#"\""#);
            let text = format!(
                r#"pods "{}" is forbidden: User "{}" cannot get resource "pods" in API group "" in the namespace "{}""#,
                quote(&name), quote(&user), quote(&namespace)
            );
            let read = RefusalText::parse(&text).unwrap();
            proptest::prop_assert_eq!(read.name.as_deref(), Some(name.as_str()));
            proptest::prop_assert_eq!(&read.user, &user);
            proptest::prop_assert_eq!(read.asked, in_namespace("pods", "", &namespace));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z \"\\\\:]{0,80}") {
            let _ = RefusalText::parse(&text);
        }
    }

    #[test]
    fn what_is_no_refusal_of_the_authorizer() {
        for text in [
            "",
            "Forbidden",
            r#"pods "web" is forbidden: exceeded quota: compute, requested: cpu=1"#,
            r#"admission webhook "policy.example.com" denied the request: pods "web" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "prod""#,
            r#"pods "web" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "prod" and more"#,
            r#"pods "web is forbidden: User "u" cannot get resource "pods""#,
            r#"pods "web" is forbidden: User "u cannot get"#,
            "\"",
            "\\",
        ] {
            assert_eq!(RefusalText::parse(text), None, "{text}");
        }
    }
}
