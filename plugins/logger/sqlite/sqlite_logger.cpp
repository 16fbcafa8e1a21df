#include "plugins/logger/sqlite/sqlite_logger.hpp"

#include <gistmill/plugin.hpp>

namespace gistmill::sqlite {
namespace {

constexpr int kBusyMilliseconds = 30000;  // another run writes

constexpr const char* kSchema =
    "create table if not exists figures (run text not null, stage text not null, step integer not null, "
    "name text not null, value real not null, time real not null, primary key (run, stage, step, name)) "
    "without rowid";
constexpr const char* kInsert = "insert or replace into figures values (?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* kForget = "delete from figures where run = ?1 and stage = ?2 and step > ?3";

}  // namespace

void SqliteLogger::start() {
  sqlite3* database = nullptr;
  const int result = sqlite3_open(path_.c_str(), &database);
  database_.reset(database);
  check(result);
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  run(kSchema);
  insert_ = prepared(kInsert);
  forget_ = prepared(kForget);
}

void SqliteLogger::on_event(std::string_view json) {
  const logging::Reading event = logging::read_event(json);
  if (!event.run_folder.empty()) run_ = event.run_folder;
  if (event.start) forget_after(*event.start);
  if (event.scalars) keep(*event.scalars);
}

void SqliteLogger::keep(const logging::Scalars& scalars) {
  run("begin immediate");
  try {
    for (const logging::Scalar& scalar : scalars.values) {
      bind(insert_, 1, run_);
      bind(insert_, 2, scalars.stage);
      check(sqlite3_bind_int64(insert_.get(), 3, scalars.step));
      bind(insert_, 4, scalar.name);
      check(sqlite3_bind_double(insert_.get(), 5, scalar.value));
      check(sqlite3_bind_double(insert_.get(), 6, scalars.time));
      step(insert_);
    }
    run("commit");
  } catch (const Error&) {
    sqlite3_exec(database_.get(), "rollback", nullptr, nullptr, nullptr);
    throw;
  }
}

// What an earlier process kept of later steps.
void SqliteLogger::forget_after(const logging::StageStart& start) {
  bind(forget_, 1, run_);
  bind(forget_, 2, start.stage);
  check(sqlite3_bind_int64(forget_.get(), 3, start.step));
  step(forget_);
}

void SqliteLogger::run(const char* command) {
  check(sqlite3_exec(database_.get(), command, nullptr, nullptr, nullptr));
}

SqliteLogger::Statement SqliteLogger::prepared(const char* command) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database_.get(), command, -1, &statement, nullptr));
  return Statement(statement);
}

void SqliteLogger::bind(const Statement& statement, int place, const std::string& text) {
  check(sqlite3_bind_text(statement.get(), place, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT));
}

void SqliteLogger::step(const Statement& statement) {
  const int result = sqlite3_step(statement.get());
  sqlite3_reset(statement.get());
  if (result != SQLITE_DONE) check(result);
}

void SqliteLogger::check(int result) const {
  if (result == SQLITE_OK) return;
  const bool unusable = result == SQLITE_CANTOPEN || result == SQLITE_NOTADB;
  throw Error(unusable ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE, path_ + ": " + sqlite3_errmsg(database_.get()),
              "file");
}

}  // namespace gistmill::sqlite
