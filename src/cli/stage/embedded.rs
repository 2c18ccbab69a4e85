//! The SDKs and templates that this version carries, so that `stage new` needs nothing but the tool.

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Where templates lie among the files.
const TEMPLATES: &str = "templates/";

/// The languages there are templates for, in order.
pub fn languages() -> Vec<&'static str> {
    let mut languages: Vec<_> = FILES
        .iter()
        .filter_map(|(path, _)| path.strip_prefix(TEMPLATES)?.split_once('/').map(|(language, _)| language))
        .collect();
    languages.dedup();
    languages
}

/// The files of a language's template, with paths from the project's folder.
pub fn template(language: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let prefix = format!("{TEMPLATES}{language}/");
    FILES.iter().filter_map(move |(path, bytes)| Some((path.strip_prefix(prefix.as_str())?, *bytes)))
}

/// Files of the SDK: the one at a path, or all in a folder, each with its path below that.
pub fn sdk(from: &str) -> Vec<(&'static str, &'static [u8])> {
    let inside = |path: &'static str| {
        let rest = path.strip_prefix(from)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    };
    FILES.iter().filter_map(|(path, bytes)| Some((inside(path)?, *bytes))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::stage::project::Project;

    #[test]
    fn every_template_says_how_it_is_built_and_finds_its_sdk() {
        assert!(languages().contains(&"rust") && languages().contains(&"c"), "{:?}", languages());
        for language in languages() {
            let (_, text) = template(language).find(|(path, _)| *path == "stage.toml").unwrap();
            let project = Project::parse(std::str::from_utf8(text).unwrap()).unwrap();
            assert_eq!(project.language, language);
            assert!(!project.build.is_empty() && !project.tool.is_empty(), "{language}");
            for file in &project.sdk {
                assert!(!sdk(&file.from).is_empty(), "{language}: {}", file.from);
            }
        }
    }
}
