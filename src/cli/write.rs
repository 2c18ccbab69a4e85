//! Writing files whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::exit::Failure;

/// Writes a file by a temporary one beside it and a rename, so that nobody ever reads half of it. A file that is replaced
/// keeps its permissions, a symbolic link its target. `-` is stdout.
pub fn all(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        let mut out = std::io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::io("<stdout>", error));
    }
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut temporary = target.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = std::fs::write(&temporary, bytes).and_then(|()| {
        if let Ok(metadata) = std::fs::metadata(&target) {
            std::fs::set_permissions(&temporary, metadata.permissions())?;
        }
        std::fs::rename(&temporary, &target)
    });
    written.map_err(|error| {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&temporary);
        Failure::io(path.display(), error)
    })
}
