//! Selects rules by id, tag, pack and level.

use aware_core::event::Level;
use aware_core::finding::RuleSummary;
use aware_core::near::{did_you_mean, nearest};

/// One entry of `enable`, `disable` or `levels`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleSelector {
    /// A rule's id.
    Id(String),
    /// A tag, or a prefix of a tag up to one of its dots.
    Tag(String),
    /// A level.
    Level(Level),
    /// A pack.
    Pack(String),
}

/// Why a selector names no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// There is no such level.
    #[error("`{0}` is not a level (hint: informational, low, medium, high or critical)")]
    UnknownLevel(String),
    /// No rule has the tag.
    #[error("no rule has the tag `{tag}` (hint: {})", hint(near))]
    UnknownTag {
        /// The tag.
        tag: String,
        /// The selector that was probably meant.
        near: Option<String>,
    },
    /// No rule is in the pack.
    #[error("no rule is in the pack `{pack}` (hint: {})", hint(near))]
    UnknownPack {
        /// The pack.
        pack: String,
        /// The selector that was probably meant.
        near: Option<String>,
    },
    /// No rule has the id.
    #[error("no rule has the id `{id}` (hint: {})", hint(near))]
    UnknownId {
        /// The id.
        id: String,
        /// The id that was probably meant.
        near: Option<String>,
    },
    /// It must give the id of one rule, and does not.
    #[error("`{0}` does not name one rule (hint: give a rule's id)")]
    NotOneRule(String),
    /// The rule that it names is not in force.
    #[error("it is off (hint: --enable {0})")]
    IsOff(String),
}

fn hint(near: &Option<String>) -> String {
    near.as_ref().map_or_else(|| "`aware rules list` shows them".to_owned(), did_you_mean)
}

impl RuleSelector {
    /// Parses `ID`, `tag:NAME`, `pack:NAME` or `level:NAME`.
    ///
    /// ```
    /// use aware_core::event::Level;
    /// use aware_io::rules::RuleSelector;
    ///
    /// assert_eq!(RuleSelector::parse("level:high")?, RuleSelector::Level(Level::High));
    /// assert_eq!(RuleSelector::parse("tag:cis")?, RuleSelector::Tag("cis".to_owned()));
    /// assert!(RuleSelector::parse("level:loud").is_err());
    /// # Ok::<(), aware_io::rules::SelectorError>(())
    /// ```
    ///
    /// # Errors
    /// [`SelectorError::UnknownLevel`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        match text.split_once(':') {
            Some(("tag", tag)) => Ok(Self::Tag(tag.to_owned())),
            Some(("pack", pack)) => Ok(Self::Pack(pack.to_owned())),
            Some(("level", level)) => level
                .parse()
                .map(Self::Level)
                .map_err(|_| SelectorError::UnknownLevel(level.to_owned())),
            _ => Ok(Self::Id(text.to_owned())),
        }
    }

    /// Returns an error if it matches none of the rules. A level that no rule has is fine.
    ///
    /// # Errors
    /// [`SelectorError`] with what was probably meant.
    pub fn check_matches(&self, known: &[&RuleSummary]) -> Result<(), SelectorError> {
        if known.iter().any(|rule| self.matches_rule(rule)) {
            return Ok(());
        }
        Err(match self {
            Self::Tag(tag) => {
                let tags =
                    known.iter().flat_map(|rule| &rule.tags).flat_map(|tag| tag_prefixes(tag));
                let near = nearest(tag, tags).map(|tag| format!("tag:{tag}"));
                SelectorError::UnknownTag { tag: tag.clone(), near }
            }
            Self::Id(id) => {
                let ids = known.iter().map(|rule| rule.id.as_str());
                SelectorError::UnknownId {
                    id: id.clone(),
                    near: nearest(id, ids).map(str::to_owned),
                }
            }
            Self::Pack(pack) => {
                let packs = known.iter().filter_map(|rule| rule.pack.as_deref());
                let near = nearest(pack, packs).map(|pack| format!("pack:{pack}"));
                SelectorError::UnknownPack { pack: pack.clone(), near }
            }
            Self::Level(_) => return Ok(()),
        })
    }

    /// Whether it matches a rule.
    pub fn matches_rule(&self, rule: &RuleSummary) -> bool {
        match self {
            Self::Id(id) => rule.id == *id,
            Self::Level(level) => rule.level == *level,
            Self::Tag(tag) => rule.tags.iter().any(|of_rule| has_tag(of_rule, tag)),
            Self::Pack(pack) => rule.pack.as_ref() == Some(pack),
        }
    }
}

/// A tag and its prefixes up to each dot: `cis.4.3`, `cis.4`, `cis`.
fn tag_prefixes(tag: &str) -> impl Iterator<Item = &str> {
    let dots = tag.match_indices('.').filter_map(|(at, _)| tag.get(..at));
    std::iter::once(tag).chain(dots)
}

/// Whether a tag is the requested one, or below it: `cis.4.3` is below `cis`.
///
/// ```
/// use aware_io::rules::has_tag;
///
/// assert!(has_tag("cis.4.3", "cis"));
/// assert!(!has_tag("cis.4.3", "cis.4.30"));
/// ```
pub fn has_tag(of_rule: &str, asked: &str) -> bool {
    let rest = of_rule.get(..asked.len()).filter(|head| head.eq_ignore_ascii_case(asked));
    rest.is_some() && matches!(of_rule.as_bytes().get(asked.len()), None | Some(b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        let mut rule = RuleSummary::with_defaults("r1", "R", Level::High);
        rule.tags = vec!["cis.4.3".into(), "attack.t1562.008".into()];
        let takes = |text: &str| RuleSelector::parse(text).unwrap().matches_rule(&rule);
        assert!(
            takes("r1") && takes("tag:cis") && takes("tag:attack.T1562") && takes("level:high")
        );
        assert!(!takes("r") && !takes("tag:ci") && !takes("tag:cis.4.30") && !takes("level:low"));
        let missing = |text: &str| RuleSelector::parse(text).unwrap().check_matches(&[&rule]);
        assert_eq!(missing("tag:cis"), Ok(()));
        assert_eq!(missing("level:low"), Ok(()), "a level is one, whether a rule has it or not");
        for (text, hint) in
            [("r2", "`r1`"), ("tag:ciss", "`tag:cis`"), ("tag:cis.4.4", "`tag:cis.4.3`")]
        {
            assert!(missing(text).unwrap_err().to_string().contains(hint), "{text}");
        }
        assert!(missing("something-else").unwrap_err().to_string().contains("aware rules list"));
        assert!(RuleSelector::parse("level:loud").unwrap_err().to_string().contains("not a level"));
    }
}
