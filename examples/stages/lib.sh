# What build.sh, check.sh and test.sh share. Sourced, not run.

stages=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$stages/../.." && pwd)
export LC_ALL=C
. "$stages/rust.sh"
. "$stages/guests.sh"

# The languages whose modules are committed, and those whose modules are built on demand: too large, or other bytes every time.
committed="rust rust-component c cpp zig assemblyscript d"
on_demand="go javascript typescript python"

# The modules of a language, by name: `fraud` of every language, `reputation` of some, in Rust the stages of the example cascades as well.
module_names() {
    local folder
    if [ "$1" = rust ]; then stage_names; return; fi
    for folder in "$stages/$1"/*/; do
        # What cargo builds by hand.
        case $folder in */target/) ;; *) basename "$folder" ;; esac
    done
}

# Where a module lies: module_file LANGUAGE NAME.
module_file() {
    # Beside the cascades that name them: a cascade reaches no module outside its own folder.
    if [ -f "$stages/$2.yaml" ]; then echo "$stages/$1/$2/$2.wasm"; else echo "$project/examples/cascades/stages/$2.wasm"; fi
}

# Hash of everything a module is made of: module_sources lists it, relative to the project. Tests do not end up in a module.
sources_hash() {
    (cd "$project" && module_sources "$1" "$2" | sort | xargs sha256sum) | sha256sum | cut -d' ' -f1
}

module_sources() {
    case $1 in
        rust) rust_sources "$2" ;;
        rust-component) rust_component_sources "$2" ;;
        *) guest_sources "$1" "$2" ;;
    esac
}

file_hash() {
    sha256sum "$1" | cut -d' ' -f1
}

# Builds all modules of a language into a folder, as NAME.wasm. Needs find_LANGUAGE before.
build_language() {
    if [ "$1" = rust ]; then
        build_rust "$2"
    else
        local name
        for name in $(module_names "$1"); do (cd "$stages/$1/$name" && "build_$1" "$2/$name.wasm"); done
    fi
}

# The lines of a language in MANIFEST.
manifest_lines() {
    grep -e "^compiler $1 " -e "^$1/" "$stages/MANIFEST" || true
}
