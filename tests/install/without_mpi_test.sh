#!/usr/bin/env bash
# Without MPI the product is whole but for ranks: it configures, with everything but collective/mpi; and the program trains as
# one process, but refuses to be several that nobody joins.
# arguments: build folder, source folder, LibTorch, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2 torch=$3
use_scratch "$4"

cmake -S "$source" -B "$scratch/configured" -G Ninja -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON \
  -DGISTMILL_TORCH_ROOT="$torch" >"$scratch/output" 2>&1 || { cat "$scratch/output" >&2; fail "it does not configure"; }
grep -qF 'MPI was not found: collective/mpi is left out' "$scratch/output" || fail "it does not say that MPI is missing"
targets=$(cmake --build "$scratch/configured" --target help)
grep -q '^teacher-decoder:' <<<"$targets" || fail "other plugins are left out too"
if grep -q 'collective-mpi' <<<"$targets"; then fail "collective-mpi is built without MPI"; fi

install_to "$build" "$scratch/program" host
rm -f "$scratch/program/lib/gistmill/plugins/collective-mpi.so"
gistmill=$scratch/program/bin/gistmill
export GISTMILL_TORCH_ROOT=$torch
mkdir -p "$scratch/here/plugins"
cd "$scratch/here"
cp "$build/tests/plugins/plain.so" plugins/
cp "$source/tests/plugins/plain/ramp.toml" .
"$gistmill" run ramp.toml >/dev/null 2>&1 || fail "one process does not train without MPI"
code=0
OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0 "$gistmill" run ramp.toml --folder several >said 2>&1 || code=$?
[ "$code" != 0 ] || fail "two processes ran without a plugin that joins them"
[ ! -e several ] || fail "a refused run left a folder"
grep -qF 'no plugin is there that joins them' said || fail "it does not say what is missing: $(cat said)"
