//! The facts of messages with only labelled fields: messages of version 1, and of senders of
//! version 2 that wrote no facts. This decodes a wire format, and is the only place that reads
//! labels.

use serde_json::Value;

use super::facts::{FactList, Facts, RuleFacts};
use super::labels::{self, FactLabel, change_labels};
use super::{MessageField, value_as_text};
use crate::explanation::{Cure, DenialSign, Grant, LooksLike, PolicyChange, Reading};
use crate::open::OpenEnum;

/// How the sentences of readings begin.
const READINGS: [(&str, LooksLike); 4] = [
    ("unclear: ", LooksLike::Unclear),
    ("somebody exploring", LooksLike::Exploring),
    ("a workload that lacks", LooksLike::LacksPermission),
    ("somebody who lacks", LooksLike::LacksPermission),
];

/// The fields of a message, by their labels.
pub(super) struct LabelledFields<'m>(pub(super) &'m [MessageField]);

impl LabelledFields<'_> {
    /// The request, which only version 1's field carries.
    pub(super) fn request(&self) -> Option<Value> {
        let field = self.0.iter().find(|field| field.key == labels::REQUEST)?;
        (!field.value.is_null()).then(|| field.value.clone())
    }

    /// The facts in fields. `looks_like` is the reading's name, if the message has one.
    pub(super) fn facts(&self, looks_like: Option<&OpenEnum<LooksLike>>) -> Facts {
        let text = |label: FactLabel| self.text(label.as_str());
        let list = |label: FactLabel| text(label).map_or_else(FactList::default, FactList::whole);
        let time = |label: FactLabel| text(label)?.parse().ok();
        Facts {
            news: text(FactLabel::News),
            together: text(FactLabel::Together),
            principals: list(FactLabel::Principal),
            sessions: list(FactLabel::Sessions),
            actions: list(FactLabel::Action),
            outcome: None,
            resources: list(FactLabel::Resource),
            why: text(FactLabel::Why),
            policy_arn: text(FactLabel::Policy),
            reading: text(FactLabel::LooksLike).map(|sentence| reading(sentence, looks_like)),
            signs: text(FactLabel::Sign).map(sign).into_iter().collect(),
            cure: self.cure(),
            likely_next: text(FactLabel::LikelyNext).into_iter().collect(),
            notes: text(FactLabel::Notes).into_iter().collect(),
            console_link: text(FactLabel::Console),
            account: text(FactLabel::Account).or_else(|| self.text(labels::RECIPIENT_ACCOUNT)),
            regions: list(FactLabel::Regions),
            sources: list(FactLabel::Sources),
            user_agent: text(FactLabel::UserAgent),
            invoked_by: text(FactLabel::InvokedBy),
            count: text(FactLabel::Count).and_then(|count| count.parse().ok()),
            first_seen: time(FactLabel::FirstSeen),
            last_seen: time(FactLabel::LastSeen),
            event_ids: list(FactLabel::EventIds),
            rule: self.rule(),
            request: self.request(),
        }
    }

    fn text(&self, label: &str) -> Option<String> {
        let field = self.0.iter().find(|field| field.key == label)?;
        Some(value_as_text(&field.value))
    }

    fn rule(&self) -> Option<RuleFacts> {
        let text = |label: FactLabel| self.text(label.as_str());
        let (id, author) = (text(FactLabel::Rule), text(FactLabel::RuleAuthor));
        if id.is_none() && author.is_none() {
            return None;
        }
        let (license, link) = (text(FactLabel::RuleLicense), text(FactLabel::RuleLink));
        Some(RuleFacts { id: id.unwrap_or_default(), author, license, link })
    }

    fn cure(&self) -> Option<Cure> {
        let changes: Vec<PolicyChange> = (0..).map_while(|index| self.change(index)).collect();
        let take_care = self.text(FactLabel::TakeCare.as_str());
        let withheld = self.text(FactLabel::NoGrant.as_str());
        let is_told = !changes.is_empty() || take_care.is_some() || withheld.is_some();
        is_told.then(|| Cure { changes, take_care: take_care.into_iter().collect(), withheld })
    }

    /// A policy and its statements; `None` if they are missing or were cut.
    fn change(&self, index: usize) -> Option<PolicyChange> {
        let (policy, statements) = change_labels(index);
        let statements: Value = serde_json::from_str(&self.text(&statements)?).ok()?;
        let statements: Vec<Grant> = match statements {
            Value::Array(_) => serde_json::from_value(statements).ok()?,
            one => vec![serde_json::from_value(one).ok()?],
        };
        let attach_to = self.text(&policy).unwrap_or_default();
        Some(PolicyChange { attach_to, statements, ..PolicyChange::default() })
    }
}

fn reading(sentence: String, looks_like: Option<&OpenEnum<LooksLike>>) -> Reading {
    let told = READINGS.iter().find(|(start, _)| sentence.starts_with(start));
    let told = || told.map_or(OpenEnum::Other("".into()), |(_, reading)| (*reading).into());
    let looks_like = looks_like.cloned().unwrap_or_else(told);
    Reading { looks_like, points: 0, sentence, reasons: Vec::new() }
}

fn sign(text: String) -> DenialSign {
    DenialSign { label: String::new(), text, is_high: false }
}
