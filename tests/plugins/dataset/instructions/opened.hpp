// Files of samples, dataset/instruction-texts over them, and what it gives, for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "plugins/dataset/instructions/instruction_texts.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::dataset::test {

inline std::string text_of(const Tensor& bytes) {
  return {reinterpret_cast<const char*>(bytes.data<std::uint8_t>()), static_cast<std::size_t>(bytes.size())};
}

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::unique_ptr<InstructionTexts> open_texts(const std::vector<std::string>& files,
                                                    const gistmill::test::PlainTable& changes = {}) {
  gistmill::test::PlainTable all = {{"files", files},
                                    {"extensions", std::vector<std::string>{".json", ".jsonl"}},
                                    {"instruction_field", std::string("instruction")},
                                    {"input_field", std::string("input")},
                                    {"output_field", std::string("output")},
                                    {"messages_field", std::string("messages")},
                                    {"form", std::string("plain")},
                                    {"before", std::string("Instruction: {instruction}\n")},
                                    {"input", std::string("\nInput: {input}")},
                                    {"after", std::string("\nOutput:")},
                                    {"completion", std::string(" {output}")},
                                    {"broken", std::string("fail")},
                                    {"invalid", std::string("replace")},
                                    {"hold_out", std::vector<std::string>{}},
                                    {"group", std::string("document")},
                                    {"salt", std::string()}};
  if (!changes.contains("validation")) all["validation"] = 0.0;
  for (const auto& [key, value] : changes) all[key] = value;
  return std::make_unique<InstructionTexts>(gistmill::test::PlainOptions(all).get());
}

struct GivenPiece {
  std::string name, text, messages;
  std::int32_t split = 0;
};

inline GivenPiece next(InstructionTexts& texts) {
  const auto [text, name, split, messages] = texts.next();
  return {text_of(name), text_of(text), text_of(messages), *split.data<std::int32_t>()};
}

inline std::vector<GivenPiece> all_pieces(InstructionTexts& texts) {
  std::vector<GivenPiece> pieces;
  try {
    for (;;) pieces.push_back(next(texts));
  } catch (const EndOfData&) {
  }
  return pieces;
}

}  // namespace gistmill::dataset::test
