// gm.state/1: an instance that loads what another saved goes on as that one does.
#include <fmt/format.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"
#include "host/certify/monitored.hpp"

namespace gistmill {

namespace {

constexpr int kBefore = 3;  // rounds of calls before the state is saved
constexpr int kAfter = 3;   // and after it

// Every call that goes: each operation in turn; monitors decide on events.
class Driven {
 public:
  Driven(Subject& subject, Findings& findings) : subject_(subject), findings_(findings) {
    for (std::uint32_t i = 0; i < subject.spec().operations.size(); ++i) {
      CaseSearch search = find_case(subject, findings, i, subject.seed());
      if (search.found) cases_.push_back(std::move(*search.found));
    }
  }

  bool empty() const { return cases_.empty() && !monitors_; }
  void monitors() { monitors_ = true; }

  Specimen made() const {
    return Specimen(
        subject_, findings_, subject_.options(),
        cases_.empty() ? open_sizes(subject_.spec(), subject_.seed(), 0) : cases_.front().symbols);
  }

  // What round number `round` answers, as text and arrays.
  std::vector<std::pair<std::string, Outcome>> round(Specimen& specimen, int round) const {
    std::vector<std::pair<std::string, Outcome>> answers;
    CallSettings settings;
    settings.step = 1 + static_cast<std::uint64_t>(round);
    settings.random_key = 70 + static_cast<std::uint64_t>(round);
    for (const Case& drawn : cases_) {
      if (drawn.symbols != cases_.front().symbols) continue;
      answers.emplace_back(subject_.spec().operations[drawn.operation].name,
                           specimen.forward(drawn.operation, drawn.inputs, settings));
    }
    if (monitors_) {
      for (const std::string& event : training_events(round)) {
        Outcome said;
        said.message = decision_text(specimen, findings_, event);
        answers.emplace_back("decide", std::move(said));
      }
    }
    return answers;
  }

 private:
  Subject& subject_;
  Findings& findings_;
  std::vector<Case> cases_;
  bool monitors_ = false;
};

std::string difference(const std::vector<std::pair<std::string, Outcome>>& a,
                       const std::vector<std::pair<std::string, Outcome>>& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const auto& [name, before] = a[i];
    const Outcome& after = b[i].second;
    if (before.status != after.status || before.message != after.message)
      return fmt::format("{} answers {} ({}) and {} ({})", name, before.status, before.message, after.status,
                         after.message);
    for (std::size_t k = 0; k < before.outputs.size(); ++k) {
      const std::string found = difference_of(before.outputs[k], after.outputs[k]);
      if (!found.empty()) return fmt::format("output {} of {}: {}", k + 1, name, found);
    }
  }
  return "";
}

// Parameters and buffers, as a checkpoint carries them.
void carry_parameters(Specimen& from, Specimen& to) {
  auto source = from.parameters(), target = to.parameters();
  for (std::size_t i = 0; i < source.size() && i < target.size(); ++i) {
    if (source[i].memory.shape() != target[i].memory.shape()) continue;
    for (std::int64_t k = 0; k < source[i].memory.size(); ++k)
      set_element(target[i].memory, k, element(source[i].memory, k));
  }
  to.parameters_changed();
}

void check_round_trip(const Driven& driven, Findings& findings) {
  Specimen first = driven.made();
  for (int i = 0; i < kBefore; ++i) driven.round(first, i);
  std::string saved, again, twice;
  if (const Answer answer = first.save(saved); !answer.ok())
    return findings.fault("state.save: answers " + answer.text());
  first.save(again);
  if (saved != again) findings.fault("state.save: gives other bytes when it is asked again");
  Specimen second = driven.made();
  carry_parameters(first, second);
  if (const Answer answer = second.load(saved); !answer.ok())
    return findings.fault("state.load: answers " + answer.text() + " to what it had saved");
  second.save(twice);
  if (saved != twice)
    findings.fault(fmt::format("state: saving what was just loaded gives other bytes: {} and then {}",
                               saved.size(), twice.size()));
  for (int i = kBefore; i < kBefore + kAfter; ++i) {
    const std::string found = difference(driven.round(first, i), driven.round(second, i));
    if (found.empty()) continue;
    findings.fault(
        fmt::format("state: in call {} after it, an instance that loaded the state does otherwise: {}",
                    i - kBefore + 1, found));
    return;
  }
}

// Bytes that nobody saved are refused, and leave the state as it was; or are taken for what they are.
void check_damaged(const Driven& driven, Findings& findings) {
  Specimen specimen = driven.made();
  for (int i = 0; i < kBefore; ++i) driven.round(specimen, i);
  std::string saved;
  if (!specimen.save(saved).ok() || saved.empty()) return;
  std::vector<std::string> damaged = {"", saved.substr(0, saved.size() / 2), saved + "x",
                                      std::string(64, '\xff')};
  std::string flipped = saved;
  for (char& byte : flipped) byte = static_cast<char>(~byte);
  damaged.push_back(flipped);
  for (const std::string& bytes : damaged) {
    const Answer answer = specimen.load(bytes);
    std::string now;
    if (answer.ok()) {
      specimen.load(saved);
      continue;
    }
    if (answer.message.empty()) findings.fault("state.load: refuses damaged bytes without a message");
    specimen.save(now);
    if (now != saved) {
      findings.fault("state.load: refused damaged bytes, and the state is another than before");
      return;
    }
  }
}

}  // namespace

void check_state(Subject& subject, Findings& findings) {
  Driven driven(subject, findings);
  {
    Specimen asked = driven.made();
    if (!asked.has_state()) {
      return findings.nothing_here("it has no gm.state/1");
    }
    if (asked.extension<gm_store_extension>(GM_STORE_EXTENSION) != nullptr)
      return findings.not_checked(
          "a store loads its state between begin and the first item, beside its file");
    if (asked.extension<gm_monitor_extension>(GM_MONITOR_EXTENSION) != nullptr) driven.monitors();
  }
  if (driven.empty()) findings.not_checked("behavior after loading: no call of it could be drawn");
  check_round_trip(driven, findings);
  check_damaged(driven, findings);
  findings.checked();
}

}  // namespace gistmill
