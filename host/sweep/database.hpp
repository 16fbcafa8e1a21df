// SQLite behind two classes: what the ledger of a sweep needs of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace gistmill {

class Database {
 public:
  // Opens `path`, made where it is missing. Waits up to a minute for other processes. A rollback journal, not
  // a write-ahead log: that one does not work on network disks. Throws Failure (ExitCode::failed), as all
  // here.
  explicit Database(const std::filesystem::path& path);

  // Statements without results, separated by ';'.
  void execute(const char* statements);
  // Rows that the last statement changed.
  std::int64_t changed() const;

  sqlite3* handle() const { return database_.get(); }
  [[noreturn]] void fail(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

// One prepared statement with its values. The database outlives it.
class Statement {
 public:
  Statement(Database& database, const char* text);

  // Values of the '?' in their order.
  Statement& bind(std::string_view value);
  Statement& bind(std::int64_t value);
  Statement& bind(double value);

  // The next row; false after the last one.
  bool next();
  void run() {
    while (next()) {
    }
  }

  std::string text(int column) const;
  std::int64_t integer(int column) const;
  double number(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

// All or nothing: rolled back where it is destroyed before commit(). Takes the write lock at once, so that
// what is read in it stands until the end.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace gistmill
