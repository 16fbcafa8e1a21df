// logger/sqlite as a plugin.
#include <gistmill/plugin.hpp>

#include "plugins/logger/sqlite/sqlite_logger.hpp"

namespace {

class Sqlite {
 public:
  explicit Sqlite(const gistmill::Options& options) : logger_(options.string("file")) {}

  void start(const gistmill::Start&) { logger_.start(); }
  void on_event(std::string_view json) { logger_.on_event(json); }

 private:
  gistmill::sqlite::SqliteLogger logger_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Sqlite>("logger/sqlite"));
