#include "plugins/dataset/spans/batches.hpp"

#include <utility>

namespace gistmill::dataset {

Batches::Batches(const Options& options)
    : batch_(options.integer("batch")), source_(options, {.length = "length"}) {
  if (options.boolean("repeat") || static_cast<std::int64_t>(source_.windows()) >= batch_) return;
  throw Error(GM_ERROR_USER,
              "batch is " + std::to_string(batch_) + " when one pass has " +
                  std::to_string(source_.windows()) + " windows of " + std::to_string(source_.length()) +
                  " tokens",
              "batch");
}

std::tuple<Tensor, Tensor, Tensor> Batches::next() {
  Tensor ids = Tensor::zeros<std::int32_t>({batch_, source_.length()});
  Tensor documents = Tensor::zeros<std::int32_t>({batch_});
  Tensor corpora = Tensor::zeros<std::int32_t>({batch_});
  for (std::int64_t row = 0; row < batch_; ++row) {
    WindowSource::Item item;
    if (!source_.next(item)) throw EndOfData();
    source_.read(item, ids.mutable_data<std::int32_t>() + row * source_.length());
    documents.mutable_data<std::int32_t>()[row] = source_.document(item);
    corpora.mutable_data<std::int32_t>()[row] = static_cast<std::int32_t>(item.corpus);
  }
  return {std::move(ids), std::move(documents), std::move(corpora)};
}

}  // namespace gistmill::dataset
