#!/usr/bin/env bash
# Builds the example stages and writes MANIFEST, which says which sources each module was made of.
#
#   examples/stages/build.sh
#
# Needs Rust's wasm32-unknown-unknown target (rustup), or Debian's rustc-web and cargo-web.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

limit=65536
find_toolchain
build_stages "$modules"
{
    echo "# Which sources each module was made of, and by which compiler. Written by build.sh, checked by check.sh."
    echo "compiler $("$rustc" --version)"
    echo "# stage sha256-of-sources sha256-of-module bytes"
    for name in $(stage_names); do
        echo "$name $(sources_hash "$name") $(file_hash "$modules/$name.wasm") $(stat -c %s "$modules/$name.wasm")"
    done
} >"$stages/MANIFEST"
cat "$stages/MANIFEST"
for name in $(stage_names); do
    if [ "$(stat -c %s "$modules/$name.wasm")" -ge $limit ]; then
        echo "$name.wasm has $limit bytes or more: too much for a committed binary" >&2
        exit 1
    fi
done
