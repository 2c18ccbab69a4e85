//! Why bytes were refused as an event.

use core::fmt;

/// Declares the kinds of refusal once: variant, code, text. `code`, `message` and `ALL` derive from the rows.
macro_rules! error_kinds {
    ($($name:ident = $code:literal, $message:literal;)*) => {
        /// What was wrong with the bytes.
        ///
        /// Codes are stable: a code once given to a kind is never used for another.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum JsonErrorKind {
            $(#[doc = concat!($code, ": ", $message, ".")] $name,)*
        }

        impl JsonErrorKind {
            /// Every kind, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable code, `V02xx`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// What was wrong, without the position.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

error_kinds! {
    NotUtf8 = "V0201", "the event is not valid UTF-8";
    UnexpectedEnd = "V0202", "the event ends inside a value";
    ExpectedValue = "V0203", "a value was expected";
    ExpectedKey = "V0204", "a key in double quotes was expected";
    ExpectedColon = "V0205", "a colon was expected after the key";
    ExpectedCommaOrEnd = "V0206", "a comma or the end of the container was expected";
    TrailingData = "V0207", "something other than whitespace follows the event";
    BadNumber = "V0208", "the number is not written as JSON wants it";
    BadEscape = "V0209", "the escape sequence is not one of JSON's";
    LoneSurrogate = "V0210", "a surrogate escape has no partner, so the string is not text";
    ControlCharacter = "V0211", "a control character stands unescaped in a string";
    TooDeep = "V0212", "containers are nested deeper than the limit";
    TooManyDigits = "V0213", "an integer has more digits than the limit";
    DuplicateKey = "V0214", "a key occurs twice in one object";
    TooLong = "V0215", "the event is 4 GiB or longer";
}

/// A refused event: what was wrong and where. `Copy` and free of allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct JsonError {
    /// What was wrong.
    pub kind: JsonErrorKind,
    /// Offset in bytes from the start of the event: of the first byte that cannot stand there, or of the
    /// value, key or escape at fault; the event's length when it ends too early.
    pub offset: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.kind.message(), self.offset)
    }
}

impl core::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn codes_are_unique_and_ascend() {
        let codes = JsonErrorKind::ALL.iter().map(|kind| kind.code());
        assert!(codes.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn an_error_is_two_words_and_names_its_position() {
        assert_eq!(size_of::<JsonError>(), 16);
        let error = JsonError { kind: JsonErrorKind::TooDeep, offset: 7 };
        assert_eq!(error.to_string(), "containers are nested deeper than the limit (at byte 7)");
    }
}
