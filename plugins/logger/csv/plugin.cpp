// logger/csv as a plugin.
#include <gistmill/plugin.hpp>

#include "plugins/logger/csv/csv_logger.hpp"

namespace {

class Csv {
 public:
  explicit Csv(const gistmill::Options& options) : logger_(options.string("file")) {}

  void start(const gistmill::Start&) { logger_.start(); }
  void on_event(std::string_view json) { logger_.on_event(json); }

 private:
  gistmill::csv::CsvLogger logger_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Csv>("logger/csv"));
