// From text files to spans: the three components of data, with bytes in place of tokens.
#include <gmock/gmock.h>

#include <fstream>

#include "plugins/dataset/spans/spans.hpp"
#include "plugins/dataset/text/corpus.hpp"
#include "plugins/store/tokens/store.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

using gistmill::test::PlainCall;
using gistmill::test::PlainOptions;
using gistmill::testing::ScratchFolder;

template <class T>
Tensor tensor_of(std::string_view bytes) {
  return Tensor::of(std::vector<T>(bytes.begin(), bytes.end()), {static_cast<std::int64_t>(bytes.size())});
}

TEST(CorpusChain, LeadsFromTextFilesToTheBytesAfterASpan) {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "books");
  std::string held_out_text;
  for (const char* name : {"alpha__1.txt", "alpha__2.txt", "beta__1.txt"}) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += std::string(name, 8) + " " + std::to_string(i) + "\r\n";
    std::ofstream(folder / "books" / name, std::ios::binary) << text;
  }

  dataset::SourceOptions options;
  options.files = {folder / "books"};
  options.extensions = {".txt"};
  options.group = "__";
  options.hold_out = {"books/beta"};
  dataset::Corpus corpus(options, "", dataset::separator_cutter(""));
  store::TokenStore store{PlainOptions({{"longest", std::int64_t{0}},
                                        {"shortest", std::int64_t{0}},
                                        {"short", std::string("join")},
                                        {"join", std::string("file")},
                                        {"between", std::vector<std::int64_t>{}}})
                              .get()};
  store.begin(folder / "prepared.h5", "{\"text\": \"" + corpus.digest() + "\"}");
  for (dataset::Document document; corpus.next(document);) {
    if (document.split == 1) held_out_text = document.text;
    store.append(tensor_of<std::int32_t>(document.text), tensor_of<std::uint8_t>(document.name),
                 Tensor::of<std::int32_t>({document.split}, {}));
  }
  store.commit();

  dataset::Spans spans(
      PlainOptions({{"corpus", std::vector<WeightedFile>{{(folder / "prepared.h5").string(), 1}}},
                    {"split", std::string("validation")},
                    {"document", std::int64_t{300}},
                    {"span", std::int64_t{8}},
                    {"horizon", std::int64_t{12}},
                    {"spans", std::int64_t{3}},
                    {"first", std::int64_t{40}},
                    {"stride", std::int64_t{8}},
                    {"begin", std::int64_t{-1}},
                    {"full_horizon", true},
                    {"placement", std::string("random")},
                    {"order", std::string("sequential")},
                    {"window", std::string("all")},
                    {"repeat", false},
                    {"limit", std::int64_t{0}},
                    {"passes", 1}})
          .get());
  const auto [tokens, starts, targets, mask, document, corpus_number, own, begin, name] =
      spans.next(PlainCall(3));
  EXPECT_EQ(*document.data<std::int32_t>(), 2) << "books/beta__1.txt is the third document";
  EXPECT_EQ(held_out_text.find('\r'), std::string::npos);
  for (int k = 0; k < 3; ++k) {
    const std::int32_t start = starts.data<std::int32_t>()[k];
    const std::int32_t* target = targets.data<std::int32_t>() + 12 * k;
    EXPECT_EQ(std::string(target, target + 12),
              held_out_text.substr(static_cast<std::size_t>(start) + 8, 12));
  }
  EXPECT_EQ(formats::TokenFileReader(folder / "prepared.h5").provenance(),
            "{\"text\": \"" + corpus.digest() + "\"}");
}

}  // namespace
}  // namespace gistmill
