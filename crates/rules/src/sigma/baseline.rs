//! What a rule asks of the past: the key `baseline`, an extension of ours.

use aware_core::near::nearest;

use super::aliased::read_fields;
use super::context::FileContext;
use crate::baseline::{BaselineKind, BaselineTest};
use crate::tree::{YamlNode, YamlValue};

/// The keys of a baseline.
const KEYS: [&str; 8] = ["type", "key", "value", "learn", "forget", "at_most", "at_least", "times"];
/// The keys that only some kinds have.
const KEYS_OF_KINDS: [(&str, &[BaselineKind]); 4] = [
    ("value", &[BaselineKind::FirstSeen, BaselineKind::Rare]),
    ("at_most", &[BaselineKind::Rare]),
    ("at_least", &[BaselineKind::Burst]),
    ("times", &[BaselineKind::Burst]),
];

/// How many days a key must be known, unless the rule says otherwise.
const LEARN: u16 = 7;
/// How many days a value is remembered, unless the rule says otherwise; the most that it can be.
const FORGET: u16 = 90;
const MOST_DAYS: u16 = 400;
/// The most values that are rare.
const MOST_RARE: u16 = 100;

/// Reads the key; `Some(None)` for a rule without it.
#[allow(clippy::option_option)]
pub(super) fn read_baseline(
    context: &mut FileContext<'_>,
    document: &YamlNode,
) -> Option<Option<BaselineTest>> {
    let Some(node) = document.get("baseline") else { return Some(None) };
    for (key, _) in context.read_map("baseline", node)? {
        if !KEYS.contains(&key.text.as_str()) {
            let what = format!("unknown key `{}` in `baseline`", key.text);
            return context.refuse_unknown(key.place, what, nearest(&key.text, KEYS));
        }
    }
    let kind = read_kind(context, node)?;
    check_keys(context, kind, node)?;
    let mut fields = |name: &str| match node.get(name) {
        Some(given) => read_fields(context, name, given, &[]),
        None => Some(Vec::new()),
    };
    let (key, value) = (fields("key")?, fields("value")?);
    if value.is_empty() && kind != BaselineKind::Burst {
        let what = format!("a baseline of type `{}` needs a `value`", kind.as_str());
        return context.refuse_with_hint(node.place, what, "`value: aware.action`");
    }
    let forget = read_days(context, node, "forget", FORGET)?;
    let learn = read_days(context, node, "learn", LEARN)?;
    if forget == 0 || learn > forget {
        let hint = "a value must be remembered for longer than it takes to learn what is usual";
        return context.refuse_with_hint(node.place, "`learn` is longer than `forget`", hint);
    }
    let at_most = read_whole(context, node, "at_most", 1, MOST_RARE.into())?;
    let at_least = read_whole(context, node, "at_least", 10, u32::MAX)?;
    let times = match node.get("times").map(|node| (&node.value, node.place)) {
        None => 3.0,
        #[allow(clippy::cast_precision_loss)]
        Some((YamlValue::Whole(times @ 1..=1_000), _)) => *times as f64,
        Some((YamlValue::Float(times), _)) if (1.0..=1_000.0).contains(times) => *times,
        Some((_, place)) => {
            return context.refuse_at(place, "`times` has to be a number from 1 to 1000");
        }
    };
    let at_most = u16::try_from(at_most).unwrap_or(MOST_RARE);
    Some(Some(BaselineTest { kind, key, value, learn, forget, at_most, at_least, times }))
}

fn read_kind(context: &mut FileContext<'_>, node: &YamlNode) -> Option<BaselineKind> {
    let known = BaselineKind::ALL.map(BaselineKind::as_str);
    let Some(given) = node.get("type") else {
        let hint = format!("one of {}", known.join(", "));
        return context.refuse_with_hint(node.place, "a baseline has no `type`", hint);
    };
    let text = context.read_text("type", given)?;
    let kind = BaselineKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    kind.or_else(|| {
        let what = format!("unknown type of baseline `{text}`");
        match nearest(&text, known) {
            Some(near) => context.refuse_unknown(given.place, what, Some(near)),
            None => {
                context.refuse_with_hint(given.place, what, format!("one of {}", known.join(", ")))
            }
        }
    })
}

fn check_keys(context: &mut FileContext<'_>, kind: BaselineKind, node: &YamlNode) -> Option<()> {
    for (name, kinds) in KEYS_OF_KINDS {
        if let Some((key, _)) = node.entry(name).filter(|_| !kinds.contains(&kind)) {
            let what = format!("a baseline of type `{}` takes no `{name}`", kind.as_str());
            return context.refuse_at(key.place, what);
        }
    }
    Some(())
}

/// `7d`: a number of days.
fn read_days(
    context: &mut FileContext<'_>,
    node: &YamlNode,
    key: &str,
    default: u16,
) -> Option<u16> {
    let Some(given) = node.get(key) else { return Some(default) };
    let text = context.read_text(key, given)?;
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok());
    days.filter(|days| *days <= MOST_DAYS).or_else(|| {
        let what = format!("`{text}` is no number of days");
        context.refuse_with_hint(given.place, what, format!("`7d`; at most {MOST_DAYS}d"))
    })
}

fn read_whole(
    context: &mut FileContext<'_>,
    node: &YamlNode,
    key: &str,
    default: u32,
    most: u32,
) -> Option<u32> {
    let Some(given) = node.get(key) else { return Some(default) };
    let number = match given.value {
        YamlValue::Whole(number) => u32::try_from(number).ok(),
        _ => None,
    };
    number.filter(|number| (1..=most).contains(number)).or_else(|| {
        context.refuse_at(
            given.place,
            format_args!("`{key}` has to be a whole number from 1 to {most}"),
        )
    })
}
