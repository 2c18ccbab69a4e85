#!/usr/bin/env bash
# Checks that the committed modules belong to the committed sources.
#
#   examples/stages/check.sh             hashes only: needs no compiler
#   examples/stages/check.sh --rebuild   also builds them anew and compares byte for byte
set -euo pipefail
. "$(dirname "$0")/lib.sh"

failed=0
complain() {
    echo "$1" >&2
    failed=1
}

[ -f "$stages/MANIFEST" ] || { echo "examples/stages/MANIFEST is missing: run examples/stages/build.sh" >&2; exit 1; }
names=$(stage_names)
listed=$(grep -v -e '^#' -e '^compiler ' "$stages/MANIFEST" | cut -d' ' -f1)
[ "$(sort <<<"$names")" = "$(sort <<<"$listed")" ] || complain "MANIFEST lists other stages than examples/stages/rust has"
while read -r name sources module _; do
    [ "$sources" = "$(sources_hash "$name")" ] || complain "$name: the sources have changed since the module was built; run examples/stages/build.sh"
    [ -f "$modules/$name.wasm" ] && [ "$module" = "$(file_hash "$modules/$name.wasm")" ] || complain "$name.wasm is not the module that MANIFEST lists"
done < <(grep -v -e '^#' -e '^compiler ' "$stages/MANIFEST")

if [ "${1-}" = --rebuild ]; then
    find_toolchain
    built_by=$(sed -n 's/^compiler //p' "$stages/MANIFEST")
    if [ "$("$rustc" --version)" != "$built_by" ]; then
        echo "NOT COMPARED: the modules were built by '$built_by', here is '$("$rustc" --version)'; other compilers make other bytes" >&2
    else
        fresh=$(mktemp -d)
        trap 'rm -rf "$fresh"' EXIT
        build_stages "$fresh"
        for name in $names; do
            cmp -s "$fresh/$name.wasm" "$modules/$name.wasm" || complain "$name.wasm differs from a fresh build"
        done
    fi
fi
[ $failed = 0 ] && echo "stages: $(wc -w <<<"$names") modules belong to their sources"
exit $failed
