// See given_object.hpp.
#include "host/check/given_object.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "host/check/violation.hpp"

namespace gistmill {

namespace {

enum class Holder { plugin, host };

struct ObjectRecord {
  gm_object handle{};
  gm_object* inner = nullptr;
  Holder holder = Holder::plugin;
  std::string type;  // the maker's goes with the object
  std::string where;
  std::string name;
  int references = 1;
};

struct ObjectRecords {
  std::mutex mutex;
  std::unordered_set<ObjectRecord*> held;                 // references are left
  std::unordered_map<gm_object*, ObjectRecord*> of_host;  // those of them that the host holds, by inner
  std::unordered_set<const gm_object*> released;          // handles of the last ones that went
  std::deque<std::unique_ptr<ObjectRecord>> remembered;   // these
};

// Never destroyed: objects are released after everything else.
ObjectRecords& object_records() {
  static auto* const all = new ObjectRecords;
  return *all;
}

ObjectRecord& of(gm_object* handle) { return *reinterpret_cast<ObjectRecord*>(handle); }

void report(const ObjectRecord& record, std::string_view did, std::string_view when) {
  if (record.holder == Holder::plugin)
    return report_violation(record.where, fmt::format("{} {}{}", did, record.name, when));
  report_violation(record.where, fmt::format("gave {}, which the host {}{}", record.name, did, when));
}

void on_retain(gm_object* handle) {
  ObjectRecord& record = of(handle);
  const std::lock_guard lock(object_records().mutex);
  if (record.references == 0) return report(record, "retained", " after its last release");
  ++record.references;
}

// One that went stays for a while: were its address another object's at once, a second release would pass.
constexpr std::size_t kRememberedObjects = 1 << 16;

void bury(ObjectRecord& record) {
  ObjectRecords& all = object_records();
  all.held.erase(&record);
  if (record.holder == Holder::host) all.of_host.erase(record.inner);
  all.released.insert(&record.handle);
  all.remembered.emplace_back(&record);
  if (all.remembered.size() <= kRememberedObjects) return;
  all.released.erase(&all.remembered.front()->handle);
  all.remembered.pop_front();
}

void on_release(gm_object* handle) {
  ObjectRecord& record = of(handle);
  gm_object* const inner = record.inner;
  {
    const std::lock_guard lock(object_records().mutex);
    if (record.references == 0) return report(record, "released", " once too often");
    if (--record.references > 0) return;
    bury(record);
  }
  inner->release(inner);
}

// The handle that the host has of this object already, with one reference more; or null.
gm_object* known_to_host(gm_object* object) {
  const std::lock_guard lock(object_records().mutex);
  const auto found = object_records().of_host.find(object);
  if (found == object_records().of_host.end()) return nullptr;
  ++found->second->references;
  return &found->second->handle;
}

gm_object* make_handle(gm_object* object, Holder holder, const std::string& where, const std::string& name) {
  auto* const record = new ObjectRecord;
  record->inner = object;
  record->holder = holder;
  record->type = object->type;
  record->where = where;
  record->name = name;
  record->handle = {sizeof(gm_object), record->type.c_str(), object->data, on_retain, on_release};
  add_last_check(report_unreleased_objects);
  const std::lock_guard lock(object_records().mutex);
  object_records().held.insert(record);
  if (holder == Holder::host) object_records().of_host[object] = record;
  return &record->handle;
}

bool is_handle_of(const gm_object* object, Holder holder) {
  return object->release == on_release && reinterpret_cast<const ObjectRecord*>(object)->holder == holder;
}

}  // namespace

gm_object* object_for_plugin(gm_object* object, const std::string& where, const std::string& name) {
  return make_handle(object, Holder::plugin, where, name);
}

gm_object* object_for_host(gm_object* object, const std::string& where, const std::string& name) {
  if (is_handle_of(object, Holder::plugin)) {  // an input that is handed on
    gm_object* const handle = object;
    object = of(handle).inner;
    object->retain(object);
    handle->release(handle);
  }
  if (is_handle_of(object, Holder::host)) return object;
  if (gm_object* const known = known_to_host(object)) {
    object->release(object);  // its handle has one already
    return known;
  }
  return make_handle(object, Holder::host, where, name);
}

bool is_held(const gm_object* object) {
  const std::lock_guard lock(object_records().mutex);
  return object_records().released.count(object) == 0;
}

void report_unreleased_objects() {
  const std::lock_guard lock(object_records().mutex);
  for (const ObjectRecord* const record : object_records().held) report(*record, "never released", "");
  object_records().held.clear();
}

}  // namespace gistmill
