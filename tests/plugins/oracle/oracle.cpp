// A monitor that says what a test writes down; see plugin.toml.
#include <cstdint>
#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Saying {
  std::string kind;
  std::int64_t step = 0;
  gistmill::Decision decision;
};

class Oracle {
 public:
  explicit Oracle(const gistmill::Options& options) {
    for (const std::string& text : options.strings("says")) {
      Saying& saying = says_.emplace_back();
      std::istringstream words(text);
      words >> saying.kind >> saying.step >> saying.decision.action >> saying.decision.factor;
      saying.decision.reason = "it is written";
    }
  }

  gistmill::Decision on_event(std::string_view text) {
    const auto event = nlohmann::json::parse(text);
    const std::string kind = event["event"];
    const std::int64_t step = event["step"];
    heard_ += kind.substr(0, 1) + std::to_string(step) + " ";
    for (const Saying& saying : says_) {
      if (saying.kind == kind && saying.step == step) return saying.decision;
    }
    return {};
  }

  std::string save_state() const { return heard_; }
  void load_state(std::string_view bytes) { heard_ = bytes; }

 private:
  std::vector<Saying> says_;
  std::string heard_;  // "g1 s1 e1 "
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Oracle>("test/oracle"));
