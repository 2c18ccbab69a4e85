# The other languages: how each finds its compiler, builds its module of an example, and tests it. Sourced by lib.sh.
#
# find_LANG       says where the compiler is, or what to install; 1 if it is missing
# version_LANG    which compiler it is, on one line
# build_LANG OUT  builds, in the folder of the example
# test_LANG       runs the unit tests of the example, in its folder

# Where toolchains.sh puts what comes from pip and npm.
toolchains=${CASCATA_TOOLCHAINS:-$HOME/.cache/cascata-toolchains}
sdk=../../../../stages-sdk

# missing LANGUAGE COMMAND…: says loudly that a compiler is missing and what installs it.
missing() {
    {
        echo "================================================================================"
        echo "NOT BUILT: no compiler for $1 was found. Install it with one of these:"
        shift
        printf '    %s\n' "$@"
        echo "================================================================================"
    } >&2
    return 1
}

# first COMMAND…: the first of these that exists.
first() {
    local command
    for command in "$@"; do
        if command -v "$command" >/dev/null; then
            echo "$command"
            return 0
        fi
    done
    return 1
}

# What a module is made of: the example but for its tests, and the SDK but for its test host. guest_sources LANGUAGE NAME
guest_sources() {
    local folders="examples/stages/$1/$2 stages-sdk/$1"
    case $1 in
        typescript) folders="examples/stages/$1/$2 stages-sdk/javascript stages-sdk/wit" ;;
        javascript | python) folders+=" stages-sdk/wit" ;;
    esac
    [ "$1" = cpp ] && folders+=" stages-sdk/c"
    # shellcheck disable=SC2086 # several folders
    find $folders -type f -not -name '*test*' -not -name '*.wasm' -not -path '*/node_modules/*' \
        -not -path '*/__pycache__/*' -not -path '*/build/*'
}

find_c() {
    clang=$(first clang-14 clang) && wasm_ld=$(first wasm-ld wasm-ld-14) || missing "C" "apt-get install clang-14 lld"
}
version_c() { "$clang" --version | head -1; }
build_c() {
    local object
    object=$(mktemp --suffix .o)
    # Compiled and linked by two commands: clang would run whichever wasm-opt it finds over what it links.
    "$clang" -c --target=wasm32 -std=c99 -Wall -Wextra -Oz -ffreestanding -mbulk-memory -I$sdk/c -o "$object" stage.c
    "$wasm_ld" --no-entry -z stack-size=16384 --strip-all -o "$1" "$object"
    rm "$object"
}
test_c() { native_test cc stage_test.c -std=c99 -I$sdk/c; }

find_cpp() {
    clang=$(first clang++-14 clang++) && wasm_ld=$(first wasm-ld wasm-ld-14) || missing "C++" "apt-get install clang-14 lld"
}
version_cpp() { "$clang" --version | head -1; }
build_cpp() {
    local object
    object=$(mktemp --suffix .o)
    "$clang" -c --target=wasm32 -std=c++17 -fno-exceptions -fno-rtti -Wall -Wextra -Oz -ffreestanding -mbulk-memory \
        -I$sdk/c -I$sdk/cpp -o "$object" stage.cpp
    "$wasm_ld" --no-entry -z stack-size=16384 --strip-all -o "$1" "$object"
    rm "$object"
}
test_cpp() { native_test c++ stage_test.cpp -std=c++17 -I$sdk/c -I$sdk/cpp; }

# native_test COMPILER SOURCE FLAG…: builds a test for this machine and runs it.
native_test() {
    local compiler=$1 source=$2 program
    shift 2
    program=$(mktemp)
    "$compiler" -Wall -Wextra "$@" -o "$program" "$source" && "$program" || { rm "$program"; return 1; }
    rm "$program"
}

find_zig() {
    if command -v zig >/dev/null; then
        zig=(zig)
    elif [ -x "$toolchains/venv/bin/python" ] && "$toolchains/venv/bin/python" -m ziglang version >/dev/null 2>&1; then
        zig=("$toolchains/venv/bin/python" -m ziglang)
    else
        missing Zig "pip install ziglang" "examples/stages/toolchains.sh"
    fi
}
version_zig() { echo "zig $("${zig[@]}" version)"; }
build_zig() {
    "${zig[@]}" build-exe -target wasm32-freestanding -O ReleaseSmall -fno-entry -rdynamic --stack 16384 -fstrip \
        --dep cascata -Mroot=stage.zig -Mcascata=$sdk/zig/cascata.zig -femit-bin="$1"
}
test_zig() {
    "${zig[@]}" test -lc -I$sdk/c $sdk/c/cascata_test.c --dep cascata --dep cascata_test -Mroot=stage_test.zig \
        -Mcascata=$sdk/zig/cascata.zig -Mcascata_test=$sdk/zig/cascata_test.zig
}

find_assemblyscript() {
    asc=$(first asc "$toolchains/npm/node_modules/.bin/asc") || missing AssemblyScript "npm install assemblyscript" "examples/stages/toolchains.sh"
}
version_assemblyscript() { echo "asc $("$asc" --version)"; }
build_assemblyscript() {
    "$asc" stage.ts -Oz --runtime incremental --transform $sdk/assemblyscript/transform.mjs --outFile "$(realpath --relative-to=. "$1")"
}
test_assemblyscript() { node --test; }

find_d() {
    ldc=$(first ldc2) && wasm_ld=$(first wasm-ld wasm-ld-14) || missing D "apt-get install ldc lld"
}
version_d() { "$ldc" --version | head -1 | tr -d :; }
build_d() {
    local folder
    folder=$(mktemp -d)
    "$ldc" -mtriple=wasm32-unknown-unknown-wasm -mattr=+bulk-memory -betterC -Oz -c -i -I$sdk/d -of="$folder/stage.o" stage.d
    "$wasm_ld" --no-entry -z stack-size=16384 --strip-all --export=stage_run -o "$1" "$folder/stage.o"
    rm -r "$folder"
}
test_d() {
    local folder status=0
    folder=$(mktemp -d)
    cc -c -I$sdk/c -o "$folder/host.o" $sdk/c/cascata_test.c
    "$ldc" -betterC -g -od="$folder" -of="$folder/test" -i -I$sdk/d stage_test.d "$folder/host.o" && "$folder/test" || status=1
    rm -r "$folder"
    return $status
}

find_go() {
    go=$(first go "$toolchains/venv/bin/go") || missing Go "https://go.dev/dl; 1.24 or newer" "examples/stages/toolchains.sh"
}
version_go() { "$go" version; }
build_go() {
    GOOS=wasip1 GOARCH=wasm "$go" build -buildmode=c-shared -ldflags="-s -w" -trimpath -o "$1" .
    "$go" run cascata.dev/stage/cmd/cascata-manifest "$1" manifest.json
}
test_go() { "$go" test ./...; }

# The machine's own Python would do for the tests; componentize-py brings the one that is in the module.
find_python() {
    componentize_py=$(first "$toolchains/venv/bin/componentize-py" componentize-py) ||
        missing Python "pip install componentize-py" "examples/stages/toolchains.sh"
}
version_python() { "$componentize_py" --version; }
build_python() {
    local wit=$sdk/wit world=stage
    if [ -f world.wit ]; then wit=$(own_world) world=$(basename "$PWD"); fi
    "$componentize_py" -q -d "$wit" -w "$world" componentize -p . -p $sdk/python --stub-wasi -o "$1" stage_app
    python3 $sdk/python/cascata_manifest.py "$1" manifest.json
}
test_python() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$sdk/python python3 -m unittest; }

find_javascript() {
    componentize_qjs=$(first componentize-qjs "$toolchains/npm/node_modules/.bin/componentize-qjs") ||
        missing JavaScript "npm install componentize-qjs" "examples/stages/toolchains.sh"
}
version_javascript() { echo componentize-qjs; }
build_javascript() { componentize_js stage.js "$1"; }
test_javascript() { node --import $sdk/javascript/testing.mjs --test; }

# A folder of WIT with the world of the example and the package of the SDK, for examples that import more than the plain world has.
own_world() {
    local folder
    folder=$(mktemp -d)
    mkdir "$folder/deps"
    cp -r $sdk/wit "$folder/deps/cascata-stage"
    cp world.wit "$folder/"
    echo "$folder"
}

# componentize_js SOURCE OUT
componentize_js() {
    local wit=$sdk/wit world=stage-without-init
    if [ -f world.wit ]; then wit=$(own_world) world=$(basename "$PWD"); fi
    "$componentize_qjs" -w "$wit" -n "$world" -j "$1" --module-root ../../../.. --sync --stub-wasi --opt-size -m -o "$2"
    node $sdk/javascript/manifest.mjs "$2" manifest.json
}

find_typescript() {
    find_javascript || return 1
    tsc=$(first tsc "$toolchains/npm/node_modules/.bin/tsc") || missing TypeScript "npm install typescript" "examples/stages/toolchains.sh"
}
version_typescript() { "$tsc" --version; }
build_typescript() {
    "$tsc" -p .
    componentize_js build/stage.js "$1"
}
test_typescript() {
    "$tsc" -p .
    node --import $sdk/javascript/testing.mjs --test
}
