#!/usr/bin/env bash
# Builds the example stages and writes MANIFEST, which says which sources each committed module was made of.
#
#   examples/stages/build.sh               every language whose compiler is here; says loudly which are not
#   examples/stages/build.sh rust zig      these languages, and fails if a compiler is missing
#
# toolchains.sh installs compilers that come from pip and npm.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

limit=65536
languages=${*:-$committed $on_demand}
built=()
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
touch "$stages/MANIFEST"

for language in $languages; do
    if ! "find_$language"; then
        [ $# -eq 0 ] || exit 1
        continue
    fi
    mkdir "$fresh/$language"
    build_language "$language" "$fresh/$language"
    for name in $(module_names "$language"); do
        cp "$fresh/$language/$name.wasm" "$(module_file "$language" "$name")"
    done
    built+=("$language")
done

# Lines of languages that were not built stay.
{
    echo "# Which sources each module was made of, and by which compiler. Written by build.sh, checked by check.sh."
    echo "# language/module sha256-of-sources sha256-of-module bytes"
    for language in $committed; do
        if [[ " ${built[*]} " == *" $language "* ]]; then
            echo "compiler $language $("version_$language")"
            for name in $(module_names "$language"); do
                module=$(module_file "$language" "$name")
                echo "$language/$name $(sources_hash "$language" "$name") $(file_hash "$module") $(stat -c %s "$module")"
            done
        else
            manifest_lines "$language"
        fi
    done
} >"$fresh/MANIFEST"
cp "$fresh/MANIFEST" "$stages/MANIFEST"
cat "$stages/MANIFEST"
awk -v limit=$limit '/^[a-z]+\// && $4 >= limit { print $1 " has " limit " bytes or more: too much for a committed binary"; bad = 1 } END { exit bad }' \
    "$stages/MANIFEST" >&2
