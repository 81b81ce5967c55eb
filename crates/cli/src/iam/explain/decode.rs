//! Asks AWS what only AWS knows about a denial, if the user allows the calls.

use aware_iam::denial::Layer;
use aware_iam::explain::{Explainer, Explanation};
use aware_io::authorization;
use aware_io::aws::Aws;

use tokio::runtime::Runtime;

use crate::args::AwsOptions;

/// Decodes denials, if allowed.
pub(super) struct Decoder {
    allowed: bool,
    options: AwsOptions,
    /// Created for the first message.
    world: Option<(Runtime, Aws)>,
}

impl Decoder {
    pub(super) fn new(allowed: bool, options: &AwsOptions) -> Self {
        Self { allowed, options: options.clone(), world: None }
    }

    /// If there is an encoded message or an authorization id, the explanation from AWS's answer;
    /// otherwise the given one.
    pub(super) fn decoded(
        &mut self,
        explainer: Explainer<'_>,
        explanation: Explanation,
    ) -> Explanation {
        let question = match (&explanation.encoded, &explanation.authorization_id) {
            _ if !self.allowed => None,
            (Some(encoded), _) => Some(Question::Encoded(encoded.clone())),
            (None, Some(id)) => Some(Question::Id(id.clone())),
            (None, None) => None,
        };
        let Some(question) = question else { return explanation };
        match self.ask(&question) {
            Ok(text) => match explainer.explain_text(&text) {
                Some(better) => merged(explanation, better),
                None => explanation,
            },
            Err(problem) => {
                tracing::warn!("AWS could not be asked about a denial: {problem}");
                // Further calls would fail in the same way.
                self.allowed = false;
                explanation
            }
        }
    }

    fn ask(&mut self, question: &Question) -> Result<String, String> {
        if self.world.is_none() {
            let runtime = Runtime::new().map_err(|error| error.to_string())?;
            self.world = Some((runtime, self.options.aws()));
        }
        let Some((runtime, aws)) = &self.world else { return Err("no runtime".to_owned()) };
        let answer = runtime.block_on(async {
            match question {
                Question::Encoded(encoded) => authorization::decode(aws, encoded).await,
                Question::Id(id) => authorization::details(aws, id).await,
            }
        });
        answer.map_err(|error| error.to_string())
    }
}

enum Question {
    Encoded(String),
    Id(String),
}

/// AWS's answer knows action, resource and effect; the event knows the rest. If the error's text
/// names the kind of policy that decided, and the answer does not, the text takes precedence.
fn merged(told: Explanation, answer: Explanation) -> Explanation {
    let policy_arn = answer.policy_arn.clone().or_else(|| told.policy_arn.clone());
    if answer.layer == Layer::Unknown && told.layer != Layer::Unknown {
        let notes = [told.notes, answer.notes].concat();
        return Explanation { policy_arn, notes, encoded: None, ..told };
    }
    Explanation {
        principal: answer.principal.or(told.principal),
        policy_arn,
        console_link: told.console_link,
        authorization_id: told.authorization_id,
        encoded: None,
        ..answer
    }
}
