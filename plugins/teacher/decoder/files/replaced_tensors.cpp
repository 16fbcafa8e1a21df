// A source of tensors with what an adapter does to them: with_replaced() of adapter_file.hpp.
#include <ATen/ATen.h>

#include "plugins/teacher/decoder/files/adapter_file.hpp"

namespace gistmill::decoder {
namespace {

constexpr const char* kEmbedding = "token_embd.weight";
constexpr const char* kHead = "output.weight";

// values f32[out, in], or f32[out] of a bias
at::Tensor changed(at::Tensor values, const Change& change) {
  if (change.bias.defined()) values = values + change.bias;
  if (change.up.defined()) values = values + at::mm(change.up, change.down) * change.scale;
  if (change.magnitude.defined()) {
    const std::int64_t along = change.magnitude.size(0) == 1 ? 0 : 1;  // a column's length, or a row's
    values = values * (change.magnitude / values.norm(2, {along}, /*keepdim=*/true));
  }
  return change.factor.defined() ? values * change.factor : values;
}

class ReplacedTensors final : public TensorSource {
 public:
  ReplacedTensors(std::shared_ptr<const TensorSource> source, const AdapterFile& adapter)
      : source_(std::move(source)),
        replaced_(adapter.replaced),
        changes_(adapter.changes),
        own_head_(adapter.own_head) {
    if (adapter.rows.values.defined()) rows_[kEmbedding] = adapter.rows;
    if (adapter.head_rows.values.defined()) rows_[kHead] = adapter.head_rows;
  }

  bool contains(const std::string& name) const override {
    return replaced_.contains(name) || (own_head_ && name == kHead) || brings_bias(name) ||
           source_->contains(name);
  }
  at::Tensor read(const std::string& name, at::IntArrayRef shape) const override {
    at::Tensor values = before(name, shape);
    if (const auto change = changes_.find(name); change != changes_.end())
      values = changed(values, change->second);
    if (const auto rows = rows_.find(name); rows != rows_.end()) {
      values = values.index_copy(0, at::tensor(rows->second.tokens), rows->second.values.detach().cpu());
    }
    return values;
  }
  void read_into(const std::string& name, const at::Tensor& out) const override {
    if (is_as_stored(name)) {
      source_->read_into(name, out);
    } else {
      out.copy_(read(name, out.sizes()));
    }
  }
  std::optional<StoredMatrix> stored(const std::string& name) const override {
    return is_as_stored(name) ? source_->stored(name) : std::nullopt;
  }

 private:
  // A copy, or the source's own. The head of a model that ties it is the embedding's table as it was.
  at::Tensor before(const std::string& name, at::IntArrayRef shape) const {
    const auto found = replaced_.find(name);
    if (found != replaced_.end()) return found->second.clone();
    if (brings_bias(name) && !source_->contains(name)) return at::zeros(shape);
    const bool tied = name == kHead && own_head_ && !source_->contains(kHead);
    return source_->read(tied ? kEmbedding : name, shape);
  }
  bool brings_bias(const std::string& name) const {
    const auto change = changes_.find(name);
    return change != changes_.end() && change->second.bias.defined();
  }
  bool is_as_stored(const std::string& name) const {
    return !replaced_.contains(name) && !changes_.contains(name) && !rows_.contains(name) &&
           (name != kHead || source_->contains(kHead));
  }

  std::shared_ptr<const TensorSource> source_;
  std::map<std::string, at::Tensor> replaced_;
  std::map<std::string, Change> changes_;
  std::map<std::string, TokenRows> rows_;
  bool own_head_;
};

}  // namespace

std::shared_ptr<const TensorSource> with_replaced(std::shared_ptr<const TensorSource> source,
                                                  const AdapterFile& adapter) {
  const bool rows = adapter.rows.values.defined() || adapter.head_rows.values.defined();
  if (!rows && !adapter.own_head && adapter.replaced.empty() && adapter.changes.empty()) return source;
  return std::make_shared<ReplacedTensors>(std::move(source), adapter);
}

}  // namespace gistmill::decoder
