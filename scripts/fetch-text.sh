#!/usr/bin/env bash
# Fetches the prose of the quickstart: gistmill data fetch novels essays, with package lists that are there. The
# program does the rest: each text appears when it is complete, or not at all, and what is there is left alone.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/fetch-text.sh [--help]

Fetches the English prose that the recipes train on into data/text, one .txt a document. Needs the program, built
(README.md), and Debian's package lists; no root. gistmill data list says what else there is.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/messages.sh
take_no_arguments "$@"
readonly PROGRAM=build/release/bin/gistmill

[ -x "$PROGRAM" ] ||
  fail "$PROGRAM was not found; build it:  cmake --preset release && cmake --build --preset release --target program"
# A fresh container has no package lists, and its user is root. In all other cases the program says what to do.
if [ ! -e data/text/essays ] && [ "$(id -u)" -eq 0 ] && ! apt-cache show anarchism >/dev/null 2>&1; then
  say "text: bringing the package lists up to date"
  apt-get update -qq >&2 || say "warning: the package lists could not be brought up to date"
fi
exec "$PROGRAM" data fetch novels essays
