//! From a core module to a component, without any tool: what `wasm-tools component new` does.

use cascata_runtime::wasm::{WIT, inspect};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The section in which generators of bindings say what world a core module was built for.
const METADATA: &str = "component-type";

/// The component of a core module built for the world of stages; `None` if it is a component already.
///
/// A module without the section of a generator is taken to be of the world `cascata:stage/stage` of this version, with the capabilities that it imports.
///
/// # Errors
/// What is wrong with the module, for people.
pub fn component(module: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let shape = inspect(module).map_err(|kind| format!("{}: {kind}", kind.code()))?;
    if shape.is_component {
        return Ok(None);
    }
    let mut module = module.to_vec();
    if !has_metadata(&module) {
        let mut resolve = Resolve::default();
        let package = resolve.push_source("stage.wit", WIT).map_err(|error| format!("{error:#}"))?;
        let world =
            resolve.select_world(&[package], Some("stage-with-capabilities")).map_err(|error| format!("{error:#}"))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .map_err(|error| format!("{error:#}"))?;
    }
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    encoder.and_then(|mut encoder| encoder.encode()).map(Some).map_err(|error| format!("{error:#}"))
}

fn has_metadata(module: &[u8]) -> bool {
    // The section's name stands in the bytes as it is; a text of the program that has it by chance costs a clearer message, no more.
    module.windows(METADATA.len()).any(|window| window == METADATA.as_bytes())
}
