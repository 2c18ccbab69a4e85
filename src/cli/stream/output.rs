//! Where answers go.

use std::io::{self, Write};
use std::path::Path;

use crate::cli::exit::Failure;

/// A file or stdout.
pub struct Output {
    /// Takes the bytes.
    pub sink: Box<dyn Write>,
    /// How messages name it.
    pub name: String,
}

impl Output {
    /// Opens a file; stdout without a path or for `-`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        match path {
            Some(path) if path != Path::new("-") => {
                let file = std::fs::File::create(path).map_err(|error| Failure::io(path.display(), error))?;
                Ok(Self { sink: Box::new(file), name: path.display().to_string() })
            }
            _ => Ok(Self { sink: Box::new(io::stdout()), name: "<stdout>".to_owned() }),
        }
    }
}
