//! Columns of comma-separated values (RFC 4180): a first line of names, fields in double quotes where they hold commas,
//! quotes or line ends.

/// The fields of a column, from top to bottom. Lines without it, and empty fields, are left out.
///
/// # Errors
/// The names of the columns, when none is called so.
pub(super) fn column(text: &str, name: &str) -> Result<Vec<String>, Vec<String>> {
    let mut records = Records { rest: text.strip_prefix('\u{feff}').unwrap_or(text) };
    let header = records.next().unwrap_or_default();
    let Some(at) = header.iter().position(|column| column.trim() == name) else { return Err(header) };
    Ok(records.filter_map(|record| record.into_iter().nth(at)).filter(|field| !field.is_empty()).collect())
}

struct Records<'t> {
    rest: &'t str,
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut fields = vec![String::new()];
        let (mut quoted, mut end) = (false, self.rest.len());
        let mut characters = self.rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' if quoted && characters.peek().is_some_and(|(_, next)| *next == '"') => {
                    characters.next();
                    push(&mut fields, '"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                '\n' if !quoted => {
                    end = at.saturating_add(1);
                    break;
                }
                '\r' if !quoted => {}
                other => push(&mut fields, other),
            }
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(fields)
    }
}

fn push(fields: &mut [String], character: char) {
    if let Some(field) = fields.last_mut() {
        field.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn a_column_is_found_by_its_name_whatever_is_quoted() {
        let text = "id,country,note\r\n1,KP,\"a, b\"\n2,,x\n3,\"I\"\"R\",\"two\nlines\"\n4\n5,SY";
        assert_eq!(column(text, "country").unwrap(), ["KP", "I\"R", "SY"]);
        assert_eq!(column(text, "note").unwrap(), ["a, b", "x", "two\nlines"]);
        assert_eq!(column(text, "land").unwrap_err(), ["id", "country", "note"]);
        assert_eq!(column("", "land").unwrap_err(), Vec::<String>::new());
    }
}
