//! Why a stage's handler could not be made: one table of codes and texts.

use std::fmt;

/// A stage's module or its handler's settings were refused. `code()` is stable.
#[derive(Debug, thiserror::Error)]
#[error("stage `{stage}`: {kind}")]
pub struct LoadError {
    /// The stage.
    pub stage: String,
    /// What is wrong.
    #[source]
    pub kind: Box<LoadErrorKind>,
}

impl LoadError {
    pub(crate) fn new(stage: &str, kind: LoadErrorKind) -> Self {
        Self { stage: stage.to_owned(), kind: Box::new(kind) }
    }

    /// The stable code, `R1001` and so on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

macro_rules! load_errors {
    ($($(#[doc = $doc:literal])* $code:literal $variant:ident { $($(#[doc = $field_doc:literal])* $field:ident: $ty:ty,)* } $text:literal;)*) => {
        /// What is wrong with a module or with the settings of a handler.
        #[derive(Debug, thiserror::Error)]
        #[non_exhaustive]
        pub enum LoadErrorKind {
            $(
                $(#[doc = $doc])*
                #[error($text)]
                $variant { $($(#[doc = $field_doc])* $field: $ty,)* },
            )*
        }

        impl LoadErrorKind {
            /// The stable code, `R1001` and so on.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }

            /// Every code with its first line of explanation, in order.
            pub const CODES: &'static [(&'static str, &'static str)] = &[$(($code, concat!($($doc),*))),*];
        }
    };
}

load_errors! {
    /// The module's file is larger than its limit.
    "R1001" TooLarge {
        /// Bytes of the file.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    } "the module has {size} bytes, more than the {limit} of `handler.module_bytes`";

    /// The bytes are no WebAssembly module.
    "R1002" NotWasm {
        /// What they look like, and what to do.
        found: &'static str,
    } "this is no WebAssembly module: {found}";

    /// The module was compiled to native code already, which can't be checked.
    "R1003" Precompiled {} "this is native code that was compiled from a module; give the `.wasm` file itself, the host compiles and caches it";

    /// The module is of another form than `handler.form` says.
    "R1004" OtherForm {
        /// What `handler.form` says.
        said: &'static str,
        /// What the bytes are.
        found: &'static str,
    } "`handler.form: {said}` is set, and the file is {found}; leave `form` out, or give another file";

    /// The module fits none of the forms of a stage.
    "R1005" NoForm {
        /// What was found, what each form needs, names that are close, and the fix.
        report: Report,
    } "the module is no stage{report}";

    /// The module fits more than one form.
    "R1006" Ambiguous {
        /// What was found, and the fix.
        report: Report,
    } "the module fits two forms of a stage{report}";

    /// The module was built for a version of the core ABI, or of the component world, that this host does not speak.
    "R1007" UnknownAbi {
        /// What it was built for.
        found: String,
        /// What this host speaks.
        spoken: String,
    } "built for `{found}`, this host speaks {spoken}; build it with the stage SDK of this version";

    /// An export that the form needs is missing or has another type.
    "R1008" Export {
        /// The export.
        name: &'static str,
        /// What was found, what is needed, names that are close, and the fix.
        report: Report,
    } "the export `{name}` is missing or of another type{report}";

    /// An import is unknown or has another type.
    "R1009" Import {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
        /// What was found, what is offered, names that are close, and the fix.
        report: Report,
    } "the import `{module}` `{name}` can't be linked{report}";

    /// An import, the manifest or `handler.allow` names a capability that there is none of.
    "R1010" Capability {
        /// The capability, or its import module.
        module: String,
    } "the capability `{module}` is not available in this version; those there are: `clock`, `kv`, `metrics`, `random`, `secrets`, and `http` where the cargo feature of that name is on";

    /// The module is not valid, or uses what is switched off.
    "R1011" Invalid {
        /// What the compiler says.
        message: String,
    } "the module can't be compiled: {message}";

    /// The section `cascata-manifest` can't be read.
    "R1012" Manifest {
        /// Why.
        message: String,
    } "the module's section `cascata-manifest` is not valid: {message}";

    /// A setting of the handler is out of range or contradicts another.
    "R1013" Setting {
        /// The setting.
        key: &'static str,
        /// What is wrong with it, and what to do.
        message: String,
    } "`handler.{key}`: {message}";

    /// A field's path can't be read.
    "R1014" Field {
        /// The path.
        path: String,
        /// What is wrong with it.
        message: &'static str,
    } "the field `{path}` is no path: {message}";

    /// The module asks for more memory or larger tables than its limit, before it has run at all.
    "R1015" Minimum {
        /// Memory or tables.
        resource: &'static str,
        /// What the module declares.
        declared: u64,
        /// What is allowed.
        limit: u64,
        /// The setting to raise.
        key: &'static str,
    } "the module starts with {declared} {resource}, more than the {limit} of `handler.{key}`";

    /// The engine could not be set up.
    "R1016" Engine {
        /// What it says.
        message: String,
    } "the WebAssembly engine could not be set up: {message}";

    /// The handler is of another kind than `wasm`.
    "R1017" NotAWasmHandler {} "the handler is not of kind `wasm`";

    /// The stage's `with:` block is not what its module's manifest says the module takes.
    "R1018" Config {
        /// Each place of the block that is wrong, and how.
        report: Report,
    } "the module does not take this `with:`{report}";

    /// A component imports an interface that is unknown or has other functions.
    "R1019" Interface {
        /// Its name, with package and version.
        name: String,
        /// What was found, what is offered, names that are close, and the fix.
        report: Report,
    } "the component's import `{name}` can't be linked{report}";

    /// The module needs a capability that the stage does not give it.
    "R1020" NotAllowed {
        /// The capability.
        capability: String,
        /// What in the module asks for it.
        because: String,
    } "the module needs the capability `{capability}` ({because}), which the stage does not give; `handler.allow: [{capability}]` gives it";

    /// A setting of a handler of kind `http` cannot be used.
    "R1021" Http {
        /// The key, within the handler.
        key: String,
        /// Why.
        message: String,
    } "`handler.{key}`: {message}";

    /// A handler names a secret that the host does not know.
    "R1022" Secret {
        /// Its name.
        name: String,
    } "the secret `{name}` is not known here; the command line takes secrets from variables `CASCATA_SECRET_…`, a host from `HttpOptions::with_secrets` and `WasmHostOptions::with_secrets`";

    /// Requests with TLS are asked for, and no certificate is trusted.
    "R1023" Certificates {
        /// Why.
        message: String,
    } "TLS cannot be set up: {message}";
}

/// Lines of a message that list what was found and what is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    lines: Vec<(&'static str, String)>,
}

impl Report {
    pub(crate) fn line(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.lines.push((label, text.into()));
        self
    }

    pub(crate) fn maybe(self, label: &'static str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.line(label, text),
            None => self,
        }
    }

    /// The lines as label and text.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(label, text)| (*label, text.as_str()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(label, text)| write!(f, "\n  {label}: {text}"))
    }
}

/// The candidate closest to `name`, if it is close enough to be a misspelling.
#[cfg(feature = "wasm")]
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance > 0 && *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}
