// See cached_results.hpp.
#include "host/run/step/cached_results.hpp"

#include <algorithm>

namespace gistmill {

bool CachedResults::has_any(const PlannedPipeline& pipeline) {
  return std::any_of(pipeline.calls.begin(), pipeline.calls.end(),
                     [](const PlannedCall& call) { return call.cached && call.kind != CallClass::skipped; });
}

CachedResults::CachedResults(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances,
                             CallCache& cache)
    : pipeline_(pipeline),
      instances_(std::move(instances)),
      cache_(cache),
      identities_(pipeline, instances_, cache.identities()),
      held_(pipeline.calls.size()) {}

std::optional<CallKey> CachedResults::key(std::size_t index, const ValueIdentities::Values& values) {
  return pipeline_.calls[index].cached ? identities_.key(index, values) : std::nullopt;
}

std::optional<std::vector<SlotValue>> CachedResults::load(std::size_t index, const CallKey& key,
                                                          ValueCheck& check) {
  const PlannedCall& call = pipeline_.calls[index];
  std::optional<std::vector<SlotValue>> kept = cache_.load(call, *instances_[call.instance], key);
  if (!kept) return kept;
  const ValueCheck before = check;
  if (const std::string wrong = check.mismatch(call, *kept); !wrong.empty()) {
    check = before;  // a damaged file decides no sizes
    cache_.reject(call, key, wrong);
    return std::nullopt;
  }
  held_[index] = key.key;
  return kept;
}

void CachedResults::store(std::size_t index, const CallKey& key, const std::vector<SlotValue>& results) {
  const PlannedCall& call = pipeline_.calls[index];
  cache_.store(call, *instances_[call.instance], key, results);
  held_[index] = key.key;
}

}  // namespace gistmill
