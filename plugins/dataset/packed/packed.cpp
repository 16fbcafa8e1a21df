#include "plugins/dataset/packed/packed.hpp"

#include <utility>

namespace gistmill::dataset {

Packed::Packed(const Options& options) : batch_(options.integer("batch")), sequences_(options) {
  if (options.boolean("repeat") || static_cast<std::int64_t>(sequences_.size()) >= batch_) return;
  throw Error(GM_ERROR_USER,
              "batch is " + std::to_string(batch_) + " when one pass has " +
                  std::to_string(sequences_.size()) + " sequences of " + std::to_string(sequences_.length()) +
                  " tokens",
              "batch");
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> Packed::next(const std::optional<Tensor>& tokenizer) {
  if (tokenizer) sequences_.check_tokenizer(*tokenizer);
  const std::int64_t length = sequences_.length();
  Tensor ids = Tensor::zeros<std::int32_t>({batch_, length});
  Tensor counts = Tensor::zeros<float>({batch_, length});
  Tensor boundaries = Tensor::zeros<std::int32_t>({batch_, length});
  Tensor numbers = Tensor::zeros<std::int32_t>({batch_});
  Tensor documents = Tensor::zeros<std::int32_t>({batch_});
  for (std::int64_t row = 0; row < batch_; ++row) {
    std::size_t index = 0;
    if (!sequences_.next(index)) throw EndOfData();
    sequences_.read(index, ids.mutable_data<std::int32_t>() + row * length,
                    counts.mutable_data<float>() + row * length,
                    boundaries.mutable_data<std::int32_t>() + row * length);
    numbers.mutable_data<std::int32_t>()[row] = sequences_.number(index);
    documents.mutable_data<std::int32_t>()[row] = sequences_.document(index);
  }
  return {std::move(ids), std::move(counts), std::move(boundaries), std::move(numbers), std::move(documents)};
}

}  // namespace gistmill::dataset
