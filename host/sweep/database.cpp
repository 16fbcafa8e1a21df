#include "host/sweep/database.hpp"

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/sweep/sqlite_calls.hpp"

namespace gistmill {
namespace {

constexpr int kPatience = 60'000;  // ms

}  // namespace

void Database::Close::operator()(sqlite3* database) const { sqlite_calls().close(database); }

Database::Database(const std::filesystem::path& path) : path_(path.string()) {
  sqlite3* opened = nullptr;
  const int answer = sqlite_calls().open(path_.c_str(), &opened);
  database_.reset(opened);
  if (answer != SQLITE_OK) fail("open");
  sqlite_calls().busy_timeout(opened, kPatience);
  execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
}

void Database::execute(const char* statements) {
  if (sqlite_calls().exec(handle(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) fail("write");
}

std::int64_t Database::changed() const { return sqlite_calls().changes64(handle()); }

void Database::fail(std::string_view doing) const {
  const char* reason = handle() == nullptr ? "out of memory" : sqlite_calls().errmsg(handle());
  throw Failure(ExitCode::failed, fmt::format("cannot {} {}: {}", doing, path_, reason));
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite_calls().finalize(statement); }

Statement::Statement(Database& database, const char* text) : database_(database) {
  sqlite3_stmt* made = nullptr;
  if (sqlite_calls().prepare_v2(database.handle(), text, -1, &made, nullptr) != SQLITE_OK)
    database.fail("read");
  statement_.reset(made);
}

Statement& Statement::bind(std::string_view value) {
  sqlite_calls().bind_text(statement_.get(), ++bound_, value.data(), static_cast<int>(value.size()),
                           SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  sqlite_calls().bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite_calls().bind_double(statement_.get(), ++bound_, value);
  return *this;
}

bool Statement::next() {
  const int answer = sqlite_calls().step(statement_.get());
  if (answer == SQLITE_ROW) return true;
  if (answer != SQLITE_DONE) database_.fail("write");
  return false;
}

std::string Statement::text(int column) const {
  const unsigned char* found = sqlite_calls().column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite_calls().column_bytes(statement_.get(), column));
  return found == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(found), size);
}

std::int64_t Statement::integer(int column) const {
  return sqlite_calls().column_int64(statement_.get(), column);
}

double Statement::number(int column) const { return sqlite_calls().column_double(statement_.get(), column); }

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (open_) sqlite_calls().exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace gistmill
