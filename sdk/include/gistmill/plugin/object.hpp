// Opaque objects between components of one plugin: a C++ value behind the ABI's reference-counted handle.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "gistmill/plugin/values.hpp"

namespace gistmill {

// Specialize it for a type that crosses as an object:
//   template <> struct gistmill::ObjectType<Context> { static constexpr const char* name =
//   "decoder.context/1";
//   };
template <class T>
struct ObjectType;

namespace detail {

template <class T>
struct ObjectHolder {
  gm_object object;
  std::atomic<int> references{1};
  std::shared_ptr<const T> value;

  static ObjectHolder* of(const gm_object* object) {
    return reinterpret_cast<ObjectHolder*>(const_cast<gm_object*>(object));
  }
  static gm_object* make(std::shared_ptr<const T> value) {
    auto* holder = new ObjectHolder;
    holder->value = std::move(value);
    holder->object = {sizeof(gm_object), ObjectType<T>::name, holder,
                      [](gm_object* self) { of(self)->references.fetch_add(1); },
                      [](gm_object* self) {
                        if (of(self)->references.fetch_sub(1) == 1) delete of(self);
                      }};
    return &holder->object;
  }
  // Opens an object that is borrowed.
  static std::shared_ptr<const T> open(const gm_object* object) {
    if (object->type != std::string(ObjectType<T>::name)) {
      throw Error(GM_ERROR_MISUSE, "an object of type " + std::string(object->type) + " when it should be " +
                                       ObjectType<T>::name);
    }
    // Not by its address: that may be a handle of the host's.
    return static_cast<const ObjectHolder*>(object->data)->value;
  }
  // Opens an object and gives back the reference that came with it.
  static std::shared_ptr<const T> take(gm_object* object) {
    const std::unique_ptr<gm_object, void (*)(gm_object*)> reference(
        object, [](gm_object* held) { held->release(held); });
    return open(object);
  }
};

}  // namespace detail
}  // namespace gistmill
