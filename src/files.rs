//! Files of a folder for the compiler, which reads none itself.

use std::path::{Path, PathBuf};

use cascata_compiler::Loader;

/// Gives the files under a folder: those a cascade includes, its lists, its schema. Links that lead out of the folder are
/// refused.
///
/// ```
/// use cascata::compiler::{Limits, Source, compile};
/// use cascata::files::Folder;
///
/// let folder = Folder::of("examples/cascades/order_review.yaml".as_ref());
/// let source = Source::new("c.yaml", "{name: c, version: '1'}").with_files(&folder, &Limits::default());
/// assert!(compile(&source, &Default::default()).image.is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// What one file may have at most, in bytes. The compiler has a limit for all of them together.
const MAX_FILE_BYTES: u64 = 64 << 20;

impl Folder {
    /// A folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder that a cascade file stands in.
    #[must_use]
    pub fn of(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self::new(folder.unwrap_or(Path::new(".")))
    }

    fn read(&self, path: &str) -> std::io::Result<String> {
        use std::io::{Error, ErrorKind, Read};
        let folder = self.path.canonicalize()?;
        let file = folder.join(path).canonicalize()?;
        if !file.starts_with(&folder) {
            return Err(Error::new(ErrorKind::PermissionDenied, "a link leads out of the cascade's folder"));
        }
        let mut text = String::new();
        std::fs::File::open(file)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(Error::new(ErrorKind::FileTooLarge, format!("longer than {MAX_FILE_BYTES} bytes")));
        }
        Ok(text)
    }
}

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<String, String> {
        self.read(path).map_err(|error| error.to_string())
    }
}
