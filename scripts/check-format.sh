#!/usr/bin/env bash
# Fails where a source file is not as clang-format writes it; `scripts/check-format.sh --fix` writes it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(--dry-run --Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files -z -- '*.c' '*.h' '*.cpp' '*.hpp' | xargs -0 -r clang-format "${mode[@]}"
