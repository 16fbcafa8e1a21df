// One list of a context's tensors serves writing, reading and checking; see context_codec.hpp.
#include "plugins/teacher/decoder/context_codec.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace gistmill::decoder {
namespace {

// Calls visit(name, tensor, dtype, shape) for everything that a context of `length` tokens holds.
template <class AnyContext, class Visit>
void each_tensor(AnyContext& context, std::int64_t length, const ContextForm& form, Visit visit) {
  const std::int64_t width = form.config.width;
  visit("tokens", context.tokens, at::kLong, {length});
  for (std::size_t layer = 0; layer < context.keys_values.size(); ++layer) {
    visit("keys_values." + std::to_string(layer), context.keys_values[layer], form.dtype,
          {length, 2 * form.config.key_width()});
  }
  for (std::size_t layer = 0; layer < context.queries.size(); ++layer) {
    visit("queries." + std::to_string(layer), context.queries[layer], form.dtype,
          {length, form.config.query_width()});
  }
  visit("states", context.states, at::kFloat, {length, form.recorded, width});
  visit("last_hidden", context.last_hidden, form.dtype, {length, width});
}

const at::Tensor& find(const NamedTensors<at::Tensor>& tensors, const std::string& name) {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& each) { return each.first == name; });
  if (found == tensors.end()) throw Error(GM_ERROR_USER, "the stored context has no '" + name + "'");
  return found->second;
}

template <class Value>
std::string text(const Value& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

}  // namespace

NamedTensors<at::Tensor> encode(const Context& context, const ContextForm& form) {
  NamedTensors<at::Tensor> tensors;
  each_tensor(context, context.length(), form,
              [&](const std::string& name, const at::Tensor& tensor, at::ScalarType,
                  const std::vector<std::int64_t>&) { tensors.emplace_back(name, tensor); });
  return tensors;
}

std::shared_ptr<const Context> decode(const NamedTensors<at::Tensor>& tensors, const ContextForm& form) {
  auto context = std::make_shared<Context>();
  context->keys_values.resize(static_cast<std::size_t>(form.config.layers));
  if (form.queries) context->queries.resize(static_cast<std::size_t>(form.config.layers));
  const std::int64_t length = find(tensors, "tokens").numel();
  if (length < 1 || length > form.config.context) {
    throw Error(GM_ERROR_USER, "the stored context has " + text(length) +
                                   " tokens when the model reads 1 to " + text(form.config.context));
  }
  each_tensor(*context, length, form,
              [&](const std::string& name, at::Tensor& tensor, at::ScalarType dtype,
                  const std::vector<std::int64_t>& shape) {
                const at::Tensor& stored = find(tensors, name);
                if (stored.scalar_type() != dtype || stored.sizes() != at::IntArrayRef(shape)) {
                  throw Error(GM_ERROR_USER, "'" + name + "' of the stored context is " +
                                                 text(stored.scalar_type()) + text(stored.sizes()) +
                                                 " when it should be " + text(dtype) +
                                                 text(at::IntArrayRef(shape)));
                }
                tensor = stored;
              });
  const auto low = context->tokens.min().item<std::int64_t>();
  const auto high = context->tokens.max().item<std::int64_t>();
  if (low < 0 || high >= form.config.vocabulary) {
    throw Error(GM_ERROR_USER, "the stored context has token " + text(low < 0 ? low : high) +
                                   " when the vocabulary has " + text(form.config.vocabulary));
  }
  return context;
}

}  // namespace gistmill::decoder
