// See given_tensor.hpp.
#include "host/check/given_tensor.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "host/check/violation.hpp"

namespace gistmill {

struct GivenTensors::Record {
  gm_tensor handle{};
  gm_tensor* inner = nullptr;  // null once released
  std::string where;
  std::string name;
  std::uint64_t checksum = 0;
  bool in_call = true;
  bool released = false;
};

namespace {

using TensorRecord = GivenTensors::Record;

struct TensorRecords {
  std::mutex mutex;
  std::unordered_set<TensorRecord*> held;              // given, and not released
  std::deque<std::unique_ptr<TensorRecord>> released;  // the last of them
};

// Never destroyed: tensors are released after everything else.
TensorRecords& tensor_records() {
  static auto* const all = new TensorRecords;
  return *all;
}

void release_inner(TensorRecord& record) {
  gm_tensor* const inner = std::exchange(record.inner, nullptr);
  if (inner != nullptr && inner->deleter != nullptr) inner->deleter(inner);
}

// A record stays for a while: were its address another tensor's at once, a second release would pass.
constexpr std::size_t kRememberedTensors = 1 << 16;

void bury(TensorRecord& record) {
  const std::lock_guard lock(tensor_records().mutex);
  tensor_records().released.emplace_back(&record);
  if (tensor_records().released.size() > kRememberedTensors) tensor_records().released.pop_front();
}

void on_release(gm_tensor* handle) {
  auto& record = *static_cast<TensorRecord*>(handle->manager_ctx);
  {
    const std::lock_guard lock(tensor_records().mutex);
    if (record.released) return report_violation(record.where, fmt::format("released {} twice", record.name));
    record.released = true;
    tensor_records().held.erase(&record);
    if (record.in_call) return;
  }
  release_inner(record);
  bury(record);
}

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}

std::uint64_t mix(std::uint64_t hash, const unsigned char* bytes, std::size_t size) {
  // Side by side: each product waits for the one before it, and a model's head has a hundred megabytes.
  std::array<std::uint64_t, 4> lanes{hash, 1, 2, 3}, words{};
  const bool wide = size >= sizeof words;
  for (; size >= sizeof words; bytes += sizeof words, size -= sizeof words) {
    std::memcpy(words.data(), bytes, sizeof words);
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = mixed(lanes[i], words[i]);
  }
  if (wide) hash = mixed(mixed(mixed(lanes[0], lanes[1]), lanes[2]), lanes[3]);
  for (; size >= sizeof(std::uint64_t); bytes += sizeof(std::uint64_t), size -= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    hash = mixed(hash, word);
  }
  for (; size > 0; ++bytes, --size) hash = (hash ^ *bytes) * 0x100000001b3ULL;
  return hash;
}

// Of the elements from dimension `axis` on, the first of which lies at `first`.
std::uint64_t mix_from(std::uint64_t hash, const gm_tensor& tensor, const unsigned char* first, int axis) {
  const std::size_t width = tensor.dtype.bits / 8u;
  if (axis == tensor.ndim) return mix(hash, first, width);
  const std::int64_t stride = tensor.strides[axis];
  if (axis + 1 == tensor.ndim && stride == 1)
    return mix(hash, first, width * static_cast<std::size_t>(tensor.shape[axis]));
  for (std::int64_t i = 0; i < tensor.shape[axis]; ++i)
    hash = mix_from(hash, tensor, first + i * stride * static_cast<std::int64_t>(width), axis + 1);
  return hash;
}

// 0 where the memory cannot be looked at, or may be written to.
std::uint64_t checksum(const gm_tensor& tensor) {
  if (tensor.device_type != GM_DEVICE_CPU || (tensor.flags & GM_TENSOR_READ_ONLY) == 0) return 0;
  if (tensor.data == nullptr || tensor.major != GM_DLPACK_MAJOR) return 0;
  for (std::int32_t i = 0; i < tensor.ndim; ++i) {
    if (tensor.shape[i] == 0) return 0;
    if (tensor.strides == nullptr) return 0;
  }
  return mix_from(1, tensor, static_cast<const unsigned char*>(tensor.data) + tensor.byte_offset, 0);
}

}  // namespace

gm_tensor* GivenTensors::give(gm_tensor* tensor, const std::string& name) {
  if (tensor == nullptr) return nullptr;
  auto* const record = new Record;
  record->handle = *tensor;
  record->handle.manager_ctx = record;
  record->handle.deleter = on_release;
  record->inner = tensor;
  record->where = where_;
  record->name = name;
  record->checksum = checksum(*tensor);
  records_.push_back(record);
  add_last_check(report_unreleased_tensors);
  const std::lock_guard lock(tensor_records().mutex);
  tensor_records().held.insert(record);
  return &record->handle;
}

GivenTensors::~GivenTensors() {
  for (Record* const record : records_) {
    if (checksum(*record->inner) != record->checksum)
      report_violation(where_, fmt::format("wrote into {}, which is read-only", record->name));
    bool released = false;
    {
      const std::lock_guard lock(tensor_records().mutex);
      record->in_call = false;
      released = record->released;
    }
    if (!released) continue;
    release_inner(*record);
    bury(*record);
  }
}

void report_unreleased_tensors() {
  const std::lock_guard lock(tensor_records().mutex);
  for (const TensorRecord* const record : tensor_records().held)
    report_violation(record->where, fmt::format("never released {}", record->name));
  tensor_records().held.clear();
}

}  // namespace gistmill
