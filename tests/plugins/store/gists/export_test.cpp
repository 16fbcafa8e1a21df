// What other programs get of a store: a tensor that torch reads, and the files of a focus tree, byte by byte.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "plugins/store/gists/codec.hpp"
#include "plugins/store/gists/export.hpp"
#include "plugins/store/gists/growth.hpp"
#include "tests/plugins/store/gists/small_store.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::gists {
namespace {

namespace fs = std::filesystem;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 9 blocks of 4 tokens, of which 2 groups of 4 have a gist; 1 token behind them. Two gists of 3 numbers each.
class ExportedStore : public ::testing::Test {
 protected:
  GistReader store(Precision precision = Precision::f32) const {
    Shape shape = kSmall;
    shape.precision = precision;
    GistWriter::make(path_, shape, about().text());
    GistWriter writer(path_);
    const std::uint32_t document = writer.document("a");
    for (std::uint32_t block = 0; block < 9; ++block) append(writer, document, block);
    for (std::uint32_t group = 0; group < 2; ++group) {
      const std::vector<std::int32_t> offsets = {7, 15};
      writer.append_group(document, group, gist_of(100 + group).data(), offsets.data(), 0xabc);
    }
    writer.append_tail(document, {7});
    writer.commit();
    return GistReader(path_);
  }
  static About about() {
    return {"teacher/llama 0123456789abcdef0123456789abcdef", "t1", "c1", "end", "l1", {}, {}};
  }
  std::string exported(const char* file) const { return files::read_all(folder_ / "tree" / file); }

  ScratchFolder folder_;
  fs::path path_ = folder_ / "store.h5";
};

TEST_F(ExportedStore, IsReadByTorch) {
  export_document(store(), "", folder_ / "gists.pt");
  const fs::path own = GISTMILL_SOURCE_DIR "/.venv/bin/python";
  const std::string python = fs::exists(own) ? own.string() : "python3";
  if (std::system((python + " -W ignore -c 'import torch' 2> /dev/null").c_str()) != 0)
    GTEST_SKIP() << "no torch for " << python;
  const std::string script =
      "import torch; x = torch.load(\"" + (folder_ / "gists.pt").string() +
      "\", weights_only=True); assert x.dtype == torch.float32 and tuple(x.shape) == (18, 3), x.shape; "
      "y = torch.tensor([[0.5 * (i // 2) - 3 * (i % 2) - j for j in range(3)] for i in range(18)]); "
      "assert torch.equal(x, y), (x, y)";
  EXPECT_EQ(std::system((python + " -W ignore -c '" + script + "'").c_str()), 0);
}

TEST_F(ExportedStore, IsAFolderWithAHeaderOf64BytesALevel) {
  export_document(store(), "a", folder_ / "tree");
  const std::string ids = exported("L0.ctx");
  const std::string level1 = exported("L1.ctx");
  const std::string level2 = exported("L2.ctx");
  ASSERT_EQ(ids.size(), 64 + 37 * 4u);
  ASSERT_EQ(level1.size(), 64 + 18 * 3 * 4u);
  ASSERT_EQ(level2.size(), 64 + 4 * 3 * 4u);
  EXPECT_EQ(ids.substr(0, 4), "TCCM");  // 0x4D434354, little endian
  for (const auto& [bytes, level, width, type, entries] :
       {std::tuple(&ids, 0, 1, 0, 37), {&level1, 1, 3, 3, 18}, {&level2, 2, 3, 3, 4}}) {
    EXPECT_EQ(load<std::uint16_t>(&(*bytes)[4]), 1);
    EXPECT_EQ(load<std::uint16_t>(&(*bytes)[6]), level);
    EXPECT_EQ(load<std::uint16_t>(&(*bytes)[8]), 4);
    EXPECT_EQ(load<std::uint16_t>(&(*bytes)[10]), width);
    EXPECT_EQ(load<std::uint16_t>(&(*bytes)[12]), type);
    EXPECT_EQ(load<std::uint64_t>(&(*bytes)[14]), static_cast<std::uint64_t>(entries));
    EXPECT_EQ(bytes->substr(22, 32), about().model.substr(0, 32));
    EXPECT_EQ(bytes->substr(54, 10), std::string(10, '\0'));
  }
  EXPECT_EQ(load<std::int32_t>(&ids[64 + 4 * 9]), ids_of(2)[1]);
  EXPECT_EQ(load<std::int32_t>(&ids[64 + 4 * 36]), 7);
  EXPECT_EQ(load<float>(&level1[64 + (2 * 5 + 1) * 3 * 4]), gist_of(5)[3]);
  EXPECT_EQ(load<float>(&level2[64 + 2 * 3 * 4]), gist_of(101)[0]);
}

TEST_F(ExportedStore, HasTheNodesOfItsTree) {
  export_document(store(), "a", folder_ / "tree");
  const auto json = nlohmann::json::parse(exported("metadata.json"));
  EXPECT_EQ(json["document"], "a");
  EXPECT_EQ(json["bytes"]["L2.ctx"], 64 + 48);
  EXPECT_EQ(json["about"]["level2"], "l1");
  const auto& nodes = json["nodes"];
  ASSERT_EQ(nodes.size(), 9 + 9 + 2u);
  for (std::size_t i = 0; i < nodes.size(); ++i) EXPECT_EQ(nodes[i]["span_id"], i);
  const auto& group = nodes[8];  // behind four blocks of two nodes
  EXPECT_EQ(group["level"], 2);
  EXPECT_EQ(group["start"], 0);
  EXPECT_EQ(group["end"], 16);
  EXPECT_EQ(group["child_ids"], (std::vector<int>{1, 3, 5, 7}));
  EXPECT_EQ(group["gist_version"], "0000000000000abc");
  EXPECT_EQ(nodes[7]["parent"], 8);
  EXPECT_EQ(nodes[7]["child_ids"], std::vector<int>{6});
  EXPECT_EQ(nodes[6]["parent"], 7);
  EXPECT_EQ(nodes[6]["data_offset"], 12);  // the entry of its first token
  EXPECT_EQ(nodes[7]["data_offset"], 6);   // and of its first gist
  EXPECT_EQ(nodes[19]["parent"], -1);      // of the last block, which is in no group yet
}

TEST_F(ExportedStore, SaysWhichTokensStayBesideTheirGists) {
  GistWriter::make(path_, kSmall, about().text());
  {
    GistWriter writer(path_);
    const std::uint32_t document = writer.document("a");
    append(writer, document, 0);
    const std::vector<std::int32_t> offsets = {1, 3};
    const std::vector<std::uint8_t> stays = {0, 1, 1, 0};
    writer.append_block(document, 1, ids_of(1).data(), gist_of(1).data(), offsets.data(), kCompressor,
                        stays.data());
    writer.commit();
  }
  export_document(GistReader(path_), "a", folder_ / "a.safetensors");
  const formats::Safetensors file(folder_ / "a.safetensors");
  const formats::SafetensorsTensor* kept = file.find("kept");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->dtype, formats::SafetensorsDtype::kU8);
  EXPECT_THAT(kept->shape, ElementsAre(2, 4));
  EXPECT_EQ(kept->data, std::string_view("\0\0\0\0\0\1\1\0", 8));
  export_document(GistReader(path_), "a", folder_ / "tree");
  const auto nodes = nlohmann::json::parse(exported("metadata.json"))["nodes"];
  EXPECT_FALSE(nodes[0].contains("kept"));
  EXPECT_EQ(nodes[2]["kept"], (std::vector<int>{1, 2}));
}

TEST_F(ExportedStore, KeepsHalvesAndWritesCodesAsFloats) {
  for (const auto& [precision, type, bytes] : {std::tuple(Precision::f16, 1, 2u),
                                               {Precision::bf16, 2, 2u},
                                               {Precision::int8, 3, 4u},
                                               {Precision::int4, 3, 4u}}) {
    fs::remove(path_);
    fs::remove_all(folder_ / "tree");
    export_document(store(precision), "a", folder_ / "tree");
    const std::string level1 = exported("L1.ctx");
    EXPECT_EQ(load<std::uint16_t>(&level1[12]), type);
    ASSERT_EQ(level1.size(), 64 + 18 * 3 * bytes);
    if (precision == Precision::f16) {
      EXPECT_EQ(float_of_half(load<std::uint16_t>(&level1[64 + 2 * 3])), gist_of(0)[3]);
    }
  }
}

TEST_F(ExportedStore, IsNotWrittenOverAFolderWithFiles) {
  fs::create_directories(folder_ / "tree/mine");
  EXPECT_THROW(export_document(store(), "a", folder_ / "tree"), files::FileError);
  EXPECT_TRUE(fs::exists(folder_ / "tree/mine"));
  EXPECT_FALSE(fs::exists(folder_ / "tree/L0.ctx"));
}

TEST_F(ExportedStore, RefusesGistsTooWideForTheHeader) {
  Shape wide = kSmall;
  wide.width = 65536;
  GistWriter::make(path_, wide, about().text());
  {
    GistWriter writer(path_);
    writer.document("a");
    writer.commit();
  }
  try {
    export_document(GistReader(path_), "", folder_ / "tree");
    FAIL() << "was written";
  } catch (const formats::FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a gist has 65536 numbers when these files hold 65535"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "tree"));
}

}  // namespace
}  // namespace gistmill::gists
