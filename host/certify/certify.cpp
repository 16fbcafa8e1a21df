// Which checks are made, and what their results are together; see certify.hpp.
#include "host/certify/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "host/certify/check_process.hpp"
#include "host/certify/checks.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/registry/manifest.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// As a shell reads it.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=+:,@%-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char letter : word) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

class Certifier {
 public:
  Certifier(const CertifyRequest& request, const std::function<void(const CheckResult&)>& told)
      : request_(request), told_(told) {
    certificate_.library = request.library;
    certificate_.seed = request.seed;
  }

  Certificate run() {
    const auto begin = std::chrono::steady_clock::now();
    if (read_manifest()) {
      of_file();
      for (const ComponentSpec& component : registry_->plugins().front()->manifest.components) {
        if (request_.component.empty() || request_.component == component.name) of_component(component.name);
      }
    }
    certificate_.seconds = seconds_since(begin);
    return std::move(certificate_);
  }

 private:
  // False: it was refused, and there is nothing to check.
  bool read_manifest() {
    CheckResult result{"", "manifest", CheckVerdict::passed, {}, {}, 0, repeat("", "manifest")};
    try {
      registry_ = std::make_unique<Registry>(Registry::of_library(request_.library, request_.folders));
      const Manifest& manifest = registry_->plugins().front()->manifest;
      certificate_.name = manifest.name;
      certificate_.version = manifest.version;
      certificate_.tier = manifest.tier;
      certificate_.sdk = manifest.sdk;
      if (!request_.component.empty() && manifest.component(request_.component) == nullptr) {
        throw Failure(ExitCode::usage,
                      fmt::format("{} has no component '{}'", request_.library.string(), request_.component),
                      {suggestion(request_.component, "it", registry_->component_names())});
      }
    } catch (const Failure& failure) {
      if (failure.code() == ExitCode::usage) throw;
      result.verdict = CheckVerdict::failed;
      const Origin& at = failure.origin();
      result.faults.push_back(at.line == 0 ? failure.message()
                                           : fmt::format("{}:{}: {}", at.line, at.column, failure.message()));
    }
    const bool read = result.verdict == CheckVerdict::passed;
    if (request_.check.empty() || request_.check == "manifest" || !read) add(std::move(result));
    return read;
  }

  void of_file() {
    for (const Check& check : check_table()) {
      if (check.scope == Scope::file || check.scope == Scope::library) make("", check);
    }
  }

  void of_component(const std::string& component) {
    died_.erase(Scope::instance);
    died_.erase(Scope::operations);
    unmade_ = false;
    for (const Check& check : check_table()) {
      if (check.scope == Scope::instance || check.scope == Scope::operations) make(component, check);
    }
  }

  void make(const std::string& component, const Check& check) {
    if (!request_.check.empty() && request_.check != check.name) return;
    CheckResult result{component, check.name, CheckVerdict::not_checked,    {},
                       {},        0,          repeat(component, check.name)};
    for (const auto& [scope, by] : died_) {
      if (scope >= check.scope) continue;
      result.not_checked.push_back(fmt::format("{} went so wrong that nothing after it can be checked", by));
      return add(std::move(result));
    }
    if (unmade_ && std::string_view(check.name) != "options") {
      result.not_checked.push_back("no instance of it was made (see create)");
      return add(std::move(result));
    }
    CheckEnd end = run_check({fs::absolute(request_.library), component, check.name, request_.seed,
                              request_.options, request_.folders});
    result.seconds = end.seconds;
    result.verdict = verdict_of(end);
    result.faults = std::move(end.faults);
    result.not_checked = std::move(end.not_checked);
    if (result.verdict == CheckVerdict::nothing) result.not_checked = {end.nothing};
    if (result.verdict == CheckVerdict::not_checked && result.check == std::string_view("create"))
      unmade_ = true;
    // What dies in a few calls dies in many: those after it would say the same again.
    if ((end.stops || !end.came_to_its_end) && std::string_view(check.name) != "options")
      died_.emplace(check.scope, check.name);
    add(std::move(result));
  }

  static CheckVerdict verdict_of(const CheckEnd& end) {
    if (!end.faults.empty()) return CheckVerdict::failed;
    if (end.checked) return CheckVerdict::passed;
    return end.nothing.empty() ? CheckVerdict::not_checked : CheckVerdict::nothing;
  }

  std::string repeat(const std::string& component, const std::string& check) const {
    std::string line = fmt::format("gistmill plugins certify {}", quoted(request_.library.string()));
    if (!component.empty()) line += fmt::format(" --component {}", quoted(component));
    line += fmt::format(" --check {} --seed {}", check, request_.seed);
    for (const std::string& option : request_.options) line += fmt::format(" --set {}", quoted(option));
    return line;
  }

  void add(CheckResult result) {
    told_(result);
    certificate_.results.push_back(std::move(result));
  }

  const CertifyRequest& request_;
  const std::function<void(const CheckResult&)>& told_;
  std::unique_ptr<Registry> registry_;
  Certificate certificate_;
  bool unmade_ = false;                // create could not make an instance of the component
  std::map<Scope, std::string> died_;  // the check that did not come to its end
};

const char* verdict_word(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::passed:
      return "passed";
    case CheckVerdict::failed:
      return "failed";
    case CheckVerdict::nothing:
      return "nothing";
    default:
      return "not checked";
  }
}

}  // namespace

std::size_t Certificate::count(CheckVerdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count(results, verdict, &CheckResult::verdict));
}

Certificate certify(const CertifyRequest& request, const std::function<void(const CheckResult&)>& told) {
  if (!request.check.empty() && request.check != "manifest" && find_check(request.check) == nullptr) {
    std::vector<std::string> names = {"manifest"};
    for (const Check& check : check_table()) names.emplace_back(check.name);
    throw Failure(ExitCode::usage, fmt::format("there is no check '{}'", request.check),
                  {suggestion(request.check, "certify", names)});
  }
  if (!fs::is_regular_file(request.library)) {
    throw Failure(ExitCode::usage, fmt::format("{} is no file", request.library.string()),
                  {"name a plugin's library: gistmill plugins certify build/NAME.so"});
  }
  return Certifier(request, told).run();
}

std::string result_text(const CheckResult& result) {
  std::string text = fmt::format("{:<12}{}{}\n", verdict_word(result.verdict),
                                 result.component.empty() ? "" : result.component + " ", result.check);
  for (const std::string& fault : result.faults) text += fmt::format("    {}\n", fault);
  const char* const what = result.verdict == CheckVerdict::nothing ? "" : "not checked: ";
  for (const std::string& reason : result.not_checked) text += fmt::format("    {}{}\n", what, reason);
  if (!result.faults.empty()) text += fmt::format("    again: {}\n", result.repeat);
  return text;
}

std::string summary_text(const Certificate& certificate) {
  std::size_t parts = 0;
  for (const CheckResult& result : certificate.results) {
    if (result.verdict == CheckVerdict::passed || result.verdict == CheckVerdict::failed)
      parts += result.not_checked.size();
  }
  return fmt::format(
      "{}: {} checks passed, {} failed, {} not checked{}; seed {}, {:.1f} s\n",
      certificate.is_whole() ? "certified" : "not certified", certificate.count(CheckVerdict::passed),
      certificate.count(CheckVerdict::failed), certificate.count(CheckVerdict::not_checked),
      parts == 0 ? "" : fmt::format(" and {} parts of others", parts), certificate.seed, certificate.seconds);
}

nlohmann::json to_json(const Certificate& certificate) {
  nlohmann::json results = nlohmann::json::array();
  for (const CheckResult& result : certificate.results) {
    results.push_back({{"component", result.component},
                       {"check", result.check},
                       {"verdict", verdict_word(result.verdict)},
                       {"faults", result.faults},
                       {"not_checked", result.not_checked},
                       {"seconds", result.seconds},
                       {"repeat", result.repeat}});
  }
  return {{"format", 1},
          {"file", certificate.library.string()},
          {"plugin", certificate.name},
          {"version", certificate.version},
          {"tier", certificate.tier},
          {"sdk", certificate.sdk},
          {"seed", certificate.seed},
          {"certified", certificate.is_whole()},
          {"passed", certificate.count(CheckVerdict::passed)},
          {"failed", certificate.count(CheckVerdict::failed)},
          {"not_checked", certificate.count(CheckVerdict::not_checked)},
          {"seconds", certificate.seconds},
          {"checks", results}};
}

}  // namespace gistmill
