#!/usr/bin/env bash
# Follows docs/tutorial.md word for word: writes its files, runs its commands. Blocks marked `sh training` need
# the model and the text, and run where both are there.
# arguments: build folder, source folder, scratch folder
source "$2/tests/install/install.sh"
build=$1 source=$2
use_scratch "$3"

# A repository with nothing but what the page uses. `cmake --install` there leaves the real build folder as it is.
mkdir -p "$scratch/build/release" "$scratch/first-hour"
ln -s "$build/bin" "$build/lib" "$scratch/build/release"
ln -s "$source/recipes" "$scratch/recipes"
sed "s#\"$build/\${CMAKE_INSTALL_MANIFEST}\"#\"$scratch/\${CMAKE_INSTALL_MANIFEST}\"#" \
  "$build/cmake_install.cmake" >"$scratch/build/release/cmake_install.cmake"

take_apart "$source/docs/tutorial.md" "$scratch"

cd "$scratch"
for file in plugin.toml weighted_mean.cpp CMakeLists.txt recipe.toml; do
  [ -s "first-hour/$file" ] || fail "docs/tutorial.md has no first-hour/$file"
done
bash -euxo pipefail commands.sh 2>&1 | tee said
grep -q '^first-hour/recipe.toml: valid$' said || fail "the recipe is not valid"

if [ -f "${GISTMILL_MODEL:-}" ] && [ -d "$source/data/text/novels" ]; then
  mkdir -p data/models
  ln -s "$GISTMILL_MODEL" data/models/SmolLM2-135M-Instruct.Q4_1.gguf
  ln -s "$source/data/text" data/text
  bash -euxo pipefail training.sh 2>&1 | tee said
  grep -q '  weighted mean' said || fail "no row for the compressor"
else
  echo "no model or no text: the steps that train were left out"
fi
