// The process of one check: limits, what the process is like before and after, and the check between.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/certify/certify.hpp"
#include "host/certify/checks.hpp"
#include "host/certify/specimen.hpp"
#include "host/certify/surroundings.hpp"
#include "host/check/violation.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

constexpr std::size_t kFixedWords = 6;
constexpr int kFirstDescriptor = 200;          // out of the way of what a plugin closes one after the other
constexpr rlim_t kMostData = rlim_t{8} << 30;  // bytes: what takes more is told that there is none

std::uint64_t number_of(const std::string& word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size())
    throw Failure(ExitCode::usage, fmt::format("'{}' is no number", word));
  return number;
}

void limit_process() {
  std::signal(SIGINT, SIG_DFL);  // what runs in the background of a shell was told to ignore it
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
  const rlimit data{kMostData, kMostData};
  setrlimit(RLIMIT_DATA, &data);
#endif
}

void run(const Check& check, Subject& subject, Findings& findings) {
  try {
    check.run(subject, findings);
  } catch (const NotChecked& reason) {
    findings.not_checked(reason.what());
  } catch (const Refusal& refusal) {
    const std::string text = fmt::format("{}: answers {}", refusal.call, refusal.answer.text());
    const gm_status status = refusal.answer.status;
    // A file that it wants, or options that belong together: nobody's fault.
    if ((status == GM_ERROR_USER || status == GM_ERROR_UNAVAILABLE) && !refusal.answer.message.empty()) {
      findings.not_checked(text);
    } else {
      findings.fault(text);
    }
  } catch (const Failure& failure) {
    std::string text = failure.message();
    for (const std::string& note : failure.notes()) text += "; " + note;
    findings.fault(text);
    findings.stop();
  } catch (const std::exception& error) {
    findings.fault(error.what());
  }
}

}  // namespace

void make_check(const std::vector<std::string>& words, const std::function<void()>& load_torch) {
  if (words.size() < kFixedWords)
    throw Failure(ExitCode::usage, "certify-check is for gistmill plugins certify");
  const Check* const check = find_check(words[1]);
  if (check == nullptr) throw Failure(ExitCode::usage, fmt::format("there is no check '{}'", words[1]));
  const auto folders_end = kFixedWords + number_of(words[5]);
  if (folders_end > words.size()) throw Failure(ExitCode::usage, "certify-check lacks folders");
  const auto first = words.begin();
  const std::vector<std::filesystem::path> folders(first + kFixedWords,
                                                   first + static_cast<std::ptrdiff_t>(folders_end));
  const std::vector<std::string> options(first + static_cast<std::ptrdiff_t>(folders_end), words.end());
  const int given = static_cast<int>(number_of(words[4]));
  Findings findings(fcntl(given, F_DUPFD_CLOEXEC, kFirstDescriptor));
  close(given);
  limit_process();
  try {
    Subject subject(words[0], words[2], number_of(words[3]), options, folders, load_torch);
    if (check->scope != Scope::file && subject.manifest().tier == "libtorch") load_torch();
    const GlobalState before = read_surroundings();
    run(*check, subject, findings);
    for (const Violation& violation : take_violations()) findings.fault(violation.text());
    for (const std::string& difference : differences(before, read_surroundings())) {
      const std::string name = difference.substr(0, difference.find(" from "));
      if (!findings.mentions(name)) findings.fault("changed " + difference);
    }
  } catch (const Failure& failure) {
    findings.fault(failure.message());
    findings.stop();
  }
  std::fflush(nullptr);
  findings.stage("at the end of the process");
  findings.end();
  std::exit(0);  // static destructors are the plugin's too
}

}  // namespace gistmill
