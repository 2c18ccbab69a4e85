//! Did-you-mean: the known name that a wrong one most likely stands for.

/// The nearest of `candidates`, if it is near enough to be a slip of the hand: equal but for case, `-`, `_` and blanks,
/// or at most a third of the letters (at least one, at most three) swapped, dropped, added or changed.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Beyond this length a distance costs more than it helps.
    const LONGEST: usize = 100;
    let length = word.chars().take(LONGEST.saturating_add(1)).count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let folded = fold(word);
    let allowed = (length / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == word {
            continue;
        }
        let other = fold(candidate);
        let distance = if other == folded {
            0
        } else if other.chars().count().abs_diff(folded.chars().count()) > allowed || length < 3 {
            continue;
        } else {
            strsim::osa_distance(&folded, &other)
        };
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_of_the_hand_are_found_and_other_words_are_not() {
        let keys = ["depends_on", "enabled", "timeout_ms", "name"];
        assert_eq!(nearest("dependson", keys), Some("depends_on"));
        assert_eq!(nearest("Depends-On", keys), Some("depends_on"));
        assert_eq!(nearest("enbaled", keys), Some("enabled"));
        assert_eq!(nearest("timeout", keys), Some("timeout_ms"));
        assert_eq!(nearest("owner", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"x".repeat(10_000), keys), None);
    }

    #[test]
    fn short_words_only_match_when_equal_but_for_case() {
        assert_eq!(nearest("A", ["B", "a"]), Some("a"));
        assert_eq!(nearest("A", ["B", "C"]), None);
    }
}
