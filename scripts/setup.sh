#!/usr/bin/env bash
# Installs what Gistmill is built with: Debian packages, and LibTorch and Apache Arrow from their pip wheels, into .venv.
# What is there is left alone; a second run changes nothing. Sourced by quickstart.sh and test.sh; may be run by
# itself, with --cuda for a LibTorch with CUDA (3 GB more), which run.device = "cuda" needs. Nothing is half
# installed: LibTorch appears under its name only when it is complete.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly TORCH_VERSION=2.13.0
readonly ARROW_VERSION=26.0.1
WITH_CUDA=no
for option in "$@"; do
  if [ "$option" = --cuda ]; then WITH_CUDA=yes; fi
done
readonly PACKAGES=(
  g++ cmake ninja-build ccache pkg-config git ca-certificates unzip
  python3 python3-venv python3-pip python3-jsonschema
  libboost-dev libboost-program-options-dev libtomlplusplus-dev libfmt-dev
  libhdf5-dev libsqlite3-dev libarchive-dev libcpp-httplib-dev libgumbo-dev libre2-dev libutf8proc-dev libxxhash-dev nlohmann-json3-dev libssl-dev
  libopenmpi-dev openmpi-bin
  libgtest-dev libgmock-dev libbenchmark-dev hdf5-tools clang-format
  clang-14 libclang-rt-14-dev dpkg-dev file binutils
)

source scripts/messages.sh

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$package"
  done
}

# Of the names given, what is missing.
install_packages() {
  command -v dpkg-query >/dev/null || fail "this is no Debian: install the packages named in scripts/setup.sh by hand"
  # A Python that was not installed by Debian is as good.
  local missing
  missing=$(missing_packages "$@")
  if python3 -c 'import venv, ensurepip' 2>/dev/null; then
    missing=$(printf '%s' "$missing" | sed -E 's/\bpython3(-venv|-pip)?( |$)//g')
  fi
  [ -n "${missing// /}" ] || return 0
  local command="apt-get install -y --no-install-recommends $missing"
  if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
      command="sudo $command"
      sudo apt-get update -qq || true
    else
      fail "packages are missing; install them with:  sudo $command"
    fi
  else
    apt-get update -qq || say "warning: the package lists could not be brought up to date"
  fi
  say "installing Debian packages: $missing"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $command >/dev/null || fail "these packages could not be installed: $missing"
}

python_311() {
  local candidate
  for candidate in python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  fail "Python 3.11 was not found; LibTorch's wheel is for that version"
}

install_torch() {
  local root=.venv/lib/python3.11/site-packages/torch
  local wanted="torch==$TORCH_VERSION" library=libtorch_cpu.so
  if [ $WITH_CUDA = yes ]; then
    wanted="torch===$TORCH_VERSION"  # three: not a build of the same version for processors alone
    library=libtorch_cuda.so
  fi
  [ -e "$root/include/ATen/ATen.h" ] && [ -e "$root/lib/$library" ] && return 0
  say "installing LibTorch $TORCH_VERSION"
  rm -rf .venv .venv.partial
  "$(python_311)" -m venv .venv.partial
  if ! .venv.partial/bin/python -m pip install --quiet "$wanted"; then
    rm -rf .venv.partial
    fail "LibTorch $TORCH_VERSION could not be downloaded; nothing was installed. Check the network and run this again"
  fi
  mv .venv.partial .venv
}

# Its headers and libraries read Parquet; nothing of it runs in Python.
install_arrow() {
  [ -n "$(compgen -G ".venv/lib/python3.11/site-packages/pyarrow-$ARROW_VERSION.dist-info")" ] && return 0
  say "installing Apache Arrow $ARROW_VERSION"
  .venv/bin/python -m pip install --quiet "pyarrow==$ARROW_VERSION" ||
    fail "pyarrow $ARROW_VERSION could not be downloaded. Check the network and run this again"
}

install_packages "${PACKAGES[@]}"
install_torch
install_arrow
