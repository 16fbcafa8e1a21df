#include "host/sweep/database.hpp"

#include <sqlite3.h>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

constexpr int kPatience = 60'000;  // ms

}  // namespace

void Database::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Database::Database(const std::filesystem::path& path) : path_(path.string()) {
  sqlite3* opened = nullptr;
  const int answer = sqlite3_open(path_.c_str(), &opened);
  database_.reset(opened);
  if (answer != SQLITE_OK) fail("open");
  sqlite3_busy_timeout(opened, kPatience);
  execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
}

void Database::execute(const char* statements) {
  if (sqlite3_exec(handle(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) fail("write");
}

std::int64_t Database::changed() const { return sqlite3_changes64(handle()); }

void Database::fail(std::string_view doing) const {
  const char* reason = handle() == nullptr ? "out of memory" : sqlite3_errmsg(handle());
  throw Failure(ExitCode::failed, fmt::format("cannot {} {}: {}", doing, path_, reason));
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Database& database, const char* text) : database_(database) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(database.handle(), text, -1, &made, nullptr) != SQLITE_OK) database.fail("read");
  statement_.reset(made);
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text(statement_.get(), ++bound_, value.data(), static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_.get(), ++bound_, value);
  return *this;
}

bool Statement::next() {
  const int answer = sqlite3_step(statement_.get());
  if (answer == SQLITE_ROW) return true;
  if (answer != SQLITE_DONE) database_.fail("write");
  return false;
}

std::string Statement::text(int column) const {
  const unsigned char* found = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return found == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(found), size);
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::number(int column) const { return sqlite3_column_double(statement_.get(), column); }

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace gistmill
