# Sourced by the tests of this folder, in the scratch folder: a small training in which a loss of another language, `short`,
# makes gists short. `build` is the build folder.
# shellcheck shell=bash

write_recipe() {  # LOSS: its table
  cat >recipe.toml <<TOML
[components]
source    = { use = "test/embeddings", width = 32, spans = 64 }
gist      = { use = "gistnet/example" }  # of sdk/roles: a factor that can go to zero
short     = $1
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
}

train() {  # PLUGINS FOLDER OPTION...: 20 steps; what the run says goes to FOLDER.out
  "$build/bin/gistmill" run recipe.toml --plugins "$1" --plugins "$build/tests/roles/gistnet-libtorch" \
    --plugins "$build/tests/plugins" --folder "$2" "${@:3}" >"$2.out" 2>&1
}

expect_falling_loss() {  # FOLDER
  local losses
  losses=$(grep '"event":"step"' "$1/events.jsonl" | sed -E 's/.*"loss":([0-9.e-]+).*/\1/')
  awk -v first="$(head -1 <<<"$losses")" -v last="$(tail -1 <<<"$losses")" 'BEGIN { exit !(last < first / 2) }' ||
    fail "the loss does not fall: $losses"
}
