//! What was denied: the grants that would cure it, and why some denials give none.

use aware_core::event::Event;
use aware_iam::denial::{Effect, Layer};
use aware_iam::explain::{Explainer, Explanation};
use aware_iam::principal::Identity;
use aware_iam::suggest::Remedy;

use super::collector::{Collector, MAX_REMEDIES};

impl Collector<'_> {
    /// Adds a denial, by its explanation: only what belongs in the principal's own policy.
    pub(super) fn refused(&mut self, event: &Event) {
        let explainer = if self.wish.force {
            Explainer::forced(self.catalogue)
        } else {
            Explainer::new(self.catalogue)
        };
        let told = explainer.explain(event);
        let Some(action) = told.action.clone() else { return };
        self.denied += 1;
        let own = Identity::of(event).identity_policy();
        let is_own = |remedy: &Remedy| Some(&remedy.attach_to) == own.as_ref();
        let remedies: Vec<Remedy> = told.remedies().into_iter().filter(is_own).collect();
        if remedies.is_empty() {
            self.withhold(action, refusal(&told));
        }
        self.lacked.extend(remedies);
        while self.lacked.len() > MAX_REMEDIES {
            self.lacked.pop_last();
            self.is_cut = true;
        }
    }
}

/// Why a denial gives no grant for the principal's own policy.
fn refusal(told: &Explanation) -> String {
    let policy = told.layer.policy();
    match (told.effect, told.layer) {
        (Effect::Explicit, _) => {
            let arn = told.policy_arn.as_ref().map(|arn| format!(", {arn}")).unwrap_or_default();
            format!("a {policy} denies it{arn}; no grant helps")
        }
        (_, Layer::NotIam) => {
            "a setting or a service's own rule refused it, not an IAM policy".to_owned()
        }
        (_, Layer::Authentication | Layer::None) => {
            "the caller did not prove their identity; no permission was checked".to_owned()
        }
        _ => match (&told.no_grant, &told.decided_by) {
            (Some(why), decides) => {
                let decides = decides.as_deref().unwrap_or("whoever administers the account");
                format!("{why}; {decides} decides")
            }
            _ if matches!(told.layer, Layer::Identity | Layer::Unknown) => {
                "no statement in the principal's own policy would cure it".to_owned()
            }
            _ => format!("the {policy} decides; its owner must change it"),
        },
    }
}
