// Writes small files of every feature, from which the fuzzers start: fuzz_seeds FOLDER.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <gistmill/formats/safetensors.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"

namespace {

using gistmill::test::Bytes;
namespace formats = gistmill::formats;

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string metadata() {
  return Bytes()
      .gguf_header(0, 7)
      .string_entry("general.architecture", "llama")
      .entry<std::uint32_t>("general.alignment", 4, 64)
      .entry<std::uint8_t>("flag", 7, 1)
      .entry<std::uint64_t>("u64", 10, 5)
      .entry<double>("f64", 12, 1.5)
      .strings_entry("tokens", {"a", "bc", ""})
      .numbers_entry<std::int16_t>("types", 3, {1, -2})
      .str();
}

// One tensor of one block: type number, elements and bytes of it.
std::string tensor(std::uint32_t type, std::uint64_t elements, std::size_t bytes) {
  return Bytes()
      .gguf_header(1, 0)
      .tensor("t", {elements, 1}, type, 0)
      .pad(32)
      .raw(std::string(bytes, '\x11'))
      .str();
}

std::string two_tensors() {
  return Bytes()
      .gguf_header(2, 0)
      .tensor("a", {2, 2}, 0, 0)
      .tensor("b", {}, 0, 32)
      .pad(32)
      .raw(std::string(36, '\x22'))
      .str();
}

std::string safetensors() {
  const std::vector<std::int64_t> bias{1, 2};
  const std::vector<float> weight(6, 0.5f);
  std::string bytes;
  formats::write_safetensors(
      [&](const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); },
      {{"bias", formats::SafetensorsDtype::kI64, {2}, bias.data(), 16},
       {"weight", formats::SafetensorsDtype::kF32, {2, 3}, weight.data(), 24},
       {"empty", formats::SafetensorsDtype::kU8, {0}, nullptr, 0}},
      {{"recipe", "0f"}});
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  write(folder / "gguf" / "metadata", metadata());
  write(folder / "gguf" / "two_tensors", two_tensors());
  write(folder / "gguf" / "q4_0", tensor(2, 32, 18));
  write(folder / "gguf" / "q4_1", tensor(3, 32, 20));
  write(folder / "gguf" / "q8_0", tensor(8, 32, 34));
  write(folder / "gguf" / "f16", tensor(1, 2, 4));
  write(folder / "safetensors" / "all", safetensors());
  return 0;
}
