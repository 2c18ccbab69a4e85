//! Puts the stage SDKs and their templates into the tool: `cascata stage new` copies from there.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Left out: what building and testing leaves behind.
const LEFT_OUT: [&str; 4] = ["target", "node_modules", "Cargo.lock", "__pycache__"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("stages-sdk");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    list(&root, &mut files)?;
    files.sort();
    let mut text = String::from(
        "/// Every file of the SDKs by its path from their folder, in order.\nconst FILES: &[(&str, &[u8])] = &[\n",
    );
    for path in files {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let line = writeln!(text, "    ({name:?}, include_bytes!({:?})),", path.display().to_string());
        line.map_err(io::Error::other)?;
    }
    text += "];\n";
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sdk.rs"), text)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left_out| name == *left_out) || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
