#!/usr/bin/env bash
# The plugin with an interpreter of its own builds against the installed SDK, keeps its contract, and trains by a value and a
# gradient that a Python file computes; extension modules and packages are found. What the file raises is an error of the run.
# arguments: build folder, source folder, scratch folder
source "$2/tests/install/install.sh"
source "$2/tests/sdk/languages/training.sh"
build=$1 source=$2
use_scratch "$3"
[ -e /usr/include/python3.11/Python.h ] || skip "the headers of Python are not installed (Debian python3-dev)"
cd "$scratch"

refused() {  # NAME TEXT: PY on standard input; the run ends and says TEXT
  cat >"$1.py"
  if train plugin "$1" --set "components.short.file=$1.py"; then fail "$1 trains"; fi
  grep -qF "$2" "$1.out" || { cat "$1.out"; fail "$1 does not say '$2'"; }
}

write_recipe '{ use = "loss/python", weight = 0.5 }'
install_to "$build" "$scratch/sdk" sdk
quietly cmake -S "$source/sdk/languages/python" -B plugin -DCMAKE_PREFIX_PATH="$scratch/sdk" -DCMAKE_BUILD_TYPE=Release \
  -DPython3_ROOT_DIR=/usr -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Werror'
quietly cmake --build plugin
expect_plugin "$build/bin/gistmill" plugin/python-loss.so 'loss/python'
"$build/bin/gistmill" plugins certify plugin/python-loss.so --set "file=$source/sdk/languages/python/log_cosh.py" \
  >certified.out 2>&1 || { cat certified.out; fail "certify"; }

train plugin run --set "components.short.file=$source/sdk/languages/python/log_cosh.py" || { cat run.out; fail "the training"; }
expect_falling_loss run

{ echo 'import _ctypes, json'; cat "$source/sdk/languages/python/log_cosh.py"; } >extension.py
train plugin extension --set components.short.file=extension.py || { cat extension.out; fail "a file that imports an extension module"; }

refused raises 'raises.py:2: ValueError: no numbers today' <<'PY'
def value(gist, shape, weight):
    raise ValueError("no numbers today")
gradient = value
PY
refused broken 'broken.py' <<'PY'
def value(gist, shape, weight)
PY
refused incomplete 'defines no function gradient' <<'PY'
def value(gist, shape, weight): return 1.0
PY
refused short 'as many 32-bit floats' <<'PY'
def value(gist, shape, weight): return 1.0
def gradient(gist, shape, weight): return b"1234"
PY
