//! Opening a source of events: file or stdin, decompressed by what its first bytes are, not by its name.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::unzstd::unzstd;

/// Where events come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input, written `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// How events stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One a line (NDJSON).
    Lines,
    /// A JSON list of them, or JSON values one after the other over any number of lines.
    Values,
}

/// An opened source.
pub struct Opened {
    /// The decompressed text.
    pub reader: Box<dyn Read + Send>,
    /// What [`Layout`] its name and first bytes speak for.
    pub layout: Layout,
    /// Bytes taken from the disk or pipe so far: what progress is measured by.
    pub consumed: Arc<AtomicU64>,
}

impl Input {
    /// `-` is stdin, anything else a path.
    pub fn new(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdin } else { Self::File(argument.to_path_buf()) }
    }

    /// How messages name it.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Opens it and looks at its first bytes.
    ///
    /// Files whose name ends in `.json` (also before `.gz` or `.zst`), and texts that begin with `[`, hold
    /// values; everything else holds lines.
    ///
    /// # Errors
    /// When the file cannot be opened or its first bytes cannot be read or decompressed.
    pub fn open(&self) -> io::Result<Opened> {
        let consumed = Arc::new(AtomicU64::new(0));
        let raw: Box<dyn Read + Send> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::File(path) => {
                let file = File::open(path)?;
                if file.metadata()?.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
                }
                Box::new(file)
            }
        };
        let mut raw = BufReader::with_capacity(1 << 16, Counted { inner: raw, consumed: Arc::clone(&consumed) });
        let plain: Box<dyn Read + Send> = match raw.fill_buf()? {
            [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(unzstd(raw)?),
            _ => Box::new(raw),
        };
        let mut plain = BufReader::with_capacity(1 << 16, plain);
        let listed = plain.fill_buf()?.trim_ascii_start().first() == Some(&b'[');
        let layout = if listed || self.is_json_file() { Layout::Values } else { Layout::Lines };
        Ok(Opened { reader: Box::new(plain), layout, consumed })
    }

    fn is_json_file(&self) -> bool {
        let Self::File(path) = self else { return false };
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        name.ends_with(".json")
    }
}

/// Counts what passes through.
struct Counted {
    inner: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
