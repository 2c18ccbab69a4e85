#!/usr/bin/env bash
# Runs the unit tests of the examples in every language whose compiler is here, each in the language's own idiom.
#
#   examples/stages/test.sh             all; says loudly which compilers are missing
#   examples/stages/test.sh c zig       these
set -euo pipefail
. "$(dirname "$0")/lib.sh"

test_rust() { (cd "$stages/rust" && cargo test --locked); }

failed=()
for language in ${*:-$committed $on_demand}; do
    if ! "find_$language"; then continue; fi
    echo "--- $language"
    # Those of all stages in Rust are in one crate.
    for name in $([ "$language" = rust ] && echo fraud || module_names "$language"); do
        (cd "$stages/$language/$name" && "test_$language") || failed+=("$language/$name")
    done
done
[ ${#failed[@]} -eq 0 ] || { echo "FAILED: ${failed[*]}" >&2; exit 1; }
