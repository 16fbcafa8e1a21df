// The library that links SQLite, for sqlite_calls.hpp.
#include "host/sweep/sqlite_calls.hpp"

extern "C" void gistmill_give_sqlite_calls(gistmill::SqliteCalls* calls) {
  *calls = {sqlite3_open,        sqlite3_close,        sqlite3_busy_timeout, sqlite3_exec,
            sqlite3_changes64,   sqlite3_errmsg,       sqlite3_prepare_v2,   sqlite3_finalize,
            sqlite3_bind_text,   sqlite3_bind_int64,   sqlite3_bind_double,  sqlite3_step,
            sqlite3_column_text, sqlite3_column_bytes, sqlite3_column_int64, sqlite3_column_double};
}
