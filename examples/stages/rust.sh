# The stages in Rust. Sourced by lib.sh.

# The names of the stages: every guest crate that makes a module.
stage_names() {
    local file
    for file in "$stages"/rust/*/Cargo.toml; do
        grep -q cdylib "$file" && basename "$(dirname "$file")"
    done
}

# What a stage's module is made of: its crate, what the stages share, the workspace, the SDK but for its native test host and its macros.
rust_sources() {
    find "examples/stages/rust/$1" examples/stages/rust/shared stages-sdk/src \
        -type f \( -name '*.rs' -o -name Cargo.toml \) \
        -not -path '*/target/*' -not -path '*/tests/*' -not -path 'stages-sdk/src/testing/*'
    echo stages-sdk/Cargo.toml
    echo examples/stages/rust/Cargo.toml
    echo examples/stages/rust/Cargo.lock
}

# Finds a compiler that can make wasm32 modules and says how in `cargo`, `rustc`, `extra`; 1 if there is none.
find_rust() {
    local target=wasm32-unknown-unknown debian
    cargo=cargo rustc=rustc extra=()
    if command -v rustc >/dev/null && [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
        return 0
    fi
    if debian=$(dpkg -L rustc-web 2>/dev/null | grep 'bin/rustc$'); then
        rustc=$debian cargo=$(dpkg -L cargo-web | grep -m1 'bin/cargo$')
        extra=(-Zbuild-std=core,alloc)
        # Debian ships the standard library's source, not its wasm32 build, and rustc's release channel needs this to use it.
        export RUSTC_BOOTSTRAP=1
        return 0
    fi
    missing Rust "rustup target add wasm32-unknown-unknown" \
        "apt-get install rustc-web cargo-web rust-web-src rust-web-llvm lld     (Debian)"
}

version_rust() { "$rustc" --version; }

# Builds every stage and copies the modules to a folder.
build_rust() {
    local out=$1 name target_dir packages=()
    for name in $(stage_names); do packages+=(-p "$name"); done
    target_dir=${CARGO_TARGET_DIR:-$stages/rust/target}
    # Paths in panic messages would make the bytes depend on where the project lies; the stack is far deeper than any
    # stage needs by default, and each page of it is memory of every instance.
    local flags="-C linker=${WASM_LD:-rust-lld} -C link-arg=-zstack-size=65536"
    [ ${#extra[@]} -gt 0 ] && flags="-C linker=wasm-ld -C link-arg=-zstack-size=65536"
    flags+=" --remap-path-prefix=$project=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
    (
        cd "$stages/rust"
        RUSTC=$rustc RUSTFLAGS=$flags CARGO_TARGET_DIR=$target_dir \
            "$cargo" build --locked --release --target wasm32-unknown-unknown "${packages[@]}" "${extra[@]}"
    )
    for name in $(stage_names); do
        cp "$target_dir/wasm32-unknown-unknown/release/$name.wasm" "$out/$name.wasm"
    done
}

# The same as components. The command line makes a component of what cargo builds: $CASCATA, or that of this project.
find_rust-component() {
    if command -v rustc >/dev/null && [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; then return 0; fi
    missing "Rust as a component" "rustup target add wasm32-unknown-unknown"
}

version_rust-component() { rustc --version; }

rust_component_sources() {
    find "examples/stages/rust-component/$1" stages-sdk/wit -type f -not -name '*.wasm' -not -path '*/target/*'
    echo examples/stages/rust-component/Cargo.toml
    echo examples/stages/rust-component/Cargo.lock
}

# In the folder of the example: build_rust-component OUT
build_rust-component() {
    local flags="-C link-arg=-zstack-size=65536 --remap-path-prefix=$project=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
    local tool=("${CASCATA:-}")
    [ -n "${CASCATA:-}" ] || tool=(cargo run --quiet --manifest-path "$project/Cargo.toml" --bin cascata --)
    # The flags are those of the module alone: with RUSTFLAGS the tool would be built anew as well.
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags "${tool[@]}" stage build .
    mv stage.component.wasm "$1"
}

test_rust-component() { cargo test --locked --quiet; }
