// Sources are stateful calls that read nothing: a dataset's cursor moves with each.
#include "host/run/item_keys.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/files/digest.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kDigits = 16;  // of the hash: 64 bits

bool is_source(const PlannedCall& call) {
  const auto wired = [](const PlannedInput& input) { return !input.slot.empty(); };
  return call.kind != CallClass::skipped && call.operation->effect == Effect::stateful &&
         std::ranges::none_of(call.inputs, wired);
}

void add_tensor(const std::string& name, const at::Tensor& given, std::string& bytes) {
  const at::Tensor tensor = given.cpu().contiguous();
  bytes +=
      fmt::format("{} {} {}\n", name, c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), "x"));
  bytes.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
}

// "" where the sources give no tensor.
std::string hash_of(const PipelineRun& run) {
  std::string bytes;
  for (const PlannedCall& call : run.pipeline().calls) {
    if (!is_source(call)) continue;
    for (const PlannedOutput& output : call.outputs) {
      if (const at::Tensor tensor = run.tensor(output.slot); tensor.defined())
        add_tensor(output.port->name, tensor, bytes);
    }
  }
  return bytes.empty() ? "" : sha256_hex(bytes).substr(0, kDigits);
}

}  // namespace

void ItemKeys::append(const PipelineRun& run, EvaluationRows::Variant& variant) {
  const std::string hash = hash_of(run);
  if (hash.empty()) return;
  const int times = ++seen_[hash];
  const std::string again = times > 1 ? fmt::format(".{}", times) : "";
  const std::size_t before = variant.keys.size();
  for (std::size_t item = 0; before + item < variant.clusters.size(); ++item)
    variant.keys.push_back(fmt::format("{}.{}{}", hash, item, again));
}

}  // namespace gistmill
