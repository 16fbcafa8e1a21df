#!/usr/bin/env bash
# Builds the tests' plugin in plain C (tests/plugins/plain) with the C headers of a folder, without CMake.
#   build_plain.sh HEADERS ABI OUT.so
set -euo pipefail
headers=$(realpath "$1") abi=$2 out=$3
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../plugins/plain")
map=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../sdk/cmake/plugin.map")
{
  cat "$source/plugin.toml"
  printf '\n[build]\nsdk = "%s"\nabi = "%s"\n' "$(sed -n 's/^#define GM_VERSION "\(.*\)"$/\1/p' "$headers/gistmill/version.h")" "$abi"
} >"$out.toml"
gcc -std=c99 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -I"$headers" \
  -DGISTMILL_MANIFEST="\"$out.toml\"" -include gistmill/manifest.h "$source/plain.c" \
  -Wl,--version-script="$map" -Wl,-z,defs -Wl,--build-id=none -lm -o "$out"
