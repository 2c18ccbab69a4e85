//! The manifest: what a stage says about itself in the custom section `cascata-manifest`.

use serde::Deserialize;

use super::abi::CORE_ABI;
use super::component::world;
use super::error::LoadErrorKind;

/// The custom section's name.
pub(super) const SECTION: &str = "cascata-manifest";

/// The largest manifest that is read, in bytes.
const MAX_BYTES: usize = 256 << 10;

/// What a stage says about itself. Keys that this version does not know are passed over, so newer SDKs may add some.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Manifest {
    /// The ABI it was built for: `cascata_v1`, or `cascata:stage@0.2.0` for a component.
    pub abi: String,
    /// The SDK that wrote it.
    pub sdk: String,
    /// The stage's name.
    pub name: String,
    /// The stage's version.
    pub version: String,
    /// Paths that it reads; the n-th is slot n of [`imports`](super::imports).
    pub fields: Vec<String>,
    /// Labels that it may answer; empty means any.
    pub results: Vec<String>,
    /// JSON Schema of its `with:` block; null means any.
    pub config: serde_json::Value,
    /// Capabilities that it needs, as `handler.allow` has them.
    pub capabilities: Vec<String>,
    /// An instance keeps nothing between calls.
    pub stateless: bool,
}

impl Manifest {
    /// Reads a manifest section.
    ///
    /// # Errors
    /// If it is too large, no JSON object, or written for another ABI.
    pub fn parse(section: &[u8]) -> Result<Self, LoadErrorKind> {
        if section.len() > MAX_BYTES {
            let message = format!("it has {} bytes, more than {MAX_BYTES}", section.len());
            return Err(LoadErrorKind::Manifest { message });
        }
        let refuse = |error: serde_json::Error| LoadErrorKind::Manifest { message: error.to_string() };
        // By itself the reader below takes a list for the fields in their order, and looks into unknown keys only so far
        // as to find their end.
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(section).map_err(refuse)?;
        let manifest: Self = serde_json::from_slice(section).map_err(refuse)?;
        let abi = manifest.abi.as_str();
        if !abi.is_empty() && abi != CORE_ABI && !world::speaks_abi(abi) {
            let spoken = format!("`{CORE_ABI}` and {}", world::spoken());
            return Err(LoadErrorKind::UnknownAbi { found: manifest.abi, spoken });
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_read_and_others_passed_over() {
        let manifest = Manifest::parse(br#"{"abi":"cascata_v1","fields":["a"],"later":1,"stateless":true}"#).unwrap();
        assert_eq!(manifest.fields, ["a"]);
        assert!(manifest.stateless);
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for bad in [
            &b""[..],
            b"[]",
            b"[\"cascata_v1\"]",
            b"[]x",
            b"{}x",
            b"{\"later\":\"\\ud800\"}",
            b"{\"fields\":1}",
            b"{\"name\":\"\xff\"}",
        ] {
            assert_eq!(Manifest::parse(bad).unwrap_err().code(), "R1012", "{bad:?}");
        }
        assert_eq!(Manifest::parse(br#"{"abi":"cascata_v9"}"#).unwrap_err().code(), "R1007");
    }
}
