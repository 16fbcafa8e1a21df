// The component logger/progress: finds out what the stream is, and writes there what the view says.
#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <gistmill/files/transfer.hpp>
#include <gistmill/plugin.hpp>
#include <string>

#include "plugins/logger/progress/look.hpp"
#include "plugins/logger/progress/view.hpp"

namespace {

class ProgressDisplay {
 public:
  explicit ProgressDisplay(const gistmill::Options& options)
      : stream_(options.string("stream") == "stdout" ? STDOUT_FILENO : STDERR_FILENO),
        view_(gistmill::progress::look_of(gistmill::progress::environment(), isatty(stream_) == 1),
              options.number("interval"), options.string("unit")) {}
  ~ProgressDisplay() { write_all(view_.finish()); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void on_event(std::string_view json) {
    const auto event = nlohmann::json::parse(json, nullptr, false);
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    write_all(view_.on_event(event, now.count(), gistmill::progress::terminal_width(stream_)));
  }

 private:
  // A failure here is not reported: the report would go to the same place.
  void write_all(std::string_view bytes) const { static_cast<void>(gistmill::files::write(stream_, bytes)); }

  int stream_;
  gistmill::progress::View view_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<ProgressDisplay>("logger/progress"));
