#!/usr/bin/env bash
# Checks that the committed modules belong to the committed sources.
#
#   examples/stages/check.sh             hashes only: needs no compiler
#   examples/stages/check.sh --rebuild   also builds them anew, where the same compiler is here, and compares byte for byte
set -euo pipefail
. "$(dirname "$0")/lib.sh"

failed=0
count=0
complain() {
    echo "$1" >&2
    failed=1
}

[ -f "$stages/MANIFEST" ] || { echo "examples/stages/MANIFEST is missing: run examples/stages/build.sh" >&2; exit 1; }
for language in $committed; do
    names=$(module_names "$language")
    listed=$(manifest_lines "$language" | sed -n "s|^$language/\([^ ]*\) .*|\1|p")
    [ "$(sort <<<"$names")" = "$(sort <<<"$listed")" ] || complain "MANIFEST lists other $language stages than examples/stages/$language has"
    while read -r name sources module _; do
        name=${name#*/}
        file=$(module_file "$language" "$name")
        [ "$sources" = "$(sources_hash "$language" "$name")" ] ||
            complain "$language/$name: the sources have changed since the module was built; run examples/stages/build.sh $language"
        [ -f "$file" ] && [ "$module" = "$(file_hash "$file")" ] || complain "$file is not the module that MANIFEST lists"
        count=$((count + 1))
    done < <(manifest_lines "$language" | grep -v '^compiler ')
done

if [ "${1-}" = --rebuild ]; then
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    for language in $committed; do
        "find_$language" || continue
        built_by=$(sed -n "s/^compiler $language //p" "$stages/MANIFEST")
        here=$("version_$language")
        if [ "$here" != "$built_by" ]; then
            echo "NOT COMPARED: the $language modules were built by '$built_by', here is '$here'; other compilers make other bytes" >&2
            continue
        fi
        mkdir "$fresh/$language"
        build_language "$language" "$fresh/$language"
        for name in $(module_names "$language"); do
            cmp -s "$fresh/$language/$name.wasm" "$(module_file "$language" "$name")" || complain "$language/$name differs from a fresh build"
        done
    done
fi
[ $failed = 0 ] && echo "stages: $count modules belong to their sources"
exit $failed
