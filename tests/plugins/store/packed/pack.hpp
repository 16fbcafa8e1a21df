// A folder that tests pack small documents into, as the host drives store/packed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/store/packed/store.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::packed::test {

struct PackedDocument {
  std::string file;
  std::string name;
  std::vector<std::int32_t> ids;
  std::int32_t split = 0;
  std::string digest = "1";  // of the file
};

// The host's word on how documents became ids: the contents of a tokenizer, and the source's.
inline std::string made_by(const std::string& tokenizer, const std::string& source = "s",
                           const std::string& build = "b") {
  return R"({"pipeline":"pack","calls":[{"call":"documents.next","reads":{}},)"
         R"({"call":"tokenizer.encode","reads":{"text":"0.text"}},)"
         R"({"call":"store.append","reads":{"tokens":"1.tokens","name":"0.name"}}],"instances":{)"
         R"("documents":{"component":"dataset/jsonl","build":")" +
         build + R"(","options":{"field":"text"},"contents":")" + source +
         R"("},"tokenizer":{"component":"tokenizer/bpe","build":"t","options":{},"contents":")" + tokenizer +
         R"("},"store":{"component":"store/packed","build":"p","options":{"tail":"drop"},"contents":""}},)"
         R"("files":{"tokenizer":{"model":"small.gguf"},"documents":{"files":["texts"]}}})";
}

inline Tensor bytes(std::string_view text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

inline gistmill::test::PlainTable pack_table(const std::filesystem::path& folder,
                                             const gistmill::test::PlainTable& changes = {}) {
  gistmill::test::PlainTable all = {{"folder", folder.string()},
                                    {"max_seq_length", std::int64_t{4}},
                                    {"separator", std::vector<std::int64_t>{}},
                                    {"tail", std::string("drop")},
                                    {"replace", false}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

inline void append(PackedStore& store, const PackedDocument& document) {
  store.append(Tensor::of(document.ids, {static_cast<std::int64_t>(document.ids.size())}),
               bytes(document.name), Tensor::of<std::int32_t>({document.split}, {}), bytes(document.file),
               bytes(document.digest));
}

// One preparation from begin to commit: the index is `index`.
inline void pack(const std::filesystem::path& index, const gistmill::test::PlainTable& table,
                 const std::vector<PackedDocument>& documents,
                 const std::string& provenance = made_by("v1")) {
  PackedStore store(gistmill::test::PlainOptions(table).get());
  store.begin(index, provenance);
  for (const PackedDocument& document : documents) append(store, document);
  store.commit();
}

}  // namespace gistmill::packed::test
