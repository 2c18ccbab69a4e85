//! Why a store could not do what was asked: one table of codes and texts.

use std::time::Duration;

macro_rules! store_errors {
    ($($(#[doc = $doc:literal])* $code:literal $class:ident $variant:ident { $($(#[doc = $field_doc:literal])* $field:ident: $ty:ty,)* } $text:literal;)*) => {
        /// What went wrong. `code()` is stable.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum StoreError {
            $(
                $(#[doc = $doc])*
                #[error($text)]
                $variant { $($(#[doc = $field_doc])* $field: $ty,)* },
            )*
        }

        impl StoreError {
            /// The stable code, `R0401` and so on.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }

            /// Which kind of trouble it is.
            #[must_use]
            pub const fn class(&self) -> ErrorClass {
                match self { $(Self::$variant { .. } => ErrorClass::$class,)* }
            }

            /// Every code with its first line of explanation, in order.
            pub const CODES: &'static [(&'static str, &'static str)] = &[$(($code, concat!($($doc),*))),*];
        }
    };
}

store_errors! {
    /// The URL of a store cannot be read.
    "R0401" Configuration Url {
        /// The URL, without user and password.
        url: String,
        /// What is wrong with it.
        why: String,
    } "store `{url}`: {why}";

    /// The store is of a kind that this build leaves out.
    "R0402" Configuration Feature {
        /// The scheme of the URL.
        scheme: &'static str,
        /// The cargo feature to build with.
        feature: &'static str,
    } "this build has no store for `{scheme}:`; build it with `--features {feature}`";

    /// A setting of a store has a value that it cannot have.
    "R0403" Configuration Setting {
        /// Which.
        setting: String,
        /// Why.
        why: String,
    } "setting `{setting}` of the store: {why}";

    /// A key or owner is empty, or longer than `max_key_bytes`.
    "R0404" Store Key {
        /// Its length in bytes.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    } "a key or owner of {bytes} bytes; it has 1 to {limit}";

    /// A value is longer than `max_value_bytes`.
    "R0405" Store Value {
        /// Its length in bytes.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    } "a value of {bytes} bytes; at most {limit} are kept";

    /// A lease, lifetime or limit is out of range.
    "R0406" Store Argument {
        /// Which, and what it may be.
        why: String,
    } "{why}";

    /// The store cannot be reached.
    "R0407" Backend Unreachable {
        /// The store.
        store: &'static str,
        /// What the connection says.
        why: String,
    } "{store}: {why}";

    /// The store did not answer within `deadline_ms`; whether it did what was asked is unknown.
    "R0408" Backend Deadline {
        /// The store.
        store: &'static str,
        /// What was asked.
        operation: &'static str,
        /// How long it was waited for.
        after: Duration,
    } "{store}: no answer to `{operation}` within {after:?}";

    /// The store answered with an error.
    "R0409" Backend Refused {
        /// The store.
        store: &'static str,
        /// What it says.
        why: String,
    } "{store}: {why}";

    /// What is stored under a key cannot be read: another program or version wrote it, or it was damaged.
    "R0410" Store Unreadable {
        /// The key.
        key: String,
    } "what is stored under `{key}` cannot be read";

    /// The store holds as many pending claims, limits or counters as it may.
    "R0411" Store Full {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    } "the store holds {limit} {what}, and none of them may be dropped";

    /// Another process has the file of a store on disk open.
    "R0412" Backend Locked {
        /// The file.
        path: String,
    } "{path} is open in another process; share a store on a server instead";

    /// A key is changed by so many at once that this change did not get its turn.
    "R0413" Conflict Contended {
        /// The key.
        key: String,
        /// How often it was tried.
        tries: u32,
    } "`{key}` was changed by others during each of {tries} tries";
}

/// What kind of trouble a store has, with the numbers that request middleware knows such errors by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The call or the stored value: 003.
    Store,
    /// Others changed the same: 004.
    Conflict,
    /// The server, file or network behind it: 005.
    Backend,
    /// The set-up: 006.
    Configuration,
}

impl ErrorClass {
    /// The number, `003` to `006`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Store => "003",
            Self::Conflict => "004",
            Self::Backend => "005",
            Self::Configuration => "006",
        }
    }
}

impl StoreError {
    /// Whether the store itself is out of order, so that a caller may go on with what it knows locally.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Deadline { .. } | Self::Refused { .. })
    }
}
