// Between values and files; see call_cache.hpp.
#include "host/run/step/call_cache.hpp"

#include <ATen/ATen.h>
#include <ATen/DLConvertor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include <gistmill/dtype.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/files/make_folders.hpp"
#include "host/identity/instance_identity.hpp"
#include "host/run/step/object_codec.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr double kGigabyte = 1e9;
using Clock = std::chrono::steady_clock;

// A view of the entry's memory, which lives as long as the tensor; a copy where it belongs on a device.
at::Tensor tensor_of(const EntryArray& array, const std::shared_ptr<void>& memory,
                     const TensorInstance& instance) {
  const Dtype* dtype = find_dtype(array.dtype);
  if (dtype == nullptr)
    throw Failure(ExitCode::failed, fmt::format("'{}' is not a tensor type", array.dtype));
  const at::Tensor view = at::from_blob(
      const_cast<void*>(array.data), array.shape, [memory](void*) {},
      at::dtype(at::toScalarType({dtype->code.code, dtype->code.bits, 1})));
  return array.on_device ? view.to(instance.device()) : view;
}

SlotValue value_of(const EntryValue& stored, const PlannedOutput& output, const TensorInstance& instance,
                   const std::shared_ptr<void>& memory) {
  const PortType& type = output.port->type;
  if (stored.port != output.port->name || stored.object != (type.is_object ? type.object : "") ||
      (!type.is_object && stored.arrays.size() != 1)) {
    throw Failure(ExitCode::failed, fmt::format("it holds results other than '{}'", output.port->name));
  }
  if (!type.is_object) return SlotValue(tensor_of(stored.arrays.front(), memory, instance));
  std::vector<NamedTensor> tensors;
  for (const EntryArray& array : stored.arrays)
    tensors.push_back({array.name, tensor_of(array, memory, instance)});
  return decode_object(instance, stored.object, tensors);
}

// Values as arrays, and what keeps the memory of those alive.
struct Arrays {
  std::vector<EntryValue> values;
  std::vector<at::Tensor> memory;

  void add(EntryValue& value, const std::string& name, const at::Tensor& tensor) {
    memory.push_back(tensor.detach().cpu().contiguous());
    const at::Tensor& kept = memory.back();
    value.arrays.push_back(
        {name, dtype_name(kept), kept.sizes().vec(), kept.const_data_ptr(), !tensor.is_cpu()});
  }
};

Arrays arrays_of(const PlannedCall& call, const TensorInstance& instance,
                 const std::vector<SlotValue>& results) {
  Arrays arrays;
  for (std::size_t i = 0; i < results.size(); ++i) {
    EntryValue value{call.outputs[i].port->name, "", {}};
    if (const gm_object* object = results[i].object(); object != nullptr) {
      value.object = object->type;
      for (const NamedTensor& each : encode_object(instance, *object))
        arrays.add(value, each.name, each.tensor);
    } else {
      arrays.add(value, "", results[i].tensor());
    }
    arrays.values.push_back(std::move(value));
  }
  return arrays;
}

}  // namespace

CallCache::Counts& CallCache::Counts::operator+=(const Counts& other) {
  hits += other.hits;
  misses += other.misses;
  bytes_read += other.bytes_read;
  bytes_written += other.bytes_written;
  seconds_reading += other.seconds_reading;
  seconds_writing += other.seconds_writing;
  return *this;
}

CallCache::CallCache(const fs::path& folder, double max_gb, std::vector<TensorInstance*> trained,
                     Events& events, const std::vector<std::string>& calls)
    : events_(events),
      folder_(folder, static_cast<std::uint64_t>(std::llround(max_gb * kGigabyte))),
      identities_(std::move(trained)) {
  for (const std::string& call : calls) counts_[call];
  events_.message("info",
                  fmt::format("caching {} in {}: {:.1f} GB in {} entries, at most {:.1f} GB",
                              fmt::join(calls, ", "), folder.string(),
                              static_cast<double>(folder_.bytes()) / kGigabyte, folder_.entries(), max_gb));
}

std::optional<std::vector<SlotValue>> CallCache::load(const PlannedCall& call, const TensorInstance& instance,
                                                      const CallKey& key) {
  const auto began = Clock::now();
  const fs::path path = folder_.path_of(key.group, key.key);
  try {
    const std::optional<Entry> entry = read_entry(path, key.key);
    if (!entry) return std::nullopt;
    if (entry->values.size() != call.outputs.size())
      throw Failure(ExitCode::failed, fmt::format("it holds {} results", entry->values.size()));
    std::vector<SlotValue> results;
    for (std::size_t i = 0; i < call.outputs.size(); ++i)
      results.push_back(value_of(entry->values[i], call.outputs[i], instance, entry->memory));
    EntryFolder::touch(path);
    Counts& counts = counts_[call.name];
    ++counts.hits;
    counts.bytes_read += entry->bytes;
    counts.seconds_reading += seconds_since(began);
    return results;
  } catch (const std::exception& failure) {  // an alien file may also make LibTorch throw
    say_damaged(fmt::format("{} is run again: {}", call.name, failure.what()));
    return std::nullopt;
  }
}

void CallCache::reject(const PlannedCall& call, const CallKey& key, const std::string& why) {
  --counts_[call.name].hits;
  say_damaged(fmt::format("{} is run again: {} holds {}", call.name,
                          folder_.path_of(key.group, key.key).string(), why));
}

void CallCache::store(const PlannedCall& call, const TensorInstance& instance, const CallKey& key,
                      const std::vector<SlotValue>& results) {
  Counts& counts = counts_[call.name];
  ++counts.misses;
  if (!writable_ || full_) return;
  const auto began = Clock::now();
  try {
    const Arrays arrays = arrays_of(call, instance, results);
    const EntryText text{key.key, call.name, key.identity};
    const std::uint64_t bound = entry_size_bound(text, arrays.values);
    full_ = !folder_.make_room(bound);
    if (full_) {
      events_.message("info",
                      fmt::format("the cache is full with {:.1f} GB that this run uses: other calls run each "
                                  "time; raise cache.max_gb to keep them",
                                  static_cast<double>(folder_.bytes()) / kGigabyte));
      return;
    }
    const fs::path path = folder_.path_of(key.group, key.key);
    make_folders(path.parent_path());
    write_entry(path, text, arrays.values);
    const std::uint64_t bytes = fs::file_size(path);
    folder_.count(bytes);
    counts.bytes_written += bytes;
    counts.seconds_writing += seconds_since(began);
  } catch (const std::exception& failure) {
    writable_ = false;
    events_.message("warning", fmt::format("nothing more is cached: {}", failure.what()));
  }
}

CallCache::Counts CallCache::counts() const {
  Counts total;
  for (const auto& [call, counts] : counts_) total += counts;
  return total;
}

nlohmann::json CallCache::to_json() const {
  nlohmann::json calls = nlohmann::json::array();
  for (const auto& [call, counts] : counts_) {
    calls.push_back({{"call", call},
                     {"hits", counts.hits},
                     {"misses", counts.misses},
                     {"bytes_read", counts.bytes_read},
                     {"bytes_written", counts.bytes_written},
                     {"seconds_reading", counts.seconds_reading},
                     {"seconds_writing", counts.seconds_writing}});
  }
  return {{"folder", folder_.path().string()},
          {"bytes", folder_.bytes()},
          {"max_bytes", folder_.max_bytes()},
          {"removed", folder_.removed()},
          {"calls", calls}};
}

void CallCache::say_damaged(const std::string& text) {
  if (!damaged_) events_.message("warning", text);
  damaged_ = true;
}

void check_cached(const PlannedCall& call, const TensorInstance& instance) {
  const ComponentSpec& spec = *instance.planned().spec;
  for (const PlannedOutput& output : call.outputs) {
    if (!output.port->type.is_object || knows_object(instance, output.port->type.object)) continue;
    throw Failure(ExitCode::recipe, call.origin,
                  fmt::format("{} cannot be cached: {} does not turn objects of type {} into tensors",
                              call.name, spec.name, output.port->type.object));
  }
  if (reads_unnamed_contents(instance)) {
    throw Failure(ExitCode::recipe, call.origin,
                  fmt::format("{} cannot be cached: {} reads files but does not identify their contents",
                              call.name, spec.name));
  }
}

}  // namespace gistmill
