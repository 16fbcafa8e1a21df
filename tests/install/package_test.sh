#!/usr/bin/env bash
# cpack: a .deb of the program that depends on what it needs and on nothing of LibTorch, one of the SDK, a tarball.
# The unpacked program trains.
# arguments: build folder, source folder, LibTorch, scratch folder
source "$(dirname "$0")/install.sh"
build=$1 source=$2 torch=$3
use_scratch "$4"
for tool in cpack dpkg-deb dpkg-shlibdeps file; do
  command -v "$tool" >/dev/null || skip "$tool is not installed"
done
cd "$scratch"
sed "s#$build;#$scratch/build;#" "$build/CPackConfig.cmake" >CPackConfig.cmake
mkdir build
sed "s#\"$build/\${CMAKE_INSTALL_MANIFEST}\"#\"$scratch/\${CMAKE_INSTALL_MANIFEST}\"#" \
  "$build/cmake_install.cmake" >build/cmake_install.cmake
cpack --config CPackConfig.cmake -B packages -D CPACK_THREADS=2 -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip >log 2>&1 || {
  cat log
  fail "cpack failed"
}

deb=$(echo packages/gistmill_*.deb)
depends=$(dpkg-deb -f "$deb" Depends)
for package in libc6 libstdc++6 libfmt9 libarchive13 libboost-program-options libcpp-httplib libhdf5 libsqlite3-0 libssl3 libutf8proc libxxhash0; do
  [[ $depends == *$package* ]] || fail "$deb does not depend on $package but on: $depends"
done
[[ $depends == *torch* ]] && fail "$deb depends on LibTorch, which is no package: $depends"
[[ $(dpkg-deb -f packages/gistmill-sdk_*.deb Depends) == *nlohmann-json3-dev* ]] || fail "the SDK lacks dependencies"
if dpkg-deb -c "$deb" | grep -E 'lib/gistmill/(torch|arrow)'; then fail "the package has a link to this machine's LibTorch or Arrow"; fi

mkdir unpacked
dpkg-deb -x "$deb" unpacked
mkdir -p plugins tarball
cp "$build/tests/plugins/plain.so" plugins/
tar -xzf packages/gistmill-*.tar.gz -C tarball --strip-components=1
cp "$source/tests/plugins/plain/ramp.toml" .
export GISTMILL_TORCH_ROOT=$torch
unpacked/usr/bin/gistmill run ramp.toml --folder by-deb >/dev/null
tarball/bin/gistmill run ramp.toml --folder by-tarball >/dev/null
[ -e tarball/include/gistmill/plugin.hpp ] || fail "the tarball lacks the SDK"
