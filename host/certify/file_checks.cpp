// Checks of the file alone, which is not loaded.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "host/certify/checks.hpp"
#include "host/registry/elf.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

namespace {

constexpr double kLongestScan = 100;  // ms; a search path may have hundreds of plugins

}  // namespace

void check_scan(Subject& subject, Findings& findings) {
  findings.stage("reading the manifest");
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    read_embedded_manifest(subject.library());
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  findings.checked();
  if (best > kLongestScan)
    findings.fault(
        fmt::format("its manifest takes {:.0f} ms to read when it should take {:.0f}", best, kLongestScan));
}

void check_symbols(Subject& subject, Findings& findings) {
  findings.stage("reading the symbols");
  bool found = false;
  for (const std::string& name : ElfFile(subject.library()).exported()) {
    if (name == "gm_plugin") {
      found = true;
    } else {
      findings.fault(
          fmt::format("exports '{}' besides gm_plugin, where it may meet another's: build it with "
                      "gistmill_add_plugin, or -fvisibility=hidden and a version script",
                      name));
    }
  }
  if (!found) findings.fault("exports no symbol gm_plugin");
  findings.checked();
}

}  // namespace gistmill
