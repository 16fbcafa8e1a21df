#include "plugins/dataset/packed/cached.hpp"

#include <cmath>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::dataset {
namespace {

constexpr const char* kRemedy = "make the cache again: `gistmill prepare RECIPE --force`";

topk::TopkReader open_cache(const Options& options) {
  const std::string prepared = options.string("topk");
  const std::string file = options.string("file");
  if (prepared.empty() == file.empty()) {
    throw Error(GM_ERROR_USER,
                prepared.empty()
                    ? "neither topk nor file says where the teacher's tokens are; give one of them"
                    : "both topk and file say where the teacher's tokens are; give one of them",
                "topk");
  }
  try {
    return topk::TopkReader(prepared.empty() ? file : prepared);
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), prepared.empty() ? "file" : "topk");
  }
}

}  // namespace

Cached::Cached(const Options& options)
    : batch_(options.integer("batch")),
      leave_out_(options.string("missing") == "leave-out"),
      sequences_(options),
      cache_(open_cache(options)),
      tokens_(options.integer("tokens") == 0 ? cache_.header().tokens : options.integer("tokens")) {
  check_cache(options);
  count_missing();
}

void Cached::check_cache(const Options& options) const {
  const topk::Header& header = cache_.header();
  if (header.length != sequences_.length()) {
    throw Error(GM_ERROR_USER,
                "the teacher's cache is of sequences of " + std::to_string(header.length) +
                    " tokens when these have " + std::to_string(sequences_.length()) + "; " + kRemedy,
                "topk");
  }
  if (tokens_ > header.tokens) {
    throw Error(GM_ERROR_USER,
                "tokens is " + std::to_string(tokens_) + " when the teacher's cache has " +
                    std::to_string(header.tokens) + " of each row",
                "tokens");
  }
  if (const double asked = options.number("temperature");
      asked != 0 && std::abs(asked - header.temperature) > 1e-6 * asked) {
    throw Error(GM_ERROR_USER,
                "temperature is " + std::to_string(asked) + " when the teacher's cache was made at " +
                    std::to_string(header.temperature) + "; probabilities at another cannot be made from it",
                "temperature");
  }
  if (const std::string teacher = options.string("teacher");
      header.teacher.find(teacher) == std::string::npos) {
    throw Error(GM_ERROR_USER,
                "the cache is of another teacher: " + header.teacher + " does not contain '" + teacher + "'",
                "teacher");
  }
}

// Which sequences there are depends on the corpus and the cache alone, so a run hears of it at once.
void Cached::count_missing() const {
  std::size_t missing = 0;
  std::int32_t first = 0;
  std::uint64_t place = 0;
  for (std::size_t index = 0; index < sequences_.size(); ++index) {
    if (cache_.find(sequences_.number(index), place)) continue;
    if (missing++ == 0) first = sequences_.number(index);
  }
  if (missing == 0) return;
  if (!leave_out_) refuse_missing(first);
  if (sequences_.size() - missing < static_cast<std::size_t>(batch_)) {
    throw Error(GM_ERROR_USER,
                "the teacher's cache has " + std::to_string(sequences_.size() - missing) + " of " +
                    std::to_string(sequences_.size()) + " sequences, too few for a batch of " +
                    std::to_string(batch_),
                "topk");
  }
  log(GM_LOG_WARNING, std::to_string(missing) + " of " + std::to_string(sequences_.size()) +
                          " sequences are not in the teacher's cache and are left out");
}

void Cached::refuse_missing(std::int32_t sequence) const {
  throw Error(
      GM_ERROR_USER,
      "sequence " + std::to_string(sequence) + " is not in the teacher's cache; " + kRemedy +
          ", of all sequences (with a batch above 1 those that fill none are left out), or take missing = "
          "\"leave-out\"",
      "topk");
}

void Cached::start(const Start& start) {
  sequences_.start(start);
  try {
    cache_.verify();
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "topk");
  }
}

std::int64_t Cached::symbol(std::string_view name) const {
  if (name == "T") return sequences_.length();
  return name == "Q" ? tokens_ : -1;
}

std::string Cached::digest() {
  formats::Sha256 sha;
  sha.update_field(sequences_.digest());
  sha.update_field(cache_.digest());
  return sha.hex();
}

bool Cached::next_in_cache(std::size_t& index, std::uint64_t& place) {
  while (sequences_.next(index)) {
    if (cache_.find(sequences_.number(index), place)) return true;
  }
  return false;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Cached::next(
    const std::optional<Tensor>& tokenizer) {
  if (tokenizer) sequences_.check_tokenizer(*tokenizer);
  const std::int64_t length = sequences_.length();
  Tensor ids = Tensor::zeros<std::int32_t>({batch_, length});
  Tensor counts = Tensor::zeros<float>({batch_, length});
  Tensor boundaries = Tensor::zeros<std::int32_t>({batch_, length});
  Tensor numbers = Tensor::zeros<std::int32_t>({batch_});
  Tensor documents = Tensor::zeros<std::int32_t>({batch_});
  Tensor topk_ids = Tensor::zeros<std::int32_t>({batch_, length, tokens_});
  Tensor log_probability = Tensor::zeros<float>({batch_, length, tokens_});
  for (std::int64_t row = 0; row < batch_; ++row) {
    std::size_t index = 0;
    std::uint64_t place = 0;
    if (!next_in_cache(index, place)) throw EndOfData();
    std::int32_t* const tokens = ids.mutable_data<std::int32_t>() + row * length;
    sequences_.read(index, tokens, counts.mutable_data<float>() + row * length,
                    boundaries.mutable_data<std::int32_t>() + row * length);
    numbers.mutable_data<std::int32_t>()[row] = sequences_.number(index);
    documents.mutable_data<std::int32_t>()[row] = sequences_.document(index);
    if (!cache_.is_of(place, tokens)) {
      throw Error(GM_ERROR_USER,
                  "sequence " + std::to_string(sequences_.number(index)) +
                      " is not the text that the teacher's cache was made from; " + kRemedy,
                  "topk");
    }
    const std::int64_t at = row * length * tokens_;
    cache_.read(place, tokens_, topk_ids.mutable_data<std::int32_t>() + at,
                log_probability.mutable_data<float>() + at);
  }
  const auto temperature = static_cast<float>(cache_.header().temperature);
  return {std::move(ids),
          std::move(counts),
          std::move(boundaries),
          std::move(numbers),
          std::move(documents),
          std::move(topk_ids),
          std::move(log_probability),
          Tensor::of<float>({temperature}, {})};
}

}  // namespace gistmill::dataset
