//! Sets of values to which a newer version may add.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of values, each with its name on the wire and in stores.
pub trait NamedSet: Copy + PartialEq + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// The value's stable name.
    fn name(self) -> &'static str;

    /// The value with this name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == name)
    }
}

/// A value of a set, or the name of a value that only a newer version knows. Such a name is kept
/// and written unchanged, so that versions can work side by side.
///
/// It compares with the values of its set; to match on it, use [`OpenEnum::known`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenEnum<T> {
    /// A value of the set.
    Known(T),
    /// A name that is not in the set.
    Other(Box<str>),
}

impl<T: NamedSet> OpenEnum<T> {
    /// Reads a name.
    pub fn read(name: &str) -> Self {
        T::named(name).map_or_else(|| Self::Other(name.into()), Self::Known)
    }

    /// The value, if it is in the set.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Other(_) => None,
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.name(),
            Self::Other(name) => name,
        }
    }
}

impl<T> From<T> for OpenEnum<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Default> Default for OpenEnum<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T: NamedSet> PartialEq<T> for OpenEnum<T> {
    fn eq(&self, other: &T) -> bool {
        self.known() == Some(*other)
    }
}

impl<T: NamedSet> fmt::Display for OpenEnum<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: NamedSet> Serialize for OpenEnum<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: NamedSet> Deserialize<'de> for OpenEnum<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::read(&name))
    }
}

/// Defines the names of a set, and reads and writes its values by name: one table for wire, stores
/// and comparisons.
macro_rules! named_set {
    ($set:ty { $($value:ident => $name:literal),+ $(,)? }) => {
        impl $crate::open::NamedSet for $set {
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),+
                }
            }
        }

        impl ::serde::Serialize for $set {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::open::NamedSet::name(*self))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $set {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let name = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                <Self as $crate::open::NamedSet>::named(&name).ok_or_else(|| {
                    ::serde::de::Error::custom(format!("unknown name `{name}`"))
                })
            }
        }
    };
}
pub(crate) use named_set;

#[cfg(test)]
mod tests {
    use crate::event::Outcome;
    use crate::explanation::{DenialLayer, LooksLike};

    use super::*;

    #[test]
    fn what_a_newer_version_writes_is_written_again() {
        for name in ["denied", "success", "quarantined", "", "Denied"] {
            let text = format!("\"{name}\"");
            let read: OpenEnum<Outcome> = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
            assert_eq!(read == Outcome::Denied, name == "denied");
        }
        let newer: OpenEnum<LooksLike> = serde_json::from_str("\"sleeping\"").unwrap();
        assert_eq!((newer.known(), newer.as_str()), (None, "sleeping"));
        assert!(serde_json::from_str::<OpenEnum<DenialLayer>>("7").is_err());
        assert!(serde_json::from_str::<DenialLayer>("\"sleeping\"").is_err());
    }
}
