//! `cascata run --watch`: goes over to the cascade's new text while events are decided.

use std::path::Path;
use std::thread;
use std::time::Duration;

use cascata_runtime::engine::Engine;

use crate::cli::stream::Stop;
use crate::cli::{handlers, load};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// Looks at a file until the run is over; what it says from now on is what events are decided with. What cannot be read, does not
/// compile or cannot be loaded is told, and the engine stays as it is.
///
/// # Errors
/// When the thread cannot be started.
pub fn watch(path: &Path, engine: Engine, stop: Stop) -> std::io::Result<()> {
    let path = path.to_owned();
    // What the engine was built from may be older than what stands there by now: compared by its program.
    thread::Builder::new().name("watch".to_owned()).spawn(move || {
        let mut seen = None;
        while !stop.is_set() {
            let now = content(&path);
            // A file that is being replaced is not there for a moment.
            if now.is_some() && now != seen {
                seen = now;
                reload(&path, &engine);
            }
            thread::sleep(EVERY);
        }
    })?;
    Ok(())
}

/// What stands in the file and those it names; the bytes of an image.
fn content(path: &Path) -> Option<Vec<u8>> {
    let source = load::source(path).map(|source| source.whole().into_owned().into_bytes());
    source.ok().or_else(|| std::fs::read(path).ok())
}

fn reload(path: &Path, engine: &Engine) {
    let loaded = match load::program(path) {
        Ok(loaded) => loaded,
        Err(failure) => return eprintln!("cascata: {}; the program stays as it is", failure.message),
    };
    let hash = loaded.program.hash();
    if hash == engine.program_hash() {
        return;
    }
    match engine.update_config(loaded.program) {
        Ok(()) => eprintln!("{}: reloaded, program {} from now on", loaded.name, load::hex(&hash)),
        Err(error) => eprintln!("cascata: {}; the program stays as it is", handlers::message(&error)),
    }
}
