#!/usr/bin/env bash
# Compiles the C core to WebAssembly and gathers in web/build/ what the page loads from there.
set -euo pipefail
shopt -s inherit_errexit # a failure within $(...) ends that as well
cd "$(dirname "${BASH_SOURCE[0]}")"

# The variants: name | flags | which kernels (src/kernels/*_<kernels>.c). -mt: with threads, which
# are started beforehand because starting one from within a call would wait for that call's end.
THREADS='-pthread -DLSTM_THREADS -sPTHREAD_POOL_SIZE=Module.poolSize --pre-js src/threads-pre.js -Wno-pthreads-mem-growth'
VARIANTS="
scalar     |                                     | scalar
simd       | -msimd128                           | simd
simd-mt    | -msimd128 $THREADS                  | simd
relaxed    | -msimd128 -mrelaxed-simd            | simd
relaxed-mt | -msimd128 -mrelaxed-simd $THREADS   | simd
"

OLDEST_EMSCRIPTEN=3.1.60 # earlier ones predate the final relaxed SIMD
DEBIAN_EMSCRIPTEN=3.1.69 # what Debian 13 packages
DEBIAN_SUITE=trixie
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/lstm-wasm

usage() {
    cat <<END
Usage: ./build.sh [options]

Compiles src/ with Emscripten to web/build/lstm-<variant>.mjs and .wasm, and copies there what the
page needs of node_modules/ and models/. Leaves alone what is newer than its sources.

  --variant NAME  build only this variant (may be repeated): $(variant_names)
  --tests         also build/test/lstm-<variant>.mjs, which export the functions of
                  src/exports-test.txt as well
  --debug         no optimisation, assertions, debug information
  --print-emcc    only get the compiler if it is missing, and print its command
  --help          this text

Uses the emcc on PATH if it is $OLDEST_EMSCRIPTEN or later. Otherwise, on Debian 12 or 13, takes Emscripten
$DEBIAN_EMSCRIPTEN from Debian's mirror and keeps it in $CACHE.
END
}

say() { printf 'build.sh: %s\n' "$*" >&2; }
fail() {
    say "$@"
    exit 1
}

# ---- the compiler -------------------------------------------------------------------------------

emcc_version() { "$1" --version 2>/dev/null | sed -nE '1s/.* ([0-9]+\.[0-9]+\.[0-9]+).*/\1/p'; }

is_new_enough() {
    [ -n "$1" ] && [ "$(printf '%s\n' "$OLDEST_EMSCRIPTEN" "$1" | sort -V | sed -n 1p)" = "$OLDEST_EMSCRIPTEN" ]
}

# Prints the command of a usable emcc and gets one if there is none.
find_emcc() {
    local found version='' cached=$CACHE/emscripten-$DEBIAN_EMSCRIPTEN
    if found=$(command -v emcc); then
        version=$(emcc_version "$found" || true)
        if is_new_enough "$version"; then
            printf '%s\n' "$found"
            return
        fi
        say "the emcc on PATH is ${version:-of an unknown version}; $OLDEST_EMSCRIPTEN or later is needed."
    fi
    if [ ! -x "$cached/emcc" ]; then
        if ! is_debian; then
            fail "no usable Emscripten. Install $OLDEST_EMSCRIPTEN or later and put emcc on PATH:" \
                "git clone https://github.com/emscripten-core/emsdk && cd emsdk &&" \
                "./emsdk install latest && ./emsdk activate latest && . ./emsdk_env.sh"
        fi
        provide_emscripten "$cached"
    fi
    install_packages_of_compiler
    printf '%s\n' "$cached/emcc"
}

is_debian() { command -v apt-get >/dev/null && grep -qx 'ID=debian' /etc/os-release; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_root COMMAND: stops, naming the command, where there is no way to run it as root
need_root() {
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "not root and no sudo. As root, run: $1"
}

install_packages_of_compiler() {
    local missing=()
    command -v clang-19 >/dev/null || missing+=(clang-19)
    command -v wasm-ld-19 >/dev/null || missing+=(lld-19)
    command -v llvm-ar-19 >/dev/null || missing+=(llvm-19)
    command -v python3 >/dev/null || missing+=(python3)
    [ ${#missing[@]} = 0 ] && return
    need_root "apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    say "installing ${missing[*]} with apt-get"
    as_root apt-get -qq update >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 \
        install -y --no-install-recommends "${missing[@]}" >&2 ||
        fail "apt-get could not install ${missing[*]}. Put an emcc $OLDEST_EMSCRIPTEN or later on PATH instead."
}

# The mirror that this machine itself takes Debian from.
debian_mirror() {
    # shellcheck disable=SC2016 # the words with $ are apt's
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sed -n 1p
}

# Unpacks Debian 13's Emscripten, and the C library that its binaryen needs, into a folder of its
# own; the system isn't touched. Made under another name and renamed at the end, so that what
# bears the final name is whole.
provide_emscripten() {
    local target=$1 mirror work
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then # no package lists yet
        need_root "apt-get update"
        as_root apt-get -qq update >&2
        mirror=$(debian_mirror)
    fi
    [ -n "$mirror" ] || fail "apt names no Debian mirror (apt-get indextargets). Put an emcc on PATH instead."

    say "getting Emscripten $DEBIAN_EMSCRIPTEN from Debian's $DEBIAN_SUITE (250 MB) into $target"
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/unfinished-XXXXXX")
    # shellcheck disable=SC2064 # $work is known now and local
    trap "rm -rf '$work'" EXIT
    download_packages "$mirror" "$work/download"
    unpack "$work/download" "$work/root"
    rm -rf "$work/download"
    write_wrappers "$work"
    chmod 755 "$work"
    # Fails if another build.sh was faster; then its copy serves.
    mv -T "$work" "$target" 2>/dev/null || [ -x "$target/emcc" ] || fail "cannot write $target"
    rm -rf "$work"
    trap - EXIT
}

download_packages() {
    local mirror=$1 folder=$2 keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=''
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    [ -e "$keyring" ] && signed="[signed-by=$keyring] "
    printf 'deb %s%s %s main\n' "$signed" "$mirror" "$DEBIAN_SUITE" >"$folder/sources.list"
    # apt as it is set up on this machine (proxy, certificates), but with sources and lists of its own
    local apt=(apt-get -qq -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
        -o "Dir::State::Lists=$folder/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$folder/cache"
        -o Acquire::Languages=none -o APT::Sandbox::User=root)
    "${apt[@]}" update >&2 || fail "apt-get could not read $DEBIAN_SUITE from $mirror (see above)"
    (cd "$folder" && "${apt[@]}" download emscripten binaryen libc6 libstdc++6 libgcc-s1 node-acorn >&2) ||
        fail "apt-get could not download Emscripten from $mirror (see above)"
}

unpack() {
    local from=$1 root=$2 deb
    mkdir -p "$root"
    for deb in "$from"/*.deb; do
        # Without what is never linked here (1.3 of 1.6 GB): libraries for LTO and for dynamic
        # linking, sanitizers, the file system; and Emscripten's own tests.
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" \
            --exclude='*/wasm32-emscripten/lto*' --exclude='*/wasm32-emscripten/pic' \
            --exclude='*/libwasmfs*' --exclude='*san_rt*' --exclude='*sanitizer*' --exclude='*-ww*.a' \
            --exclude='./usr/share/emscripten/test' --exclude='./usr/share/doc'
    done
}

# The wrappers find their folder when they run, since it is renamed after they are written.
write_wrappers() {
    local root=$1/root tool
    # binaryen's programs need a newer C library than Debian 12's: start them with the one beside them.
    mkdir "$root/usr/lib/binaryen"
    for tool in "$root"/usr/bin/wasm-* "$root/usr/bin/wasm2js"; do
        mv "$tool" "$root/usr/lib/binaryen/"
        cat >"$tool" <<'END'
#!/bin/sh
usr=$(dirname "$(dirname "$(readlink -f "$0")")")
for loader in "$usr"/lib/*-linux-gnu/ld-linux-*.so.*; do
    exec "$loader" --library-path "$(dirname "$loader")" "$usr/lib/binaryen/$(basename "$0")" "$@"
done
END
        chmod 755 "$tool"
    done
    # Emscripten's CommonJS files stay so, whatever a package.json above the cache folder says.
    [ -e "$root/usr/share/emscripten/package.json" ] || echo '{}' >"$root/usr/share/emscripten/package.json"
    # emcc --cflags compiles this one of Emscripten's tests.
    mkdir -p "$root/usr/share/emscripten/test"
    echo 'int main(void) { return 0; }' >"$root/usr/share/emscripten/test/hello_world.c"
    # Emscripten's scripts import acorn, which a Node that isn't Debian's doesn't find.
    ln -s ../nodejs "$root/usr/share/emscripten/node_modules"
    cat >"$1/emcc" <<'END'
#!/bin/sh
usr=$(dirname "$(readlink -f "$0")")/root/usr
node=$(command -v node) || { echo "emcc: node is not on PATH" >&2; exit 1; }
export EM_CONFIG="$usr/share/emscripten/.emscripten" EM_BINARYEN_ROOT="$usr" EM_LLVM_ROOT=/usr/bin
export EM_CACHE="$usr/share/emscripten/cache" EM_NODE_JS="$node"
exec "$usr/share/emscripten/emcc" "$@"
END
    chmod 755 "$1/emcc"
}

# ---- the build ----------------------------------------------------------------------------------

trimmed() { tr -d ' ' <<<"$1"; }

variant_names() { awk -F'|' 'NF > 1 { gsub(/ /, "", $1); printf "%s%s", separator, $1; separator = " " }' <<<"$VARIANTS"; }

# The field of a variant in the table: 2 flags, 3 kernels.
variant_field() { awk -F'|' -v name="$1" -v field="$2" '{ gsub(/ /, "", $1) } $1 == name { print $field }' <<<"$VARIANTS"; }

# Exported C names of the given files as emcc wants them: _a,_b
exports_of() { sed -E '/^[[:space:]]*(#|$)/d; s/^[[:space:]]*/_/; s/[[:space:]]*$//' "$@" | paste -sd, -; }

sources_of() {
    local kernels=$1 file
    for file in src/*.c src/cells/*.c src/kernels/*.c; do
        case $file in
            src/kernels/*_"$kernels".c) echo "$file" ;;
            src/kernels/*_scalar.c | src/kernels/*_simd.c) ;;
            *) if [ -e "$file" ]; then echo "$file"; fi ;;
        esac
    done
}

# is_newer FILE THAN...: the file exists and nothing in the others is newer
is_newer() {
    local file=$1
    shift
    [ -e "$file" ] && [ -z "$(find "$@" -newer "$file" -print -quit)" ]
}

# build_variant NAME FOLDER EXPORT-FILE...
build_variant() {
    local name=$1 folder=$2 flags kernels work command stamp
    shift 2
    kernels=$(trimmed "$(variant_field "$name" 3)")
    read -ra flags <<<"$(variant_field "$name" 2)"
    mapfile -t sources < <(sources_of "$kernels")
    command=("$EMCC" -std=c11 "${OPTIMISATION[@]}" -Wall -Wextra -Werror -ffp-contract=off -fno-math-errno
        -Isrc "${flags[@]}" "${sources[@]}" "${LINK_FLAGS[@]}" "-sEXPORTED_FUNCTIONS=$(exports_of "$@")")

    # Newer than every source and made by the same command: nothing to do.
    stamp=build/stamps/$(tr / - <<<"$folder")-$name
    if [ -e "$folder/lstm-$name.mjs" ] && [ -e "$folder/lstm-$name.wasm" ] && [ -e "$stamp" ] &&
        [ "$(cat "$stamp")" = "${command[*]}" ] && is_newer "$stamp" src build.sh; then
        return
    fi
    say "compiling $folder/lstm-$name"
    mkdir -p build/stamps
    # Made in a folder of its own and moved when whole: it may be interrupted, or run twice at once.
    work=$(mktemp -d "$folder/unfinished-XXXXXX")
    # shellcheck disable=SC2064 # $work is known now and local
    trap "rm -rf '$work'" EXIT
    printf '%s\n' "${command[*]}" >"$work/stamp" # before emcc: what changes while it runs is newer
    "${command[@]}" -o "$work/lstm-$name.mjs" || fail "compiling lstm-$name failed (see above)"
    mv "$work/lstm-$name.mjs" "$work/lstm-$name.wasm" "$folder/"
    mv "$work/stamp" "$stamp"
    rm -rf "$work"
    trap - EXIT
}

main() {
    local tests='' debug='' print='' chosen=()
    while [ $# -gt 0 ]; do
        case $1 in
            --help | -h) usage && exit ;;
            --debug) debug=yes ;;
            --tests) tests=yes ;;
            --print-emcc) print=yes ;;
            --variant)
                [ -n "${2:-}" ] || fail "--variant wants a name: $(variant_names)"
                [ -n "$(variant_field "$2" 3)" ] || fail "no variant $2; there are: $(variant_names)"
                chosen+=("$2")
                shift
                ;;
            *) fail "unknown option $1 (see ./build.sh --help)" ;;
        esac
        shift
    done
    command -v node >/dev/null || fail "node is not on PATH: install Node 20 or later"
    EMCC=$(find_emcc)
    if [ -n "$print" ]; then
        printf '%s\n' "$EMCC"
        exit
    fi
    [ ${#chosen[@]} -gt 0 ] || read -ra chosen <<<"$(variant_names)"

    OPTIMISATION=(-O3 -DNDEBUG)
    [ -z "$debug" ] || OPTIMISATION=(-O0 -g -sASSERTIONS)
    LINK_FLAGS=(-sSTRICT -sMODULARIZE -sEXPORT_ES6 '-sENVIRONMENT=web,worker,node' --no-entry
        -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0 -sMALLOC=emmalloc -sABORTING_MALLOC=0
        -sALLOW_MEMORY_GROWTH -sINITIAL_MEMORY=1MB -sMAXIMUM_MEMORY=2GB -sSTACK_SIZE=256KB
        -sEXPORTED_RUNTIME_METHODS=HEAPU8
        '-sINCOMING_MODULE_JS_API=instantiateWasm,wasmBinary,locateFile')

    mkdir -p web/build
    local variant
    for variant in "${chosen[@]}"; do
        build_variant "$variant" web/build src/exports.txt
        if [ -n "$tests" ]; then
            mkdir -p build/test
            build_variant "$variant" build/test src/exports.txt src/exports-test.txt
        fi
    done
    [ -d node_modules ] || fail "node_modules is missing, and web/build/ needs files of it: run npm ci"
    node web/copy-assets.js
    # Types for users of the library, where tsc is installed
    if [ -x node_modules/.bin/tsc ] && ! is_newer web/build/types/index.d.ts web/lib package.json; then
        npm run --silent types || fail "tsc could not make web/build/types (see above)"
    fi
}

main "$@"
