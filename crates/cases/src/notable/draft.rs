//! A notable fact in the making, and the rows of tables that need nothing but templates.

use super::call::NotableCall;
use crate::case::{NotableClass, NotableFact, TakeBack};

/// What a reader finds.
pub(super) struct FactDraft {
    pub(super) class: NotableClass,
    pub(super) weight: u8,
    /// Follows the call's name: `on user/bob: AdministratorAccess`.
    pub(super) detail: String,
    pub(super) achieved: String,
    pub(super) key: Option<String>,
    pub(super) back: Option<TakeBack>,
    /// It only takes permissions away.
    pub(super) is_restriction: bool,
    /// It changes what its actor may do, though triage's judgement is not sure.
    pub(super) is_own_change: bool,
}

impl FactDraft {
    pub(super) fn new(class: NotableClass, weight: u8, detail: String, achieved: String) -> Self {
        Self {
            class,
            weight,
            detail,
            achieved,
            key: None,
            back: None,
            is_restriction: false,
            is_own_change: false,
        }
    }

    pub(super) fn at_most(self, weight: u8) -> Self {
        Self { weight: self.weight.min(weight), ..self }
    }

    pub(super) fn keyed(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    pub(super) fn taken_back(mut self, call: &NotableCall<'_>, back: &BackRow) -> Self {
        self.back = back.fill_in(call);
        self
    }

    pub(super) fn into_fact(self, call: &NotableCall<'_>) -> NotableFact {
        let mut text = call.event.action.to_string();
        if !self.detail.is_empty() {
            text.push(' ');
            text.push_str(&self.detail);
        }
        // Another key or password gives nobody other permissions.
        let may_grant = self.class != NotableClass::Credentials && !self.is_restriction;
        NotableFact {
            class: self.class,
            weight: self.weight,
            text,
            achieved: self.achieved,
            is_own_grant: may_grant && (self.is_own_change || call.is_own_grant()),
            undo_key: self.key,
            take_back: self.back,
        }
    }
}

/// How to take something back, as templates.
#[derive(Clone, Copy)]
pub(super) struct BackRow {
    pub(super) title: &'static str,
    pub(super) command: &'static str,
    pub(super) breaks: &'static str,
    pub(super) undo: &'static str,
}

impl BackRow {
    pub(super) fn fill_in(&self, call: &NotableCall<'_>) -> Option<TakeBack> {
        let undo = (!self.undo.is_empty()).then(|| call.command(self.undo)).flatten();
        Some(TakeBack {
            title: call.sentence(self.title),
            command: call.command(self.command)?,
            breaks: call.sentence(self.breaks),
            undo,
        })
    }
}

/// How a call is read.
#[derive(Clone, Copy)]
pub(super) enum ReadHow {
    /// By its parameters; `None` if it is not worth telling.
    By(fn(&NotableCall<'_>) -> Option<FactDraft>),
    /// It always means the same.
    Row(FactRow),
}

/// One call of a table.
#[derive(Clone, Copy)]
pub(super) struct CallReader {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) how: ReadHow,
    /// Whether it is so frequent that only followed principals' calls are looked at.
    pub(super) is_frequent: bool,
}

impl CallReader {
    pub(super) const fn by(
        service: &'static str,
        name: &'static str,
        read: fn(&NotableCall<'_>) -> Option<FactDraft>,
    ) -> Self {
        Self { service, name, how: ReadHow::By(read), is_frequent: false }
    }

    pub(super) const fn row(service: &'static str, name: &'static str, row: FactRow) -> Self {
        Self { service, name, how: ReadHow::Row(row), is_frequent: false }
    }

    pub(super) const fn frequent(mut self) -> Self {
        self.is_frequent = true;
        self
    }

    pub(super) fn read(&self, call: &NotableCall<'_>) -> Option<FactDraft> {
        match &self.how {
            ReadHow::By(read) => read(call),
            ReadHow::Row(row) => Some(row.fill_in(call)),
        }
    }
}

/// What a call always means, as templates.
#[derive(Clone, Copy)]
pub(super) struct FactRow {
    class: NotableClass,
    weight: u8,
    workload_weight: u8,
    detail: &'static str,
    achieved: &'static str,
    key: &'static str,
    back: Option<BackRow>,
}

impl FactRow {
    pub(super) const fn new(
        class: NotableClass,
        weight: u8,
        detail: &'static str,
        achieved: &'static str,
    ) -> Self {
        Self { class, weight, workload_weight: weight, detail, achieved, key: "", back: None }
    }

    /// Deployments do it too: it weighs this much if a role's session does it.
    pub(super) const fn for_workloads(mut self, weight: u8) -> Self {
        self.workload_weight = weight;
        self
    }

    pub(super) const fn keyed(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    pub(super) const fn back(
        mut self,
        title: &'static str,
        command: &'static str,
        breaks: &'static str,
        undo: &'static str,
    ) -> Self {
        self.back = Some(BackRow { title, command, breaks, undo });
        self
    }

    pub(super) fn fill_in(&self, call: &NotableCall<'_>) -> FactDraft {
        let weight = if call.is_workload() { self.workload_weight } else { self.weight };
        let (detail, achieved) = (call.sentence(self.detail), call.sentence(self.achieved));
        let mut draft = FactDraft::new(self.class, weight, detail, achieved);
        draft.key = (!self.key.is_empty()).then(|| call.key(self.key)).flatten();
        draft.back = self.back.and_then(|back| back.fill_in(call));
        draft
    }
}
