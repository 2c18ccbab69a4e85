//! The world of component stages: names, versions, and what a component may import.

use super::super::error::{LoadErrorKind, Report, nearest};
use super::super::shape::{Extern, Shape};

/// The WIT package of stages.
pub(in super::super) const PACKAGE: &str = "cascata:stage";

/// Every version of the package that was released, oldest first. Components built for any of them load.
pub const WIT_VERSIONS: &[&str] = &["0.1.0", "0.2.0"];

/// The package as of this version, as text: what component stages are built against.
pub const WIT: &str = include_str!("stage.wit");

/// Interfaces of the world with functions in them. `types` has none.
const INTERFACES: &[&str] =
    &["types", "event", "config", "writes", "logging", "call", "clock", "http", "kv", "metrics", "random", "secrets"];

/// Packages of WASI 0.2 whose interfaces are linked, inert: no files, no network, no environment.
const WASI_PACKAGES: &[&str] = &["cli", "clocks", "filesystem", "io", "random", "sockets"];

/// What a stage component needs, for messages.
pub(in super::super) const STAGE_NEEDS: &str =
    "the world `cascata:stage/stage`: the export `run` and, if it likes, `init`; imports of `cascata:stage`";

/// The name of an interface as a released version of the package has it.
pub(super) fn interface(name: &str, version: &str) -> String {
    format!("{PACKAGE}/{name}@{version}")
}

/// A component-model name taken apart: `package:namespace/interface@version`.
struct Name<'n> {
    package: &'n str,
    interface: &'n str,
    version: Option<&'n str>,
}

impl<'n> Name<'n> {
    fn parse(text: &'n str) -> Option<Self> {
        let (package, rest) = text.split_once('/')?;
        let (interface, version) = match rest.split_once('@') {
            Some((interface, version)) => (interface, Some(version)),
            None => (rest, None),
        };
        package.contains(':').then_some(Self { package, interface, version })
    }
}

/// Major, minor and patch of a version; what follows a `-` or `+` says nothing about compatibility.
fn numbers(version: &str) -> Option<(u64, u64, u64)> {
    let version = version.split(['-', '+']).next()?;
    let mut parts = version.splitn(3, '.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Whether what was built for `version` finds all it needs in the `released` ones: the same major and a minor that was
/// released, or an older one of a major from 1 on, where minors only add. Patches change nothing.
fn speaks(released: &[&str], version: &str) -> bool {
    let Some((major, minor, _)) = numbers(version) else { return false };
    released.iter().filter_map(|known| numbers(known)).any(|(known_major, known_minor, _)| {
        known_major == major && (known_minor == minor || (major > 0 && minor < known_minor))
    })
}

/// Whether a manifest's `abi` names a version of the package that this host speaks.
pub(in super::super) fn speaks_abi(abi: &str) -> bool {
    let version = abi.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('@'));
    version.is_some_and(|version| speaks(WIT_VERSIONS, version))
}

/// Whether a component is a stage: it imports the package, or exports a function `run`.
pub(in super::super) fn is_stage(shape: &Shape) -> bool {
    let imports =
        |(name, _, _): &(String, String, Extern)| Name::parse(name).is_some_and(|name| name.package == PACKAGE);
    shape.imports.iter().any(imports) || shape.export("run") == Some(&Extern::ComponentFunc)
}

/// The export of a WASI 0.2 command: `wasi:cli/run` of any of its patches.
pub(in super::super) fn run_of_command(shape: &Shape) -> Option<&str> {
    let is_run = |text: &str| {
        Name::parse(text).is_some_and(|name| {
            name.package == "wasi:cli" && name.interface == "run" && name.version.is_some_and(|v| v.starts_with("0.2."))
        })
    };
    shape.exports.iter().map(|(name, _)| name.as_str()).find(|name| is_run(name))
}

/// Whether an import is of WASI.
pub(super) fn is_wasi(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// Whether an import is of an interface whose functions may wait.
pub(super) fn waits(import: &str) -> bool {
    Name::parse(import).is_some_and(|name| name.package == PACKAGE && matches!(name.interface, "http" | "kv"))
}

/// Checks one import of a component, before anything is compiled.
pub(in super::super) fn check_import(import: &str, ty: &Extern, is_stage: bool) -> Result<(), LoadErrorKind> {
    let refuse = |fix: &str, near: Option<String>| {
        let wasi = format!("of WASI 0.2 {}", WASI_PACKAGES.join(", "));
        let ours = || format!("of `{PACKAGE}` {}; {wasi}", INTERFACES.join(", "));
        let report = Report::default()
            .line("found", ty.to_string())
            .line("offered", if is_stage { ours() } else { wasi.clone() })
            .maybe("near miss", near)
            .line("fix", fix);
        Err(LoadErrorKind::Interface { name: import.to_owned(), report })
    };
    // Types that the world's functions use by name.
    if *ty == Extern::Item("type") {
        return Ok(());
    }
    let Some(name) = Name::parse(import) else {
        return refuse(
            "functions that lie bare in the world can't be linked: import interfaces of `cascata:stage`",
            None,
        );
    };
    if let Some(package) = name.package.strip_prefix("wasi:") {
        return match name.version {
            _ if package == "http" => refuse("requests go through `cascata:stage/http`: leave `wasi:http` out", None),
            Some(version) if WASI_PACKAGES.contains(&package) && version.starts_with("0.2.") => Ok(()),
            _ => refuse("build for WASI 0.2", None),
        };
    }
    if name.package != PACKAGE {
        let near = nearest(name.package, [PACKAGE]).map(|near| format!("`{near}`"));
        let fix = if near.is_some() { "correct the package's name" } else { "remove the dependency that needs it" };
        return refuse(fix, near);
    }
    if !is_stage {
        return refuse("a command reads standard input: build for the world `cascata:stage/stage` instead", None);
    }
    match name.version {
        Some(version) if speaks(WIT_VERSIONS, version) => {}
        version => {
            let found = version.map_or_else(|| PACKAGE.to_owned(), |version| format!("{PACKAGE}@{version}"));
            return Err(LoadErrorKind::UnknownAbi { found, spoken: spoken() });
        }
    }
    if INTERFACES.contains(&name.interface) {
        return Ok(());
    }
    let near = nearest(name.interface, INTERFACES.iter().copied()).map(|near| format!("`{PACKAGE}/{near}`"));
    refuse("import an interface that is offered", near)
}

/// The versions this host speaks, for messages.
pub(in super::super) fn spoken() -> String {
    let versions: Vec<_> = WIT_VERSIONS.iter().map(|version| format!("`{PACKAGE}@{version}`")).collect();
    versions.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_released_minor_is_spoken_and_no_later_one() {
        let released = &["0.1.0", "0.2.0", "1.0.0", "1.3.0"];
        for good in ["0.1.0", "0.1.7", "0.2.0", "1.0.0", "1.1.0", "1.2.5", "1.3.9", "1.3.0-rc.1"] {
            assert!(speaks(released, good), "{good}");
        }
        for bad in ["0.3.0", "1.4.0", "2.0.0", "0.0.1", "1", "1.2", "", "x.y.z", "1.2.99999999999999999999999"] {
            assert!(!speaks(released, bad), "{bad}");
        }
        assert!(WIT_VERSIONS.iter().all(|version| speaks(WIT_VERSIONS, version)));
        assert!(WIT.contains(&format!("package {PACKAGE}@{};", WIT_VERSIONS.last().unwrap())));
        assert!(
            speaks_abi("cascata:stage@0.1.0") && !speaks_abi("cascata:stage@9.0.0") && !speaks_abi("cascata:stage")
        );
    }
}
