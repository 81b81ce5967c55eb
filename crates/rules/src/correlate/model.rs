//! A correlation as written, in whichever language.

use std::collections::BTreeMap;
use std::sync::Arc;

use aware_core::finding;
use aware_core::source::SourceId;

/// A rule about the findings of other rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// What its findings carry: id, name, level, author, licence, link.
    pub about: Arc<finding::RuleSummary>,
    /// Sigma's `name`, by which others may refer to it.
    pub name: Option<String>,
    /// The source of the events that its rules match.
    pub source: SourceId,
    /// What is counted.
    pub kind: CorrelationKind,
    /// The rules and correlations that it refers to, each by id, name or title.
    pub rules: Vec<String>,
    /// The fields, or aliases, whose values distinguish groups; empty for a single group.
    pub group_by: Vec<String>,
    /// The length of the window, in seconds.
    pub timespan_seconds: u64,
    /// When it fires. Optional for `temporal` and `temporal_ordered`: all rules must then occur.
    pub condition: Option<CorrelationCondition>,
    /// Alias → reference → field: what the alias is called in the events of each rule.
    pub aliases: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the rules it refers to produce findings of their own as well.
    pub generate: bool,
    /// Whether it is enabled unless the owner says otherwise.
    pub enabled: bool,
    /// The file it came from.
    pub file: String,
    /// The line it begins at, counted from 1.
    pub line: u32,
}

/// What a correlation counts: Sigma's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CorrelationKind {
    /// `event_count`: events.
    EventCount,
    /// `value_count`: distinct values of a field, or distinct tuples of several.
    ValueCount,
    /// `temporal`: how many of the rules occur.
    Temporal,
    /// `temporal_ordered`: how many of the rules occur one after another, as listed.
    TemporalOrdered,
    /// `not_followed_by`: the first rule occurs, and none of the others, or it itself if it is the
    /// only one, occurs within the timespan after it. Sigma has no such kind.
    NotFollowedBy,
    /// `value_sum`: the sum of a field.
    ValueSum,
    /// `value_avg`: the mean of a field.
    ValueAvg,
    /// `value_percentile`: a percentile of a field.
    ValuePercentile,
    /// `value_median`: the median of a field.
    ValueMedian,
}

/// When a correlation fires.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorrelationCondition {
    /// All of them must hold for the counted value; several form a range.
    pub bounds: Vec<(BoundOperator, f64)>,
    /// The fields, or aliases, whose values are counted; only `value_count` takes several.
    pub fields: Vec<String>,
    /// The percentile, 0 to 100; for `value_percentile`.
    pub percentile: Option<f64>,
}

/// How the counted value compares with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum BoundOperator {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

impl CorrelationKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::EventCount,
        Self::ValueCount,
        Self::Temporal,
        Self::TemporalOrdered,
        Self::NotFollowedBy,
        Self::ValueSum,
        Self::ValueAvg,
        Self::ValuePercentile,
        Self::ValueMedian,
    ];

    /// Sigma's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
            Self::NotFollowedBy => "not_followed_by",
            Self::ValueSum => "value_sum",
            Self::ValueAvg => "value_avg",
            Self::ValuePercentile => "value_percentile",
            Self::ValueMedian => "value_median",
        }
    }

    /// Whether it combines rules instead of counting.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered | Self::NotFollowedBy)
    }

    /// Whether it reads the values of a field.
    pub fn needs_field(self) -> bool {
        !(self == Self::EventCount || self.is_temporal())
    }

    /// Whether the values of its field are numbers.
    pub fn is_numeric(self) -> bool {
        self.needs_field() && self != Self::ValueCount
    }
}

impl BoundOperator {
    /// Sigma's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Eq => "eq",
            Self::Neq => "neq",
        }
    }

    /// Whether `value` compares to `limit` in this way.
    #[allow(clippy::float_cmp)]
    pub fn holds_for(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Gt => value > limit,
            Self::Gte => value >= limit,
            Self::Lt => value < limit,
            Self::Lte => value <= limit,
            Self::Eq => value == limit,
            Self::Neq => value != limit,
        }
    }
}
