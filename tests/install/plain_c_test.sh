#!/usr/bin/env bash
# A project in plain C builds a plugin against the installed SDK: with CMake and no C++ compiler, and with
# pkg-config and no CMake.
# arguments: build folder, source folder, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2
use_scratch "$3"
install_to "$build" "$scratch/first" sdk
mv "$scratch/first" "$scratch/sdk"
cp -r "$source/tests/install/plain" "$scratch/plain"
cp "$source"/tests/plugins/plain/{plain.c,plugin.toml} "$scratch/plain/"
cd "$scratch/plain"

with_cmake() {  # C compiler
  CXX=/no/compiler quietly cmake -S . -B "$1" -G Ninja -DCMAKE_C_COMPILER="$1" -DCMAKE_PREFIX_PATH="$scratch/sdk"
  quietly cmake --build "$1"
  expect_plugin "$build/bin/gistmill" "$1/plain.so" test/half-squares
  readelf -d "$1/plain.so" | grep -q 'libstdc++' && fail "a plugin in plain C links the C++ library"
  return 0
}

with_pkg_config() {  # C compiler
  {
    cat plugin.toml
    printf '\n[build]\nsdk = "%s"\nabi = "%s"\n' "$(pkg-config --modversion gistmill-sdk)" \
      "$(pkg-config --variable=abi gistmill-sdk)"
  } >whole.toml
  # shellcheck disable=SC2046
  "$1" -std=c99 -Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden \
    -DGISTMILL_MANIFEST='"whole.toml"' -include gistmill/manifest.h $(pkg-config --cflags gistmill-sdk) plain.c \
    -Wl,--version-script="$(pkg-config --variable=plugin_map gistmill-sdk)" -Wl,-z,defs -o "$1.so"
  expect_plugin "$build/bin/gistmill" "$1.so" test/half-squares
}

PKG_CONFIG_PATH=$(dirname "$(find "$scratch/sdk" -name gistmill-sdk.pc)")
export PKG_CONFIG_PATH
while read -r c _; do
  with_cmake "$c"
  with_pkg_config "$c"
done < <(compilers)
