#!/usr/bin/env bash
# Installs what is missing, builds everything, passes the tests: the release build, then address and
# undefined-behavior sanitizers on all that needs no LibTorch, clang-tidy on what changed, then a short run of each
# fuzz target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/setup.sh
install_packages zsh fish mandoc  # tests of completions and manual pages; they are skipped where one is missing
install_packages slurmctld slurmd slurm-client munge  # tests/cluster; about 20 s, and skipped as well
scripts/check-format.sh
say "building"
cmake --preset release >/dev/null
cmake --build --preset release
cmake --preset sanitize >/dev/null
cmake --build --preset sanitize
scripts/tidy.sh --changed --most 30

# Tests with a real model and real text run where these can be had, and say so where not.
if scripts/fetch-model.sh; then
  GISTMILL_MODEL=$(realpath data/models/SmolLM2-135M-Instruct.Q4_1.gguf)
  export GISTMILL_MODEL
else
  say "warning: without the model, tests that need it are skipped"
fi
ctest --preset sanitize
ctest --preset release
scripts/fuzz.sh
