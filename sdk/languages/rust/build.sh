#!/usr/bin/env bash
# Builds the plugin in Rust with rustc alone (Debian's 1.63 or newer; no cargo, no crates).
#   build.sh OUT.so [RUSTC]
set -euo pipefail
out=$(realpath -m "$1")
rustc=${2:-rustc}
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p "$(dirname "$out")"
number() { sed -nE "s/^pub const ABI_$1: u32 = ([0-9]+);\$/\1/p" gistmill.rs; }
{
  cat plugin.toml
  printf '\n[build]\nsdk = "0.1.0"\nabi = "%s.%s"\n\0' "$(number MAJOR)" "$(number MINOR)"
} >"$out.manifest"
GISTMILL_MANIFEST="$out.manifest" "$rustc" --edition 2021 -D warnings -C opt-level=2 -C strip=symbols --crate-type cdylib \
  --crate-name log_cosh log_cosh.rs -o "$out"
rm "$out.manifest"
