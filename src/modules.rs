//! WebAssembly modules from the folder of a cascade: what turns `handler: {kind: wasm, module: PATH}` into a handler.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cascata_config::{HandlerConfig, WasmHandler};
use cascata_runtime::engine::{HandlerRequest, HandlerSource, Resolved};
use cascata_runtime::plugins::Reads;
use cascata_runtime::wasm::{Place, WasmHost, WasmHostOptions};

/// Loads modules by paths relative to one folder, the one of the cascade's file.
///
/// ```
/// use cascata::modules::ModuleFolder;
/// use cascata::runtime::engine::Engine;
/// use cascata::vm::image::{LoadOptions, Program};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = cascata::compiler::Source::new("hello.yaml", "{name: hello, version: '1'}");
/// let compiled = cascata::compiler::compile(&source, &Default::default());
/// let program = Program::verify(compiled.image.ok_or("has errors")?, &LoadOptions::default())?;
/// let modules = ModuleFolder::new("cascades");
/// let engine = Engine::builder(program).source(std::sync::Arc::new(modules)).build()?;
/// # let _ = engine;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ModuleFolder {
    host: WasmHost,
    folder: PathBuf,
    allow_outside: bool,
}

/// Why a module of a folder cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// The path leaves the folder, by `..`, as an absolute path or through a symbolic link.
    #[error("module `{module}` lies outside of {folder}", folder = folder.display())]
    Outside {
        /// The path as the cascade has it.
        module: String,
        /// The folder.
        folder: PathBuf,
    },
    /// The file cannot be read.
    #[error("module {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ModuleError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Outside { .. } => "C0201",
            Self::Unreadable { .. } => "C0202",
        }
    }
}

impl ModuleFolder {
    /// Modules under `folder`, on a host of their own without a cache of compiled modules.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::with_host(folder, WasmHost::new(WasmHostOptions::default()))
    }

    /// Modules under `folder`, on a host that may be shared and may keep compiled modules.
    pub fn with_host(folder: impl Into<PathBuf>, host: WasmHost) -> Self {
        Self { host, folder: folder.into(), allow_outside: false }
    }

    /// Whether modules may lie outside the folder. Default false: a cascade of somebody else then can name
    /// no file but those beside it.
    #[must_use]
    pub fn allow_outside(mut self, allow: bool) -> Self {
        self.allow_outside = allow;
        self
    }

    /// The module's file, after every symbolic link.
    fn locate(&self, module: &str) -> Result<PathBuf, ModuleError> {
        let path = self.folder.join(module);
        let unreadable = |source| ModuleError::Unreadable { path: path.clone(), source };
        let folder = self.folder.canonicalize().map_err(unreadable)?;
        let outside = || ModuleError::Outside { module: module.to_owned(), folder: self.folder.clone() };
        // Said before anything outside is touched: not even whether a file is there shall be learnt.
        if !self.allow_outside && leaves(Path::new(module)) {
            return Err(outside());
        }
        let found = path.canonicalize().map_err(unreadable)?;
        if !self.allow_outside && !found.starts_with(&folder) {
            return Err(outside());
        }
        Ok(found)
    }

    /// The module's bytes, at most one more than its limit, so that the host reports one that is larger.
    fn read(&self, handler: &WasmHandler) -> Result<Vec<u8>, ModuleError> {
        let path = self.locate(&handler.module)?;
        let mut bytes = Vec::new();
        let read =
            regular(&path).and_then(|file| file.take(handler.module_bytes.saturating_add(1)).read_to_end(&mut bytes));
        read.map_err(|source| ModuleError::Unreadable { path, source })?;
        Ok(bytes)
    }
}

/// Opens a file. What is none is refused before it is opened: a pipe that nobody writes to would be waited for.
fn regular(path: &Path) -> io::Result<File> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    File::open(path)
}

/// Whether a relative path goes above where it starts.
fn leaves(path: &Path) -> bool {
    use std::path::Component;
    let mut depth = 0_usize;
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return true,
            Component::ParentDir => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
        }
    }
    false
}

impl HandlerSource for ModuleFolder {
    fn handler(&self, request: &HandlerRequest<'_>) -> Result<Option<Resolved>, Box<dyn Error + Send + Sync>> {
        let Some(config @ HandlerConfig::Wasm(handler)) = &request.host.handler else { return Ok(None) };
        let bytes = self.read(handler)?;
        let stage = self.host.load_at(&Place::of(request)?, request.stage.name(), &bytes, config)?;
        let hash: String = stage.module_hash().iter().map(|byte| format!("{byte:02x}")).collect();
        // A module that lists no fields may read any.
        let reads = match stage.field_paths() {
            [] => Reads::Everything,
            fields => Reads::Fields(fields.to_vec()),
        };
        let named = format!("{}@{}", handler.module, hash.get(..16).unwrap_or_default());
        let configuration = serde_json::Value::Object(handler.config.clone()).to_string();
        let impure = handler.allow.clone();
        let resolved = Resolved::new(stage)
            .with_module(named, hash)
            .with_configuration(configuration)
            .with_reads(reads)
            .with_impure(impure);
        Ok(Some(resolved))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_the_folder_are_refused_and_others_found() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner");
        std::fs::create_dir_all(inner.join("deep")).unwrap();
        std::fs::write(inner.join("deep/stage.wasm"), b"x").unwrap();
        std::fs::write(directory.path().join("outside.wasm"), b"x").unwrap();
        let folder = ModuleFolder::new(&inner);
        assert!(folder.locate("deep/stage.wasm").is_ok());
        assert!(folder.locate("deep/../deep/stage.wasm").is_ok());
        let outside = directory.path().join("outside.wasm");
        for path in ["../outside.wasm", "deep/../../outside.wasm", "../nowhere.wasm", outside.to_str().unwrap()] {
            assert!(matches!(folder.locate(path), Err(ModuleError::Outside { .. })), "{path}");
            assert_eq!(folder.clone().allow_outside(true).locate(path).is_ok(), !path.contains("nowhere"), "{path}");
        }
        assert!(matches!(folder.locate("absent.wasm"), Err(ModuleError::Unreadable { .. })));
        let error = folder.read(&WasmHandler::new("deep")).unwrap_err().to_string();
        assert!(error.ends_with("it is no regular file"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(directory.path().join("outside.wasm"), b"x").unwrap();
        std::os::unix::fs::symlink("../outside.wasm", inner.join("link.wasm")).unwrap();
        let error = ModuleFolder::new(&inner).locate("link.wasm").unwrap_err();
        assert_eq!(error.code(), "C0201");
    }
}
