//! What an owner can configure, and what is counted for them.

/// How late events may be, and how much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrelationSettings {
    /// An event older than the watermark by more than this is too late, in seconds. CloudTrail
    /// usually delivers within minutes, and within hours when it is behind.
    pub horizon_seconds: u64,
    /// Maximum number of events per group; the newest are kept. A condition that requires many gets
    /// four times as many as it requires.
    pub per_group: usize,
    /// Maximum number of events per correlation, over all groups; the groups with the newest are
    /// kept.
    pub per_correlation: usize,
    /// Maximum number of events of all correlations.
    pub total: usize,
    /// Maximum number of groups that one event can belong to, through fields with several values.
    pub fan_out: usize,
    /// Maximum number of events that a firing names.
    pub sample: usize,
    /// Whether the state is also stored outside, for other processes or the next run: changes are
    /// then remembered until [`super::CorrelationEngine::take_touched`].
    pub shared: bool,
}

impl Default for CorrelationSettings {
    fn default() -> Self {
        Self {
            horizon_seconds: 2 * 3600,
            per_group: 10_000,
            per_correlation: 100_000,
            total: 300_000,
            fan_out: 64,
            sample: 20,
            shared: false,
        }
    }
}

/// What happened to the matches of one correlation. Every loss is counted here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CorrelationCounts {
    /// Matches, and firings of the correlations that it refers to.
    pub hits: u64,
    /// Events that were counted in a group. Together with the next seven this sums to `hits`,
    /// except for matches that belong to several groups.
    pub taken: u64,
    /// Deliveries of an event that was counted before.
    pub known: u64,
    /// Events that could not change anything any more: their group had fired, or already knew as
    /// much.
    pub spare: u64,
    /// Events that came after the horizon.
    pub late: u64,
    /// Events without a value in a field of `group-by`.
    pub no_group: u64,
    /// Events without a value in the field that is counted.
    pub no_value: u64,
    /// Events whose value is not a usable number: text, and for `value_sum` any negative number,
    /// since a shrinking sum could not be reported at once.
    pub no_number: u64,
    /// Groups that an event would have belonged to beyond [`CorrelationSettings::fan_out`]; at
    /// least that many.
    pub over_fan_out: u64,
    /// Events that were counted and then dropped because there were too many, and that were not
    /// saved.
    pub dropped: u64,
    /// Firings.
    pub fired: u64,
}

impl CorrelationCounts {
    /// Whether anything was lost that might have made a difference.
    pub fn has_losses(&self) -> bool {
        self.late + self.over_fan_out + self.dropped > 0
    }
}

impl std::ops::AddAssign for CorrelationCounts {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.taken += other.taken;
        self.known += other.known;
        self.spare += other.spare;
        self.late += other.late;
        self.no_group += other.no_group;
        self.no_value += other.no_value;
        self.no_number += other.no_number;
        self.over_fan_out += other.over_fan_out;
        self.dropped += other.dropped;
        self.fired += other.fired;
    }
}
