#!/usr/bin/env bash
# Keeps the ABI as it is now, as a release that stays usable: its C headers in sdk/compat/MAJOR.MINOR, and a plugin that
# was built with them in tests/compat/MAJOR.MINOR, which every later host has to load. Run once for each release of the
# ABI, and commit both. What is kept is never changed: a release that is there is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly include=sdk/include
number() { sed -nE "s/^#define $1 ([0-9]+)u\$/\1/p" "$include/gistmill/types.h"; }
release=$(number GM_ABI_MAJOR).$(number GM_ABI_MINOR)
headers=sdk/compat/$release
binaries=tests/compat/$release
[ ! -e "$headers" ] && [ ! -e "$binaries" ] || { printf 'error: ABI %s is kept already\n' "$release" >&2; exit 1; }
[ "$(uname -m)" = x86_64 ] || { printf 'error: the plugins that are kept are for x86-64\n' >&2; exit 1; }

mkdir -p "$headers/gistmill" "$binaries"
cp "$include"/gistmill/*.h "$headers/gistmill/"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tests/compat/build_plain.sh "$headers" "$release" "$scratch/plain.so"
strip --strip-unneeded "$scratch/plain.so"
cp "$scratch/plain.so" "$binaries/"
(cd "$binaries" && sha256sum plain.so >SHA256SUMS)
printf 'ABI %s is kept: %s, %s (%s bytes)\n' "$release" "$headers" "$binaries/plain.so" \
  "$(stat -c %s "$binaries/plain.so")"
