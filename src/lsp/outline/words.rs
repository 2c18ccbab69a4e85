//! Keys and scalars at the start of a text.

/// How many blanks a text starts with.
pub fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The length of a key at the start of a text, and that with its colon.
pub fn key(text: &str) -> Option<(usize, usize)> {
    if text.starts_with(['{', '[', '#', '&', '*', '!', '|', '>']) {
        return None;
    }
    if text.starts_with(['"', '\'']) {
        let length = scalar(text, false);
        let behind = text.get(length..)?;
        let colon = blanks(behind);
        let ends = behind.get(colon..)?.strip_prefix(':')?;
        return (ends.is_empty() || ends.starts_with([' ', '\t'])).then_some((length, length + colon + 1));
    }
    let comment = text.find(" #").unwrap_or(text.len());
    let colon = text.match_indices(':').map(|(at, _)| at).find(|at| {
        let behind = text.get(at + 1..).unwrap_or_default();
        behind.is_empty() || behind.starts_with([' ', '\t'])
    })?;
    (colon < comment).then(|| (text.get(..colon).unwrap_or_default().trim_end().len(), colon + 1))
}

/// The length of a scalar at the start of a text; `inside` brackets. It ends with its line at the latest.
pub fn scalar(text: &str, inside: bool) -> usize {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let mut escaped = false;
    let mut end = text.len();
    for (at, character) in text.char_indices() {
        let behind = text.get(at + character.len_utf8()..).unwrap_or_default();
        match (character, quote) {
            ('\n' | '\r', _) => end = at,
            (_, Some(_)) if escaped => {
                escaped = false;
                continue;
            }
            ('\\', Some('"')) => {
                escaped = true;
                continue;
            }
            (_, Some(quote)) if at > 0 && character == quote => return at + 1,
            (' ', None) if behind.starts_with('#') => end = at,
            (',' | '[' | ']' | '{' | '}', None) if inside => end = at,
            (':', None) if inside && (behind.is_empty() || behind.starts_with([' ', ',', '}', ']', '\r', '\n'])) => {
                end = at
            }
            _ => continue,
        }
        break;
    }
    let found = text.get(..end).unwrap_or_default();
    if quote.is_some() { end } else { found.trim_end().len() }
}
