//! Assigns a request's values to the variables of one format.

use format::FilledFormat;

use super::evidence::ResourceEvidence;
use super::leaves::RequestLeaf;
use super::naming::{CERTAIN_FITNESS, FormatVariable};
use super::request::{RequestValues, is_name, value_in_arn};
use super::{format, naming};

/// Defaults that AWS uses if a request does not name the resource.
///
/// Source: API references of ECS (`cluster`), EventBridge (`EventBusName`), Athena (`WorkGroup`).
const DEFAULTS: [(&str, &str, &str); 3] = [
    ("ecs", "ClusterName", "default"),
    ("events", "EventBusName", "default"),
    ("athena", "WorkGroupName", "primary"),
];

/// Key prefixes that tell two resources of one type apart.
const SIDES: [&str; 14] = [
    "source",
    "target",
    "destination",
    "dest",
    "src",
    "new",
    "old",
    "original",
    "from",
    "to",
    "initial",
    "remote",
    "local",
    "restored",
];

/// The variables of a format, each with the values whose keys name it.
pub(super) struct FormatSlots<'f> {
    format: &'f str,
    kind: &'f str,
    /// The variables in order, each with the fitness and index of the values that suit it best.
    variables: Vec<(&'f str, Vec<(u32, usize)>)>,
    /// The index of the resource's own variable; those before it are the places that contain it.
    own: usize,
}

/// A format filled around one value.
pub(super) struct FilledCandidate {
    pub(super) fitness: u32,
    pub(super) filled: FilledFormat,
}

impl<'f> FormatSlots<'f> {
    /// `is_meant`: the operation mentions the type, or could be about no other.
    pub(super) fn new(
        format: &'f str,
        kind: &'f str,
        request: &RequestValues<'_>,
        operation: &str,
        is_meant: bool,
    ) -> Self {
        let all: Vec<(&str, &str)> = format::format_variables(format).collect();
        let is_thing = |(_, name): &(&str, &str)| !naming::is_lesser(name, kind);
        let own = all.iter().rposition(is_thing).unwrap_or(all.len().saturating_sub(1));
        let variables = all
            .into_iter()
            .enumerate()
            .map(|(at, (before, name))| {
                let is_own = at == own;
                let variable = FormatVariable::new(name, before, kind, is_own);
                let is_spoken = is_meant || variable.is_spoken(operation);
                let mut found = find_candidates(&variable, is_own, request, is_spoken);
                if name == "ResourceId" && !is_called_by_name(format) {
                    found.retain(|(_, at)| !is_named_so(request, *at));
                }
                (name, found)
            })
            .collect();
        let mut slots = Self { format, kind, variables, own };
        slots.leave_to_others();
        slots
    }

    /// A value that another variable's key names better is not the resource's own.
    fn leave_to_others(&mut self) {
        let others = self.variables.iter().enumerate().filter(|(at, _)| *at != self.own);
        let others: Vec<(u32, usize)> = others.flat_map(|(_, (_, all))| all.clone()).collect();
        let is_better = |fitness: u32, leaf: usize| {
            others.iter().any(|(other, at)| *at == leaf && *other > fitness + 10)
        };
        if let Some((_, own)) = self.variables.get_mut(self.own) {
            own.retain(|(fitness, leaf)| !is_better(*fitness, *leaf));
        }
    }

    fn own_variable(&self) -> Option<&(&'f str, Vec<(u32, usize)>)> {
        self.variables.get(self.own)
    }

    /// The format with a value for its own variable, if the value suits it.
    pub(super) fn take_value(
        &self,
        leaf: usize,
        is_kind: bool,
        request: &RequestValues<'_>,
        evidence: &ResourceEvidence<'_>,
    ) -> Option<FilledCandidate> {
        let (_, own) = self.own_variable()?;
        let known = own.iter().find(|(_, at)| *at == leaf).map(|(fitness, _)| *fitness);
        // A value's form counts as much as a key with the variable's name.
        let fitness = known.or(is_kind.then_some(CERTAIN_FITNESS))?;
        let filled = self.fill_around(Some(leaf), request, evidence)?;
        Some(FilledCandidate { fitness, filled })
    }

    /// The format with `*` for its own variable, or with AWS's default if there is one.
    pub(super) fn without_own(
        &self,
        service: &str,
        request: &RequestValues<'_>,
        evidence: &ResourceEvidence<'_>,
    ) -> FilledFormat {
        let own = self.own_variable().map(|(name, _)| *name);
        let default = DEFAULTS.iter().find(|(of, name, _)| *of == service && Some(*name) == own);
        let values = self.choose_values(None, request);
        format::fill_format(self.format, self.kind, &evidence.place, |name| {
            let known = values.iter().find(|(of, _)| *of == name).map(|(_, value)| value.clone());
            known.or_else(|| {
                default.filter(|(_, of, _)| *of == name).map(|(.., value)| (*value).to_owned())
            })
        })
    }

    /// How well the values suit the variables in total.
    pub(super) fn total_fitness(&self) -> u32 {
        let best =
            self.variables.iter().map(|(_, all)| all.iter().map(|(fitness, _)| *fitness).max());
        best.flatten().sum()
    }

    /// How many variables above its own one have a value.
    pub(super) fn known_above(&self) -> usize {
        let above = self.variables.get(..self.own).unwrap_or_default();
        above.iter().filter(|(_, candidates)| !candidates.is_empty()).count()
    }

    /// The format with the value that suits its own variable best, if there is one.
    pub(super) fn best_filled(
        &self,
        service: &str,
        request: &RequestValues<'_>,
        evidence: &ResourceEvidence<'_>,
    ) -> FilledFormat {
        let own = self.own_variable().and_then(|(_, own)| own.first()).map(|(_, at)| *at);
        let filled = own.and_then(|own| self.fill_around(Some(own), request, evidence));
        filled.unwrap_or_else(|| self.without_own(service, request, evidence))
    }

    fn fill_around(
        &self,
        own: Option<usize>,
        request: &RequestValues<'_>,
        evidence: &ResourceEvidence<'_>,
    ) -> Option<FilledFormat> {
        let values = self.choose_values(own, request);
        let value =
            |name: &str| values.iter().find(|(of, _)| *of == name).map(|(_, value)| value.as_str());
        // The ARNs of a rule omit the default event bus.
        if value("EventBusName") == Some("default") && value("RuleName").is_some() {
            return None;
        }
        Some(format::fill_format(self.format, self.kind, &evidence.place, |name| {
            value(name).map(str::to_owned)
        }))
    }

    /// A value for each variable, the one nearest to the own value if there are several; a value is
    /// used for only one variable.
    fn choose_values(
        &self,
        own: Option<usize>,
        request: &RequestValues<'_>,
    ) -> Vec<(&'f str, String)> {
        let leaves = request.all_leaves();
        let near = own.and_then(|at| leaves.get(at));
        let mut taken: Vec<usize> = own.into_iter().collect();
        let mut values = Vec::new();
        for (index, (name, candidates)) in self.variables.iter().enumerate() {
            let at = if index == self.own {
                own
            } else {
                let free = candidates.iter().filter(|(_, at)| !taken.contains(at));
                let best = free.max_by_key(|(fitness, at)| {
                    (shared_lists(leaves.get(*at), near), *fitness, std::cmp::Reverse(*at))
                });
                best.map(|(_, at)| *at)
            };
            if let Some(leaf) = at.and_then(|at| leaves.get(at)) {
                taken.extend(at);
                values.push((*name, arn_text(name, leaf)));
            }
        }
        values
    }
}

/// Services whose `${ResourceId}` is the name that the caller chose; in all others AWS chooses an
/// id.
///
/// Source: API references of DataBrew, QuickSight, MediaTailor and Route 53 ARC.
const CALLED_BY_NAME: [&str; 4] =
    [":databrew:", ":quicksight:", ":mediatailor:", ":route53-recovery-readiness:"];

fn is_called_by_name(format: &str) -> bool {
    CALLED_BY_NAME.iter().any(|service| format.contains(service))
}

/// Whether a value is a name rather than an id.
fn is_named_so(request: &RequestValues<'_>, at: usize) -> bool {
    request.all_leaves().get(at).is_some_and(|leaf| leaf.key.ends_with("name"))
}

/// How many list elements contain both values.
fn shared_lists(a: Option<&RequestLeaf<'_>>, b: Option<&RequestLeaf<'_>>) -> usize {
    let (Some(a), Some(b)) = (a, b) else { return 0 };
    a.place.iter().zip(&b.place).take_while(|(a, b)| a == b).count()
}

/// The value in the ARN's form; if it is an ARN in place of a name, its last part.
fn arn_text(variable: &str, leaf: &RequestLeaf<'_>) -> String {
    if leaf.is_arn() {
        return leaf.value.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    }
    value_in_arn(variable, &leaf.value).into_owned()
}

/// The values that suit a variable, without the poorer ones if there are better ones.
fn find_candidates(
    variable: &FormatVariable,
    is_own: bool,
    request: &RequestValues<'_>,
    is_spoken: bool,
) -> Vec<(u32, usize)> {
    let leaves = request.all_leaves().iter().enumerate();
    let mut all: Vec<(u32, usize)> = leaves
        .filter(|(_, leaf)| is_name(leaf) || !is_own)
        .map(|(at, leaf)| (rate_fitness(variable, leaf, is_spoken), at))
        .filter(|(fitness, _)| *fitness > 0)
        .collect();
    let most = all.iter().map(|(fitness, _)| *fitness).max().unwrap_or_default();
    all.retain(|(fitness, _)| {
        if most >= CERTAIN_FITNESS { *fitness >= CERTAIN_FITNESS } else { *fitness == most }
    });
    // The call is about what is named at the top; deeper values are its details.
    let depth = |at: usize| request.all_leaves().get(at).map_or(0, |leaf| leaf.depth);
    let least = all.iter().map(|(_, at)| depth(*at)).min().unwrap_or_default();
    if is_own && least == 1 {
        all.retain(|(_, at)| depth(*at) == 1);
    }
    all
}

fn rate_fitness(variable: &FormatVariable, leaf: &RequestLeaf<'_>, is_spoken: bool) -> u32 {
    let plain = variable.rate_key(leaf, is_spoken);
    let side =
        SIDES.iter().find_map(|side| leaf.key.strip_prefix(side)).filter(|rest| !rest.is_empty());
    let sided = side.map_or(0, |rest| {
        let leaf = RequestLeaf { key: rest.to_owned(), ..leaf.clone() };
        variable.rate_key(&leaf, is_spoken).saturating_sub(3)
    });
    plain.max(sided)
}
