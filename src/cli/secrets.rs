//! Secrets for stages: variables of the environment, and a file that nobody else may read.

use std::path::{Path, PathBuf};

use cascata_runtime::Secrets;

use super::exit::{Exit, Failure};

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
    let file = std::fs::File::open(path).map_err(|error| refuse(error.to_string()))?;
    // Of the file that is open: another may stand under the name by now.
    let metadata = file.metadata().map_err(|error| refuse(error.to_string()))?;
    private(&metadata).map_err(refuse)?;
    let text = std::io::read_to_string(file).map_err(|error| refuse(error.to_string()))?;
    secrets
        .with_lines(&text)
        .map_err(|line| refuse(format!("line {line} is not NAME=VALUE, with a name of letters, digits and `_`")))
}

/// Refuses what others may read, or is no file.
#[cfg(unix)]
fn private(metadata: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
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
