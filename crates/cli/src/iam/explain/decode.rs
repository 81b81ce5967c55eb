//! Encoded authorization messages, decoded by AWS when the user allows the call.

use aware_iam::explain::{Explainer, Explanation};
use aware_io::aws::Aws;
use aware_io::{authorization, log};
use tokio::runtime::Runtime;

/// Decodes if it is allowed to.
pub(super) struct Decoder {
    allowed: bool,
    /// Made for the first message.
    world: Option<(Runtime, Aws)>,
}

impl Decoder {
    pub(super) fn new(allowed: bool) -> Self {
        Self { allowed, world: None }
    }

    /// The explanation of the decoded message where there is one; else what was given.
    pub(super) fn decoded(
        &mut self,
        explainer: Explainer<'_>,
        explanation: Explanation,
    ) -> Explanation {
        let Some(encoded) = explanation.encoded.as_deref().filter(|_| self.allowed) else {
            return explanation;
        };
        match self.ask(encoded) {
            Ok(text) => match explainer.explain_text(&text) {
                Some(better) => merged(explanation, better),
                None => explanation,
            },
            Err(problem) => {
                log::warn(&format!("the message could not be decoded: {problem}"), &[]);
                // Further calls would fail in the same way.
                self.allowed = false;
                explanation
            }
        }
    }

    fn ask(&mut self, encoded: &str) -> Result<String, String> {
        if self.world.is_none() {
            let runtime = Runtime::new().map_err(|error| error.to_string())?;
            self.world = Some((runtime, Aws::default()));
        }
        let Some((runtime, aws)) = &self.world else { return Err("no runtime".to_owned()) };
        runtime.block_on(authorization::decode(aws, encoded)).map_err(|error| error.to_string())
    }
}

/// The decoded message knows action, resource and effect; the event knows the rest.
fn merged(told: Explanation, decoded: Explanation) -> Explanation {
    Explanation {
        principal: decoded.principal.or(told.principal),
        policy_arn: decoded.policy_arn.or(told.policy_arn),
        console_link: told.console_link,
        authorization_id: told.authorization_id,
        encoded: None,
        ..decoded
    }
}
