// A source of tensors with some in place of the file's own: with_replaced() of adapter_file.hpp.
#include <ATen/ATen.h>

#include "plugins/teacher/decoder/files/adapter_file.hpp"

namespace gistmill::decoder {
namespace {

constexpr const char* kEmbedding = "token_embd.weight";
constexpr const char* kHead = "output.weight";

class ReplacedTensors final : public TensorSource {
 public:
  ReplacedTensors(std::shared_ptr<const TensorSource> source, std::map<std::string, at::Tensor> replaced,
                  std::map<std::string, Decomposed> decomposed)
      : source_(std::move(source)), replaced_(std::move(replaced)), decomposed_(std::move(decomposed)) {}

  bool contains(const std::string& name) const override {
    return replaced_.contains(name) || source_->contains(name);
  }
  at::Tensor read(const std::string& name, at::IntArrayRef shape) const override {
    const auto found = replaced_.find(name);
    at::Tensor values = found == replaced_.end() ? source_->read(name, shape) : found->second.clone();
    const auto change = decomposed_.find(name);
    return change == decomposed_.end() ? values : decompose(values, change->second);
  }
  void read_into(const std::string& name, const at::Tensor& out) const override {
    if (replaced_.contains(name) || decomposed_.contains(name)) {
      out.copy_(read(name, out.sizes()));
    } else {
      source_->read_into(name, out);
    }
  }
  std::optional<StoredMatrix> stored(const std::string& name) const override {
    const bool changed = replaced_.contains(name) || decomposed_.contains(name);
    return changed ? std::nullopt : source_->stored(name);
  }

 private:
  // weight f32[out, in]
  static at::Tensor decompose(const at::Tensor& weight, const Decomposed& change) {
    const at::Tensor direction = weight + at::mm(change.up, change.down) * change.scale;
    return direction * (change.magnitude / direction.norm(2, 1)).unsqueeze(1);
  }

  std::shared_ptr<const TensorSource> source_;
  std::map<std::string, at::Tensor> replaced_;
  std::map<std::string, Decomposed> decomposed_;
};

}  // namespace

std::shared_ptr<const TensorSource> with_replaced(std::shared_ptr<const TensorSource> source,
                                                  const AdapterFile& adapter) {
  std::map<std::string, at::Tensor> replaced = adapter.replaced;
  if (adapter.own_head && !replaced.contains(kHead)) {
    const at::Tensor& table = replaced.at(kEmbedding);
    replaced[kHead] = source->read(kEmbedding, table.sizes());
  }
  if (adapter.rows.values.defined()) {
    const auto known = replaced.find(kEmbedding);
    at::Tensor table = known != replaced.end()
                           ? known->second.clone()
                           : source->read(kEmbedding, {adapter.vocabulary, adapter.rows.values.size(1)});
    table.index_copy_(0, at::tensor(adapter.rows.tokens), adapter.rows.values.detach().cpu());
    replaced[kEmbedding] = table;
  }
  if (replaced.empty() && adapter.decomposed.empty()) return source;
  return std::make_shared<ReplacedTensors>(std::move(source), std::move(replaced), adapter.decomposed);
}

}  // namespace gistmill::decoder
