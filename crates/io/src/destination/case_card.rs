//! What the message of a case shows, in the order in which people read it.

use aware_core::case::{CaseKind, CaseReading, EventMark};
use aware_core::message::labels::{self, FactLabel};
use aware_core::message::{CaseFacts, Message};
use aware_core::text::{clean_line, clip_text};

/// The most characters of a line of the timeline.
const LINE_CHARS: usize = 160;
/// A command longer than this is not shown, since half a command is worse than none.
const COMMAND_CHARS: usize = 1200;
/// How many characters of an id people see.
const SHORT_ID: usize = 5;

/// What is new, whether it still holds, and what it looks like.
pub(super) fn case_sentence(message: &Message, case: &CaseFacts) -> String {
    let news = message.facts.text(FactLabel::News).map(|news| format!("{}.", capitalized(&news)));
    let closed = case.is_closed.then(|| "This case is closed.".to_owned());
    let why = message
        .facts
        .text(FactLabel::Why)
        .map(|why| format!("Why: {}.", why.trim_end_matches('.')));
    let looks = message.facts.reading.as_ref().map(|reading| match reading.is_unclear() {
        true => format!("Unclear: {}.", reading.told()),
        false => format!("Looks like {}.", reading.told()),
    });
    let parts = [news, closed, case.in_force.clone(), why, looks].into_iter().flatten();
    clean_line(&parts.collect::<Vec<_>>().join(" ")).into_owned()
}

/// The same with its first letter in upper case.
fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Who, from where, how much, when; then what the cure needs.
pub(super) fn case_fields(message: &Message, case: &CaseFacts) -> Vec<(String, String)> {
    let mut fields = vec![
        ("Who", case.who.clone()),
        (labels::FROM, case.from.clone()),
        (labels::COUNTS, counts_text(case)),
        (labels::WHEN, case.when.clone()),
    ];
    if case.curable > 0 && case.cured > 0 {
        let work = if case.cured == 1 { "works" } else { "work" };
        fields.push((labels::PROGRESS, format!("{} of {} now {work}", case.cured, case.curable)));
    }
    let fact = |label| message.facts.text(label).unwrap_or_default();
    if case.kind != CaseKind::Intruder {
        let lacks = case.reading == CaseReading::LacksPermission;
        fields.push((if lacks { "Lacks" } else { "Denied" }, fact(FactLabel::Action)));
    }
    let changes = message.facts.shown_changes().enumerate();
    fields.extend(changes.map(|(index, change)| {
        let label = if index == 0 { "Cure: add to" } else { "and add to" };
        (label, change.attach_to.clone())
    }));
    fields.push(("Take care", fact(FactLabel::TakeCare)));
    fields.push(("No grant", fact(FactLabel::NoGrant)));
    fields.push(("Likely next", fact(FactLabel::LikelyNext)));
    let shown = fields.into_iter().filter(|(_, text)| !text.is_empty());
    shown.map(|(label, text)| (label.to_owned(), clean_line(&text).into_owned())).collect()
}

fn counts_text(case: &CaseFacts) -> String {
    let marks = [
        EventMark::Denied,
        EventMark::Changed,
        EventMark::Read,
        EventMark::Failed,
        EventMark::Reported,
    ];
    let counted = marks.map(|mark| (mark, case.counts.number_of(mark)));
    let counted = counted.into_iter().filter(|(_, number)| *number > 0);
    let parts: Vec<String> =
        counted.map(|(mark, number)| format!("{} {number} {}", mark.sign(), mark.word())).collect();
    parts.join("  ")
}

/// The timeline, a line each: `13:06:49 ◆ iam:PutUserPolicy on themselves: Allow * on *`.
pub(super) fn case_lines(case: &CaseFacts) -> Vec<String> {
    let lines = case.timeline.iter().map(|line| {
        let text = clean_line(&format!("{} {}", line.clock, line.told())).into_owned();
        clip_text(&text, LINE_CHARS).into_owned()
    });
    let left_out = (case.timeline_left_out > 0).then(|| match case.timeline_left_out {
        1 => "\u{2026} 1 more line is left out".to_owned(),
        more => format!("\u{2026} {more} more lines are left out"),
    });
    lines.chain(left_out).collect()
}

/// The first step that contains an intruder: its title and its commands.
pub(super) fn first_step(case: &CaseFacts) -> Option<(String, String)> {
    let step = case.next_steps.first()?;
    let commands: Vec<String> =
        step.commands.iter().map(|command| clean_line(command).into_owned()).collect();
    let commands = commands.join("\n");
    let more = case.next_steps.len() as u64 - 1 + case.steps_left_out;
    let more = match more {
        0 => String::new(),
        1 => " (1 more step follows)".to_owned(),
        more => format!(" ({more} more steps follow)"),
    };
    let title = clip_text(&clean_line(&step.title), LINE_CHARS).into_owned();
    let fits = commands.chars().count() <= COMMAND_CHARS;
    Some((format!("First: {title}{more}"), if fits { commands } else { String::new() }))
}

/// `case c5b1e`.
pub(super) fn case_reference(case: &CaseFacts) -> String {
    let id: String = case.id.chars().take(SHORT_ID).collect();
    format!("case {}", clean_line(&id))
}
