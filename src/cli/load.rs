//! From a file argument to a verified program: a cascade is compiled, an image is verified.

use std::io::Read;
use std::path::{Path, PathBuf};

use cascata::files::Folder;
use cascata_compiler::{Compiled, Limits, Options, Source};
use cascata_vm::image::{LoadOptions, MAGIC, Program};

use super::Format;
use super::diagnostics;
use super::exit::{Exit, Failure};

/// What a cascade file or image may have at most, in bytes.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// A program and where it came from.
pub struct Loaded {
    /// The verified program.
    pub program: Program<'static>,
    /// How messages name its file.
    pub name: String,
    /// The folder that paths of stage modules are relative to.
    pub folder: PathBuf,
}

/// Reads a whole file; `-` is stdin.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let limited = |reader: &mut dyn Read| -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = if path == Path::new("-") {
        limited(&mut std::io::stdin().lock())
    } else {
        std::fs::File::open(path).and_then(|mut file| limited(&mut file))
    };
    let bytes = bytes.map_err(|error| Failure::io(path.display(), error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Failure::io(path.display(), format_args!("longer than {MAX_FILE_BYTES} bytes")));
    }
    Ok(bytes)
}

/// Reads a cascade file as text, with the files that it names. Its path becomes the source's name: one that ends in `.json` is read as JSON.
pub fn source(path: &Path) -> Result<Source, Failure> {
    text(path, read(path)?)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<Source, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(Exit::Cascade, format_args!("{}: not UTF-8 at byte {at}", path.display()))
    })?;
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let folder = if path == Path::new("-") { Folder::new(".") } else { Folder::of(path) };
    Ok(Source::new(name, text).with_files(&folder, &Limits::default()))
}

/// Compiles a source and prints its diagnostics; the image if there is no error.
pub fn compile(source: &Source, options: &Options, format: Format) -> Result<Vec<u8>, Failure> {
    let Compiled { image, diagnostics, .. } = cascata_compiler::compile(source, options);
    let counts = diagnostics::print(source, &diagnostics, format);
    image.ok_or_else(|| {
        Failure::new(
            Exit::Cascade,
            format_args!("{}: {}; not compiled", source.name, super::terminal::count(counts.errors as u64, "error")),
        )
    })
}

/// Loads a cascade file or an image, told apart by the first bytes.
pub fn program(path: &Path) -> Result<Loaded, Failure> {
    Ok(program_and_source(path)?.0)
}

/// The same with the source it was compiled from, where there is one.
pub fn program_and_source(path: &Path) -> Result<(Loaded, Option<Source>), Failure> {
    let bytes = read(path)?;
    let (image, source) = if bytes.starts_with(&MAGIC) {
        (bytes, None)
    } else {
        let source = text(path, bytes)?;
        (compile(&source, &Options::default(), Format::Human)?, Some(source))
    };
    let program = verify(image, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((Loaded { program, name: path.display().to_string(), folder: folder.to_path_buf() }, source))
}

/// Verifies the image of a file.
pub fn verify(image: Vec<u8>, path: &Path) -> Result<Program<'static>, Failure> {
    Program::verify(image, &LoadOptions::default())
        .map_err(|error| Failure::new(Exit::Cascade, format_args!("{}: {error}", path.display())))
}

/// A program's hash as people write it: 64 hexadecimal digits.
pub fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}
