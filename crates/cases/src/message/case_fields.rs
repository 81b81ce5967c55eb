//! A case as labelled fields, for readers that know no facts.

use aware_core::message::labels::{self, FactLabel};
use aware_core::message::{CaseFacts, Facts, MessageField};
use aware_core::text::clean_line;

use crate::view::CaseView;

/// The most steps that fields show.
const MAX_STEPS: usize = 3;

/// The fields: what is new and the case first, then the facts, then steps and the timeline.
pub(super) fn case_fields(view: &CaseView, case: &CaseFacts, facts: &Facts) -> Vec<MessageField> {
    let news = FactLabel::News.as_str();
    let shown = facts.fields();
    let (news, facts): (Vec<_>, Vec<_>) = shown.into_iter().partition(|field| field.key == news);
    let mut fields = news;
    fields.extend(about_case(view, case));
    fields.extend(facts);
    fields.extend(step_fields(case));
    fields.extend(case.timeline.iter().map(|line| field(&line.clock, &line.told())));
    if case.timeline_left_out > 0 {
        fields.push(field(labels::LEFT_OUT, &case.timeline_left_out.to_string()));
    }
    fields
}

fn field(key: &str, value: &str) -> MessageField {
    MessageField { key: key.to_owned(), value: clean_line(value).into() }
}

fn about_case(view: &CaseView, case: &CaseFacts) -> Vec<MessageField> {
    let fields = [
        (labels::CASE, format!("{}, {}", view.short_id, case.reading)),
        (labels::IN_FORCE, case.in_force.clone().unwrap_or_default()),
        (labels::KNOWN, view.known.clone().unwrap_or_default()),
        (labels::FROM, view.from.clone()),
        (labels::WHEN, view.when.clone()),
        (labels::COUNTS, view.counts_line()),
        (labels::PROGRESS, view.cure.progress.clone().unwrap_or_default()),
    ];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    fields.map(|(key, value)| field(key, &value)).collect()
}

/// `Contain 1`: a step with its commands.
fn step_fields(case: &CaseFacts) -> Vec<MessageField> {
    let steps = case.next_steps.iter().take(MAX_STEPS).zip(1..);
    steps
        .map(|(step, number)| {
            let value = format!("{}: {}", step.title, step.commands.join("; "));
            field(&format!("{} {number}", labels::CONTAIN), &value)
        })
        .collect()
}
