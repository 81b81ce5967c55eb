//! The files of the rules that ship, as `build.rs` lists and parses them.

use crate::tree::YamlNode;
use crate::tree::packed::unpack_documents;

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// What the file of a shipped rule holds, as it was parsed when the program was built. `None` for any
/// other text, whatever its name.
pub(crate) fn parsed_file(name: &str, text: &str) -> Option<Vec<YamlNode>> {
    let at = RULES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    let (_, shipped) = RULES.get(at).filter(|(_, shipped)| *shipped == text)?;
    let packed = PACKED.get(at).filter(|packed| !shipped.is_empty() && !packed.is_empty())?;
    unpack_documents(packed)
}
