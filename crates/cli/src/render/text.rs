//! Text with a block for each case, worst first, or for each group, most severe first; then the
//! totals.

use std::io::{self, Write};
use std::slice;

use aware_cases::group::{FindingGroup, SampleSet};
use aware_cases::view::CaseView;
use aware_core::event::strip_encoded_blob;
use aware_core::explanation::{Cure, Explanation, PolicyChange, StatementStyle, write_statements};
use aware_core::finding::{CorrelatedEvents, Finding};
use aware_core::text::terminal::terminal_safe;
use aware_io::screen::OutputScreen;
use aware_pipeline::scan::{FollowedTotals, ScanReport, ScanTotals};
use indicatif::{HumanBytes, HumanCount};
use jiff::Timestamp;

use super::case_text::{CaseScreen, write_case};
use super::{RenderOptions, ScanSummary};

pub(super) fn write_cases(
    out: &mut dyn Write,
    report: &ScanReport,
    summary: &ScanSummary,
    look: &RenderOptions,
) -> io::Result<()> {
    let screen = CaseScreen { screen: look.screen, is_unicode: look.is_unicode, logs: &look.logs };
    for case in &report.cases {
        write_case(out, &CaseView::new(case), screen)?;
    }
    if look.quiet { Ok(()) } else { write_totals(out, report, summary, look) }
}

pub(super) fn write_groups(
    out: &mut dyn Write,
    report: &ScanReport,
    summary: &ScanSummary,
    look: &RenderOptions,
) -> io::Result<()> {
    for tally in &report.groups {
        write_block(out, tally, look.screen)?;
    }
    if look.quiet { Ok(()) } else { write_totals(out, report, summary, look) }
}

/// The text of a row.
enum RowText<'t> {
    /// To be read: it is wrapped, and left out where it is empty.
    Prose(&'t str),
    /// To be copied: it stays on one line.
    Copied(&'t str),
}

/// The columns where a block's text and the values of its rows start.
const BLOCK_INDENT: usize = 10;
const VALUE_COLUMN: usize = BLOCK_INDENT + 11;

fn write_block(out: &mut dyn Write, tally: &FindingGroup, screen: OutputScreen) -> io::Result<()> {
    let (paint, first) = (screen.to_paint(), &tally.first);
    writeln!(out, "{}", block_headline(tally, screen))?;
    let mut write = |name: &str, value: RowText<'_>| {
        let value = match value {
            RowText::Prose("") => return Ok(()),
            RowText::Prose(text) => screen.hang_text(&terminal_safe(text), VALUE_COLUMN),
            RowText::Copied(text) => terminal_safe(text).into_owned(),
        };
        writeln!(out, "{:BLOCK_INDENT$}{} {value}", "", paint.faint(&format!("{name:<10}")))
    };
    let mut row = |name: &str, value: &str| write(name, RowText::Prose(value));
    if let Some(correlated) = &first.correlated {
        row("together", &correlation_text(correlated))?;
    }
    if !first.is_denied() {
        row("rule", &rule_text(first))?;
        row("actions", &sample_list(&tally.actions, 5))?;
    }
    row("why", why(first))?;
    row("resource", &sample_list(&tally.resources, 3))?;
    let signs: Vec<&str> = tally.signs.iter().map(|sign| sign.text.as_str()).take(3).collect();
    row("sign", &signs.join("; "))?;
    if let Some(reading) = &tally.reading {
        let label = if reading.is_unclear() { "unclear" } else { "looks like" };
        row(label, reading.told())?;
    }
    if let Some(cure) = &tally.cure {
        write_advice(&mut write, cure, first.explanation.as_deref())?;
    }
    let mut row = |name: &str, value: &str| write(name, RowText::Prose(value));
    row("seen", &time_span(first.time, tally.last_seen))?;
    row("from", &origin_text(tally))?;
    row("session", &sample_list(&tally.sessions, 3))?;
    let ids: Vec<&str> = tally.event_ids().take(3).collect();
    let more = if tally.count > 3 { ", …" } else { "" };
    row("events", &format!("{}{more}", ids.join(", ")))?;
    writeln!(out)
}

/// Why, in the best words available.
fn why(first: &Finding) -> &str {
    first
        .explanation
        .as_deref()
        .map(|why| why.why.as_str())
        .filter(|why| !why.is_empty())
        .or(first.why.as_deref())
        .or(first.error_message.as_deref().map(strip_encoded_blob))
        .or(first.error_code.as_deref())
        .unwrap_or_default()
}

/// Level, what happened, and how often.
fn block_headline(tally: &FindingGroup, screen: OutputScreen) -> String {
    let (paint, level) = (screen.to_paint(), tally.effective_level());
    let label = paint.level_color(level, &format!("{:<8}", level.as_str().to_uppercase()));
    let times = match tally.count {
        1 => String::new(),
        count => format!("  {} times", HumanCount(count)),
    };
    let room = OutputScreen { width: screen.width.saturating_sub(times.len()), ..screen };
    let line = room.hang_text(&terminal_safe(&tally.first.headline_text()), BLOCK_INDENT);
    format!("{label}  {}{}", paint.bold(&line), paint.faint(&times))
}

/// What to do about a denial: one row for each statement.
fn write_advice(
    write: &mut dyn FnMut(&str, RowText<'_>) -> io::Result<()>,
    cure: &Cure,
    why: Option<&Explanation>,
) -> io::Result<()> {
    write("no grant", RowText::Prose(cure.withheld.as_deref().unwrap_or_default()))?;
    for PolicyChange { attach_to, statements, forms } in &cure.changes {
        write("cure", RowText::Prose(&format!("add to {attach_to}:")))?;
        for line in forms.first().map(|form| form.text.lines()).into_iter().flatten() {
            write("", RowText::Copied(line))?;
        }
        for statement in statements {
            let statement = slice::from_ref(statement);
            write("", RowText::Copied(&write_statements(statement, StatementStyle::Compact)))?;
        }
    }
    write("take care", RowText::Prose(&cure.take_care.join("; ")))?;
    let next = why.map(|why| why.next.join(", ")).unwrap_or_default();
    if !cure.is_offered() || next.is_empty() {
        return Ok(());
    }
    write("next", RowText::Prose(&format!("likely denied next: {next}")))
}

fn correlation_text(correlated: &CorrelatedEvents) -> String {
    let group = correlated.group.iter().map(|(field, value)| format!("{field} = {value}"));
    let events = format!("{} events since {}", HumanCount(correlated.events), correlated.since);
    let names = [correlated.principals.join(", "), correlated.actions.join(", ")];
    let names = names.into_iter().filter(|names| !names.is_empty());
    [events].into_iter().chain(group).chain(names).collect::<Vec<_>>().join(" · ")
}

/// The rule with its author and licence: the Detection Rule License requires both.
fn rule_text(finding: &Finding) -> String {
    let rule = &finding.rule;
    let Some(author) = rule.foreign_author() else {
        return rule.id.clone();
    };
    let author = Some(format!("by {author}"));
    let parts = [Some(rule.id.clone()), author, rule.license.clone(), rule.link.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn sample_list(sample: &SampleSet, limit: usize) -> String {
    sample.list_values(limit)
}

fn origin_text(tally: &FindingGroup) -> String {
    let parts = [
        sample_list(&tally.sources, 5),
        sample_list(&tally.regions, 5),
        sample_list(&tally.agents, 3),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn time_span(first: Timestamp, last: Timestamp) -> String {
    let (from, to) = (first.to_string(), last.to_string());
    match (from.split_once('T'), to.split_once('T')) {
        _ if from == to => from,
        (Some((day, _)), Some((same, time))) if day == same => format!("{from} to {time}"),
        _ => format!("{from} to {to}"),
    }
}

/// What was read, and what of it is shown.
fn write_totals(
    out: &mut dyn Write,
    report: &ScanReport,
    summary: &ScanSummary,
    look: &RenderOptions,
) -> io::Result<()> {
    let paint = look.screen.to_paint();
    let ScanTotals { files, bytes, records, events, .. } = summary.sums;
    writeln!(out, "{}{}", paint.bold(&total_line(summary, look)), extra_counts(summary, look))?;
    for line in held_lines(&report.services) {
        writeln!(out, "  {} {}", paint.faint("held as AWS-service noise:"), terminal_safe(&line))?;
    }
    for line in held_lines(&report.hidden) {
        writeln!(out, "  {} {}", paint.faint("hidden:"), terminal_safe(&line))?;
    }
    writeln!(
        out,
        "{} in {} ({}): {}, {}{}",
        count(records, "record", "records"),
        count(files, "file", "files"),
        HumanBytes(bytes),
        count(events, "event", "events"),
        rejects_text(&summary.sums),
        skipped_text(summary.sums.skipped),
    )?;
    let is_followed = report.followed.files > 0 || !report.followed.problems.is_empty();
    if !look.groups && is_followed {
        writeln!(out, "{}", followed_line(&report.followed))?;
    }
    writeln!(out, "{}", paint.faint(&speed_line(summary)))
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", HumanCount(n), if n == 1 { one } else { many })
}

/// How much is shown.
fn total_line(summary: &ScanSummary, look: &RenderOptions) -> String {
    let all_denied = summary.sums.findings + summary.sums.filtered == summary.sums.denied;
    let shown = if look.groups { summary.in_groups } else { summary.in_cases };
    let what = match all_denied {
        true => count(shown, "denial", "denials"),
        false => count(shown, "finding", "findings"),
    };
    let places = match look.groups {
        true => count(summary.groups as u64, "group", "groups"),
        false => count(summary.cases as u64, "case", "cases"),
    };
    format!("{what} in {places}")
}

/// What was read again to follow the principals of cases.
fn followed_line(followed: &FollowedTotals) -> String {
    let FollowedTotals { files, bytes, principals, left_out, events, problems } = followed;
    let others = match left_out {
        0 => String::new(),
        n => format!("; {} not followed", count(*n, "more is", "more are")),
    };
    let missing = match problems.len() {
        0 => String::new(),
        1 => format!("; not all of it: {}", terminal_safe(&problems.concat())),
        many => format!("; not all of it: {many} problems"),
    };
    format!(
        "{} ({}) read again for what else {} of cases did: {}{others}{missing}",
        count(*files, "file", "files"),
        HumanBytes(*bytes),
        count(*principals, "principal", "principals"),
        count(*events, "event", "events"),
    )
}

fn extra_counts(summary: &ScanSummary, look: &RenderOptions) -> String {
    let sums = &summary.sums;
    let (dropped, where_dropped, filtered) = match look.groups {
        true => (sums.ungrouped, "in groups dropped to save memory", sums.filtered),
        false => (sums.dropped_of_cases, "in cases dropped to save memory", sums.filtered_of_cases),
    };
    let parts = [
        (summary.service_noise, "held as AWS-service noise"),
        (dropped, where_dropped),
        (sums.hidden, "hidden by suppressions"),
        (filtered, "excluded by the filter"),
        (sums.uncorrelated, "matches not counted by correlations, to save memory"),
        (sums.unjudged, "events not compared with what is usual, to save memory"),
        (summary.sums.duplicates, "delivered twice and counted once"),
    ];
    parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!(", {} {what}", HumanCount(n)))
        .collect()
}

/// Records and rejects add up only if no whole body is among the rejects.
fn rejects_text(sums: &ScanTotals) -> String {
    let rejects = match sums.rejects {
        1 => "1 reject".to_owned(),
        n => format!("{} rejects", HumanCount(n)),
    };
    match sums.rejects - sums.rejected_records {
        0 => rejects,
        n if n == sums.rejects => format!("{rejects}, all of them whole bodies"),
        n => format!("{rejects}, {} of them whole bodies", HumanCount(n)),
    }
}

fn skipped_text(n: u64) -> String {
    if n == 0 {
        String::new()
    } else {
        format!(", {} skipped because they hold no records", HumanCount(n))
    }
}

/// The first few lines about groups that are not listed one by one.
fn held_lines(tallies: &[FindingGroup]) -> Vec<String> {
    let line = |tally: &FindingGroup| {
        let by = tally.hidden_by.as_deref().map(|by| format!(", {by}")).unwrap_or_default();
        let (who, action) = (&tally.first.principal.name, &tally.first.action);
        format!("{who} {action} {} times{by}", HumanCount(tally.count))
    };
    let mut lines: Vec<String> = tallies.iter().take(5).map(line).collect();
    if tallies.len() > 5 {
        lines.push(format!("and {} more groups", tallies.len() - 5));
    }
    lines
}

fn speed_line(summary: &ScanSummary) -> String {
    let seconds = summary.elapsed.as_secs_f64().max(0.001);
    let span = match (summary.sums.first, summary.sums.last) {
        (Some(first), Some(last)) => format!("{first} to {last}, "),
        _ => String::new(),
    };
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let rate = |count: u64| (count as f64 / seconds) as u64;
    let (events, bytes) = (rate(summary.sums.events), rate(summary.sums.inflated));
    let (events, bytes) = (HumanCount(events), HumanBytes(bytes));
    format!("{span}read in {seconds:.2} s ({events} events/s, {bytes}/s)")
}
