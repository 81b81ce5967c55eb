//! A case: one story of one intruder or one broken workload.
//!
//! Events become [`CaseEvent`]s; each principal's are remembered by an [`ActorLog`], in any order
//! and any split alike; and cases are built from all of these logs together.

mod actions;
mod assemble;
mod book;
mod build;
mod causes;
mod chain;
mod denials;
mod ends;
mod event;
mod identity;
mod joining;
mod joints;
mod known;
mod level;
mod log;
mod notable_lines;
mod notables;
mod pivots;
mod plan;
mod reader;
mod refuser;
mod report_signs;
mod reported;
mod rows;
mod rules_seen;
mod steadiness;
mod story;
mod successes;
mod turns;
mod undone;
mod verdict;

pub(crate) use actions::RESOURCES;
pub use book::CaseBook;
pub use event::{
    CaseEvent, CaseLink, FirstFinding, NotableClass, NotableFact, ReportedFinding, TakeBack,
};
pub use identity::actor_case_id;
pub use known::{KnownActor, mark_known_cases};
pub use plan::FollowPlan;
pub use reader::mark_of;
pub use refuser::Refuser;
pub use rows::{CaseAddition, CaseRows};
pub use story::{
    ActionLine, Case, CaseActor, CaseCause, CaseSign, CaseTurn, ContainStep, MarkCounts,
    NotableLine, ReportedLine, UndoState,
};
