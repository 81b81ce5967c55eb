//! `aware destinations`: the presets of templated destinations.

use std::io::{Write, stdout};

use aware_core::near::nearest;
use aware_core::text::terminal::terminal_safe;
use aware_io::destination::template::{PresetParameter, PresetSummary, list_presets, show_preset};
use serde_json::{Map, Value, json};

use crate::args::{DestinationsArgs, DestinationsCommand, DestinationsListArgs, TextOrJson};
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command.
pub(crate) fn run_destinations(args: &DestinationsArgs) -> Result<CommandExit, CommandFailure> {
    match &args.command {
        DestinationsCommand::List(args) => list(args),
        DestinationsCommand::Show(args) => show(&args.preset),
    }
}

fn presets() -> Result<Vec<PresetSummary>, CommandFailure> {
    list_presets().map_err(|error| CommandFailure::Usage(error.to_string()))
}

fn list(args: &DestinationsListArgs) -> Result<CommandExit, CommandFailure> {
    let presets = presets()?;
    let mut out = stdout().lock();
    if args.format == TextOrJson::Json {
        let all: Vec<Value> = presets.iter().map(preset_json).collect();
        writeln!(out, "{}", Value::Array(all))?;
        return Ok(CommandExit::Done);
    }
    let width = presets.iter().map(|preset| preset.name.len()).max().unwrap_or_default();
    for preset in &presets {
        writeln!(out, "{:width$}  {}", preset.name, preset.doc)?;
    }
    Ok(CommandExit::Done)
}

fn preset_json(preset: &PresetSummary) -> Value {
    let parameter = |(name, parameter): (&String, &PresetParameter)| {
        let text = json!({"doc": parameter.doc, "default": parameter.default});
        (name.clone(), text)
    };
    let parameters: Map<String, Value> = preset.parameters.iter().map(parameter).collect();
    json!({
        "name": preset.name, "title": preset.title, "doc": preset.doc, "url": preset.url,
        "parameters": parameters, "secrets": preset.secrets, "limits": preset.limits,
        "duplicates": preset.duplicates, "source": preset.source,
    })
}

fn show(name: &str) -> Result<CommandExit, CommandFailure> {
    let Some(text) = show_preset(name) else {
        let presets = presets()?;
        let hint = match nearest(name, presets.iter().map(|preset| preset.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`aware destinations list` lists them".to_owned(),
        };
        let name = terminal_safe(name);
        return Err(CommandFailure::Usage(format!("there is no preset `{name}` (hint: {hint})")));
    };
    write!(stdout().lock(), "{text}")?;
    Ok(CommandExit::Done)
}
