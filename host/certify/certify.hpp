// `gistmill plugins certify`: every check of a plugin, each in a process of its own, and what they found as
// one certificate. The other half, the process of one check, is make_check.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill {

// nothing: of what it looks at the plugin has none.
enum class CheckVerdict { passed, failed, not_checked, nothing };

struct CheckResult {
  std::string component;  // empty: of the file
  std::string check;
  CheckVerdict verdict = CheckVerdict::not_checked;
  std::vector<std::string> faults;
  std::vector<std::string> not_checked;  // parts of it, or all, and why; or why there is nothing
  double seconds = 0;
  std::string repeat;  // the command that makes this check again
};

struct Certificate {
  std::filesystem::path library;
  std::string name, version, tier, sdk;  // of the manifest; empty where it was refused
  std::uint64_t seed = 1;
  std::vector<CheckResult> results;
  double seconds = 0;

  std::size_t count(CheckVerdict verdict) const;
  bool is_whole() const { return count(CheckVerdict::failed) == 0 && count(CheckVerdict::passed) > 0; }
};

struct CertifyRequest {
  std::filesystem::path library;
  std::string component;  // empty: all
  std::string check;      // empty: all
  std::uint64_t seed = 1;
  std::vector<std::string> options;            // KEY=VALUE
  std::vector<std::filesystem::path> folders;  // where contracts are
};

// told: each result as soon as it is there. Throws Failure (ExitCode::usage) for a check or component that
// there is not, or a file that is none.
Certificate certify(const CertifyRequest& request, const std::function<void(const CheckResult&)>& told);

std::string result_text(const CheckResult& result);
std::string summary_text(const Certificate& certificate);
nlohmann::json to_json(const Certificate& certificate);

// The process of one check, with the words behind kCertifyCheckVerb. load_torch: see Subject. Ends the
// process.
[[noreturn]] void make_check(const std::vector<std::string>& words, const std::function<void()>& load_torch);

}  // namespace gistmill
