use cascata_vm::json::{self, DuplicateKeys, Extraction, JsonError, PathTrie, ReadOptions, Validate};
use cascata_vm::{Facts as _, PathId, Segment, Value};

use crate::oracle::number::Num;
use crate::oracle::value::identical;

/// The length that a short piece of text is repeated to, for time that grows faster than the text to be seen.
const REPEATED: usize = 128 << 10;

/// Bytes as an event: accepted as the JSON reader of another library accepts it, and every path reads what that one has.
/// Trusted bytes are read as checked ones are if they are JSON, and to some end whatever they are.
pub fn json(data: &[u8]) {
    anything_trusted(data);
    let options = ReadOptions::default();
    let other: Result<serde_json::Value, _> = serde_json::from_slice(data);
    let text = match (json::validate(data, &options), &other) {
        (Ok(text), Ok(_)) => text,
        (Err(_), _) => return,
        // The other reader gives up at a depth of 128.
        (Ok(_), Err(error)) => {
            assert!(error.to_string().contains("recursion limit"), "accepted, but {error}");
            return;
        }
    };
    let other = other.expect("both accept");
    let paths = paths_of(&other);
    let trie = PathTrie::new(&paths);
    let mut extraction = Extraction::new();
    extraction.read(&trie, data, &options).expect("valid text is read");
    let facts = json::JsonFacts::new(text, &extraction);
    for (index, path) in paths.iter().enumerate() {
        let wanted = descend(&other, path);
        assert_same(&facts.get(PathId::new(index as u32)), wanted);
        assert_same(&json::lookup(text, path), wanted);
    }
    for keys in [DuplicateKeys::First, DuplicateKeys::Last] {
        let checked = read(data, &paths, Validate::Full, keys).expect("valid text is read");
        let trusted = read(data, &paths, Validate::Trusted, keys).expect("valid text is read when it is trusted");
        assert_eq!(trusted, checked, "trusted, {keys:?}");
    }
}

/// Any bytes as an event that is trusted. What is found or refused means nothing, but it is text of the event or nothing.
fn anything_trusted(data: &[u8]) {
    let step = |step: &str| step.parse().map_or_else(|_| Segment::Key(step.to_owned()), Segment::Index);
    let paths = ["a", "b.a", "b.0.a", "1", "a.1.0", "", "b.\"", "long_key"];
    let paths: Vec<Vec<Segment>> = paths.iter().map(|path| path.split('.').map(step).collect()).collect();
    for keys in [DuplicateKeys::First, DuplicateKeys::Last] {
        let _ = read(data, &paths, Validate::Trusted, keys);
        // Over and over, in an object or a list or neither. Libfuzzer's `-timeout` sees what takes too long.
        if !data.is_empty() && data.len() <= 16 {
            let start = ["", "{\"a\":", "[{\"b\":["][usize::from(data[0]) % 3];
            let many = [start.as_bytes(), &data.repeat(REPEATED / data.len())].concat();
            let _ = read(&many, &paths, Validate::Trusted, keys);
        }
    }
}

/// What is found of some paths, as text.
fn read(
    data: &[u8],
    paths: &[Vec<Segment>],
    validate: Validate,
    duplicate_keys: DuplicateKeys,
) -> Result<Vec<String>, JsonError> {
    let options = ReadOptions { validate, duplicate_keys, ..ReadOptions::default() };
    let mut extraction = Extraction::new();
    let text = extraction.read(&PathTrie::new(paths), data, &options)?;
    let facts = json::JsonFacts::new(text, &extraction);
    let found = (0..paths.len()).map(|path| {
        let value = facts.get(PathId::new(path as u32));
        let mut written = String::new();
        json::write_value(&value, &mut written);
        format!("{value:?} {written}")
    });
    Ok(found.collect())
}

/// Up to 32 paths of a document, and one that leads nowhere.
fn paths_of(document: &serde_json::Value) -> Vec<Vec<Segment>> {
    let mut paths = vec![vec![Segment::Key("no such key".to_owned())]];
    let mut open = vec![(Vec::new(), document)];
    while let Some((path, value)) = open.pop() {
        if paths.len() > 32 {
            break;
        }
        let below = |segment: Segment| path.iter().cloned().chain([segment]).collect::<Vec<_>>();
        match value {
            serde_json::Value::Object(object) => {
                open.extend(object.iter().take(8).map(|(key, value)| (below(Segment::Key(key.clone())), value)));
            }
            serde_json::Value::Array(items) => {
                open.extend((0..8).zip(items).map(|(index, value)| (below(Segment::Index(index)), value)));
            }
            _ => {}
        }
        if !path.is_empty() {
            paths.push(path);
        }
    }
    paths
}

fn descend<'a>(document: &'a serde_json::Value, path: &[Segment]) -> Option<&'a serde_json::Value> {
    path.iter().try_fold(document, |value, segment| match segment {
        Segment::Key(key) => value.as_object()?.get(key),
        Segment::Index(index) => value.as_array()?.get(*index as usize),
    })
}

fn assert_same(got: &Value<'_>, wanted: Option<&serde_json::Value>) {
    let Some(wanted) = wanted else {
        assert!(matches!(got, Value::Missing), "{got:?} where nothing is");
        return;
    };
    // A double beyond all doubles has no JSON text to compare.
    if let (Value::Float(got), Some(Num::Float(wanted))) = (got, Num::of(wanted)) {
        assert!(got.to_bits() == wanted.to_bits(), "{got:?} for {wanted:?}");
        return;
    }
    if has_infinity(wanted) {
        return;
    }
    let mut text = String::new();
    json::write_value(got, &mut text);
    let got: serde_json::Value = serde_json::from_str(&text).expect("a value is written as JSON");
    assert!(identical(&got, wanted), "{got} for {wanted}");
}

fn has_infinity(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Array(items) => items.iter().any(has_infinity),
        serde_json::Value::Object(object) => object.values().any(has_infinity),
        number => matches!(Num::of(number), Some(Num::Float(f)) if f.is_infinite()),
    }
}
