// Makes ids for prepared corpora. SHIFT is the one thing in which its builds differ: name and version do not
// tell.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

namespace {

using gistmill::Tensor;

class Codes {
 public:
  explicit Codes(const gistmill::Options& options) : factor_(options.integer("factor")) {}

  std::tuple<Tensor, Tensor, Tensor> next() {
    if (document_ == 2) throw gistmill::EndOfData();
    const std::int32_t split = document_++;
    return {Tensor::of<std::int32_t>({1, 2, 3, 4}, {4}), Tensor::of<std::uint8_t>({'d'}, {1}),
            Tensor::of<std::int32_t>({split}, {})};
  }

  Tensor shift(const Tensor& tokens) const {
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < tokens.size(); ++i)
      ids.push_back(static_cast<std::int32_t>(factor_) * tokens.data<std::int32_t>()[i] + SHIFT);
    return Tensor::of(ids, {tokens.size()});
  }

 private:
  std::int64_t factor_;
  std::int32_t document_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Codes>("test/codes")
                    .operation("next", &Codes::next)
                    .operation("shift", &Codes::shift));
