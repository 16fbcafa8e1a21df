// See findings.hpp.
#include "host/certify/findings.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <gistmill/files/transfer.hpp>

namespace gistmill {

namespace {

constexpr std::size_t kMostFaults = 8;
constexpr auto kLate = std::chrono::seconds(15);
constexpr auto kBeat = std::chrono::milliseconds(500);

}  // namespace

Findings::Findings(int descriptor) : descriptor_(descriptor) {}

Findings::~Findings() { close(descriptor_); }

void Findings::stage(const std::string& what) { write("stage", what); }

void Findings::beat() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_beat_ < kBeat) return;
  last_beat_ = now;
  write("beat", "");
}

void Findings::fault(const std::string& what) {
  if (faults_.size() < kMostFaults && faults_.insert(what).second) write("fault", what);
}

void Findings::not_checked(const std::string& what) {
  if (not_checked_.insert(what).second) write("not checked", what);
}

bool Findings::is_late() {
  if (std::chrono::steady_clock::now() - begin_ < kLate) return false;
  not_checked("further draws: those that were made took long");
  return true;
}

bool Findings::mentions(const std::string& words) const {
  return std::any_of(faults_.begin(), faults_.end(),
                     [&](const std::string& fault) { return fault.find(words) != std::string::npos; });
}

void Findings::end() { write("end", checked_ ? "checked" : ""); }

void Findings::write(const char* kind, const std::string& text) {
  const nlohmann::json line = {{"kind", kind}, {"text", text}};
  const std::string bytes = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  files::write(descriptor_, bytes);  // nobody to tell where the reader is gone
}

}  // namespace gistmill
