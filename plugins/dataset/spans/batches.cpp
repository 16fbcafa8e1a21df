#include "plugins/dataset/spans/batches.hpp"

#include <gistmill/formats/digest.hpp>

#include "plugins/dataset/spans/corpus_file.hpp"

namespace gistmill::dataset {

Batches::Batches(const Options& options)
    : batch_(options.integer("batch")),
      length_(options.integer("length")),
      file_(open_corpus(options.string("corpus"))),
      split_(split_of(options)),
      windows_(find_windows(file_, split_, length_, options.string("window") == "first")),
      order_(windows_.size(), options.string("order") == "shuffle", options.boolean("repeat")) {
  if (options.boolean("repeat") || static_cast<std::int64_t>(windows_.size()) >= batch_) return;
  throw Error(GM_ERROR_USER,
              "batch is " + std::to_string(batch_) + " when one pass has " + std::to_string(windows_.size()) +
                  " windows of " + std::to_string(length_) + " tokens",
              "batch");
}

void Batches::start(const Start& start) {
  verify_corpus(file_);
  order_.set_seed(start.seed());
}

std::tuple<Tensor, Tensor> Batches::next() {
  Tensor ids = Tensor::zeros<std::int32_t>({batch_, length_});
  Tensor documents = Tensor::zeros<std::int32_t>({batch_});
  for (std::int64_t row = 0; row < batch_; ++row) {
    std::size_t number = 0;
    if (!order_.next(number)) throw EndOfData();
    const Window& window = windows_[number];
    read_window(file_, window, length_, ids.mutable_data<std::int32_t>() + row * length_);
    documents.mutable_data<std::int32_t>()[row] = static_cast<std::int32_t>(window.document);
  }
  return {std::move(ids), std::move(documents)};
}

std::string Batches::identity() const {
  formats::Sha256 sha;
  sha.update_field(file_.digest());
  sha.update_field(std::to_string(length_));
  sha.update_field(std::to_string(split_));
  return sha.hex();
}

std::string Batches::save_state() const { return order_.save(identity()); }

void Batches::load_state(std::string_view state) { order_.load(state, identity()); }

}  // namespace gistmill::dataset
