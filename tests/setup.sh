#!/usr/bin/env bash
# Installs, on Debian with apt-get, what the tests need and isn't here: browsers, a C compiler with
# sanitizers, linters, and a Chinese font for the page's layout. Elsewhere says what is missing.
set -euo pipefail

has_one_of() {
    local name
    for name in "$@"; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    return 1
}

has_sanitizers() {
    local program status=0
    has_one_of cc || return 1
    program=$(mktemp)
    echo 'int main(void) { return 0; }' |
        cc -fsanitize=address,undefined -x c -o "$program" - 2>/dev/null || status=1
    rm -f "$program"
    return $status
}

has_chinese_font() { has_one_of fc-list && [ -n "$(fc-list :lang=zh family)" ]; }

missing=()
has_one_of chromium || missing+=(chromium)
has_one_of firefox-esr firefox || missing+=(firefox-esr)
has_one_of clang-format-19 || missing+=(clang-format-19)
has_one_of clang-tidy-19 || missing+=(clang-tidy-19)
has_one_of shellcheck || missing+=(shellcheck)
has_sanitizers || missing+=(gcc libc6-dev)
has_chinese_font || missing+=(fontconfig fonts-wqy-microhei)
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || ! grep -qx 'ID=debian' /etc/os-release; then
    echo "tests/setup.sh: the tests need these (by the names of their Debian packages): ${missing[*]}." \
        "Please install them and run make test again." >&2
    exit 1
fi
as_root=(env)
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "tests/setup.sh: not root and no sudo. As root, run:" \
            "apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "tests/setup.sh: installing ${missing[*]} with apt-get"
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 \
    install -y --no-install-recommends "${missing[@]}"
if ! has_sanitizers; then
    echo "tests/setup.sh: cc still can't build with -fsanitize=address,undefined." \
        "Make cc a compiler that can (Debian: update-alternatives --config cc)." >&2
    exit 1
fi
