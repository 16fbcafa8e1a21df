// Weights in one file and in shards, and what is said where the index and the shards differ.
#include <gistmill/formats/safetensors_folder.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;
using test::refusal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SafetensorsFolderTest : public ::testing::Test {
 protected:
  SafetensorsFolderTest() { fs::create_directories(folder_); }
  ~SafetensorsFolderTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  // A file of F32 tensors of one element each.
  void write_tensors(const std::string& name, const std::map<std::string, float>& tensors) const {
    std::vector<SafetensorsItem> items;
    for (const auto& [tensor, value] : tensors) {
      items.push_back({tensor, SafetensorsDtype::kF32, {1, 1}, &value, sizeof value});
    }
    std::string bytes;
    write_safetensors(
        [&](const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); },
        items);
    write(name, bytes);
  }

  void write_index(const std::string& text) const { write("model.safetensors.index.json", text); }

  void write_two_shards() const {
    write_tensors("model-1.safetensors", {{"a", 1.0f}, {"c", 3.0f}});
    write_tensors("model-2.safetensors", {{"b", 2.0f}});
  }

  // What is said of two good shards and this index.
  std::string refusal_of(const std::string& index) const {
    write_two_shards();
    write_index(index);
    return refusal([&] { SafetensorsFolder{folder_}; });
  }

  static float value_of(const SafetensorsFolder& weights, const char* name) {
    float value = 0;
    weights.tensor(name).read_rows(0, 1, &value);
    return value;
  }

  const gistmill::testing::ScratchFolder scratch_;
  const fs::path folder_ = scratch_ / "model";
};

constexpr const char* kIndex =
    R"({"metadata":{"total_size":12,"other":[1]},"extra":{"x":null},"weight_map":{)"
    R"("a":"model-1.safetensors","b":"model-2.safetensors","c":"model-1.safetensors"}})";

TEST_F(SafetensorsFolderTest, ReadsShards) {
  write_two_shards();
  write_index(kIndex);
  EXPECT_TRUE(SafetensorsFolder::is_one(folder_));
  const SafetensorsFolder weights(folder_);
  EXPECT_EQ(value_of(weights, "a"), 1.0f);
  EXPECT_EQ(value_of(weights, "b"), 2.0f);
  EXPECT_EQ(value_of(weights, "c"), 3.0f);
  EXPECT_EQ(weights.tensor_count(), 3u);
  EXPECT_EQ(weights.bytes(), 12u);
  EXPECT_EQ(weights.files().size(), 2u);
  EXPECT_EQ(weights.tensor("b")->shape, (std::vector<std::int64_t>{1, 1}));
  std::uint16_t bf16 = 0;
  weights.tensor("c").read_rows_bf16(0, 1, &bf16);
  EXPECT_EQ(bf16, 0x4040);
  EXPECT_FALSE(weights.find("d"));
  EXPECT_THAT(refusal([&] { weights.tensor("d"); }), HasSubstr("index.json: has no tensor 'd' among its 3"));
}

TEST_F(SafetensorsFolderTest, ReadsASingleFileBeforeAnIndex) {
  write_index("nonsense");
  write_tensors("model.safetensors", {{"a", 5.0f}});
  const SafetensorsFolder weights(folder_);
  EXPECT_EQ(value_of(weights, "a"), 5.0f);
  EXPECT_EQ(weights.name(), (folder_ / "model.safetensors").string());
}

TEST_F(SafetensorsFolderTest, TakesASizeThatIsWrittenAsAFloatOrNotAtAll) {
  const std::string map =
      R"("weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors","c":"model-1.safetensors"}})";
  EXPECT_EQ(refusal_of(R"({"metadata":{"total_size":12.0},)" + map), "");
  EXPECT_EQ(refusal_of(R"({"metadata":{},)" + map), "");
  EXPECT_EQ(refusal_of("{" + map), "");
}

TEST_F(SafetensorsFolderTest, SaysWhatIsMissing) {
  EXPECT_FALSE(SafetensorsFolder::is_one(folder_));
  EXPECT_EQ(refusal([&] { SafetensorsFolder{folder_}; }),
            folder_.string() + ": has neither model.safetensors nor model.safetensors.index.json");
  write_index(R"({"weight_map":{"a":"gone.safetensors"}})");
  EXPECT_THAT(refusal([&] { SafetensorsFolder{folder_}; }), HasSubstr("gone.safetensors: cannot open"));
}

TEST_F(SafetensorsFolderTest, NamesTheShardThatIsDamaged) {
  write("model-1.safetensors", "damaged!");
  write_index(R"({"weight_map":{"a":"model-1.safetensors"}})");
  EXPECT_THAT(refusal([&] { SafetensorsFolder{folder_}; }),
              HasSubstr("model-1.safetensors: byte 0: header length"));
}

TEST_F(SafetensorsFolderTest, ReadsATensorWhereItLiesAndSaysWhereTheIndexErrs) {
  write_two_shards();
  write_index(
      R"({"weight_map":{"a":"model-2.safetensors","b":"model-2.safetensors","c":"model-1.safetensors",)"
      R"("d":"model-1.safetensors"}})");
  const SafetensorsFolder weights(folder_);
  EXPECT_EQ(value_of(weights, "a"), 1.0f);
  EXPECT_THAT(weights.notes(),
              ElementsAre("tensor 'a' is not in 'model-2.safetensors', where the index places it",
                          "tensor 'd' is not in 'model-1.safetensors', where the index places it",
                          "tensor 'a' lies in " + (folder_ / "model-1.safetensors").string() +
                              ", where the index does not place it"));
}

TEST_F(SafetensorsFolderTest, ReadsATensorThatTheIndexLacks) {
  write_two_shards();
  write_index(R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
  const SafetensorsFolder weights(folder_);
  EXPECT_EQ(value_of(weights, "c"), 3.0f);
  EXPECT_THAT(weights.notes(),
              ElementsAre("tensor 'c' lies in " + (folder_ / "model-1.safetensors").string() +
                          ", where the index does not place it"));
}

TEST_F(SafetensorsFolderTest, RefusesATensorThatTwoShardsHold) {
  write_tensors("model-1.safetensors", {{"a", 1.0f}});
  write_tensors("model-2.safetensors", {{"a", 2.0f}, {"b", 2.0f}});
  write_index(R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
  EXPECT_THAT(refusal([&] { SafetensorsFolder{folder_}; }),
              HasSubstr("model-2.safetensors: holds tensor 'a', and so does "));
}

TEST_F(SafetensorsFolderTest, RefusesATensorThatIsNamedTwice) {
  for (const char* again : {"a", "\\u0061"}) {
    EXPECT_THAT(refusal_of(R"({"weight_map":{"a":"model-1.safetensors",")" + std::string(again) +
                           R"(":"model-1.safetensors"}})"),
                HasSubstr("tensor 'a' occurs twice"));
  }
}

TEST_F(SafetensorsFolderTest, SaysWhereTheTotalSizeIsAnother) {
  std::string index = kIndex;
  EXPECT_EQ(refusal_of(index), "");
  EXPECT_THAT(SafetensorsFolder(folder_).notes(), IsEmpty());
  index.replace(index.find("12"), 2, "16");
  EXPECT_EQ(refusal_of(index), "");
  EXPECT_THAT(SafetensorsFolder(folder_).notes(),
              ElementsAre("total_size is 16 when the shards hold 12 bytes of tensors"));
}

TEST_F(SafetensorsFolderTest, OpensNoFileOutsideOfItself) {
  for (const char* shard :
       {"../x.safetensors", "/etc/passwd", "..", ".", "", "a/b.safetensors", "./model-1.safetensors",
        "model-1.safetensors/", "a\\u0000.safetensors", "\\u002fetc\\u002fpasswd", "..\\u002fx"}) {
    EXPECT_THAT(refusal_of(R"({"weight_map":{"a":")" + std::string(shard) + "\"}}"),
                HasSubstr("when it should be the plain name of a file in the same folder"))
        << shard;
  }
  EXPECT_THAT(refusal_of(R"({"weight_map":{"a":")" + std::string(256, 'x') + "\"}}"),
              HasSubstr("plain name"));
}

TEST_F(SafetensorsFolderTest, RefusesAMalformedIndex) {
  for (const auto& [text, message] : std::vector<std::pair<const char*, const char*>>{
           {"", "index.json:1:1: is not JSON"},
           {"[]", "index is an array when it should be an object"},
           {"{}", "has no weight_map"},
           {R"({"weight_map":[]})", "weight_map is an array when it should be an object"},
           {R"({"weight_map":{"a":1}})", "shard of tensor 'a' is a number when it should be a string"},
           {R"({"weight_map":{"a":null}})", "shard of tensor 'a' is null when it should be a string"},
           {R"({"weight_map":{},"weight_map":{}})", "weight_map occurs twice"},
           {R"({"metadata":{},"metadata":{}})", "metadata occurs twice"},
           {R"({"metadata":1})", "metadata is a number when it should be an object"},
           {R"({"metadata":{"total_size":"12"}})", "total_size is a string when it should be a number"},
           {R"({"metadata":{"total_size":-1}})", "total_size is '-1' when it should be a number of bytes"},
           {R"({"metadata":{"total_size":1.5}})", "total_size is '1.5' when it should be a number of bytes"},
           {R"({"metadata":{"total_size":1e300}})",
            "total_size is '1e300' when it should be a number of bytes"},
           {R"({"metadata":{"total_size":1,"total_size":1}})", "total_size occurs twice"},
           {R"({"weight_map":{}} {})", "is not JSON: '{' when it should be the end"},
           {R"({"weight_map":{})", "is not JSON: the end when it should be '}'"},
       }) {
    EXPECT_THAT(refusal_of(text), HasSubstr(message)) << text;
  }
  EXPECT_THAT(refusal_of("{\"x\":" + std::string(1000, '[')), HasSubstr("more than 16 deep"));
}

}  // namespace
}  // namespace gistmill::formats
