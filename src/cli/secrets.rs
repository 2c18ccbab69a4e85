//! Secrets for stages: variables of the environment, and a file that nobody else may read.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use cascata_runtime::Secrets;

use super::exit::{Exit, Failure};

/// The largest file of secrets, in bytes (1 MiB): thousands of them. A larger one is C0203.
const MAX_BYTES: u64 = 1 << 20;

/// Where secrets come from.
#[derive(clap::Args, Clone, Debug)]
pub struct SecretArgs {
    /// Secrets beside those of variables CASCATA_SECRET_NAME: a file of lines NAME=VALUE that only its owner may read
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
}

impl SecretArgs {
    /// The secrets of the environment and of the file, which counts where both have one.
    pub fn secrets(&self) -> Result<Secrets, Failure> {
        // Variables that are no text name nothing here.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let secrets = Secrets::default().with_vars("CASCATA_SECRET_", std::env::vars_os().filter_map(text));
        match &self.secrets_file {
            Some(path) => from_file(secrets, path),
            None => Ok(secrets),
        }
    }
}

fn from_file(secrets: Secrets, path: &Path) -> Result<Secrets, Failure> {
    let shown = path.display();
    let refuse = |what: String| Failure::new(Exit::Io, format_args!("C0203: secrets {shown}: {what}"));
    let file = open(path).map_err(|error| refuse(error.to_string()))?;
    // Of the file that is open: another may stand under the name by now.
    let metadata = file.metadata().map_err(|error| refuse(error.to_string()))?;
    if !metadata.is_file() {
        return Err(refuse("it is no regular file".to_owned()));
    }
    private(&metadata).map_err(refuse)?;
    let mut text = String::new();
    // One byte more shows what is too large, also of a file that grows.
    file.take(MAX_BYTES.saturating_add(1)).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(refuse(format!("it has more than {MAX_BYTES} bytes")));
    }
    secrets
        .with_lines(&text)
        .map_err(|line| refuse(format!("line {line} is not NAME=VALUE, with a name of letters, digits and `_`")))
}

/// Opens for reading. A pipe that nobody writes to would be waited for else; nothing else is changed by not waiting.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let at_once = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(at_once).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// Refuses what others may read.
#[cfg(unix)]
fn private(metadata: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!("others may read or change it (mode {mode:o}); `chmod 600` keeps it to its owner"));
    }
    Ok(())
}

/// Other systems have no mode to look at.
#[cfg(not(unix))]
fn private(_: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}
