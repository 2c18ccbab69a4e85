//! Constants as texts by which equal ones are known.

use std::fmt::Write as _;

use super::Constant;

impl Constant {
    /// Writes the constant such that others are written otherwise, whatever is written behind them. The derived form would do,
    /// and takes many times as long.
    pub(crate) fn write_key(&self, key: &mut String) {
        match self {
            Self::Int(digits) => {
                key.push('i');
                key.push_str(digits);
                key.push(' ');
            }
            Self::Text(text) => {
                key.push('t');
                write_text(text, key);
            }
            Self::List(elements) => {
                // Writing into a string cannot fail.
                let _ = write!(key, "l{} ", elements.len());
                elements.iter().for_each(|element| element.write_key(key));
            }
            Self::Null | Self::Bool(_) | Self::Float(_) | Self::Map(_) => {
                let _ = write!(key, "{self:?} ");
            }
        }
    }
}

/// Writes a text such that its end is known.
pub(crate) fn write_text(text: &str, key: &mut String) {
    let _ = write!(key, "{} {text}", text.len());
}
