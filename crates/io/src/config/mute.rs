//! Windows of time in which routes are silent: `[mute.NAME]`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aware_core::near::{did_you_mean, nearest};
use aware_core::route::{ClockTime, TimeWindow};
use jiff::civil::Weekday;
use jiff::tz::{self, TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::check::ConfigProblem;

/// A window of time that comes back each week. Routes are silent in it (`mute`), or outside of it
/// (`only_during`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteConfig {
    /// The days on which it begins. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayName>,
    /// When it begins, such as `18:00`. Default: `00:00`.
    #[serde(default = "midnight")]
    pub from: ClockText,
    /// When it ends, such as `08:00`; if that is before `from`, on the next day. Default: `24:00`.
    #[serde(default = "day_end")]
    pub to: ClockText,
    /// The time zone whose clocks count, by its IANA name, such as `Europe/Berlin`. Default: `UTC`.
    #[serde(default)]
    pub time_zone: ZoneName,
}

fn midnight() -> ClockText {
    ClockText(ClockTime::MIDNIGHT)
}

fn day_end() -> ClockText {
    ClockText(ClockTime::DAY_END)
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DayName {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl From<DayName> for Weekday {
    fn from(name: DayName) -> Self {
        match name {
            DayName::Mon => Self::Monday,
            DayName::Tue => Self::Tuesday,
            DayName::Wed => Self::Wednesday,
            DayName::Thu => Self::Thursday,
            DayName::Fri => Self::Friday,
            DayName::Sat => Self::Saturday,
            DayName::Sun => Self::Sunday,
        }
    }
}

/// A time on the clock, written as `18:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockText(pub ClockTime);

impl<'de> Deserialize<'de> for ClockText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        ClockTime::parse(&text).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is not a time on the clock (hint: write `08:00`, `18:30` or `24:00`)"
            ))
        })
    }
}

impl Serialize for ClockText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl JsonSchema for ClockText {
    fn schema_name() -> Cow<'static, str> {
        "ClockTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A time on the clock, such as `18:00`."})
    }
}

/// The name of a time zone of the IANA database that is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName {
    name: String,
    zone: TimeZone,
}

impl Default for ZoneName {
    fn default() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }
}

impl<'de> Deserialize<'de> for ZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match TimeZone::get(&name) {
            Ok(zone) => Ok(Self { name, zone }),
            Err(_) => Err(serde::de::Error::custom(unknown_zone(&name))),
        }
    }
}

/// Why a name is not that of a time zone, and which one was probably meant.
fn unknown_zone(name: &str) -> String {
    let known: Vec<String> = tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => did_you_mean(near),
        None => "write an IANA name, such as `Europe/Berlin` or `UTC`".to_owned(),
    };
    format!("`time_zone` is `{name}`, which is not a time zone (hint: {hint})")
}

impl Serialize for ZoneName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl JsonSchema for ZoneName {
    fn schema_name() -> Cow<'static, str> {
        "TimeZone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A time zone, such as `Europe/Berlin`."})
    }
}

/// The windows with these names, as far as they exist.
pub(super) fn windows_named(
    names: &[String],
    windows: &BTreeMap<String, MuteConfig>,
) -> Vec<TimeWindow> {
    let window = |name: &String| {
        let config = windows.get(name)?;
        Some(TimeWindow {
            name: name.clone(),
            days: config.days.iter().map(|day| (*day).into()).collect(),
            from: config.from.0,
            to: config.to.0,
            zone: config.time_zone.zone.clone(),
        })
    };
    names.iter().filter_map(window).collect()
}

/// Windows that end when they begin: what they mean is anybody's guess.
pub(super) fn window_problems(
    windows: &BTreeMap<String, MuteConfig>,
    text: &str,
    file: &str,
) -> Vec<ConfigProblem> {
    let empty = windows.iter().filter(|(_, window)| window.from == window.to);
    let problem = |(name, window): (&String, &MuteConfig)| {
        let place = text.find(&format!("[mute.{name}]")).or_else(|| text.find(name.as_str()));
        let what = format!("[mute.{name}] begins and ends at {}", window.from.0);
        let problem = ConfigProblem::at_byte(text, file, place.unwrap_or_default(), what, None);
        let hint = "leave out `from` and `to` for whole days".to_owned();
        ConfigProblem { hint: Some(hint), ..problem }
    };
    empty.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::{parse_config, routes_from};

    const GOOD: &str = r#"
[destination.pager]
type = "terminal"

[mute.nights]
days = ["fri"]
from = "18:00"
to = "08:00"
time_zone = "Europe/Berlin"

[[route]]
to = ["pager"]
mute = ["nights"]
sources = ["cloudtrail", "Deploys"]
regions = ["eu-west-1"]
stop = true

[route.tags]
team = ["web"]
"#;

    fn problem(text: &str) -> String {
        parse_config(text, "aware.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_route_with_everything() {
        let config = parse_config(GOOD, "aware.toml").unwrap();
        let routes = routes_from(&config);
        let route = routes.first().unwrap();
        assert!(route.stop);
        assert_eq!(route.sources, ["CloudTrail", "Deploys"], "as messages have them");
        assert_eq!(route.tags.get("team").unwrap().as_slice(), ["web"]);
        let nights = route.mute.first().unwrap();
        // 2026-07-03 is a Friday; clocks in Berlin are two hours ahead of UTC.
        for (time, expected) in [
            ("2026-07-03T15:59:59Z", false),
            ("2026-07-03T16:00:00Z", true),
            ("2026-07-04T05:59:59Z", true),
            ("2026-07-04T06:00:00Z", false),
            ("2026-07-04T16:00:00Z", false),
            ("2026-12-04T16:00:00Z", false),
            ("2026-12-04T17:00:00Z", true),
        ] {
            assert_eq!(nights.contains_time(time.parse().unwrap()), expected, "{time}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (from, to, expected) in [
            (
                "Europe/Berlin",
                "Europe/Berln",
                "`time_zone` is `Europe/Berln`, which is not a time zone (hint: did you mean \
                 `Europe/Berlin`?) at aware.toml:9:13",
            ),
            (
                "Europe/Berlin",
                "CEST Berlin",
                "`time_zone` is `CEST Berlin`, which is not a time zone (hint: write an IANA name, \
                 such as `Europe/Berlin` or `UTC`) at aware.toml:9:13",
            ),
            (
                "\"18:00\"",
                "\"6 pm\"",
                "`6 pm` is not a time on the clock (hint: write `08:00`, `18:30` or `24:00`) at \
                 aware.toml:7:8",
            ),
            (
                "\"fri\"",
                "\"fry\"",
                "`mute.nights.days` is `fry`, not one of mon, tue, wed, thu, fri, sat, sun at \
                 aware.toml:6:9 (hint: did you mean `fri`?)",
            ),
            (
                "mute = [\"nights\"]",
                "mute = [\"nigths\"]",
                "no table [mute.nigths] exists at aware.toml:13:9 (hint: did you mean `nights`?)",
            ),
            (
                "mute = [\"nights\"]",
                "only_during = [\"office\"]",
                "no table [mute.office] exists at aware.toml:13:16",
            ),
            (
                "\"08:00\"",
                "\"18:00\"",
                "[mute.nights] begins and ends at 18:00 at aware.toml:5:1 (hint: leave out \
                 `from` and `to` for whole days)",
            ),
            (
                "\"cloudtrail\"",
                "\"cloudtrial\"",
                "no source is called `cloudtrial` at aware.toml:14:12 (hint: did you mean \
                 `cloudtrail`?)",
            ),
            (
                "to = [\"pager\"]",
                "to = [\"pagr\"]",
                "no destination is called `pagr` at aware.toml:12:7 (hint: did you mean `pager`?)",
            ),
        ] {
            assert_eq!(problem(&GOOD.replacen(from, to, 1)), expected);
        }
    }

    #[test]
    fn it_is_shown_with_its_defaults() {
        let text = "[destination.pager]\ntype = \"terminal\"\n[mute.always]\n";
        let shown = parse_config(text, "aware.toml").unwrap().to_toml().unwrap();
        let told = "[mute.always]\nfrom = \"00:00\"\nto = \"24:00\"\ntime_zone = \"UTC\"\n";
        assert!(shown.contains(told), "{shown}");
        let shown = parse_config(GOOD, "aware.toml").unwrap().to_toml().unwrap();
        let again = parse_config(&shown, "shown.toml").unwrap();
        assert_eq!(again.clone().to_toml().unwrap(), shown);
        assert_eq!(routes_from(&again), routes_from(&parse_config(GOOD, "aware.toml").unwrap()));
    }
}
