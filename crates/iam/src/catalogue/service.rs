//! One service's actions and resource types.

use super::bytes::{ByteCursor, ItemTable, NameTable, read_u16};
use super::entry::{ActionEntry, ResourceType, ResourceUse, unpack_marks};

/// One service's part of the table.
#[derive(Clone, Copy, Debug)]
pub struct ServiceEntry<'c> {
    pub(super) prefix: &'c str,
    pub(super) actions: NameTable<'c>,
    pub(super) rows: &'c [u8],
    pub(super) attributes: ItemTable<'c>,
    pub(super) types: ItemTable<'c>,
    pub(super) keys: NameTable<'c>,
    pub(super) dependents: NameTable<'c>,
}

impl<'c> ServiceEntry<'c> {
    /// The prefix, `logs`.
    pub fn prefix(&self) -> &'c str {
        self.prefix
    }

    /// An action by its name, ignoring case.
    pub fn find_action(&self, name: &str) -> Option<ActionEntry> {
        let (index, name) = self.actions.find_name(name)?;
        self.read_entry(index, name, true)
    }

    /// A name as AWS spells it.
    pub fn find_spelling(&self, name: &str) -> Option<String> {
        self.actions.find_name(name).map(|(_, name)| name)
    }

    /// Every action's name, in order.
    pub fn action_names(&self) -> impl Iterator<Item = String> + use<'c> {
        self.actions.iter()
    }

    /// Every action, in order.
    pub fn iter_actions(&self) -> impl Iterator<Item = ActionEntry> + use<'c> {
        let service = *self;
        self.actions
            .iter()
            .enumerate()
            .filter_map(move |(index, name)| service.read_entry(index, name, true))
    }

    /// Every resource type.
    pub fn resource_types(&self) -> impl Iterator<Item = ResourceType> + use<'c> {
        let service = *self;
        (0..self.types.len()).filter_map(move |index| service.resource_type_at(index))
    }

    pub(super) fn read_entry(
        &self,
        index: usize,
        name: String,
        with_keys: bool,
    ) -> Option<ActionEntry> {
        let mut cursor = self.attributes.get(read_u16(self.rows, index)?)?;
        let (level, sensitivity) = unpack_marks(cursor.read_byte()?);
        let mut resources = Vec::new();
        for _ in 0..cursor.read_number()? {
            let packed = cursor.read_number()?;
            let kind = self.resource_type_at(packed >> 1)?;
            let (name, formats) = (kind.name, kind.formats);
            resources.push(ResourceUse { name, formats, required: packed & 1 == 1 });
        }
        let condition_keys = self.read_names(&mut cursor, self.keys, with_keys)?;
        let dependents = self.read_names(&mut cursor, self.dependents, true)?;
        let service = self.prefix.to_owned();
        Some(ActionEntry {
            service,
            name,
            level,
            sensitivity,
            resources,
            condition_keys,
            dependents,
        })
    }

    /// Names of a table by their indexes, each stored as its distance from the previous one.
    fn read_names(
        &self,
        cursor: &mut ByteCursor<'c>,
        table: NameTable<'c>,
        wanted: bool,
    ) -> Option<Vec<String>> {
        let mut index = 0_usize;
        let mut names = Vec::new();
        for _ in 0..cursor.read_number()? {
            index = index.checked_add(cursor.read_number()?)?;
            if wanted {
                names.push(table.get(index)?);
            }
        }
        Some(names)
    }

    pub(super) fn resource_type_at(&self, index: usize) -> Option<ResourceType> {
        let mut cursor = self.types.get(index)?;
        let name = cursor.read_text()?.to_owned();
        let mut formats = Vec::new();
        for _ in 0..cursor.read_number()? {
            let start = match cursor.read_byte()? {
                1 => format!("arn:${{Partition}}:{}:${{Region}}:${{Account}}:", self.prefix),
                2 => "arn:${Partition}:".to_owned(),
                _ => String::new(),
            };
            formats.push(start + cursor.read_text()?);
        }
        Some(ResourceType { name, formats })
    }
}
