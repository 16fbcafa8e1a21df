// The kinds of events and their keys, for the reference page. A test holds them against the events of a real
// run.
#pragma once

#include <vector>

namespace gistmill {

enum class Presence { always, optional };

struct EventKey {
  const char* names;  // "index, count": described together
  Presence presence;
  const char* doc;
};

struct EventTable {
  const char* kind;  // consecutive tables of one kind form one section
  const char* doc;   // the text before the table
  std::vector<EventKey> keys;
};

const std::vector<EventTable>& event_tables();

}  // namespace gistmill
