// Options at the ends of what their manifest allows, one at a time: values that a recipe may hold.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"
#include "host/plan/options.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr const char* kMissing = "certify-missing.file";
constexpr const char* kEmpty = "certify-empty.file";
constexpr const char* kGarbage = "certify-garbage.file";
constexpr const char* kFolder = "certify-empty.folder";
constexpr std::size_t kGarbageBytes = 4096;
constexpr std::size_t kLongText = 100000;

// In the working folder; gone with this.
class OddFiles {
 public:
  OddFiles() {
    fs::create_directory(kFolder);
    std::ofstream(kEmpty).close();
    std::ofstream garbage(kGarbage, std::ios::binary);
    for (std::size_t i = 0; i < kGarbageBytes; ++i) garbage.put(static_cast<char>(i * 167 % 251));
  }
  OddFiles(const OddFiles&) = delete;
  OddFiles& operator=(const OddFiles&) = delete;
  ~OddFiles() {
    std::error_code gone;  // the missing one is made by a component that writes to the path
    for (const char* name : {kMissing, kEmpty, kGarbage, kFolder}) fs::remove(name, gone);
  }
};

bool is_file(const OptionSpec& option) {
  return option.type == OptionType::path || option.type == OptionType::paths ||
         option.type == OptionType::prepared || option.type == OptionType::mixture;
}

struct Trial {
  OptionValue value;
  bool starts = false;  // small enough to be started
};

OptionValue file_value(const OptionSpec& option, const std::string& file) {
  if (option.type == OptionType::paths) return std::vector<std::string>{file};
  if (option.type == OptionType::mixture) return Mixture{{file}, {1.0}};
  return file;
}

std::vector<Trial> number_trials(const OptionSpec& option) {
  const bool whole = option.type == OptionType::integer || option.type == OptionType::integers;
  const bool list = option.type == OptionType::integers || option.type == OptionType::floats;
  std::vector<std::pair<double, bool>> numbers;
  numbers.emplace_back(option.min.value_or(whole ? -1e6 : -1e30), true);
  numbers.emplace_back(option.max.value_or(whole ? 1e15 : 1e30), false);
  if (option.min.value_or(-1) <= 0 && option.max.value_or(1) >= 0) numbers.emplace_back(0, true);
  std::vector<Trial> trials;
  for (const auto& [number, starts] : numbers) {
    const auto integer = static_cast<std::int64_t>(number);
    if (whole && list) trials.push_back({std::vector<std::int64_t>{integer}, starts});
    if (whole && !list) trials.push_back({integer, starts});
    if (!whole && list) trials.push_back({std::vector<double>{number}, starts});
    if (!whole && !list) trials.push_back({number, starts});
  }
  if (list && whole) trials.push_back({std::vector<std::int64_t>{}, true});
  if (list && !whole) trials.push_back({std::vector<double>{}, true});
  return trials;
}

std::vector<Trial> trials_of(const OptionSpec& option) {
  std::vector<Trial> trials;
  switch (option.type) {
    case OptionType::integer:
    case OptionType::integers:
    case OptionType::floating:
    case OptionType::floats:
      return number_trials(option);
    case OptionType::boolean:
      return {{false, true}, {true, true}};
    case OptionType::choice:
      for (const std::string& choice : option.choices) trials.push_back({choice, true});
      return trials;
    case OptionType::string:
      return {
          {std::string(), true}, {std::string("\x01\xc3\xa9 {"), true}, {std::string(kLongText, 'a'), true}};
    case OptionType::strings:
      return {{std::vector<std::string>{}, true},
              {std::vector<std::string>{"", "\x01\xc3\xa9 {"}, true},
              {std::vector<std::string>(1000, "a"), true}};
    case OptionType::evaluation:
      return {{std::string("no-such-evaluation"), true}};
    default:
      for (const char* file : {kMissing, kEmpty, kGarbage, kFolder})
        trials.push_back({file_value(option, file), true});
      return trials;
  }
}

// Those of the subject; where files are missing, ones that are not there.
std::vector<PlannedOption> base_options(const Subject& subject, bool& lacks_files) {
  try {
    return subject.options();
  } catch (const NotChecked&) {
    lacks_files = true;
  }
  std::vector<PlannedOption> options;
  for (const OptionSpec& option : subject.spec().options) {
    OptionValue value;
    if (option.default_value) {
      value = *option.default_value;
    } else if (is_file(option)) {
      value = file_value(option, kMissing);
    } else {
      value = trials_of(option).front().value;
    }
    options.push_back({option.key, value, {}});
  }
  return options;
}

std::string shown(const OptionValue& value) {
  std::string text = option_text(value);
  constexpr std::size_t kShown = 40;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
}

void judge(const Answer& answer, const std::string& where, Findings& findings) {
  if (answer.status == GM_ERROR_INTERNAL || answer.status == GM_ERROR_MISUSE || answer.status > GM_CANCELED ||
      answer.status < GM_OK) {
    findings.fault(
        fmt::format("{}: answers {}, when the manifest allows it: narrow the range, or refuse it as "
                    "an error of the user",
                    where, answer.text()));
  } else if (answer.message.empty()) {
    findings.fault(fmt::format("{}: refused without a message", where));
  }
}

}  // namespace

void check_options(Subject& subject, Findings& findings) {
  const OddFiles files;
  bool lacks_files = false;
  const std::vector<PlannedOption> base = base_options(subject, lacks_files);
  bool left_out = false;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const OptionSpec& option = subject.spec().options[i];
    if (lacks_files && !is_file(option)) {
      left_out = true;
      continue;
    }
    for (const Trial& trial : trials_of(option)) {
      std::vector<PlannedOption> options = base;
      options[i].value = trial.value;
      const std::string where = fmt::format("{} = {}", option.key, shown(trial.value));
      try {
        const Specimen made(subject, findings, options, open_sizes(subject.spec(), subject.seed(), 0),
                            Calls::checked, trial.starts && !lacks_files);
      } catch (const Refusal& refusal) {
        judge(refusal.answer, fmt::format("{} of {}", refusal.call, where), findings);
      }
      findings.checked();
    }
  }
  if (left_out) findings.not_checked("options other than files: without its files nothing is made");
  if (base.empty()) findings.nothing_here("it has no options");
}

}  // namespace gistmill
