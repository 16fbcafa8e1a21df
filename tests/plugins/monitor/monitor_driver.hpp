// One monitor, driven through the ABI with a synthetic stream of events.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "gistmill/extensions.h"
#include "gistmill/plugin/decision.hpp"
#include "tests/plugins/support/checked_component.hpp"

namespace gistmill::test {

using MonitorOption =
    std::variant<std::int64_t, double, std::string, std::vector<double>, std::vector<std::int64_t>>;
using MonitorOptions = std::map<std::string, MonitorOption>;

inline nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

inline std::string gradient(int step, double loss, double norm) {
  return nlohmann::json{
      {"event", "gradient"}, {"step", step}, {"loss", number(loss)}, {"gradient_norm", number(norm)}}
      .dump();
}

inline std::string step(int step, double loss, double norm = 0) {
  return nlohmann::json{
      {"event", "step"}, {"step", step}, {"loss", number(loss)}, {"gradient_norm", number(norm)}}
      .dump();
}

// With the figures "score", lower is better and the headline, and "hits", higher is better; the first variant
// does not train and has other values.
inline std::string evaluation(int step, double score, double hits = 0, const std::string& name = "look") {
  const auto entry = [](const char* variant, const char* figure, bool trained, double value) {
    return nlohmann::json{
        {"variant", variant}, {"figure", figure}, {"trained", trained}, {"value", number(value)}};
  };
  return nlohmann::json{
      {"event", "evaluation"},
      {"step", step},
      {"name", name},
      {"headline", "score"},
      {"figures", {{{"name", "score"}, {"better", "lower"}}, {{"name", "hits"}, {"better", "higher"}}}},
      {"entries",
       {entry("dropped", "score", false, 77), entry("dropped", "hits", false, 77),
        entry("gist", "score", true, score), entry("gist", "hits", true, hits)}}}
      .dump();
}

class MonitorDriver {
 public:
  MonitorDriver(const std::string& library, const std::string& component, const MonitorOptions& options)
      : component_(library, component, host(), marshal(options)) {
    component_.start({}, 1);
  }

  Decision decide(const std::string& event) const {
    gm_decision decision{sizeof(gm_decision), GM_DECISION_CONTINUE, 1.0, nullptr};
    Sink sink;
    sink.check(component_.extension<gm_monitor_extension>(GM_MONITOR_EXTENSION)
                   .decide(component_.instance(), event.data(), event.size(), &decision, sink.get()));
    return {decision.action, decision.factor, decision.reason != nullptr ? decision.reason : ""};
  }
  // What monitors said to the user.
  static std::vector<std::string>& said() {
    static std::vector<std::string> list;
    return list;
  }
  std::uint32_t action(const std::string& event) const { return decide(event).action; }

  std::string save() const {
    std::string bytes;
    gm_sink out{sizeof(gm_sink), &bytes, [](gm_sink* self, const void* data, std::uint64_t size) {
                  static_cast<std::string*>(self->context)->append(static_cast<const char*>(data), size);
                  return gm_status{GM_OK};
                }};
    Sink sink;
    sink.check(state().save(component_.instance(), &out, sink.get()));
    return bytes;
  }
  void load(const std::string& bytes) const {
    Sink sink;
    sink.check(state().load(component_.instance(), bytes.data(), bytes.size(), sink.get()));
  }

 private:
  static const gm_host& host() {
    static const gm_host made = {
        sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, "test",
        [](std::int32_t, const char*, const char* message) { said().emplace_back(message); }};
    return made;
  }
  static void fill(gm_option& option, std::int64_t value) {
    option.kind = GM_OPTION_INTEGER;
    option.integer = value;
  }
  static void fill(gm_option& option, double value) {
    option.kind = GM_OPTION_FLOAT;
    option.number = value;
  }
  static void fill(gm_option& option, const std::string& value) {
    option.kind = GM_OPTION_STRING;
    option.string = value.c_str();
  }
  static void fill(gm_option& option, const std::vector<std::int64_t>& values) {
    option.kind = GM_OPTION_INTEGERS;
    option.integers = values.data();
    option.count = values.size();
  }
  static void fill(gm_option& option, const std::vector<double>& values) {
    option.kind = GM_OPTION_FLOATS;
    option.numbers = values.data();
    option.count = values.size();
  }
  static std::vector<gm_option> marshal(const MonitorOptions& options) {
    std::vector<gm_option> list;
    for (const auto& [key, value] : options) {
      gm_option& option = list.emplace_back();
      option.struct_size = sizeof(gm_option);
      option.key = key.c_str();
      std::visit([&option](const auto& set) { fill(option, set); }, value);
    }
    return list;
  }
  const gm_state_extension& state() const {
    return component_.extension<gm_state_extension>(GM_STATE_EXTENSION);
  }

  CheckedComponent component_;
};

// Interrupted after any event, a monitor that takes the state over decides as one that heard everything, and
// saves the same bytes.
template <class Make>
void expect_to_go_on_from_its_state(Make&& make, const std::vector<std::string>& events) {
  const std::unique_ptr<MonitorDriver> whole = make();
  for (std::size_t cut = 0; cut < events.size(); ++cut) {
    const std::unique_ptr<MonitorDriver> resumed = make();
    const std::string saved = whole->save();
    resumed->load(saved);
    EXPECT_EQ(resumed->save(), saved) << "after event " << cut;
    const Decision expected = whole->decide(events[cut]);
    const Decision found = resumed->decide(events[cut]);
    EXPECT_EQ(found.action, expected.action) << events[cut];
    EXPECT_EQ(found.reason, expected.reason) << events[cut];
    EXPECT_EQ(resumed->save(), whole->save()) << events[cut];
  }
  for (const std::string& bad : {std::string("no state"), std::string("{}"), std::string(R"({"format": 9})"),
                                 std::string(R"({"format": 1})")}) {
    const std::string before = whole->save();
    EXPECT_THROW(whole->load(bad), Refused) << bad;
    EXPECT_EQ(whole->save(), before) << "a state that is refused changes nothing: " << bad;
  }
}

}  // namespace gistmill::test
