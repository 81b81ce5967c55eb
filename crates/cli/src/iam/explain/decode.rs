//! Asks AWS what only AWS knows about a denial, if the user allows the calls.

use aware_iam::denial::DenialLayer;
use aware_iam::explain::{DenialExplainer, DenialExplanation};
use aware_io::authorization;
use aware_io::aws::AwsSession;
use tokio::runtime::Runtime;

use crate::args::AwsOptions;

/// Decodes denials, if allowed.
pub(super) struct DenialDecoder {
    allowed: bool,
    options: AwsOptions,
    /// Created for the first message.
    world: Option<(Runtime, AwsSession)>,
}

impl DenialDecoder {
    pub(super) fn new(allowed: bool, options: &AwsOptions) -> Self {
        Self { allowed, options: options.clone(), world: None }
    }

    /// If there is an encoded message or an authorization id, the explanation from AWS's answer;
    /// otherwise the given one.
    pub(super) fn decode_explanation(
        &mut self,
        explainer: DenialExplainer<'_>,
        explanation: DenialExplanation,
    ) -> DenialExplanation {
        let question = match (&explanation.encoded, &explanation.authorization_id) {
            _ if !self.allowed => None,
            (Some(encoded), _) => Some(DenialQuestion::Encoded(encoded.clone())),
            (None, Some(id)) => Some(DenialQuestion::Id(id.clone())),
            (None, None) => None,
        };
        let Some(question) = question else { return explanation };
        match self.ask_aws(&question) {
            Ok(text) => match explainer.explain_text(&text) {
                Some(better) => merge_answers(explanation, better),
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

    fn ask_aws(&mut self, question: &DenialQuestion) -> Result<String, String> {
        if self.world.is_none() {
            let runtime = Runtime::new().map_err(|error| error.to_string())?;
            self.world = Some((runtime, self.options.aws_session()));
        }
        let Some((runtime, aws)) = &self.world else { return Err("no runtime".to_owned()) };
        let answer = runtime.block_on(async {
            match question {
                DenialQuestion::Encoded(encoded) => {
                    authorization::decode_message(aws, encoded).await
                }
                DenialQuestion::Id(id) => authorization::fetch_evaluation(aws, id).await,
            }
        });
        answer.map_err(|error| error.to_string())
    }
}

enum DenialQuestion {
    Encoded(String),
    Id(String),
}

/// AWS's answer knows action, resource and effect; the event knows the rest. If the error's text
/// names the kind of policy that decided, and the answer does not, the text takes precedence.
fn merge_answers(told: DenialExplanation, answer: DenialExplanation) -> DenialExplanation {
    let policy_arn = answer.policy_arn.clone().or_else(|| told.policy_arn.clone());
    if answer.layer == DenialLayer::Unknown && told.layer != DenialLayer::Unknown {
        let notes = [told.notes, answer.notes].concat();
        return DenialExplanation { policy_arn, notes, encoded: None, ..told };
    }
    DenialExplanation {
        principal: answer.principal.or(told.principal),
        policy_arn,
        console_link: told.console_link,
        authorization_id: told.authorization_id,
        encoded: None,
        ..answer
    }
}
