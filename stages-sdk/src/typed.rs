//! Events as structs: [`Fields`] and what it is made of.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Event, Kind, StageError, Value};

/// A struct that is read from an event. Derive it:
///
/// ```
/// use cascata_stage::prelude::*;
///
/// #[derive(Fields)]
/// struct Payment {
///     amount: f64,
///     #[field("geo.country")]
///     country: Option<String>,
///     #[field("user.trusted", default)]
///     is_trusted: bool,
///     #[field(default)]
///     items: Vec<Item>,
/// }
///
/// #[derive(Fields)]
/// struct Item {
///     price: f64,
/// }
///
/// #[handler(results = ["pass", "review"])]
/// fn check(payment: Payment) -> Result<Outcome, StageError> {
///     let dear = payment.items.iter().any(|item| item.price > 500.0);
///     let known = payment.is_trusted || payment.country.as_deref() == Some("CH");
///     Ok(Outcome::new(if dear || (payment.amount > 1000.0 && !known) { "review" } else { "pass" }))
/// }
/// # fn main() {
/// # assert_eq!(cascata_stage::testing::run(&STAGE, r#"{"amount": 1500}"#).unwrap().result, "review");
/// # let wrong = r#"{"amount": 1, "items": [{"price": 1}, {"price": "2"}]}"#;
/// # let error = cascata_stage::testing::run(&STAGE, wrong).unwrap_err();
/// # assert_eq!(error.message, "items[1].price is not a number");
/// # }
/// ```
///
/// Each field is at the path of its name, or at the one in `#[field("…")]`. An `Option` is none if the event's field is missing or null, `#[field(default)]` then takes the
/// type's default; anything else that does not fit fails the stage with `invalid input` and a message that names the place. The paths become the manifest's fields, so that the
/// host resolves them when it loads the stage; all of them are read, so that a function that needs few of many is quicker with [`Event`].
pub trait Fields: Sized {
    /// The paths, in the order of their slots.
    const PATHS: &'static [&'static str];

    /// Reads all fields. The manifest must list [`PATHS`](Self::PATHS) and nothing before them, as [`handler`](crate::handler) has it.
    ///
    /// # Errors
    /// For the first field that does not fit.
    fn read(event: &Event) -> Result<Self, Mismatch>;
}

/// What a field of a struct can be. Structs that derive [`Fields`] are.
pub trait FromValue: Sized {
    /// Copies the value out of the event.
    ///
    /// # Errors
    /// If it is something else.
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch>;
}

/// A value of the event that is not what a struct says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    place: String,
    expected: &'static str,
}

impl Mismatch {
    /// A value that is not `expected`: "a number".
    #[must_use]
    pub const fn new(expected: &'static str) -> Self {
        Self { place: String::new(), expected }
    }

    /// Says where it is: puts a key, a path or a position before the place.
    #[must_use]
    pub fn within(self, step: &str) -> Self {
        let mut place = String::from(step);
        if !self.place.is_empty() && !self.place.starts_with('[') {
            place.push('.');
        }
        place.push_str(&self.place);
        Self { place, ..self }
    }
}

impl core::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.place)?;
        f.write_str(" is not ")?;
        f.write_str(self.expected)
    }
}

impl core::error::Error for Mismatch {}

impl From<Mismatch> for StageError {
    fn from(mismatch: Mismatch) -> Self {
        // By hand: the formatter is larger than most stages.
        let mut message = mismatch.place;
        message.push_str(" is not ");
        message.push_str(mismatch.expected);
        Self::invalid_input(message)
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        value.as_bool().ok_or(Mismatch::new("true or false"))
    }
}

impl FromValue for f64 {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        value.as_f64().ok_or(Mismatch::new("a number"))
    }
}

macro_rules! integers_from_value {
    ($($ty:ty: $expected:literal,)*) => {$(
        impl FromValue for $ty {
            fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
                value.as_i64().and_then(|number| number.try_into().ok()).ok_or(Mismatch::new($expected))
            }
        }
    )*};
}
integers_from_value! {
    i64: "an integer of 64 bits",
    i32: "an integer of 32 bits",
    u64: "an integer from 0 to 9223372036854775807",
    u32: "an integer from 0 to 4294967295",
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        value.text().ok_or(Mismatch::new("a text"))
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        if value.is_nil() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        if value.kind() != Kind::Array {
            return Err(Mismatch::new("a list"));
        }
        let item = |(position, item)| T::from_value(item).map_err(|mismatch| mismatch.within(&index(position)));
        value.items().enumerate().map(item).collect()
    }
}

/// `[7]`, without the formatter.
fn index(position: usize) -> String {
    let mut text = String::from("[");
    crate::ToJson::to_json(&position, &mut text);
    text.push(']');
    text
}

/// What the derived code calls. Not for direct use.
///
/// # Errors
/// If the value is something else.
#[doc(hidden)]
pub fn read<T: FromValue>(value: Value<'_>, path: &str) -> Result<T, Mismatch> {
    T::from_value(value).map_err(|mismatch| mismatch.within(path))
}

/// The same, with the type's default for what is missing or null.
///
/// # Errors
/// If the value is something else.
#[doc(hidden)]
pub fn read_or_default<T: FromValue + Default>(value: Value<'_>, path: &str) -> Result<T, Mismatch> {
    if value.is_nil() { Ok(T::default()) } else { read(value, path) }
}

/// Whether a value is an object.
///
/// # Errors
/// If it is not.
#[doc(hidden)]
pub fn object(value: Value<'_>) -> Result<(), Mismatch> {
    if value.kind() == Kind::Object { Ok(()) } else { Err(Mismatch::new("an object")) }
}

/// The value at a path of keys below another.
#[doc(hidden)]
#[must_use]
pub fn follow<'call>(value: Value<'call>, path: &str) -> Value<'call> {
    path.split('.').fold(value, |value, key| value.get(key))
}
