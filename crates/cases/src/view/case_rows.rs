//! A case as rows of text, for the terminal: what stands where, without width and colour.

use aware_core::case::{CaseReading, EventMark};

use super::model::CaseView;
use super::words::count_noun;

/// The most lines of a timeline on a terminal.
const MAX_TIMELINE: usize = 40;

/// The most characters of time and counts on one line.
const MAX_WHEN: usize = 75;

/// A row below the headline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseRow {
    /// What it is about, or a time; empty if it continues the row above.
    pub label: String,
    /// The mark, whose sign stands before the text.
    pub mark: Option<EventMark>,
    /// The text.
    pub text: String,
    /// The event that shows it.
    pub event_id: Option<String>,
    /// Whether it is to be copied, and so stays on one line.
    pub is_copied: bool,
    /// Whether it stands out.
    pub is_key: bool,
}

impl CaseRow {
    fn new(label: &str, text: impl Into<String>) -> Self {
        Self { label: label.to_owned(), text: text.into(), ..Self::default() }
    }

    fn copied(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_copied: true, ..Self::default() }
    }

    fn with_event(mut self, event_id: Option<&str>) -> Self {
        self.event_id = event_id.filter(|id| !id.is_empty()).map(str::to_owned);
        self
    }
}

/// The rows of a case, in the order in which people read them. `logs` stands for the logs in
/// commands.
pub fn case_rows(view: &CaseView, logs: &str) -> Vec<CaseRow> {
    let mut rows = Vec::new();
    if let Some(state) = &view.in_force {
        let row = CaseRow::new("in force", state.sentence.as_str());
        rows.push(CaseRow {
            is_key: state.holds != Some(false),
            ..row.with_event(state.event_id.as_deref())
        });
    }
    rows.push(CaseRow::new("who", view.who.as_str()));
    rows.push(CaseRow::new("from", view.from.as_str()));
    rows.extend(when_rows(view));
    rows.push(CaseRow::new("known", view.known.as_deref().unwrap_or_default()));
    rows.push(CaseRow::new("denied", view.denied.as_deref().unwrap_or_default()));
    rows.push(CaseRow::new("counted", view.measured.as_deref().unwrap_or_default()));
    rows.push(CaseRow::new("why", view.denied_because.as_deref().unwrap_or_default()));
    rows.extend(timeline_rows(view));
    rows.extend(why_rows(view));
    rows.extend(cure_rows(view));
    rows.extend(contain_rows(view));
    rows.push(CaseRow::new("not seen", view.not_seen.as_deref().unwrap_or_default()));
    for (index, command) in view.next_commands(logs).into_iter().enumerate() {
        let label = if index == 0 { "next" } else { "" };
        rows.push(CaseRow { label: label.to_owned(), ..CaseRow::copied(command) });
    }
    rows.retain(|row| !row.text.is_empty());
    rows
}

/// Time and counts on one line, if they fit there.
fn when_rows(view: &CaseView) -> Vec<CaseRow> {
    let (when, counts) = (&view.when, view.counts_line());
    if counts.is_empty() {
        return vec![CaseRow::new("when", when.as_str())];
    }
    if when.chars().count() + counts.chars().count() <= MAX_WHEN {
        return vec![CaseRow::new("when", format!("{when} \u{b7} {counts}"))];
    }
    vec![CaseRow::new("counts", counts), CaseRow::new("when", when.as_str())]
}

fn timeline_rows(view: &CaseView) -> Vec<CaseRow> {
    let shown = view.timeline.shown(MAX_TIMELINE);
    let line = |line: &&super::TimelineLine| {
        let row = CaseRow::new(&line.clock, line.text.as_str());
        let event = line.is_key.then_some(line.event_id.as_str());
        CaseRow { mark: Some(line.mark), is_key: line.is_key, ..row.with_event(event) }
    };
    let mut rows: Vec<CaseRow> = shown.lines.iter().map(line).collect();
    if shown.left_out > 0 {
        let lines = count_noun(shown.left_out as u64, "line", "lines");
        rows.push(CaseRow::new("\u{2026}", format!("{lines} left out; --format json has more")));
    }
    rows
}

fn why_rows(view: &CaseView) -> Vec<CaseRow> {
    let why = &view.why;
    let mut rows = Vec::new();
    if let Some(cause) = &why.cause {
        rows.push(CaseRow::new("cause", cause.text.as_str()).with_event(cause.event_id.as_deref()));
    }
    let points = if why.lines.is_empty() { String::new() } else { format!(" ({:+})", why.points) };
    let colon = if view.reading == CaseReading::Unclear { ":" } else { "" };
    rows.push(CaseRow::new("reading", format!("{}{colon} {}{points}", why.label, why.sentence)));
    for line in &why.lines {
        let row = CaseRow::new("", format!("{:+}  {}", line.points, line.text));
        rows.push(row.with_event(line.event_id.as_deref()));
    }
    rows
}

fn cure_rows(view: &CaseView) -> Vec<CaseRow> {
    let cure = &view.cure;
    let mut rows = vec![CaseRow::new("no grant", cure.withheld.as_deref().unwrap_or_default())];
    for change in &cure.policies {
        rows.push(CaseRow::new("cure", format!("add to {}:", change.policy)));
        rows.extend(change.statements.iter().map(CaseRow::copied));
    }
    rows.push(CaseRow::new("take care", cure.take_care.join("; ")));
    rows.push(CaseRow::new("progress", cure.progress.as_deref().unwrap_or_default()));
    let next = cure.likely_next.as_ref().map(|next| format!("likely denied next: {next}"));
    rows.push(CaseRow::new("then", next.unwrap_or_default()));
    rows
}

fn contain_rows(view: &CaseView) -> Vec<CaseRow> {
    let mut rows = Vec::new();
    for (index, step) in view.contain.iter().enumerate() {
        let label = if index == 0 { "contain" } else { "" };
        rows.push(CaseRow::new(label, format!("{}. {}", index + 1, step.title)));
        rows.extend(step.commands.iter().map(CaseRow::copied));
        if !step.breaks.is_empty() {
            rows.push(CaseRow::new("", format!("breaks: {}", step.breaks)));
        }
        rows.extend(step.undo.iter().map(|command| CaseRow::copied(format!("undo: {command}"))));
    }
    rows
}
