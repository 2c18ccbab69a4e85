//! From the name of a stage to the stage.

use lsp_types::Location;

use super::documents::Document;
use super::outline::Outline;
use super::places;
use super::position::Lines;

/// The place of the stage that the value at an offset names, also inside `stages.NAME.result`.
pub fn definition(document: &Document, offset: usize) -> Option<Location> {
    let outline = Outline::new(document.text());
    let (entry, is_key) = outline.at(offset)?;
    let name = if is_key { None } else { places::named_stage(&outline, entry) }?;
    let key = outline.entries.get(places::stage(&outline, name)?)?.key.clone()?;
    Some(Location { uri: document.uri.clone(), range: Lines::new(document.text()).range(key) })
}
