// tokenizer/example: bytes. What is decoded is what was encoded, for any text.
#include <gistmill/plugin.hpp>

#include <string>

namespace {

using gistmill::Tensor;

class Example {
 public:
  explicit Example(const gistmill::Options&) {}

  // text u8[B] -> tokens i32[N], N = B
  Tensor encode(const Tensor& text) const {
    Tensor tokens = Tensor::zeros<std::int32_t>({text.size()});
    for (std::int64_t i = 0; i < text.size(); ++i)
      tokens.mutable_data<std::int32_t>()[i] = text.data<std::uint8_t>()[i];
    return tokens;
  }

  // tokens i32[N] -> text u8[B], B = N
  Tensor decode(const Tensor& tokens) const {
    Tensor text = Tensor::zeros<std::uint8_t>({tokens.size()});
    for (std::int64_t i = 0; i < tokens.size(); ++i) {
      const std::int32_t token = tokens.data<std::int32_t>()[i];
      if (token < 0 || token > 255)
        throw gistmill::Error(GM_ERROR_USER, "token " + std::to_string(token) + " is none of 0 to 255",
                              "tokens");
      text.mutable_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(token);
    }
    return text;
  }

  std::string digest() const { return "bytes"; }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("tokenizer/example")
                    .operation("encode", &Example::encode)
                    .operation("decode", &Example::decode));
