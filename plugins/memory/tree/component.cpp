#include "plugins/memory/tree/component.hpp"

#include <algorithm>
#include <utility>

namespace gistmill::memory {
namespace {

[[noreturn]] void refuse(const std::string& message, const char* port) {
  throw Error(GM_ERROR_USER, message, port);
}

std::string text(std::int64_t number) { return std::to_string(number); }

// values: rows of `width` -> f32[rows, width]
Tensor table(const std::vector<float>& values, std::int64_t width) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / width, width});
}

}  // namespace

// Whether `tokens` begins with all that has a gist already.
bool TreeMemory::continues(const Tensor& tokens, std::int64_t block, std::int64_t session) const {
  if (!held_ || held_->session != session || held_->vectors.block() != block) return false;
  const std::int64_t held = held_->vectors.count() * block;
  return tokens.size() >= held &&
         std::equal(held_->tokens.begin(), held_->tokens.begin() + held, tokens.data<std::int32_t>());
}

Tensor TreeMemory::missing(const Tensor& tokens, const Tensor& block, const Tensor& session) {
  const std::int64_t size = *block.data<std::int32_t>();
  const std::int64_t length = tokens.size();
  if (size < 2) refuse("a block of " + text(size) + " tokens when it should have 2 or more", "block");
  if (length % size != 0) {
    refuse("a history of " + text(length) + " tokens when it should be whole blocks of " + text(size),
           "tokens");
  }
  const std::int64_t number = *session.data<std::int32_t>();
  if (!continues(tokens, size, number)) held_ = Held{number, {}, TreeVectors(size, width_)};
  held_->tokens.assign(tokens.data<std::int32_t>(), tokens.data<std::int32_t>() + length);
  std::vector<std::int32_t> spans;
  for (std::int64_t start = held_->vectors.count() * size; start < length; start += size)
    spans.push_back(static_cast<std::int32_t>(start));
  return Tensor::of(spans, {static_cast<std::int64_t>(spans.size())});
}

std::tuple<Tensor, Tensor> TreeMemory::append(const Tensor& spans, const Tensor& gist) {
  if (!held_) throw Error(GM_ERROR_MISUSE, "gists came before a history");
  TreeVectors& vectors = held_->vectors;
  const std::int64_t block = vectors.block();
  const std::int64_t first = vectors.count();
  const std::int64_t wanted = static_cast<std::int64_t>(held_->tokens.size()) / block - first;
  bool same = spans.size() == wanted;
  for (std::int64_t i = 0; same && i < wanted; ++i)
    same = spans.data<std::int32_t>()[i] == (first + i) * block;
  if (!same) refuse("these are not the blocks that miss a gist; wire spans from `missing`", "spans");
  for (std::int64_t i = 0; i < wanted; ++i) vectors.append(gist.data<float>() + i * width_);
  return {table(vectors.level_1(), width_), table(vectors.level_2(), width_)};
}

Tensor TreeMemory::gather(const Tensor& level_1, const Tensor& level_2, const Tensor& block,
                          const Tensor& gist_levels, const Tensor& gist_starts) const {
  const std::int64_t size = *block.data<std::int32_t>();
  const std::int64_t width = level_1.shape()[1];
  const std::int64_t count = gist_levels.size();
  Tensor gist = Tensor::zeros<float>({1, count, width});
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t level = gist_levels.data<std::int32_t>()[i];
    const std::int64_t start = gist_starts.data<std::int32_t>()[i];
    if (level != 1 && level != 2)
      refuse("a gist of level " + text(level) + " when levels are 1 and 2", "gist_levels");
    const Tensor& vectors = level == 1 ? level_1 : level_2;
    const std::int64_t covers = level == 1 ? size : size * size;
    if (start < 0 || start % covers != 0 || start / covers >= vectors.shape()[0]) {
      refuse("the tree has no gist of level " + text(level) + " at token " + text(start) + "; it has " +
                 text(vectors.shape()[0]) + " of that level, each of " + text(covers) + " tokens",
             "gist_starts");
    }
    std::copy_n(vectors.data<float>() + start / covers * width, width,
                gist.mutable_data<float>() + i * width);
  }
  return gist;
}

}  // namespace gistmill::memory
