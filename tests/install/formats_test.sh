#!/usr/bin/env bash
# A stranger's dataset reads prepared corpora with the installed Gistmill::token_file, and a program writes them.
# arguments: build folder, source folder, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2
use_scratch "$3"
install_to "$build" "$scratch/first" sdk
mv "$scratch/first" "$scratch/sdk"
if grep -rlF "$source" "$scratch/sdk" --include='*.cmake' --include='*.pc' --include='*.hpp'; then
  fail "these installed files name the source folder"
fi
if grep -rl '\.venv' "$scratch/sdk"; then fail "these installed files name .venv"; fi

cp -r "$source/tests/install/corpus" "$scratch/corpus"
cd "$scratch/corpus"
while read -r c cxx; do
  quietly cmake -S . -B "$cxx" -G Ninja -DCMAKE_C_COMPILER="$c" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_PREFIX_PATH="$scratch/sdk" -DCMAKE_BUILD_TYPE=Debug
  quietly cmake --build "$cxx"
  expect_plugin "$build/bin/gistmill" "$cxx/corpus.so" dataset/first-tokens
  "$cxx/round_trip" | grep -qF '1 document by round_trip' || fail "the token file did not come back"
done < <(compilers)
