//! What was denied: the grants that would cure it, and why some denials give none.

use aware_core::event::Event;
use aware_iam::denial::{DenialEffect, DenialLayer};
use aware_iam::explain::{DenialExplainer, DenialExplanation};
use aware_iam::principal::PrincipalIdentity;
use aware_iam::suggest::CureStatement;

use super::collector::{ActivityCollector, MAX_REMEDIES};

impl ActivityCollector<'_> {
    /// Adds a denial, by its explanation: only what belongs in the principal's own policy.
    pub(super) fn add_denial(&mut self, event: &Event) {
        let explainer = if self.wish.force {
            DenialExplainer::new_forced(self.catalogue)
        } else {
            DenialExplainer::new(self.catalogue)
        };
        let told = explainer.explain_event(event);
        let Some(action) = told.action.clone() else { return };
        self.denied += 1;
        let own = PrincipalIdentity::from_event(event).identity_policy();
        let is_own = |remedy: &CureStatement| Some(&remedy.attach_to) == own.as_ref();
        let remedies: Vec<CureStatement> =
            told.list_remedies().into_iter().filter(is_own).collect();
        if remedies.is_empty() {
            self.withhold_action(action, refusal_text(&told));
        }
        self.lacked.extend(remedies);
        while self.lacked.len() > MAX_REMEDIES {
            self.lacked.pop_last();
            self.is_cut = true;
        }
    }
}

/// Why a denial gives no grant for the principal's own policy.
fn refusal_text(told: &DenialExplanation) -> String {
    let policy = told.layer.policy_name();
    match (told.effect, told.layer) {
        (DenialEffect::Explicit, _) => {
            let arn = told.policy_arn.as_ref().map(|arn| format!(", {arn}")).unwrap_or_default();
            format!("a {policy} denies it{arn}; no grant helps")
        }
        (_, DenialLayer::NotIam) => {
            "a setting or a service's own rule refused it, not an IAM policy".to_owned()
        }
        (_, DenialLayer::Authentication | DenialLayer::None) => {
            "the caller did not prove their identity; no permission was checked".to_owned()
        }
        _ => match (&told.no_grant, &told.decided_by) {
            (Some(why), decides) => {
                let decides = decides.as_deref().unwrap_or("whoever administers the account");
                format!("{why}; {decides} decides")
            }
            _ if matches!(told.layer, DenialLayer::Identity | DenialLayer::Unknown) => {
                "no statement in the principal's own policy would cure it".to_owned()
            }
            _ => format!("the {policy} decides; its owner must change it"),
        },
    }
}
