//! Secrets by name: what a host gives its stages and nobody writes down.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cascata_config::is_secret_name;

/// The shortest secret, in bytes, that answers are searched for: shorter ones are in them by chance.
#[cfg(any(feature = "wasm", feature = "http"))]
pub(crate) const LEAST_SOUGHT: usize = 8;

/// Texts that a host knows under names. They are in no image, record, log or message; [`Debug`](fmt::Debug) shows how many
/// there are.
///
/// ```
/// use cascata_runtime::Secrets;
///
/// let secrets = Secrets::default().with("ML_TOKEN", "s3cr3t");
/// assert_eq!(secrets.get("ML_TOKEN").as_deref(), Some("s3cr3t"));
/// assert!(!format!("{secrets:?}").contains("s3cr3t"));
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    values: Arc<HashMap<String, Arc<str>>>,
}

impl Secrets {
    /// Adds a secret, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Arc<str>>) -> Self {
        Arc::make_mut(&mut self.values).insert(name.into(), value.into());
        self
    }

    /// Adds those variables of an environment whose name begins with a prefix, without it. Names and values that are no
    /// text are passed over.
    #[must_use]
    pub fn with_vars(mut self, prefix: &str, vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let values = Arc::make_mut(&mut self.values);
        for (name, value) in vars {
            if let Some(name) = name.strip_prefix(prefix) {
                values.insert(name.to_owned(), value.into());
            }
        }
        self
    }

    /// Adds those of a file: `NAME=VALUE`, one a line; empty lines and lines that begin with `#` say nothing.
    ///
    /// # Errors
    /// The number of a line that is neither, from 1. The line itself is not told, as it may hold a secret.
    pub fn with_lines(mut self, text: &str) -> Result<Self, usize> {
        let values = Arc::make_mut(&mut self.values);
        for (number, line) in (1_usize..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('=') {
                Some((name, value)) if is_secret_name(name) => drop(values.insert(name.to_owned(), value.into())),
                _ => return Err(number),
            }
        }
        Ok(self)
    }

    /// The secret of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<str>> {
        self.values.get(name).cloned()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_from_variables_and_lines_and_later_ones_win() {
        let vars = [("CASCATA_SECRET_A", "1"), ("OTHER", "2"), ("CASCATA_SECRET_B", "3")];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets = Secrets::default().with_vars("CASCATA_SECRET_", vars);
        let secrets = secrets.with_lines("# mine\n\nB=x=y\nC= z\n").unwrap();
        let get = |name: &str| secrets.get(name).map(|value| value.to_string());
        assert_eq!(
            (get("A"), get("B"), get("C"), get("OTHER")),
            (Some("1".into()), Some("x=y".into()), Some(" z".into()), None)
        );
        assert_eq!(format!("{secrets:?}"), "Secrets(3)");
    }

    #[test]
    fn a_line_that_names_none_is_told_by_its_number_alone() {
        assert_eq!(Secrets::default().with_lines("A=1\nsecret").unwrap_err(), 2);
        assert_eq!(Secrets::default().with_lines("a b=1").unwrap_err(), 1);
    }
}
