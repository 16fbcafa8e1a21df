// The calls of SQLite that a database makes, from a library that is loaded with the first one: only studies
// keep a ledger.
#pragma once

#include <sqlite3.h>

namespace gistmill {

struct SqliteCalls {
  decltype(&sqlite3_open) open;
  decltype(&sqlite3_close) close;
  decltype(&sqlite3_busy_timeout) busy_timeout;
  decltype(&sqlite3_exec) exec;
  decltype(&sqlite3_changes64) changes64;
  decltype(&sqlite3_errmsg) errmsg;
  decltype(&sqlite3_prepare_v2) prepare_v2;
  decltype(&sqlite3_finalize) finalize;
  decltype(&sqlite3_bind_text) bind_text;
  decltype(&sqlite3_bind_int64) bind_int64;
  decltype(&sqlite3_bind_double) bind_double;
  decltype(&sqlite3_step) step;
  decltype(&sqlite3_column_text) column_text;
  decltype(&sqlite3_column_bytes) column_bytes;
  decltype(&sqlite3_column_int64) column_int64;
  decltype(&sqlite3_column_double) column_double;
};

// For any thread. Throws Failure (ExitCode::failed) where the library cannot be loaded.
const SqliteCalls& sqlite_calls();

}  // namespace gistmill

// The door of that library. Both sides are built together.
extern "C" __attribute__((visibility("default"))) void gistmill_give_sqlite_calls(
    gistmill::SqliteCalls* calls);
