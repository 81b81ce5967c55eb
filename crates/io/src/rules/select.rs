//! Rules by id, tag and level.

use aware_core::event::Level;
use aware_core::finding::Rule;

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
            Some(("level", level)) => level
                .parse()
                .map(Self::Level)
                .map_err(|_| format!("`{level}` is no level (hint: level:high, for example)")),
            _ => Ok(Self::Id(text.to_owned())),
        }
    }

    /// Whether it names a rule.
    pub fn takes(&self, rule: &Rule) -> bool {
        match self {
            Self::Id(id) => rule.id == *id,
            Self::Level(level) => rule.level == *level,
            Self::Tag(tag) => rule.tags.iter().any(|of_rule| has_tag(of_rule, tag)),
        }
    }
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
        let mut rule = Rule::new("r1", "R", Level::High);
        rule.tags = vec!["cis.4.3".into(), "attack.t1562.008".into()];
        let takes = |text: &str| Selector::parse(text).unwrap().takes(&rule);
        assert!(
            takes("r1") && takes("tag:cis") && takes("tag:attack.T1562") && takes("level:high")
        );
        assert!(!takes("r") && !takes("tag:ci") && !takes("tag:cis.4.30") && !takes("level:low"));
        assert!(Selector::parse("level:loud").unwrap_err().contains("no level"));
    }
}
