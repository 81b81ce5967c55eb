//! Rules by id, tag and level.

use aware_core::event::Level;
use aware_core::finding::RuleSummary;

use crate::config::near;

/// One entry of `enable`, `disable` or `levels`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// A rule's id.
    Id(String),
    /// A tag, or what a tag begins with up to one of its dots.
    Tag(String),
    /// A level.
    Level(Level),
}

impl Selector {
    /// Parses `ID`, `tag:NAME` or `level:NAME`.
    ///
    /// # Errors
    /// For a level that does not exist.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("tag", tag)) => Ok(Self::Tag(tag.to_owned())),
            Some(("level", level)) => level.parse().map(Self::Level).map_err(|_| {
                format!(
                    "`{level}` is no level (hint: informational, low, medium, high or critical)"
                )
            }),
            _ => Ok(Self::Id(text.to_owned())),
        }
    }

    /// Says so when it names none of the rules. A level that no rule has names none, and is right.
    ///
    /// # Errors
    /// A fragment with what was probably meant.
    pub fn must_take(&self, known: &[&RuleSummary]) -> Result<(), String> {
        if known.iter().any(|rule| self.takes(rule)) {
            return Ok(());
        }
        let (what, near) = match self {
            Self::Tag(tag) => {
                let tags = known.iter().flat_map(|rule| &rule.tags).flat_map(|tag| heads(tag));
                (
                    format!("no rule has the tag `{tag}`"),
                    near(tag, tags).map(|tag| format!("tag:{tag}")),
                )
            }
            Self::Id(id) => {
                let ids = known.iter().map(|rule| rule.id.as_str());
                (format!("no rule has the id `{id}`"), near(id, ids).map(str::to_owned))
            }
            Self::Level(_) => return Ok(()),
        };
        Err(match near {
            Some(near) => format!("{what} (hint: did you mean `{near}`?)"),
            None => format!("{what} (hint: `aware rules list` shows them)"),
        })
    }

    /// Whether it names a rule.
    pub fn takes(&self, rule: &RuleSummary) -> bool {
        match self {
            Self::Id(id) => rule.id == *id,
            Self::Level(level) => rule.level == *level,
            Self::Tag(tag) => rule.tags.iter().any(|of_rule| has_tag(of_rule, tag)),
        }
    }
}

/// A tag, and what it begins with up to each of its dots: `cis.4.3`, `cis.4`, `cis`.
fn heads(tag: &str) -> impl Iterator<Item = &str> {
    let dots = tag.match_indices('.').filter_map(|(at, _)| tag.get(..at));
    std::iter::once(tag).chain(dots)
}

/// Whether a tag is the one asked for, or stands below it: `cis.4.3` is a `cis`.
pub fn has_tag(of_rule: &str, asked: &str) -> bool {
    let rest = of_rule.get(..asked.len()).filter(|head| head.eq_ignore_ascii_case(asked));
    rest.is_some() && matches!(of_rule.as_bytes().get(asked.len()), None | Some(b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        let mut rule = RuleSummary::new("r1", "R", Level::High);
        rule.tags = vec!["cis.4.3".into(), "attack.t1562.008".into()];
        let takes = |text: &str| Selector::parse(text).unwrap().takes(&rule);
        assert!(
            takes("r1") && takes("tag:cis") && takes("tag:attack.T1562") && takes("level:high")
        );
        assert!(!takes("r") && !takes("tag:ci") && !takes("tag:cis.4.30") && !takes("level:low"));
        let missing = |text: &str| Selector::parse(text).unwrap().must_take(&[&rule]);
        assert_eq!(missing("tag:cis"), Ok(()));
        assert_eq!(missing("level:low"), Ok(()), "a level is one, whether a rule has it or not");
        for (text, hint) in
            [("r2", "`r1`"), ("tag:ciss", "`tag:cis`"), ("tag:cis.4.4", "`tag:cis.4.3`")]
        {
            assert!(missing(text).unwrap_err().contains(hint), "{text}");
        }
        assert!(missing("something-else").unwrap_err().contains("aware rules list"));
        assert!(Selector::parse("level:loud").unwrap_err().contains("no level"));
    }
}
