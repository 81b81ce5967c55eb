//! Facts in words, under their labels.

use super::Facts;
use crate::explanation::{PolicyChange, StatementStyle};
use crate::message::MessageField;
use crate::message::labels::{FactLabel, change_labels};
use crate::text;

/// Maximum number of policies whose changes a message shows.
const MAX_CHANGES: usize = 5;

impl Facts {
    /// The fields that show the facts, in order.
    pub fn fields(&self) -> Vec<MessageField> {
        let mut fields = Vec::new();
        let mut add = |label: &str, value: &str| {
            if !value.is_empty() {
                fields.push(MessageField {
                    key: label.to_owned(),
                    value: text::clean_line(value).into(),
                });
            }
        };
        for label in FactLabel::BEFORE_CURE {
            add(label.as_str(), &self.text(label).unwrap_or_default());
        }
        for (index, change) in self.shown_changes().enumerate() {
            let (policy, statements) = change_labels(index);
            add(&policy, &change.attach_to);
            add(&statements, &change.written(StatementStyle::Compact));
        }
        for label in FactLabel::AFTER_CURE {
            add(label.as_str(), &self.text(label).unwrap_or_default());
        }
        fields
    }

    /// The policy changes that a message shows: the first few.
    pub fn shown_changes(&self) -> impl Iterator<Item = &PolicyChange> {
        let changes = self.cure.iter().flat_map(|cure| &cure.changes);
        changes.filter(|change| !change.is_empty()).take(MAX_CHANGES)
    }

    /// A fact in words; `None` if there is nothing to say.
    pub fn text(&self, label: FactLabel) -> Option<String> {
        let rule = self.rule.as_ref();
        let cure = self.cure.as_ref();
        let text = match label {
            FactLabel::News => self.news.clone()?,
            FactLabel::Together => self.together.clone()?,
            FactLabel::Principal => self.principals.to_string(),
            FactLabel::Sessions => self.sessions.to_string(),
            FactLabel::Action => self.actions.to_string(),
            FactLabel::Resource => self.resources.to_string(),
            FactLabel::Why => self.why.clone()?,
            FactLabel::Policy => self.policy_arn.clone()?,
            FactLabel::LooksLike => self.reading.as_ref()?.sentence.clone(),
            FactLabel::Sign => {
                let texts: Vec<&str> = self.signs.iter().map(|sign| sign.text.as_str()).collect();
                texts.join("; ")
            }
            FactLabel::TakeCare => cure?.take_care.join("; "),
            FactLabel::NoGrant => cure?.withheld.clone()?,
            FactLabel::LikelyNext => self.likely_next.join(", "),
            FactLabel::Notes => self.notes.join("; "),
            FactLabel::Console => self.console_link.clone()?,
            FactLabel::Account => self.account.clone()?,
            FactLabel::Regions => self.regions.to_string(),
            FactLabel::Sources => self.sources.to_string(),
            FactLabel::UserAgent => self.user_agent.clone()?,
            FactLabel::InvokedBy => self.invoked_by.clone()?,
            FactLabel::Count => self.count?.to_string(),
            FactLabel::FirstSeen => self.first_seen?.to_string(),
            FactLabel::LastSeen => self.last_seen?.to_string(),
            FactLabel::EventIds => self.event_ids.to_string(),
            FactLabel::Rule => rule?.id.clone(),
            FactLabel::RuleAuthor => rule?.author.clone()?,
            FactLabel::RuleLicense => rule?.license.clone()?,
            FactLabel::RuleLink => rule?.link.clone()?,
        };
        (!text.is_empty()).then_some(text)
    }
}
