//! The [`stage!`](crate::stage) macro: everything around a stage's function.

use crate::{Event, Manifest, Outcome, StageError};

/// A stage as [`stage!`](crate::stage) declares it.
pub struct Stage {
    /// What the host reads about it without running it.
    pub manifest: Manifest,
    /// Called once per instance, before the first run.
    pub init: Option<fn() -> Result<(), StageError>>,
    /// Called once per event.
    pub run: fn(&Event) -> Result<Outcome, StageError>,
}

/// Declares the crate's stage: its manifest, its field slots and its exports.
///
/// Either everything from one function, or keys in this order, all but `run` optional:
///
/// | key | value | if left out |
/// |---|---|---|
/// | `name` | text | the crate's name |
/// | `version` | text | the crate's version |
/// | `fields` | `{ CONST: "path", … }`, each a [`Slot`](crate::Slot) constant that the host resolves at load | none |
/// | `paths` | instead of `fields`: a constant `&[&str]` of paths, slot by slot, such as [`Fields::PATHS`](crate::Fields::PATHS) | none |
/// | `results` | `["label", …]`: the host refuses any other result | any label |
/// | `config` | text of a JSON Schema for the `with:` block | any block |
/// | `capabilities` | `["kv", …]`: what the stage can't do without; what it calls is asked for by its imports | none |
/// | `stateless` | `true`: an instance keeps nothing between calls | `true` |
/// | `init` | a function `fn() -> Result<(), StageError>` | nothing |
/// | `run` | a function `fn(&Event) -> Result<Outcome, StageError>` | |
///
/// Once a crate. It makes `pub static STAGE`, which tests hand to `cascata_stage::testing::run`.
#[macro_export]
macro_rules! stage {
    ($(#[$meta:meta])* fn $run:ident($event:ident: &$ty:ty) -> $ret:ty $body:block) => {
        $(#[$meta])*
        fn $run($event: &$ty) -> $ret $body
        $crate::stage! { name: stringify!($run), run: $run }
    };
    (
        $(name: $name:expr,)?
        $(version: $version:expr,)?
        $(fields: { $($slot:ident: $path:expr),* $(,)? },)?
        $(paths: $paths:expr,)?
        $(results: [$($label:expr),* $(,)?],)?
        $(config: $schema:expr,)?
        $(capabilities: [$($capability:expr),* $(,)?],)?
        $(stateless: $stateless:expr,)?
        $(init: $init:path,)?
        run: $run:path $(,)?
    ) => {
        $($crate::stage!(@slots 0, $($slot: $path,)*);)?

        /// This crate's stage.
        pub static STAGE: $crate::Stage = $crate::Stage {
            manifest: $crate::Manifest {
                name: $crate::stage!(@or [$($name)?] env!("CARGO_PKG_NAME")),
                version: $crate::stage!(@or [$($version)?] env!("CARGO_PKG_VERSION")),
                fields: $crate::stage!(@or [$($paths)?] &[$($($path),*)?]),
                results: &[$($($label),*)?],
                config: $crate::stage!(@or [$($schema)?] ""),
                capabilities: &[$($($capability),*)?],
                stateless: $crate::stage!(@or [$($stateless)?] true),
            },
            init: $crate::stage!(@option $($init)?),
            run: $run,
        };

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)] // names that the host looks up; no block of code
        const _: () = {
            const MANIFEST: &$crate::Manifest = &$crate::Manifest {
                name: $crate::stage!(@or [$($name)?] env!("CARGO_PKG_NAME")),
                version: $crate::stage!(@or [$($version)?] env!("CARGO_PKG_VERSION")),
                fields: $crate::stage!(@or [$($paths)?] &[$($($path),*)?]),
                results: &[$($($label),*)?],
                config: $crate::stage!(@or [$($schema)?] ""),
                capabilities: &[$($($capability),*)?],
                stateless: $crate::stage!(@or [$($stateless)?] true),
            };

            #[used]
            #[unsafe(link_section = "cascata-manifest")]
            static SECTION: [u8; $crate::manifest_len(MANIFEST)] = $crate::manifest_bytes(MANIFEST);

            #[unsafe(no_mangle)]
            extern "C" fn stage_init() -> i32 {
                $crate::init_stage(&STAGE)
            }

            #[unsafe(no_mangle)]
            extern "C" fn stage_run() -> i32 {
                $crate::run_stage(&STAGE)
            }
        };
    };
    (@slots $index:expr, $slot:ident: $path:expr, $($rest:tt)*) => {
        #[doc = concat!("The field `", $path, "`.")]
        pub const $slot: $crate::Slot = $crate::Slot::manifest($index);
        $crate::stage!(@slots $index + 1, $($rest)*);
    };
    (@slots $index:expr,) => {};
    (@or [] $default:expr) => { $default };
    (@or [$given:expr] $default:expr) => { $given };
    (@option) => { $crate::__private::None };
    (@option $init:path) => { $crate::__private::Some($init) };
}
