// Numbers as rows of a table, one transaction an event.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "plugins/logger/common/scalars.hpp"

namespace gistmill::sqlite {

class SqliteLogger {
 public:
  explicit SqliteLogger(std::string path) : path_(std::move(path)) {}

  // Opens the database or makes it. Throws Error, as all that follows: GM_ERROR_USER where the path cannot be
  // a database, else GM_ERROR_UNAVAILABLE, with SQLite's reason.
  void start();

  // All of an event's numbers, or none of them.
  void on_event(std::string_view json);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  void keep(const logging::Scalars& scalars);
  void forget_after(const logging::StageStart& start);
  void run(const char* command);
  Statement prepared(const char* command);
  void bind(const Statement& statement, int place, const std::string& text);
  void step(const Statement& statement);
  void check(int result) const;

  std::string path_;
  std::string run_;  // its folder
  std::unique_ptr<sqlite3, Close> database_;
  Statement insert_;
  Statement forget_;
};

}  // namespace gistmill::sqlite
