#!/usr/bin/env bash
# The plugin in Rust builds with rustc alone, exports one symbol, keeps its contract, and a training makes its loss fall:
# through the checking proxy, by a gradient that is its own. A panic is an error of the run, not the end of the program.
# arguments: build folder, source folder, scratch folder
source "$2/tests/install/install.sh"
build=$1 source=$2
use_scratch "$3"
rustc=$(command -v /usr/bin/rustc || command -v rustc) || skip "rustc is not installed (Debian rustc)"
cd "$scratch"

train() {  # PLUGINS FOLDER: 20 steps; the losses go to FOLDER/losses
  "$build/bin/gistmill" run recipe.toml --plugins "$1" --plugins "$build/tests/roles/gistnet-libtorch" \
    --plugins "$build/tests/plugins" --folder "$2" >"$2.out" 2>&1
}

cat >recipe.toml <<'TOML'
[components]
source    = { use = "test/embeddings", width = 32, spans = 64 }
gist      = { use = "gistnet/example" }  # of sdk/roles: a factor that can go to zero
short     = { use = "loss/log-cosh", width = 0.5 }
optimizer = { use = "optimizer/adamw" }
[pipelines.train]
steps    = ["source.next", "gist.compress", "short.value"]
minimize = "loss"
train    = ["gist"]
[run]
steps = 20
[learning_rate]
peak = 1e-1
TOML
quietly "$source/sdk/languages/rust/build.sh" "$scratch/plugins/log-cosh.so" "$rustc"
expect_plugin "$build/bin/gistmill" plugins/log-cosh.so 'loss/log-cosh'
train plugins run || { cat run.out; fail "the training"; }
losses=$(grep '"event":"step"' run/events.jsonl | sed -E 's/.*"loss":([0-9.e-]+).*/\1/')
awk -v first="$(head -1 <<<"$losses")" -v last="$(tail -1 <<<"$losses")" 'BEGIN { exit !(last < first / 2) }' ||
  fail "the loss does not fall: $losses"

cp -r "$source/sdk/languages/rust" panics
sed -i 's/let values = gist.values();/let values: Vec<f32> = panic!("no numbers today");/' panics/log_cosh.rs
sed -i '1i #![allow(unreachable_code, unused_variables)]' panics/log_cosh.rs
quietly panics/build.sh "$scratch/broken/log-cosh.so" "$rustc"
code=0
train broken second || code=$?
[ "$code" = 1 ] || [ "$code" = 5 ] || { cat second.out; fail "a panic ends the run with $code"; }
grep -q 'no numbers today' second.out || { cat second.out; fail "the run does not say what the panic said"; }
