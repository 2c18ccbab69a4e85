//! The folding of single characters against Unicode's table.

use std::collections::BTreeMap;

use cascata_vm::ops::fold;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// Characters that the table's version of Unicode does not have; the standard library's may.
fn later_ones() -> ClassUnicode {
    let unassigned = regex_syntax::parse(r"\p{Unassigned}").unwrap();
    let HirKind::Class(Class::Unicode(class)) = unassigned.kind() else { panic!("{unassigned:?}") };
    class.clone()
}

#[test]
fn characters_fold_alike_just_where_unicode_says() {
    let mut by_fold: BTreeMap<char, Vec<char>> = BTreeMap::new();
    let later = later_ones();
    let later: Vec<_> = later.iter().map(|range| range.start()..=range.end()).collect();
    let is_later = |character: &char| later.iter().any(|range| range.contains(character));
    for character in (char::MIN..=char::MAX).filter(|character| !is_later(character)) {
        by_fold.entry(fold(character)).or_default().push(character);
    }
    for (folded, same) in by_fold {
        for character in &same {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(*character, *character)]);
            class.try_case_fold_simple().unwrap();
            let wanted: Vec<char> = class.iter().flat_map(|range| range.start()..=range.end()).collect();
            assert_eq!(same, wanted, "{character:?} folds to {folded:?}");
        }
    }
}
