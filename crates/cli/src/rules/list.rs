//! `aware rules list`: lists the loaded rules.

use std::io::{self, Write};

use aware_core::finding::RuleSummary;
use aware_core::source::{SourceId, ids};
use aware_core::text::terminal::terminal_safe;
use aware_io::rules::has_tag;
use aware_io::screen::OutputScreen;
use serde_json::json;

use crate::args::RulesListArgs;
use crate::exit::{CommandExit, CommandFailure};
use crate::render::screen::stdout_screen;

/// One line of the list.
struct RuleEntry<'a> {
    rule: &'a RuleSummary,
    kind: &'static str,
    /// `None` for every source.
    source: Option<SourceId>,
    file: &'a str,
    on: bool,
}

/// Runs the command.
pub(super) fn run_rules_list(args: &RulesListArgs) -> Result<CommandExit, CommandFailure> {
    let loaded = super::loading::load_with_options(&args.rules)?;
    if let Some(tag) = &args.tag {
        loaded
            .select_rules(&format!("tag:{tag}"))
            .map_err(|error| CommandFailure::Usage(error.to_string()))?;
    }
    let events = loaded.rules.event_rules().iter().map(|rule| RuleEntry {
        rule: &rule.about,
        kind: rule.language.as_str(),
        source: rule.source,
        file: &rule.file,
        on: true,
    });
    let off = loaded.off.iter().map(|rule| RuleEntry {
        rule: &rule.about,
        kind: rule.language.as_str(),
        source: rule.source,
        file: &rule.file,
        on: false,
    });
    let correlations = loaded.rules.correlations().correlations().iter().map(|one| RuleEntry {
        rule: &one.about,
        kind: "correlation",
        source: Some(one.source),
        file: &one.file,
        on: true,
    });
    let mut entries: Vec<RuleEntry<'_>> = events.chain(off).chain(correlations).collect();
    let tagged = |rule: &RuleSummary| {
        args.tag.as_deref().is_none_or(|tag| rule.tags.iter().any(|of_rule| has_tag(of_rule, tag)))
    };
    entries.retain(|entry| {
        args.source.as_deref().is_none_or(|source| entry.is_for(source)) && tagged(entry.rule)
    });
    if let Some(source) = args.source.as_deref().filter(|_| entries.is_empty()) {
        let known: Vec<&str> = ids().map(SourceId::as_str).collect();
        let known = known.join(", ");
        let problem = format!("no rule is for the source `{source}` (hint: {known})");
        return Err(CommandFailure::Usage(problem));
    }
    entries.sort_by(|a, b| {
        b.on.cmp(&a.on).then(b.rule.level.cmp(&a.rule.level)).then(a.rule.id.cmp(&b.rule.id))
    });
    print(&entries, args.json)?;
    Ok(if loaded.problems.is_empty() { CommandExit::Done } else { CommandExit::Usage })
}

fn print(entries: &[RuleEntry<'_>], as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let screen = stdout_screen(false);
    for entry in entries {
        if as_json {
            writeln!(out, "{}", entry.to_json())?;
        } else {
            entry.write_text(&mut out, screen)?;
        }
    }
    if !as_json {
        let on = entries.iter().filter(|entry| entry.on).count();
        writeln!(out, "{} rules, {on} on", entries.len())?;
    }
    Ok(())
}

impl RuleEntry<'_> {
    fn is_for(&self, source: &str) -> bool {
        self.source.is_none_or(|own| own.as_str() == source)
    }

    /// The name of its source, or `every source`.
    fn source(&self) -> &'static str {
        self.source.map_or("every source", SourceId::as_str)
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "id": self.rule.id, "title": self.rule.name, "level": self.rule.level.as_str(),
            "on": self.on, "kind": self.kind, "source": self.source.map(SourceId::as_str), "tags": self.rule.tags,
            "pack": self.rule.pack,
            "author": self.rule.author, "license": self.rule.license, "file": self.file,
        })
    }

    fn write_text(&self, out: &mut dyn Write, screen: OutputScreen) -> io::Result<()> {
        let (paint, level) = (screen.to_paint(), self.rule.level);
        let label = paint.level_color(level, &format!("{:<13}", level.as_str()));
        let on = if self.on { "on " } else { "off" };
        writeln!(
            out,
            "{label} {on}  {}  {}",
            terminal_safe(&self.rule.id),
            paint.bold(&terminal_safe(&self.rule.name))
        )?;
        let tags = self.rule.tags.join(" ");
        let file = if self.file.is_empty() { "config" } else { self.file };
        let pack = self.rule.pack.as_ref().map(|pack| format!(", pack {pack}"));
        let pack = pack.unwrap_or_default();
        let line = format!("{} for {}{pack}, {file}  {tags}", self.kind, self.source());
        writeln!(
            out,
            "                   {}",
            paint.faint(&screen.hang_text(&terminal_safe(&line), 19))
        )
    }
}
