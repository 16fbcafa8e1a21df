#!/usr/bin/env bash
# A third party's way: installs the SDK into an empty prefix, builds sdk/template there with nothing else of this
# repository, looks at the plugin, and runs a recipe that uses it.
# arguments: build folder, source folder, LibTorch, scratch folder
source "$2/tests/install/install.sh"
build=$1 source=$2 torch=$3
use_scratch "$4"

install_to "$build" "$scratch/sdk" sdk
cp -r "$source/sdk/template" "$scratch/contrastive"
cmake -S "$scratch/contrastive" -B "$scratch/contrastive/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$scratch/sdk" -DGISTMILL_TORCH_ROOT="$torch" -DGISTMILL_PROGRAM="$build/bin/gistmill" >/dev/null
cmake --build "$scratch/contrastive/build"
plugin=$scratch/contrastive/build/contrastive.so

ctest --test-dir "$scratch/contrastive/build" --output-on-failure

expect_plugin "$build/bin/gistmill" "$plugin" 'cosine distance that costs nothing'

cat > "$scratch/recipe.toml" <<'TOML'
[components]
source    = { use = "test/embeddings", width = 32, spans = 64 }
gist      = { use = "gistnet/refine", width = 32, heads = 2, mlp = 32 }
apart     = { use = "loss/contrastive", margin = 1.5 }
optimizer = { use = "optimizer/adamw" }
[pipelines.train]
steps    = ["source.next", "gist.compress", "apart.value"]
minimize = "loss"
train    = ["gist"]
[run]
steps = 40
[learning_rate]
peak = 1e-2
TOML
cd "$scratch"
"$build/bin/gistmill" run recipe.toml --plugins "$scratch/contrastive/build" --plugins "$build/tests/plugins"
losses=$(grep '"event":"step"' runs/recipe/events.jsonl | sed -E 's/.*"loss":([0-9.e-]+).*/\1/')
first=$(printf '%s\n' "$losses" | head -1)
last=$(printf '%s\n' "$losses" | tail -1)
echo "loss $first -> $last"
awk -v first="$first" -v last="$last" 'BEGIN { exit !(last < first) }'
