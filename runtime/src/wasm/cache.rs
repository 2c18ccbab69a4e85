//! Compiled modules, kept between runs: compiling a large guest takes seconds, taking it back milliseconds.
//!
//! ```text
//! <dir>/key                                     32 random bytes, readable by this user only
//! <dir>/<hash of content>-<hash of engine>.cwasm     magic │ MAC │ code
//! ```
//!
//! What is in such a file is run as native code, so it is authenticated before it is used: the MAC is keyed BLAKE3 over
//! the module's hash, the engine's compatibility hash and the code. Files are written under another name and renamed, so a
//! reader sees a whole file or none. Anything wrong (no key, wrong MAC, foreign permissions, another version) means that
//! the module is compiled again; the cache is never a reason to fail.

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::deserialize::deserialize;

const MAGIC: &[u8; 8] = b"CASCMOD1";
const MAC_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

/// A module or component, compiled. Cheap to clone.
#[derive(Clone)]
pub(super) enum Compiled {
    Module(Module),
    Component(Component),
}

impl Compiled {
    /// Compiles.
    ///
    /// # Errors
    /// If the bytes are not valid, use what is switched off, or don't fit the engine's pool.
    pub fn new(engine: &Engine, wasm: &[u8], is_component: bool) -> wasmtime::Result<Self> {
        if is_component {
            return Component::from_binary(engine, wasm).map(Self::Component);
        }
        Module::from_binary(engine, wasm).map(Self::Module)
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match self {
            Self::Module(module) => module.serialize(),
            Self::Component(component) => component.serialize(),
        }
    }
}

/// Code whose MAC was found right. Made by [`ModuleCache::authenticate`] alone.
pub(super) struct Authentic {
    file: Vec<u8>,
}

impl Authentic {
    /// The code.
    pub fn bytes(&self) -> &[u8] {
        self.file.get(MAGIC.len().saturating_add(MAC_BYTES)..).unwrap_or_default()
    }
}

/// The cache of one user.
#[derive(Debug)]
pub(super) struct ModuleCache {
    dir: PathBuf,
    key: [u8; KEY_BYTES],
}

impl ModuleCache {
    /// Opens the cache in a directory, making both if need be.
    ///
    /// # Errors
    /// If the directory or the key can't be made, or others than this user may enter or read them.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let owner = private::make_dir(dir)?;
        let key = read_or_make_key(dir, owner)?;
        Ok(Self { dir: dir.to_owned(), key })
    }

    /// The module or component, from the cache if it is there and right, else compiled and put there.
    ///
    /// # Errors
    /// If it can't be compiled.
    pub fn compiled(
        &self,
        engine: &Engine,
        wasm: &[u8],
        content: &[u8; 32],
        is_component: bool,
    ) -> wasmtime::Result<Compiled> {
        let compatibility = compatibility(engine);
        let path = self.path(content, &compatibility);
        if let Some(code) = self.authenticate(&path, content, &compatibility)
            && let Ok(compiled) = deserialize(engine, &code, is_component)
        {
            return Ok(compiled);
        }
        let compiled = Compiled::new(engine, wasm, is_component)?;
        if let Ok(code) = compiled.serialize() {
            // A full disk costs speed next time, not this call.
            drop(self.store(&path, content, &compatibility, &code));
        }
        Ok(compiled)
    }

    fn path(&self, content: &[u8; 32], compatibility: &[u8; 32]) -> PathBuf {
        let hex = |bytes: &[u8; 32]| blake3::Hash::from_bytes(*bytes).to_hex();
        let engine = hex(compatibility);
        let name = format!("{}-{}.cwasm", hex(content), engine.get(..16).unwrap_or_default());
        self.dir.join(name)
    }

    fn mac(&self, content: &[u8; 32], compatibility: &[u8; 32], code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(MAGIC).update(content).update(compatibility).update(code);
        hasher.finalize()
    }

    /// Reads a file and checks its MAC over content, engine and code.
    fn authenticate(&self, path: &Path, content: &[u8; 32], compatibility: &[u8; 32]) -> Option<Authentic> {
        // A link leads out of the private folder, and a pipe would be waited for.
        if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            return None;
        }
        let file = fs::read(path).ok()?;
        let (mac, code) = file.strip_prefix(MAGIC)?.split_first_chunk::<MAC_BYTES>()?;
        // `blake3::Hash` compares in constant time.
        let is_right = self.mac(content, compatibility, code) == blake3::Hash::from_bytes(*mac);
        is_right.then_some(Authentic { file })
    }

    fn store(&self, path: &Path, content: &[u8; 32], compatibility: &[u8; 32], code: &[u8]) -> io::Result<()> {
        let mac = self.mac(content, compatibility, code);
        write_whole(&self.dir, path, &[MAGIC, mac.as_bytes(), code])
    }
}

/// Writes a file under another name and renames it.
fn write_whole(dir: &Path, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let (temporary, mut file) = temporary_file(dir)?;
    let written = parts.iter().try_for_each(|part| file.write_all(part)).and_then(|()| file.sync_all());
    let done = written.and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        drop(fs::remove_file(&temporary));
    }
    done
}

fn temporary_file(dir: &Path) -> io::Result<(PathBuf, File)> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let path = dir.join(format!(".tmp-{:032x}", u128::from_le_bytes(random)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private::only_owner(&mut options);
    let file = options.open(&path)?;
    Ok((path, file))
}

fn read_or_make_key(dir: &Path, owner: private::Owner) -> io::Result<[u8; KEY_BYTES]> {
    let path = dir.join("key");
    match read_key(&path, owner) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let (temporary, mut file) = temporary_file(dir)?;
    file.write_all(&key)?;
    file.sync_all()?;
    // A link, unlike a rename, does not replace the key that another process may have made meanwhile.
    let linked = fs::hard_link(&temporary, &path);
    drop(fs::remove_file(&temporary));
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read_key(&path, owner),
    }
}

fn read_key(path: &Path, owner: private::Owner) -> io::Result<[u8; KEY_BYTES]> {
    const WHAT: &str = "the key of the module cache";
    // Before it is opened, which would wait for a pipe; the same is asked of what was opened.
    private::check_file(&fs::symlink_metadata(path)?, owner, WHAT)?;
    let mut file = File::open(path)?;
    private::check_file(&file.metadata()?, owner, WHAT)?;
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key)?;
    Ok(key)
}

/// What code must have been made for: wasmtime's version, its settings, the machine.
fn compatibility(engine: &Engine) -> [u8; 32] {
    /// Feeds what `Hash` gives to BLAKE3, whose result, unlike that of the standard hasher, is the same in every process.
    struct Feed(blake3::Hasher);
    impl Hasher for Feed {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut feed = Feed(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut feed);
    *feed.0.finalize().as_bytes()
}

/// Permissions: nobody but the owner may read the key or put files beside it.
#[cfg(unix)]
mod private {
    use std::fs::{DirBuilder, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;

    /// A user's number.
    pub type Owner = u32;

    /// Makes the directory if need be. Gives this process's user, whose it has to be.
    pub fn make_dir(dir: &Path) -> io::Result<Owner> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let metadata = dir.metadata()?;
        check(&metadata, "the directory of the module cache")?;
        // A file made here belongs to this process's user: the directory must belong to the same.
        let (probe, file) = super::temporary_file(dir)?;
        let owner = file.metadata().map(|metadata| metadata.uid());
        drop(std::fs::remove_file(probe));
        check_owner(&metadata, owner?)
    }

    fn check_owner(metadata: &Metadata, owner: Owner) -> io::Result<Owner> {
        if owner == metadata.uid() {
            Ok(owner)
        } else {
            Err(io::Error::other("the module cache belongs to another user"))
        }
    }

    /// A regular file of this user's, which no other may open.
    pub fn check_file(metadata: &Metadata, owner: Owner, what: &str) -> io::Result<()> {
        if !metadata.is_file() {
            return Err(io::Error::other(format!("{what} is no regular file")));
        }
        check_owner(metadata, owner)?;
        check(metadata, what)
    }

    pub fn only_owner(options: &mut OpenOptions) {
        options.mode(0o600);
    }

    fn check(metadata: &Metadata, what: &str) -> io::Result<()> {
        if metadata.mode() & 0o077 == 0 {
            return Ok(());
        }
        Err(io::Error::other(format!("{what} is open to other users; give it mode 0700 or 0600")))
    }
}

/// Elsewhere permissions can't be checked, so nothing is cached.
#[cfg(not(unix))]
mod private {
    use std::fs::{Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub type Owner = ();

    pub fn make_dir(_: &Path) -> io::Result<Owner> {
        Err(io::Error::other("modules are cached on Unix only"))
    }

    pub fn only_owner(_: &mut OpenOptions) {}

    pub fn check_file(_: &Metadata, (): Owner, _: &str) -> io::Result<()> {
        Ok(())
    }
}
