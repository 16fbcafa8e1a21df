// Components of roles that the host does not know, by somebody who read the documentation; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

namespace {

using gistmill::Error;
using gistmill::Tensor;

class Echo {
 public:
  explicit Echo(const gistmill::Options& options) : max_tokens_(options.integer("max_tokens")) {
    const std::string path = options.string("model");
    std::ifstream file(path);
    std::string first;
    std::getline(file, first);
    if (first != "echo") throw Error(GM_ERROR_USER, path + ": the first line is not 'echo'");
  }

  Tensor forward(const Tensor& ids) const {
    return Tensor::zeros<float>({ids.shape()[0], ids.shape()[1], 256});
  }
  Tensor score(const Tensor& tokens) const {
    const std::int64_t size = tokens.size() - 1;
    return Tensor::of(std::vector<float>(static_cast<std::size_t>(size), 0.5f), {size});
  }
  std::tuple<Tensor, Tensor> generate(const Tensor& prompt) const {
    const std::int32_t last = prompt.data<std::int32_t>()[prompt.size() - 1];
    return {
        Tensor::of(std::vector<std::int32_t>(static_cast<std::size_t>(max_tokens_), last), {1, max_tokens_}),
        Tensor::of(std::vector<std::int32_t>{static_cast<std::int32_t>(max_tokens_)}, {1})};
  }

 private:
  std::int64_t max_tokens_;
};

class Judge {
 public:
  explicit Judge(const gistmill::Options&) {}
  Tensor score(const Tensor&, const Tensor&) const { return Tensor::zeros<float>({0}); }
};

class Tint {
 public:
  explicit Tint(const gistmill::Options& options)
      : strength_(static_cast<float>(options.number("strength"))) {}

  Tensor look(const Tensor& x) const {
    std::vector<float> seen(x.data<float>(), x.data<float>() + x.size());
    for (float& value : seen) value *= strength_;
    return Tensor::of(seen, {x.size()});
  }

 private:
  float strength_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Echo>("student/echo")
                    .operation("forward", &Echo::forward)
                    .operation("score", &Echo::score)
                    .operation("generate", &Echo::generate),
                gistmill::component<Judge>("judge/words").operation("score", &Judge::score),
                gistmill::component<Tint>("lens/tint").operation("look", &Tint::look));
