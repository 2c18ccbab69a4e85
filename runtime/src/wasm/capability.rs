//! Capabilities: what a stage gets beyond its event and its configuration, where `handler.allow` lists it and nowhere else.
//!
//! | capability | core module | interface | gives | under `determinism: strict` |
//! |---|---|---|---|---|
//! | `clock` | `cascata_clock_v1` | `cascata:stage/clock` | the time of day, a clock that only goes on | both stand at 0 |
//! | `http` | `cascata_http_v1` | `cascata:stage/http` | requests to hosts that the stage lists | refused |
//! | `kv` | `cascata_kv_v1` | `cascata:stage/kv` | values and counters on a store | refused |
//! | `metrics` | `cascata_metrics_v1` | `cascata:stage/metrics` | counters, gauges and histograms, to be written only | as otherwise |
//! | `random` | `cascata_random_v1` | `cascata:stage/random` | bytes that nobody can guess | made from the module's hash, the same in every call |
//! | `secrets` | `cascata_secrets_v1` | `cascata:stage/secrets` | secrets of the host that the stage lists | refused |
//!
//! WASI's clocks and random numbers follow the same list: without it they stand still and repeat.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::abi::{self, Import};
use super::error::LoadErrorKind;
use super::guest::Guest;
use super::imports::{Answer, Crossing};
use super::manifest::Manifest;
use super::shape::Shape;

/// One capability.
pub(super) struct Capability {
    /// As `handler.allow` has it, and the interface of the component world.
    pub name: &'static str,
    /// Its import module for core modules.
    pub module: &'static str,
    /// The functions of that module; none where this build does not have it.
    pub imports: &'static [Import],
}

impl Capability {
    /// Whether this build has it: modules that ask for one it has not can be looked at, and not be loaded.
    pub const fn is_built(&self) -> bool {
        !self.imports.is_empty()
    }
}

#[cfg(feature = "http")]
const HTTP: &[Import] = abi::HTTP;
#[cfg(not(feature = "http"))]
const HTTP: &[Import] = &[];

/// Every capability there is.
pub(super) const ALL: &[Capability] = &[
    Capability { name: "clock", module: abi::CLOCK_ABI, imports: abi::CLOCK },
    Capability { name: "http", module: abi::HTTP_ABI, imports: HTTP },
    Capability { name: "kv", module: abi::KV_ABI, imports: abi::KV },
    Capability { name: "metrics", module: abi::METRICS_ABI, imports: abi::METRICS },
    Capability { name: "random", module: abi::RANDOM_ABI, imports: abi::RANDOM },
    Capability { name: "secrets", module: abi::SECRETS_ABI, imports: abi::SECRETS },
];

/// The imports of every capability that this build has, by import module.
pub fn capability_imports() -> impl Iterator<Item = (&'static str, &'static [Import])> {
    ALL.iter().filter(|capability| capability.is_built()).map(|capability| (capability.module, capability.imports))
}

/// The capability of a core module's import module.
pub(super) fn of_module(module: &str) -> Option<&'static Capability> {
    ALL.iter().find(|capability| capability.module == module)
}

/// What a module needs, by its manifest and its imports. `allow` is what the stage gives it; `None` gives everything.
///
/// # Errors
/// If a capability is listed or asked for that there is none of, or one is needed that is not given; if one is given that this build has not.
pub(super) fn needed(
    allow: Option<&[String]>,
    shape: &Shape,
    manifest: &Manifest,
) -> Result<Vec<String>, LoadErrorKind> {
    let find = |name: &String| ALL.iter().find(|known| known.name == name.as_str());
    let absent = |name: &&String| find(name).is_none_or(|known| !known.is_built());
    let unknown = |name: &&String| find(name).is_none();
    let given = allow.unwrap_or_default();
    if let Some(name) = given.iter().find(absent).or_else(|| manifest.capabilities.iter().find(unknown)) {
        return Err(LoadErrorKind::Capability { module: name.clone() });
    }
    let imports = shape.imports.iter().filter_map(|(import, _, _)| {
        let interface = import.strip_prefix("cascata:stage/").and_then(|rest| rest.split('@').next());
        let wanted = ALL.iter().find(|known| known.module == import || Some(known.name) == interface)?;
        Some((wanted.name.to_owned(), format!("its import `{import}`")))
    });
    let manifest = manifest.capabilities.iter().map(|name| (name.clone(), "its manifest".to_owned()));
    let mut needed: Vec<String> = Vec::new();
    for (capability, because) in imports.chain(manifest) {
        if allow.is_some_and(|allow| !allow.contains(&capability)) {
            return Err(LoadErrorKind::NotAllowed { capability, because });
        }
        if !needed.contains(&capability) {
            needed.push(capability);
        }
    }
    needed.sort_unstable();
    Ok(needed)
}

impl Guest {
    /// Milliseconds since 1970; 0 where time stands still.
    pub fn now_ms(&self) -> u64 {
        if self.spec.is_strict() {
            return 0;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Nanoseconds since some moment before the first call; 0 where time stands still.
    pub fn monotonic_ns(&self) -> u64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        if self.spec.is_strict() {
            return 0;
        }
        u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Random bytes of an instance: the system's, or a stream made from a seed.
#[derive(Debug, Default)]
pub(super) struct Random {
    /// Bytes of the stream that were given out.
    given: u64,
}

impl Random {
    /// Fills bytes. `seed`: where they have to be the same in every run.
    ///
    /// # Errors
    /// The system has none to give.
    pub fn fill(&mut self, bytes: &mut [u8], seed: Option<&[u8; 32]>) -> Result<(), super::stop::Stop> {
        let Some(seed) = seed else {
            return getrandom::fill(bytes).map_err(|error| super::stop::Stop::NoRandom(error.to_string()));
        };
        let mut stream = blake3::Hasher::new_keyed(seed).update(b"random").finalize_xof();
        stream.set_position(self.given);
        stream.fill(bytes);
        self.given = self.given.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }
}

pub(super) fn now_ms(crossing: &mut Crossing<'_, '_>) -> Answer<i64> {
    Ok(i64::try_from(crossing.guest().now_ms()).unwrap_or(i64::MAX))
}

pub(super) fn monotonic_ns(crossing: &mut Crossing<'_, '_>) -> Answer<i64> {
    Ok(i64::try_from(crossing.guest().monotonic_ns()).unwrap_or(i64::MAX))
}

pub(super) fn fill(crossing: &mut Crossing<'_, '_>, dst: u32, len: u32) -> Answer<()> {
    let (bytes, guest) = crossing.range("fill", dst, len)?;
    guest.meter.add(bytes.len());
    let seed = guest.spec.is_strict().then_some(guest.spec.seed);
    guest.random.fill(bytes, seed.as_ref())
}

#[cfg(test)]
mod tests {
    use super::super::shape::inspect;
    use super::*;

    #[test]
    fn what_this_build_has_not_can_be_looked_at_and_not_be_given() {
        let module =
            wat::parse_str(r#"(module (import "cascata_http_v1" "error" (func (param i32 i32) (result i32))))"#);
        let shape = inspect(&module.unwrap()).unwrap();
        assert_eq!(needed(None, &shape, &Manifest::default()).unwrap(), ["http"]);
        let given = needed(Some(&["http".to_owned()]), &shape, &Manifest::default());
        assert_eq!(
            given.map_err(|error| error.code()).err(),
            if cfg!(feature = "http") { None } else { Some("R1010") }
        );
        let not_given = needed(Some(&[]), &shape, &Manifest::default());
        assert_eq!(not_given.unwrap_err().code(), "R1020");
    }

    #[test]
    fn a_seeded_stream_goes_on_where_it_was_and_is_the_same_again() {
        let (mut whole, mut parts) = ([0; 64], [0; 64]);
        Random::default().fill(&mut whole, Some(&[7; 32])).unwrap();
        let mut random = Random::default();
        let (first, rest) = parts.split_at_mut(10);
        random.fill(first, Some(&[7; 32])).unwrap();
        random.fill(rest, Some(&[7; 32])).unwrap();
        assert_eq!(whole, parts);
        let mut other = [0; 64];
        Random::default().fill(&mut other, Some(&[8; 32])).unwrap();
        assert_ne!(whole, other);
    }
}
