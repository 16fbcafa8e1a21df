#include "host/sweep/sqlite_calls.hpp"

#include "host/installation/library_on_demand.hpp"

namespace gistmill {

const SqliteCalls& sqlite_calls() {
  static const SqliteCalls kCalls = [] {
    SqliteCalls calls{};
    door<decltype(gistmill_give_sqlite_calls)>("sqlite", "gistmill_give_sqlite_calls")(&calls);
    return calls;
  }();
  return kCalls;
}

}  // namespace gistmill
