//! What a module's bytes say about it before anything is compiled: imports, exports, manifest.

use std::fmt;

use wasmparser::{ComponentExternalKind, Encoding, ExternalKind, FuncType, Imports, Parser, Payload, TypeRef, ValType};

use super::error::LoadErrorKind;

/// The type of an import or export, as far as stages care.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extern {
    /// A function with its signature.
    Func {
        /// Parameters, in the words of the text format.
        params: Vec<&'static str>,
        /// Results, in the words of the text format.
        results: Vec<&'static str>,
    },
    /// A linear memory.
    Memory,
    /// A table.
    Table,
    /// A global.
    Global,
    /// An exception tag.
    Tag,
    /// A function of a component.
    ComponentFunc,
    /// An instance: an interface of a component.
    Instance,
    /// Another item of a component: a type, a value, a module, a component.
    Item(&'static str),
}

impl fmt::Display for Extern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func { params, results } => write_signature(f, params, results),
            Self::Memory => f.write_str("memory"),
            Self::Table => f.write_str("table"),
            Self::Global => f.write_str("global"),
            Self::Tag => f.write_str("tag"),
            Self::ComponentFunc => f.write_str("function"),
            Self::Instance => f.write_str("interface"),
            Self::Item(kind) => f.write_str(kind),
        }
    }
}

/// Writes a signature as `(i32, i32) -> i32`.
pub(super) fn write_signature(f: &mut fmt::Formatter<'_>, params: &[&str], results: &[&str]) -> fmt::Result {
    write!(f, "({}) -> ", params.join(", "))?;
    match results {
        [one] => f.write_str(one),
        many => write!(f, "({})", many.join(", ")),
    }
}

/// What a module imports, exports and says about itself.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Shape {
    /// It is a component. Its memories and tables are those of the modules in it.
    pub is_component: bool,
    /// Imports in order: module, name, type. A component's have a name of one part, and no second.
    pub imports: Vec<(String, String, Extern)>,
    /// Exports in order: name, type.
    pub exports: Vec<(String, Extern)>,
    /// Content of the custom section `cascata-manifest`.
    pub manifest: Option<Vec<u8>>,
    /// Bytes that all memories of the module start with.
    pub memory_bytes: u64,
    /// Elements that all tables of the module start with.
    pub table_elements: u64,
    /// Memories the module defines.
    pub memories: u32,
    /// Tables the module defines.
    pub tables: u32,
}

impl Shape {
    /// The type of an export.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<&Extern> {
        self.exports.iter().find(|(export, _)| export == name).map(|(_, ty)| ty)
    }

    /// Whether anything is imported from a module.
    #[must_use]
    pub fn imports_from(&self, module: &str) -> bool {
        self.imports.iter().any(|(from, _, _)| from == module)
    }
}

/// Reads the shape of a module or component without compiling it.
///
/// # Errors
/// If the bytes are no WebAssembly module (R1002), are native code (R1003), or malformed (R1011).
pub fn inspect(bytes: &[u8]) -> Result<Shape, LoadErrorKind> {
    check_header(bytes)?;
    read(bytes).map_err(|error| LoadErrorKind::Invalid { message: error.to_string() })
}

/// Tells a core module from what else may be given in its place.
fn check_header(bytes: &[u8]) -> Result<(), LoadErrorKind> {
    let text = bytes.trim_ascii_start();
    match bytes {
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] | [b'\0', b'a', b's', b'm', 13, 0, 1, 0, ..] => Ok(()),
        [b'\0', b'a', b's', b'm', _, _, 1, 0, ..] => {
            Err(LoadErrorKind::NotWasm { found: "it is a component of another version of the format than 13" })
        }
        [b'\0', b'a', b's', b'm', ..] => Err(LoadErrorKind::NotWasm { found: "its version is not 1" }),
        [0x7F, b'E', b'L', b'F', ..] if wasmtime::Engine::detect_precompiled(bytes).is_some() => {
            Err(LoadErrorKind::Precompiled {})
        }
        [0x7F, b'E', b'L', b'F', ..] => {
            Err(LoadErrorKind::NotWasm { found: "it is an ELF file; build for the target `wasm32-unknown-unknown`" })
        }
        [] => Err(LoadErrorKind::NotWasm { found: "it is empty" }),
        _ if text.starts_with(b"(module") || text.starts_with(b";;") || text.starts_with(b"(component") => {
            Err(LoadErrorKind::NotWasm { found: "it is the text format; translate it with `wat2wasm` first" })
        }
        _ => Err(LoadErrorKind::NotWasm { found: "it does not begin with `\\0asm`" }),
    }
}

fn read(bytes: &[u8]) -> Result<Shape, wasmparser::Error> {
    let mut reader = Reader::default();
    for payload in Parser::new(0).parse_all(bytes) {
        reader.take(payload?)?;
    }
    Ok(reader.shape)
}

/// A shape while it is read. What lies inside a component counts by its memories, tables and manifest only.
#[derive(Default)]
struct Reader {
    shape: Shape,
    /// How many components the reader is inside of.
    depth: usize,
    types: Vec<Extern>,
    functions: Vec<u32>,
}

impl Reader {
    fn take(&mut self, payload: Payload<'_>) -> Result<(), wasmparser::Error> {
        let shape = &mut self.shape;
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                self.depth = self.depth.saturating_add(1);
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
                    shape.memory_bytes = shape.memory_bytes.saturating_add(memory.initial.saturating_mul(page));
                    shape.memories = shape.memories.saturating_add(1);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    shape.table_elements = shape.table_elements.saturating_add(table?.ty.initial);
                    shape.tables = shape.tables.saturating_add(1);
                }
            }
            Payload::CustomSection(section) if section.name() == super::manifest::SECTION => {
                // The linker joins sections of one name; several in a finished module would be somebody's mistake, and
                // the first is the one that tools show. A component's own stands before those of the modules in it.
                if self.depth == 0 && shape.is_component {
                    shape.manifest = Some(section.data().to_vec());
                } else {
                    shape.manifest.get_or_insert_with(|| section.data().to_vec());
                }
            }
            payload if self.depth == 0 => self.outermost(payload)?,
            _ => {}
        }
        Ok(())
    }

    /// What counts of the module or component itself alone.
    fn outermost(&mut self, payload: Payload<'_>) -> Result<(), wasmparser::Error> {
        let Self { shape, types, functions, .. } = self;
        match payload {
            Payload::Version { encoding, .. } => shape.is_component = encoding == Encoding::Component,
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(signature(&ty?));
                }
            }
            Payload::ImportSection(section) => {
                for group in section {
                    for (module, name, ty) in flatten(group?)? {
                        if let TypeRef::Func(index) | TypeRef::FuncExact(index) = ty {
                            functions.push(index);
                        }
                        shape.imports.push((module.to_owned(), name.to_owned(), import_type(ty, types)));
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    functions.push(index?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    shape.exports.push((export.name.to_owned(), export_type(&export, functions, types)));
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    shape.imports.push((import.name.name.to_owned(), String::new(), item(import.ty.kind())));
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    shape.exports.push((export.name.name.to_owned(), item(export.kind)));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

const fn item(kind: ComponentExternalKind) -> Extern {
    match kind {
        ComponentExternalKind::Func => Extern::ComponentFunc,
        ComponentExternalKind::Instance => Extern::Instance,
        ComponentExternalKind::Module => Extern::Item("module"),
        ComponentExternalKind::Component => Extern::Item("component"),
        ComponentExternalKind::Value => Extern::Item("value"),
        ComponentExternalKind::Type => Extern::Item("type"),
    }
}

/// The imports of one group, whichever way it is encoded.
fn flatten<'a>(group: Imports<'a>) -> Result<Vec<(&'a str, &'a str, TypeRef)>, wasmparser::Error> {
    match group {
        Imports::Single(_, import) => Ok(vec![(import.module, import.name, import.ty)]),
        Imports::Compact1 { module, items } => {
            items.into_iter().map(|item| item.map(|item| (module, item.name, item.ty))).collect()
        }
        Imports::Compact2 { module, ty, names } => {
            names.into_iter().map(|name| name.map(|name| (module, name, ty))).collect()
        }
    }
}

fn signature(ty: &FuncType) -> Extern {
    let words = |types: &[ValType]| types.iter().map(word).collect();
    Extern::Func { params: words(ty.params()), results: words(ty.results()) }
}

const fn word(ty: &ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::Ref(_) => "ref",
    }
}

fn function(index: u32, types: &[Extern]) -> Extern {
    let unknown = || Extern::Func { params: Vec::new(), results: Vec::new() };
    usize::try_from(index).ok().and_then(|index| types.get(index)).cloned().unwrap_or_else(unknown)
}

fn import_type(ty: TypeRef, types: &[Extern]) -> Extern {
    match ty {
        TypeRef::Func(index) | TypeRef::FuncExact(index) => function(index, types),
        TypeRef::Table(_) => Extern::Table,
        TypeRef::Memory(_) => Extern::Memory,
        TypeRef::Global(_) => Extern::Global,
        TypeRef::Tag(_) => Extern::Tag,
    }
}

fn export_type(export: &wasmparser::Export<'_>, functions: &[u32], types: &[Extern]) -> Extern {
    match export.kind {
        ExternalKind::Func | ExternalKind::FuncExact => {
            let index = usize::try_from(export.index).ok().and_then(|index| functions.get(index)).copied();
            function(index.unwrap_or(u32::MAX), types)
        }
        ExternalKind::Table => Extern::Table,
        ExternalKind::Memory => Extern::Memory,
        ExternalKind::Global => Extern::Global,
        ExternalKind::Tag => Extern::Tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_is_told_apart() {
        let code = |bytes: &[u8]| inspect(bytes).map_err(|kind| kind.code()).err();
        assert_eq!(code(b""), Some("R1002"));
        assert_eq!(code(b"(module)"), Some("R1002"));
        assert_eq!(code(b"\x7fELF\x02\x01\x01"), Some("R1002"));
        assert_eq!(code(b"\0asm\x0d\0\x01\0"), None);
        assert_eq!(code(b"\0asm\x0e\0\x01\0"), Some("R1002"));
        assert_eq!(code(b"\0asm\x01\0\0\0"), None);
        assert_eq!(code(b"\0asm\x01\0\0\0\x01\xff"), Some("R1011"));
    }

    #[test]
    fn no_bytes_make_the_reader_panic() {
        let good = wat::parse_str(
            r#"(module (import "m" "f" (func (param i32))) (memory (export "memory") 1) (func (export "g")))"#,
        );
        let good = good.unwrap();
        for cut in 0..good.len() {
            drop(inspect(&good[..cut]));
            for flip in [0x00, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[cut] = flip;
                drop(inspect(&bad));
            }
        }
    }
}
