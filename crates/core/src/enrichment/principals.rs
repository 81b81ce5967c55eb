//! Principals, by what they are for.

use crate::text::wildcard_matches;

/// What a principal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalClass {
    /// Used in emergencies only.
    BreakGlass,
    /// A build or deployment system.
    Ci,
    /// Whoever deploys, by hand or not.
    Deployer,
    /// A person.
    Human,
}

impl PrincipalClass {
    /// Its name in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BreakGlass => "break-glass",
            Self::Ci => "ci",
            Self::Deployer => "deployer",
            Self::Human => "human",
        }
    }
}

/// Which principals are for what.
#[derive(Clone, Debug, Default)]
pub struct PrincipalClasses {
    patterns: Vec<(PrincipalClass, String)>,
}

impl PrincipalClasses {
    /// Patterns with `*` and `?`, for names in messages and for ARNs.
    pub fn new(patterns: Vec<(PrincipalClass, String)>) -> Self {
        Self { patterns }
    }

    /// Whether no principal has a class.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The classes of a principal, by its name (`role/app`) or its ARN.
    ///
    /// ```
    /// use aware_core::enrichment::{PrincipalClass, PrincipalClasses};
    ///
    /// let classes = PrincipalClasses::new(vec![(PrincipalClass::Ci, "role/github-*".to_owned())]);
    /// assert_eq!(classes.classes_of("role/github-deploy", None), [PrincipalClass::Ci]);
    /// assert_eq!(classes.classes_of("user/github-deploy", None), []);
    /// ```
    pub fn classes_of(&self, name: &str, arn: Option<&str>) -> Vec<PrincipalClass> {
        let is_it = |pattern: &str| {
            wildcard_matches(pattern, name) || arn.is_some_and(|arn| wildcard_matches(pattern, arn))
        };
        let found = self.patterns.iter().filter(|(_, pattern)| is_it(pattern));
        let mut found: Vec<PrincipalClass> = found.map(|(class, _)| *class).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
