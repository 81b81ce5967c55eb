//! The form of a reading, signs and a cure in the facts of a message: keys in messages are in camel
//! case, keys in stores are not.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::explanation::{ChangeForm, Cure, DenialSign, Grant, LooksLike, PolicyChange, Reading};
use crate::open::OpenEnum;

/// Writes a value in its wire form.
pub(super) fn write<T: Clone, W: From<T> + Serialize, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.clone().map(W::from).serialize(serializer)
}

/// Reads a value from its wire form.
pub(super) fn read<'de, T: From<W>, W: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<W>::deserialize(deserializer)?.map(T::from))
}

/// Writes values in their wire form.
pub(super) fn write_all<T: Clone, W: From<T> + Serialize, S: Serializer>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().cloned().map(W::from))
}

/// Reads values from their wire form.
pub(super) fn read_all<'de, T: From<W>, W: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<W>::deserialize(deserializer)?.into_iter().map(T::from).collect())
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct WireReading {
    looks_like: OpenEnum<LooksLike>,
    points: i32,
    sentence: String,
    reasons: Vec<WireReason>,
}

#[derive(Serialize, Deserialize)]
struct WireReason {
    points: i32,
    text: String,
}

impl From<Reading> for WireReading {
    fn from(reading: Reading) -> Self {
        let Reading { looks_like, points, sentence, reasons } = reading;
        let reasons = reasons.into_iter().map(|(points, text)| WireReason { points, text });
        Self { looks_like, points, sentence, reasons: reasons.collect() }
    }
}

impl From<WireReading> for Reading {
    fn from(wire: WireReading) -> Self {
        let WireReading { looks_like, points, sentence, reasons } = wire;
        let reasons = reasons.into_iter().map(|reason| (reason.points, reason.text));
        Self { looks_like, points, sentence, reasons: reasons.collect() }
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireSign {
    label: String,
    text: String,
    is_high: bool,
}

impl From<DenialSign> for WireSign {
    fn from(sign: DenialSign) -> Self {
        let DenialSign { label, text, is_high } = sign;
        Self { label, text, is_high }
    }
}

impl From<WireSign> for DenialSign {
    fn from(wire: WireSign) -> Self {
        let WireSign { label, text, is_high } = wire;
        Self { label, text, is_high }
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireCure {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<WireChange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    take_care: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireChange {
    attach_to: String,
    statements: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    forms: Vec<ChangeForm>,
}

impl From<Cure> for WireCure {
    fn from(cure: Cure) -> Self {
        let change = |PolicyChange { attach_to, statements, forms }| WireChange {
            attach_to,
            statements,
            forms,
        };
        Self {
            changes: cure.changes.into_iter().map(change).collect(),
            take_care: cure.take_care,
            withheld: cure.withheld,
        }
    }
}

impl From<WireCure> for Cure {
    fn from(wire: WireCure) -> Self {
        let change = |WireChange { attach_to, statements, forms }| PolicyChange {
            attach_to,
            statements,
            forms,
        };
        Self {
            changes: wire.changes.into_iter().map(change).collect(),
            take_care: wire.take_care,
            withheld: wire.withheld,
        }
    }
}
