//! The manifest: a custom section `cascata-manifest` of JSON, written at compile time.
//!
//! The host reads it without instantiating the module, binds its fields to the program's own paths, and
//! checks results and configuration against it.

/// What a stage says about itself.
pub struct Manifest {
    /// The stage's name.
    pub name: &'static str,
    /// The stage's version.
    pub version: &'static str,
    /// Paths that the stage reads; the n-th is slot n.
    pub fields: &'static [&'static str],
    /// Labels that the stage may answer; empty means any.
    pub results: &'static [&'static str],
    /// JSON Schema of the configuration, as text; empty means any.
    pub config: &'static str,
    /// Capabilities that the stage can't do without, such as `kv`, beside those whose functions it calls.
    pub capabilities: &'static [&'static str],
    /// An instance keeps nothing between calls.
    pub stateless: bool,
}

/// Bytes of the manifest's JSON.
#[must_use]
pub const fn manifest_len(manifest: &Manifest) -> usize {
    write::<0>(manifest).len
}

/// The manifest's JSON; `N` is [`manifest_len`].
#[must_use]
pub const fn manifest_bytes<const N: usize>(manifest: &Manifest) -> [u8; N] {
    write::<N>(manifest).bytes
}

/// Collects bytes in a constant. What does not fit is counted all the same, so a first pass with `N` = 0 measures.
struct Buffer<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Buffer<N> {
    const fn byte(mut self, byte: u8) -> Self {
        if self.len < N {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
        self
    }

    const fn raw(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self
    }

    const fn text(mut self, text: &str) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let bytes = text.as_bytes();
        let mut i = 0;
        self = self.byte(b'"');
        while i < bytes.len() {
            let byte = bytes[i];
            if byte == b'"' || byte == b'\\' {
                self = self.byte(b'\\').byte(byte);
            } else if byte < b' ' {
                self = self.raw("\\u00").byte(HEX[(byte >> 4) as usize]).byte(HEX[(byte & 15) as usize]);
            } else {
                self = self.byte(byte);
            }
            i += 1;
        }
        self.byte(b'"')
    }

    const fn list(mut self, texts: &[&str]) -> Self {
        let mut i = 0;
        self = self.byte(b'[');
        while i < texts.len() {
            if i > 0 {
                self = self.byte(b',');
            }
            self = self.text(texts[i]);
            i += 1;
        }
        self.byte(b']')
    }
}

const fn write<const N: usize>(manifest: &Manifest) -> Buffer<N> {
    let mut out = Buffer { bytes: [0; N], len: 0 };
    out = out.raw(r#"{"abi":"cascata_v1","sdk":"rust "#).raw(env!("CARGO_PKG_VERSION")).raw(r#"","name":"#);
    out = out.text(manifest.name).raw(r#","version":"#).text(manifest.version);
    out = out.raw(r#","fields":"#).list(manifest.fields).raw(r#","results":"#).list(manifest.results);
    if !manifest.config.is_empty() {
        out = out.raw(r#","config":"#).raw(manifest.config);
    }
    out = out.raw(r#","capabilities":"#).list(manifest.capabilities).raw(r#","stateless":"#);
    out.raw(if manifest.stateless { "true" } else { "false" }).byte(b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_json_of_exactly_its_length() {
        const MANIFEST: &Manifest = &Manifest {
            name: "a \"b\"\n",
            version: "1.0.0",
            fields: &["amount", "[\"x.y\"]"],
            results: &["pass"],
            config: r#"{"type":"object"}"#,
            capabilities: &[],
            stateless: true,
        };
        static SECTION: [u8; manifest_len(MANIFEST)] = manifest_bytes(MANIFEST);
        let json: serde_json::Value = serde_json::from_slice(&SECTION).unwrap();
        assert_eq!(json["name"], "a \"b\"\n");
        assert_eq!(json["fields"][1], "[\"x.y\"]");
        assert_eq!(json["config"]["type"], "object");
        assert_eq!(json["stateless"], true);
    }
}
