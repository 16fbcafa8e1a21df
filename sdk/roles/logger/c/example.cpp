// logger/example: "step loss", a line each. docs/events.md lists the events and their keys.
#include <gistmill/plugin.hpp>

#include <fstream>
#include <string>
#include <string_view>

namespace {

// The number behind "key": in a JSON object on one line; "" where it is not there. A JSON library does
// better.
std::string number_of(std::string_view json, const std::string& key) {
  const std::size_t at = json.find('"' + key + "\":");
  if (at == std::string_view::npos) return "";
  const std::size_t begin = at + key.size() + 3;
  return std::string(json.substr(begin, json.find_first_of(",}", begin) - begin));
}

class Example {
 public:
  explicit Example(const gistmill::Options& options) : path_(options.string("file")) {}

  void start(const gistmill::Start&) {
    file_.open(path_, std::ios::app);
    if (!file_) throw gistmill::Error(GM_ERROR_UNAVAILABLE, path_ + ": cannot be opened", "file");
  }

  // A failure is said once and never ends the run.
  void on_event(std::string_view json) {
    if (json.find("\"event\":\"step\"") == std::string_view::npos) return;
    file_ << number_of(json, "step") << ' ' << number_of(json, "loss") << std::endl;
    if (!file_) throw gistmill::Error(GM_ERROR_UNAVAILABLE, path_ + ": cannot be written");
  }

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("logger/example"));
