// monitor/example: decides from events and options alone, so that a resumed run is the same run; what it
// counts is saved with checkpoints.
#include <gistmill/plugin.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

namespace {

class Example {
 public:
  explicit Example(const gistmill::Options& options)
      : limit_(options.number("loss")), steps_(options.integer("steps")) {}

  // docs/events.md lists the keys. A JSON library reads them better than this does.
  gistmill::Decision on_event(std::string_view json) {
    if (json.find("\"event\":\"step\"") == std::string_view::npos) return {};
    const std::size_t at = json.find("\"loss\":");
    if (at == std::string_view::npos) return {};
    const std::string number(json.substr(at + 7, 32));
    char* end = nullptr;
    const double loss = std::strtod(number.c_str(), &end);
    seen_ =
        end != number.c_str() && loss < limit_ ? seen_ + 1 : 0;  // null, where it is not finite, ends a row
    if (seen_ < steps_) return {};
    return gistmill::Decision::stop("the loss was below the limit " + std::to_string(seen_) +
                                    " times in a row");
  }

  std::string save_state() const { return "1 " + std::to_string(seen_); }  // 1: version of the format
  void load_state(std::string_view state) {
    if (state.substr(0, 2) != "1 ")
      throw gistmill::Error(GM_ERROR_USER, "the saved state is of another version");
    seen_ = std::strtoll(std::string(state.substr(2)).c_str(), nullptr, 10);
  }

 private:
  double limit_;
  std::int64_t steps_;
  std::int64_t seen_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("monitor/example"));
