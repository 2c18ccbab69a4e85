//! What a schema knows of a path.

use cascata_vm::Segment;

use super::{Kind, Kinds, Others, Schema, Shape};

/// What is known of a path.
#[derive(Clone, Copy, Debug)]
pub enum Found<'s> {
    /// Nothing.
    Open,
    /// What stands there.
    Known {
        /// What it is.
        shape: &'s Shape,
        /// Whether it is neither missing nor null, in any event.
        always: bool,
    },
    /// Its step is a key that the object has not among its `properties`.
    Unlisted {
        /// The object.
        parent: &'s Shape,
        /// The step.
        step: usize,
        /// Whether there are no other keys, so that it is always missing.
        closed: bool,
    },
    /// Its step leads into a value that is never what it takes, so it is always missing.
    Blocked {
        /// The value.
        shape: &'s Shape,
        /// The step.
        step: usize,
    },
}

impl Schema {
    /// What is known of a path into the event.
    #[must_use]
    pub fn find(&self, path: &[Segment]) -> Found<'_> {
        self.event.find(path)
    }
}

impl Shape {
    /// What is known of a path into the value.
    #[must_use]
    pub fn find(&self, path: &[Segment]) -> Found<'_> {
        let (mut shape, mut always) = (self, true);
        for (step, segment) in path.iter().enumerate() {
            let wanted = match segment {
                Segment::Key(_) => Kind::Object,
                Segment::Index(_) => Kind::Array,
            };
            if !shape.kinds.has(wanted) {
                return Found::Blocked { shape, step };
            }
            always &= shape.kinds == Kinds::one(wanted);
            let next = match segment {
                Segment::Key(key) => {
                    always &= shape.required.iter().any(|required| required == key);
                    match shape.key(key) {
                        Below::Shape(next) => Some(next),
                        Below::Open => None,
                        Below::Unlisted { closed } => return Found::Unlisted { parent: shape, step, closed },
                    }
                }
                Segment::Index(_) => {
                    always = false;
                    shape.items.as_deref()
                }
            };
            match next {
                Some(next) => shape = next,
                None => return Found::Open,
            }
        }
        Found::Known { shape, always: always && !shape.kinds.has(Kind::Null) }
    }

    fn key(&self, key: &str) -> Below<'_> {
        match (self.properties.iter().find(|property| property.name == key), &self.others) {
            (Some(property), _) => Below::Shape(&property.shape),
            (None, Others::Like(shape)) => Below::Shape(shape),
            (None, Others::Any) => Below::Open,
            (None, Others::None) => Below::Unlisted { closed: true },
            // Who lists no key at all says nothing about keys.
            (None, Others::Unsaid) if self.properties.is_empty() => Below::Open,
            (None, Others::Unsaid) => Below::Unlisted { closed: false },
        }
    }
}

/// What stands below an object.
enum Below<'s> {
    Shape(&'s Shape),
    Open,
    Unlisted { closed: bool },
}
