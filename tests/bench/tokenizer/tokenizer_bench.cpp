// Encodes texts for compare_with_tokenizers.py, and measures how fast.
//   tokenizer_bench encode MODEL [as-text] < texts > ids   each text, and its ids, after their number as u32
//   tokenizer_bench files MODEL FOLDER                     writes the vocabulary as Hugging Face's files
//   tokenizer_bench speed MODEL SECONDS FILE...            MiB/s of one thread as JSON: best round, first
//   tokenizer_bench passes MODEL IDS ROUNDS FILE...        seconds of the first and the second pass over
//   unseen
//                                                          texts, of each round; the ids of a pass go to IDS
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/mapped_file.hpp>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "plugins/tokenizer/spm/spm.hpp"
#include "plugins/tokenizer/unigram/unigram.hpp"

namespace {

using namespace gistmill;
using tokenizer::SpecialTokens;

// The tokenizer of a model, of the first kind that takes it.
class Loaded {
 public:
  explicit Loaded(const std::string& model) {
    const auto takes = [](const char* name, const auto& load) {
      try {
        load();
        return true;
      } catch (const formats::FormatError& error) {
        std::cerr << "not tokenizer/" << name << ": " << error.what() << "\n";
        return false;
      }
    };
    const bool taken =
        takes("bpe", [&] { bpe_ = std::make_unique<bpe::Tokenizer>(bpe::load_vocabulary(model)); }) ||
        takes("spm", [&] { spm_ = std::make_unique<spm::Tokenizer>(spm::load_vocabulary(model)); }) ||
        takes("unigram",
              [&] { unigram_ = std::make_unique<unigram::Tokenizer>(unigram::load_vocabulary(model)); });
    if (!taken) throw std::invalid_argument("no tokenizer takes " + model);
    forget();
  }
  // A new encoder: it has seen no text.
  void forget() {
    if (bpe_) encoder_ = std::make_unique<bpe::Encoder>(*bpe_);
    if (spm_) encoder_ = std::make_unique<spm::Encoder>(*spm_);
    if (unigram_) encoder_ = std::make_unique<unigram::Encoder>(*unigram_);
  }
  tokenizer::Encoder& encoder() { return *encoder_; }

 private:
  std::unique_ptr<bpe::Tokenizer> bpe_;
  std::unique_ptr<spm::Tokenizer> spm_;
  std::unique_ptr<unigram::Tokenizer> unigram_;
  std::unique_ptr<tokenizer::Encoder> encoder_;
};

void encode(Loaded& loaded, SpecialTokens special) {
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  std::size_t at = 0;
  while (at + 4 <= input.size()) {
    std::uint32_t size = 0;
    std::memcpy(&size, input.data() + at, 4);
    const std::vector<std::int32_t> ids =
        loaded.encoder().encode(std::string_view(input).substr(at + 4, size), special);
    const auto count = static_cast<std::uint32_t>(ids.size());
    std::fwrite(&count, 4, 1, stdout);
    std::fwrite(ids.data(), 4, ids.size(), stdout);
    at += 4 + size;
  }
}

void speed(Loaded& loaded, double seconds, const std::vector<std::string>& files) {
  std::vector<formats::MappedFile> texts;
  double bytes = 0;
  for (const std::string& file : files) bytes += static_cast<double>(texts.emplace_back(file).size());
  // Of the processor: other programs do not count.
  const auto now = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const double begun = now();
  double best = 1e9, first = 0;
  std::size_t tokens = 0, rounds = 0;
  do {
    tokens = 0;
    const double start = now();
    for (const formats::MappedFile& text : texts) {
      tokens += loaded.encoder().encode(text.bytes(), SpecialTokens::kRecognize).size();
    }
    const double took = now() - start;
    if (rounds++ == 0) first = took;
    best = std::min(best, took);
  } while (now() - begun < seconds);
  const double mib = bytes / (1 << 20);
  std::cout << nlohmann::json({{"mib", mib},
                               {"tokens", tokens},
                               {"rounds", rounds},
                               {"mib_per_s", mib / best},
                               {"first_mib_per_s", mib / first}})
            << "\n";
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Each round begins with an encoder that has seen no text.
void passes(Loaded& loaded, const std::string& ids_file, int rounds, const std::vector<std::string>& files) {
  std::vector<formats::MappedFile> texts;
  double bytes = 0;
  std::size_t sum = 0;
  for (const std::string& file : files) {
    const formats::MappedFile& text = texts.emplace_back(file);
    bytes += static_cast<double>(text.size());
    sum +=
        std::accumulate(text.bytes().begin(), text.bytes().end(), std::size_t{0});  // the file is in memory
  }
  nlohmann::json measured = {{"mib", bytes / (1 << 20)}, {"sum", sum}};
  for (int round = 0; round < rounds; ++round) {
    loaded.forget();
    for (const char* pass : {"first", "second"}) {
      std::vector<std::vector<std::int32_t>> ids;
      ids.reserve(texts.size());
      const double processor = processor_seconds(), clock = clock_seconds();
      for (const formats::MappedFile& text : texts) {
        ids.push_back(loaded.encoder().encode(text.bytes(), SpecialTokens::kRecognize));
      }
      measured[pass]["processor"].push_back(processor_seconds() - processor);
      measured[pass]["clock"].push_back(clock_seconds() - clock);
      std::ofstream written(ids_file, std::ios::binary | std::ios::trunc);
      for (const auto& of_text : ids)
        written.write(reinterpret_cast<const char*>(of_text.data()),
                      static_cast<std::streamsize>(of_text.size() * sizeof(std::int32_t)));
      if (!written.flush()) throw std::runtime_error(ids_file + " could not be written");
    }
  }
  std::cout << measured << "\n";
}

void write_files(const std::string& model, const std::filesystem::path& folder) {
  const auto write = [&](const tokenizer::HuggingFaceFiles& files) {
    std::ofstream(folder / "tokenizer.json", std::ios::binary) << files.tokenizer;
    std::ofstream(folder / "tokenizer_config.json", std::ios::binary) << files.configuration;
  };
  try {
    write(bpe::huggingface_files(bpe::load_vocabulary(model)));
  } catch (const tokenizer::OtherKind&) {
    write(spm::huggingface_files(spm::load_vocabulary(model)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2) {
    std::cerr << "usage: tokenizer_bench encode MODEL [as-text] | files MODEL FOLDER | speed MODEL SECONDS "
                 "FILE... | "
                 "passes MODEL IDS ROUNDS FILE...\n";
    return 2;
  }
  try {
    if (arguments[0] == "files") {
      write_files(arguments[1], arguments.at(2));
      return 0;
    }
    Loaded loaded(arguments[1]);
    if (arguments[0] == "encode") {
      encode(loaded, arguments.size() > 2 ? SpecialTokens::kAsText : SpecialTokens::kRecognize);
    } else if (arguments[0] == "passes") {
      passes(loaded, arguments.at(2), std::stoi(arguments.at(3)), {arguments.begin() + 4, arguments.end()});
    } else {
      speed(loaded, std::stod(arguments.at(2)), {arguments.begin() + 3, arguments.end()});
    }
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
