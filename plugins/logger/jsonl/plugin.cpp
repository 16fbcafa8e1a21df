// The component logger/jsonl: its option, and the entry of the plugin.
#include <gistmill/plugin.hpp>

#include "plugins/logger/jsonl/jsonl_logger.hpp"

namespace {

class EventFile {
 public:
  explicit EventFile(const gistmill::Options& options) : logger_(options.string("file")) {}

  void start(const gistmill::Start&) { logger_.start(); }
  void on_event(std::string_view json) { logger_.on_event(json); }

 private:
  gistmill::jsonl::JsonlLogger logger_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<EventFile>("logger/jsonl"));
