#!/usr/bin/env bash
# Gistmill as a folder of another project, in plain C: its settings stay, it gets the SDK and nothing else.
# arguments: build folder, source folder, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2
use_scratch "$3"
cp -r "$source/tests/install/parent" "$scratch/parent"
cp "$source"/tests/plugins/plain/{plain.c,plugin.toml} "$scratch/parent/"
while read -r c _; do
  CXX=/no/compiler quietly cmake -S "$scratch/parent" -B "$scratch/$c" -G Ninja -DCMAKE_C_COMPILER="$c" \
    -DGISTMILL="$source"
  quietly cmake --build "$scratch/$c"
  expect_plugin "$build/bin/gistmill" "$scratch/$c/plain.so" test/half-squares
done < <(compilers)
