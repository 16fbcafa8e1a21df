// A stranger's dataset: reads a prepared corpus, which takes Gistmill::token_file.
#include <cstdint>
#include <filesystem>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

namespace {

class FirstTokens {
 public:
  explicit FirstTokens(const gistmill::Options& options)
      : corpus_(std::filesystem::path(options.string("corpus"))), length_(options.integer("length")) {}

  gistmill::Tensor next() {
    if (document_ == corpus_.documents()) throw gistmill::EndOfData();
    gistmill::Tensor tokens = gistmill::Tensor::zeros<std::int32_t>({length_});
    corpus_.read(document_++, 0, static_cast<std::size_t>(length_), tokens.mutable_data<std::int32_t>());
    return tokens;
  }

 private:
  gistmill::formats::TokenFileReader corpus_;
  std::int64_t length_;
  std::size_t document_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<FirstTokens>("dataset/first-tokens").operation("next", &FirstTokens::next));
