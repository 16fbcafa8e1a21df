#include "plugins/transform/stored/stored.hpp"

#include <string>
#include <vector>

#include "plugins/store/gists/codec.hpp"

namespace gistmill::transform {

Stored::Stored(const Options& options)
    : precision_(gists::precision_of(options.string("precision")).value_or(gists::Precision::f32)) {}

Tensor Stored::apply(const Tensor& gist) const {
  const auto gists = static_cast<std::uint32_t>(gist.shape()[1]);
  const auto width = static_cast<std::uint32_t>(gist.shape()[2]);
  const gists::Shape shape = {1, gists, width, 1, precision_};
  Tensor given = Tensor::zeros<float>(gist.shape());
  std::vector<char> bytes(gists * shape.code_bytes());
  std::vector<char> scale(gists * shape.scale_bytes());
  for (std::int64_t span = 0; span < gist.shape()[0]; ++span) {
    const std::size_t at = static_cast<std::size_t>(span) * shape.numbers();
    if (!gists::encode_gists(shape, gist.data<float>() + at, bytes.data(), scale.data())) {
      throw Error(GM_ERROR_USER,
                  "the gist of span " + std::to_string(span) + " has numbers that " +
                      gists::precision_name(precision_) + " does not hold",
                  "precision");
    }
    gists::decode_gists(shape, bytes.data(), scale.data(), given.mutable_data<float>() + at);
  }
  return given;
}

}  // namespace gistmill::transform
