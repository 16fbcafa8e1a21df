// A source of tensors with some in place of the file's own: with_replaced() of adapter_file.hpp.
#include <ATen/ATen.h>

#include "plugins/teacher/decoder/files/adapter_file.hpp"

namespace gistmill::decoder {
namespace {

constexpr const char* kEmbedding = "token_embd.weight";

class ReplacedTensors final : public TensorSource {
 public:
  ReplacedTensors(std::shared_ptr<const TensorSource> source, std::map<std::string, at::Tensor> replaced)
      : source_(std::move(source)), replaced_(std::move(replaced)) {}

  bool contains(const std::string& name) const override { return source_->contains(name); }
  at::Tensor read(const std::string& name, at::IntArrayRef shape) const override {
    const auto found = replaced_.find(name);
    return found == replaced_.end() ? source_->read(name, shape) : found->second.clone();
  }
  void read_into(const std::string& name, const at::Tensor& out) const override {
    const auto found = replaced_.find(name);
    if (found == replaced_.end()) return source_->read_into(name, out);
    out.copy_(found->second);
  }
  std::optional<StoredMatrix> stored(const std::string& name) const override {
    return replaced_.contains(name) ? std::nullopt : source_->stored(name);
  }

 private:
  std::shared_ptr<const TensorSource> source_;
  std::map<std::string, at::Tensor> replaced_;
};

}  // namespace

std::shared_ptr<const TensorSource> with_replaced(std::shared_ptr<const TensorSource> source,
                                                  const AdapterFile& adapter) {
  std::map<std::string, at::Tensor> replaced = adapter.replaced;
  if (!adapter.rows.tokens.empty()) {
    const auto known = replaced.find(kEmbedding);
    at::Tensor table = known != replaced.end()
                           ? known->second.clone()
                           : source->read(kEmbedding, {adapter.vocabulary, adapter.rows.values.size(1)});
    table.index_copy_(0, at::tensor(adapter.rows.tokens), adapter.rows.values);
    replaced[kEmbedding] = table;
  }
  if (replaced.empty()) return source;
  return std::make_shared<ReplacedTensors>(std::move(source), std::move(replaced));
}

}  // namespace gistmill::decoder
