//! The types of event fields that a cascade states under `schema`.
//!
//! ```text
//! yaml tree ─▶ read.rs ─▶ Schema ─┬▶ find.rs      what is known of a path ─▶ analyze (types, facts)
//!                                 ├▶ fits.rs      whether an event is as the schema says
//!                                 └▶ describe.rs  words for messages and editors
//! ```
//!
//! A schema is checked against and never compiled: it changes neither the image nor a decision.

mod describe;
mod file;
mod find;
mod fits;
mod infer;
mod kinds;
mod read;

use crate::model::Constant;
use crate::options::Options;
use crate::source::Source;
use crate::span::Span;
use crate::syntax::Reader;
use crate::yaml::NodeKind;

pub use find::Found;
pub use fits::Misfit;
pub use infer::{InferOptions, Inference};
pub use kinds::{Kind, Kinds};
pub(crate) use read::root;

/// The types of an event's fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// What is known of the event, which always is an object.
    pub event: Shape,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The types it can have; never none.
    pub kinds: Kinds,
    /// `enum` or `const`: the values it can be, each of one of the types. Nothing: any.
    pub values: Option<Vec<Constant>>,
    /// What a number cannot be below.
    pub low: Option<Bound>,
    /// What a number cannot be above.
    pub high: Option<Bound>,
    /// What stands under the keys of an object, in the order of the source.
    pub properties: Vec<Property>,
    /// Keys that an object always has.
    pub required: Vec<String>,
    /// What other keys an object may have.
    pub others: Others,
    /// What every element of an array is. Nothing: anything.
    pub items: Option<Box<Self>>,
    /// `description`, else `title`.
    pub description: Option<String>,
    /// Where its parts stand in the source.
    pub spans: ShapeSpans,
}

/// A key of an object that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// The key.
    pub name: String,
    /// What stands there.
    pub shape: Shape,
}

/// A bound of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: Constant,
    /// Whether the number itself is out.
    pub exclusive: bool,
    /// Where it stands.
    pub span: Span,
}

/// What is said of the keys of an object that `properties` does not list.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Others {
    /// Nothing is said, so there may be any; a condition on one is warned of.
    #[default]
    Unsaid,
    /// There may be any.
    Any,
    /// There are none.
    None,
    /// There may be any, and each is like this.
    Like(Box<Shape>),
}

/// Where the parts of a [`Shape`] stand in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShapeSpans {
    /// A short place that stands for all of it: the key it stands under.
    pub head: Span,
    /// `type` with what it says.
    pub kinds: Option<Span>,
    /// `enum` or `const`.
    pub values: Option<Span>,
    /// The key `properties`.
    pub properties: Option<Span>,
    /// `required` with what it says.
    pub required: Option<Span>,
    /// `additionalProperties` with what it says.
    pub others: Option<Span>,
}

impl Shape {
    /// A value of which nothing is known.
    #[must_use]
    pub fn any(head: Span) -> Self {
        Self {
            kinds: Kinds::ALL,
            values: None,
            low: None,
            high: None,
            properties: Vec::new(),
            required: Vec::new(),
            others: Others::Unsaid,
            items: None,
            description: None,
            spans: ShapeSpans { head, ..ShapeSpans::default() },
        }
    }
}

impl Schema {
    /// The schema of a cascade, whatever else is wrong with the text; nothing if there is none or it is wrong itself.
    /// For editors, whose texts are rarely sound.
    #[must_use]
    pub fn of(source: &Source, options: &Options) -> Option<Self> {
        let document = crate::files::read(source, &options.limits);
        let whole = source.whole();
        let root = document.root?;
        let NodeKind::Map(entries) = &root.kind else { return None };
        let (key, node) = entries.iter().find(|(key, _)| key.text == "schema")?;
        let diagnostics = crate::diagnostic::Diagnostics::new(false);
        let mut reader = Reader { text: &whole, source, options, diagnostics, pending: document.pending };
        let schema = read::root(&mut reader, key.span, node);
        schema.filter(|_| !reader.diagnostics.has_errors())
    }
}
