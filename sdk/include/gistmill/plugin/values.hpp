// What a component sees of the ABI's plain structs: errors, options, call, start. No tensors.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gistmill/entry.h"
#include "gistmill/plugin/cancel.hpp"

namespace gistmill {

// Throw it from any member function; it is caught at the ABI and becomes a status with a message.
// key: the option or port that is at fault, so that the host can point at the recipe's line; or "".
struct Error : std::runtime_error {
  Error(gm_status status, const std::string& message, std::string key_path = "")
      : std::runtime_error(message), code(status), key(std::move(key_path)) {}
  gm_status code;
  std::string key;
};

// Throw it from a source's operation when nothing more comes.
struct EndOfData {};

// One prepared corpus of a mixture.
struct WeightedFile {
  std::string path;
  double weight = 1;  // above 0; shares are weights divided by their sum
};

// The options of one instance: every option of the manifest is there, checked, defaults filled in. Asking
// for another name or type is a defect of the plugin and throws Error(GM_ERROR_INTERNAL).
// Valid only while the constructor runs: copy what you keep.
class Options {
 public:
  explicit Options(const gm_options* options) : options_(options) {}

  std::int64_t integer(std::string_view key) const { return get(key, GM_OPTION_INTEGER).integer; }
  double number(std::string_view key) const { return get(key, GM_OPTION_FLOAT).number; }
  bool boolean(std::string_view key) const { return get(key, GM_OPTION_BOOLEAN).boolean != 0; }
  std::string string(std::string_view key) const { return get(key, GM_OPTION_STRING).string; }
  std::vector<std::int64_t> integers(std::string_view key) const {
    const gm_option& option = get(key, GM_OPTION_INTEGERS);
    return {option.integers, option.integers + option.count};
  }
  std::vector<double> numbers(std::string_view key) const {
    const gm_option& option = get(key, GM_OPTION_FLOATS);
    return {option.numbers, option.numbers + option.count};
  }
  std::vector<std::string> strings(std::string_view key) const {
    const gm_option& option = get(key, GM_OPTION_STRINGS);
    return {option.strings, option.strings + option.count};
  }
  // In the order of their pipelines' names, which no layer of a recipe and no lock changes.
  std::vector<WeightedFile> mixture(std::string_view key) const {
    const gm_option& option = get(key, GM_OPTION_MIXTURE);
    std::vector<WeightedFile> files;
    for (std::uint32_t i = 0; i < option.count; ++i) files.push_back({option.strings[i], option.numbers[i]});
    return files;
  }

 private:
  const gm_option& get(std::string_view key, std::uint32_t kind) const {
    for (std::uint32_t i = 0; i < options_->count; ++i) {
      const gm_option& option = *options_->items[i];
      if (option.key != key) continue;
      if (option.kind != kind) {
        throw Error(GM_ERROR_INTERNAL, "option '" + std::string(key) + "' has another type in the manifest");
      }
      return option;
    }
    throw Error(GM_ERROR_INTERNAL, "option '" + std::string(key) + "' is not in the manifest");
  }

  const gm_options* options_;
};

// One call of an operation, as the host describes it. Valid while the operation runs.
class Call {
 public:
  explicit Call(const gm_call* call) : call_(call) {}

  std::uint64_t step() const { return call_->step; }
  std::uint64_t micro_step() const { return call_->micro_step; }
  std::uint64_t random_key() const { return call_->random_key; }      // same key, same numbers
  bool train() const { return (call_->flags & GM_CALL_TRAIN) != 0; }  // a vjp follows
  bool canceled() const { return *call_->cancel != 0; }               // cancel.hpp: stop_if_canceled()
  void* stream() const { return call_->stream; }                      // as in gm_call
  // Whether the gradient of input number `input` will be asked for.
  bool needs(std::size_t input) const { return call_->need != nullptr && call_->need[input] != 0; }

 private:
  const gm_call* call_;
};

// What is known when the instances of a recipe are there and before the first step.
class Start {
 public:
  explicit Start(const gm_start* start) : start_(start) {}

  // The size that symbol `name` has in every pipeline of this instance; throws where it has none.
  std::int64_t symbol(std::string_view name) const {
    const std::int64_t value = symbol_or(name, -1);
    if (value < 0) {
      throw Error(GM_ERROR_USER,
                  "the size of symbol " + std::string(name) +
                      " is not known: the manifest does not declare it in [symbols], or nothing in "
                      "the pipelines of this instance fixes it");
    }
    return value;
  }
  std::int64_t symbol_or(std::string_view name, std::int64_t fallback) const {
    for (std::uint32_t i = 0; i < start_->symbol_count; ++i) {
      if (start_->symbols[i].name == name) return start_->symbols[i].value;
    }
    return fallback;
  }
  // The only source of randomness for initial values: differs by run and by instance.
  std::uint64_t seed() const { return start_->seed; }
  // Where the instance computes (tensor.h, GM_DEVICE_*): main memory, unless it is of tier libtorch and the
  // recipe names a device.
  std::int32_t device_type() const { return start_->device_type; }
  std::int32_t device_id() const { return start_->device_id; }

 private:
  const gm_start* start_;
};

// Says something to the user through the host. Any thread.
void log(int level, const std::string& message);

namespace detail {

inline const gm_host*& host() {
  static const gm_host* pointer = nullptr;
  return pointer;
}

// Runs `body` and turns what it throws into a status: nothing unwinds across the ABI.
template <class Body>
gm_status guarded(gm_error* error, Body&& body) noexcept {
  const auto say = [error](gm_status status, const char* message, const char* key) {
    if (error != nullptr && error->set != nullptr) error->set(error, status, message, key);
    return status;
  };
  try {
    body();
    return GM_OK;
  } catch (const EndOfData&) {
    return GM_END;
  } catch (const Canceled&) {
    return say(GM_CANCELED, "canceled", nullptr);
  } catch (const Error& failure) {
    return say(failure.code, failure.what(), failure.key.empty() ? nullptr : failure.key.c_str());
  } catch (const std::bad_alloc&) {
    return say(GM_ERROR_OUT_OF_MEMORY, "out of memory", nullptr);
  } catch (const std::exception& failure) {
    return say(GM_ERROR_INTERNAL, failure.what(), nullptr);
  } catch (...) {
    return say(GM_ERROR_INTERNAL, "an exception that is not a std::exception", nullptr);
  }
}

}  // namespace detail

inline void log(int level, const std::string& message) {
  if (detail::host() != nullptr) detail::host()->log(level, "", message.c_str());
}

}  // namespace gistmill
