#!/usr/bin/env bash
# Measures what docs/benchmarks.md lists, beside the peers, and prints the table: installs what is missing, builds,
# fetches model and text, then runs tests/bench/table. Needs the machine to itself; --quick skips the peers.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/bench.sh [--quick] [--row NAME]... [--json FILE] [--markdown FILE] [--list] [--help]

Prints the table of docs/benchmarks.md, a row as soon as it is measured. The whole takes about 35 minutes on two
cores; leave the machine alone meanwhile.

  --quick          only rows that need no peer (no Python packages are installed)
  --row NAME       only this row; may be given more than once
  --list           the names of the rows
  --json FILE      the table as JSON too, rewritten after every row
  --markdown FILE  the table into a page, between its marks: docs/benchmarks.md
  --from FILE      take the rows from such a JSON file, measure nothing
  --peer FILE      another training step to compare with, called as tests/bench/peers/span_step.py is
  --threads N      compute threads of both sides (2)
  --rounds N, --steps N   processes a side and counted steps of each, to try a row out quickly

GISTMILL_PEERS_PYTHON names a Python that has the packages of tests/bench/peers/requirements.txt; otherwise they
are installed into .venv-peers (0.6 GB), on top of the LibTorch of .venv.
TEXT
}

words=("$@")
quick=
for word in "$@"; do
  case "$word" in
    -h | --help) usage; exit 0 ;;
    --quick | --list | --from | --from=*) quick=yes ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly REQUIREMENTS=tests/bench/peers/requirements.txt

# Python with the peers' packages. Appears under its name only when it is complete; an older list makes it anew.
install_peers() {
  cmp -s "$REQUIREMENTS" .venv-peers/requirements.txt && return 0
  say "installing the peers' Python packages into .venv-peers"
  rm -rf .venv-peers .venv-peers.partial
  "$(python_311)" -m venv .venv-peers.partial
  local packages=.venv-peers.partial/lib/python3.11/site-packages
  printf '%s\n' "$PWD/.venv/lib/python3.11/site-packages" >"$packages/gistmill-libtorch.pth"
  if ! .venv-peers.partial/bin/python -m pip install --quiet --disable-pip-version-check -r "$REQUIREMENTS"; then
    rm -rf .venv-peers.partial
    fail "the peers' packages could not be installed; nothing was. Check the network, or run with --quick"
  fi
  # By itself: its parts for images would bring packages that the rows do not use.
  .venv-peers.partial/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torchscale==0.3.0 ||
    fail "torchscale could not be installed; run again, or run with --quick"
  cp "$REQUIREMENTS" .venv-peers.partial/requirements.txt
  mv .venv-peers.partial .venv-peers
}

case " ${words[*]-} " in
  *" --list "* | *" --from "* | *" --from="*) exec python3 tests/bench/table "${words[@]}" ;;
esac

source scripts/setup.sh
install_packages valgrind
say "building"
cmake --preset release >/dev/null || fail "cmake could not configure; its messages are above"
cmake --build --preset release --target program bench_programs
scripts/fetch-model.sh
scripts/fetch-text.sh
[ -n "$quick" ] || [ -n "${GISTMILL_PEERS_PYTHON-}" ] || install_peers
# Both sides have the machine to themselves, so that threads may spin while they wait for one another: 6 % of a
# training step. On a shared machine that costs many times what it gains, so that the program itself does not.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-active}"
exec python3 tests/bench/table "${words[@]}"
