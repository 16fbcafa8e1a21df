// Sizes as in ggml's type traits.
#include "sdk/formats/gguf_types.hpp"

#include <iterator>
#include <string>

#include <gistmill/formats/gguf.hpp>

namespace gistmill::formats {

const GgufBlock* gguf_block(std::uint32_t type) {
  static constexpr GgufBlock kNone{nullptr, 0, 0};
  static constexpr GgufBlock kBlocks[] = {
      /*  0 */ {"F32", 1, 4},
      {"F16", 1, 2},
      {"Q4_0", 32, 18},
      {"Q4_1", 32, 20},
      /*  4 */ kNone,
      kNone,
      {"Q5_0", 32, 22},
      {"Q5_1", 32, 24},
      /*  8 */ {"Q8_0", 32, 34},
      kNone,
      {"Q2_K", 256, 84},
      {"Q3_K", 256, 110},
      /* 12 */ {"Q4_K", 256, 144},
      {"Q5_K", 256, 176},
      {"Q6_K", 256, 210},
      kNone,
      /* 16 */ {"IQ2_XXS", 256, 66},
      {"IQ2_XS", 256, 74},
      {"IQ3_XXS", 256, 98},
      {"IQ1_S", 256, 50},
      /* 20 */ {"IQ4_NL", 32, 18},
      {"IQ3_S", 256, 110},
      {"IQ2_S", 256, 82},
      {"IQ4_XS", 256, 136},
      /* 24 */ {"I8", 1, 1},
      {"I16", 1, 2},
      {"I32", 1, 4},
      {"I64", 1, 8},
      /* 28 */ {"F64", 1, 8},
      {"IQ1_M", 256, 56},
      {"BF16", 1, 2},
      kNone,
      /* 32 */ kNone,
      kNone,
      {"TQ1_0", 256, 54},
      {"TQ2_0", 256, 66},
      /* 36 */ kNone,
      kNone,
      kNone,
      {"MXFP4", 32, 17},
      /* 40 */ {"NVFP4", 64, 36},
      {"Q1_0", 128, 18},
  };
  if (type >= std::size(kBlocks) || kBlocks[type].name == nullptr) return nullptr;
  return &kBlocks[type];
}

const char* gguf_removed_type(std::uint32_t type) {
  switch (type) {
    case 4:
      return "Q4_2";
    case 5:
      return "Q4_3";
    case 31:
      return "Q4_0_4_4";
    case 32:
      return "Q4_0_4_8";
    case 33:
      return "Q4_0_8_8";
    case 36:
      return "IQ4_NL_4_4";
    case 37:
      return "IQ4_NL_4_8";
    case 38:
      return "IQ4_NL_8_8";
    default:
      return nullptr;
  }
}

std::string gguf_type_name(GgufType type) {
  const auto number = static_cast<std::uint32_t>(type);
  const GgufBlock* block = gguf_block(number);
  return block != nullptr ? block->name : "type " + std::to_string(number);
}

}  // namespace gistmill::formats
