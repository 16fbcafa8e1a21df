#!/usr/bin/env bash
# Installs what is missing, builds everything, passes the tests: those of parts that need no LibTorch under address and
# undefined-behavior sanitizers, all others in the release build; clang-tidy on what changed, then a short run of each
# fuzz target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/setup.sh

# Python packages of tests/requirements.txt: the notebook's kernel, and wandb. Tests are skipped without them.
install_test_python() {
  cmp -s tests/requirements.txt .venv-tests/requirements.txt && return 0
  say "installing the tests' Python packages into .venv-tests"
  rm -rf .venv-tests
  if python3 -m venv .venv-tests &&
    .venv-tests/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt; then
    cp tests/requirements.txt .venv-tests/requirements.txt
  else
    say "warning: they could not be installed; tests that need them are skipped"
  fi
}

install_packages zsh fish mandoc  # tests of completions and manual pages; they are skipped where one is missing
install_packages chromium librsvg2-2  # the page in a browser, and its curve as PNG; skipped as well
install_packages rustc  # the plugin in Rust; skipped as well
install_packages python3-dev  # the plugin with an interpreter within; skipped as well
install_packages abigail-tools  # abidiff, which compares the ABI with its earlier releases; skipped as well
install_packages slurmctld slurmd slurm-client munge  # tests/cluster; about 20 s, and skipped as well
install_test_python
scripts/check-format.sh
say "building"
cmake --preset release -DGISTMILL_TEST_PARTS=OFF >/dev/null  # they are tested once, sanitized
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
export OMP_WAIT_POLICY=passive  # tests run side by side; a thread that spins takes the other test's processor
ctest --preset sanitize --parallel "$(nproc)"
ctest --preset release --parallel "$(nproc)"
scripts/fuzz.sh
