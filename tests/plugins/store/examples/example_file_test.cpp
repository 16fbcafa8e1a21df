// The example file from the store to the dataset: what HDF5 and h5py find in it, its metadata, damage, and
// that it appears whole or not at all.
#include <gmock/gmock.h>
#include <hdf5.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "plugins/dataset/examples/examples.hpp"
#include "plugins/store/examples/metadata.hpp"
#include "plugins/store/examples/reader.hpp"
#include "plugins/store/examples/store.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/file_bytes.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::examples {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kBlock = 2;
constexpr std::int64_t kHorizon = 4;
constexpr std::int64_t kHidden = 3;

constexpr char kProvenance[] = R"({"pipeline": "fields",
"instances": {"teacher": {"component": "teacher/llama", "options": {"dtype": "auto"}}},
"files": {"teacher": {"model": "big \"model\".gguf"}},
"corpora": {"prepare": {"instances": {"words": {"component": "tokenizer/bpe"}},
                        "files": {"words": {"model": "vocabulary.gguf"}}}}})";

class ExampleFile : public ::testing::Test {
 protected:
  // Rows of documents 0, 0, 2 (train) and 1 (validation), and one that fills the batch.
  static void append_batch(ExampleStore& store) {
    const std::vector<std::int32_t> documents = {0, 0, 2, 1, 0};
    const std::vector<std::int32_t> begins = {0, 2, 0, 0, 0};
    const std::vector<std::int32_t> splits = {0, 0, 0, 1, -1};
    std::vector<std::int32_t> ids;
    std::vector<float> hidden;
    std::vector<std::uint8_t> names;
    for (std::int32_t row = 0; row < 5; ++row) {
      for (std::int32_t i = 0; i < kHorizon; ++i) ids.push_back(100 * row + i);
      for (std::int64_t i = 0; i < kHorizon * kHidden; ++i)
        hidden.push_back(static_cast<float>(row) + static_cast<float>(i) / 8);
      const std::string name = "d" + std::to_string(documents[static_cast<std::size_t>(row)]);
      names.insert(names.end(), {static_cast<std::uint8_t>(name[0]), static_cast<std::uint8_t>(name[1]), 0});
    }
    store.append(Tensor::of(ids, {5, kHorizon}), Tensor::of(hidden, {5, kHorizon, kHidden}),
                 Tensor::of(names, {5, 3}), Tensor::of(documents, {5}), Tensor::of(begins, {5}),
                 Tensor::of(splits, {5}));
  }
  static ExampleStore store() { return ExampleStore(PlainOptions({{"block", kBlock}}).get()); }
  void write() {
    ExampleStore made = store();
    made.begin(path_, kProvenance);
    append_batch(made);
    made.commit();
  }
  static std::string bytes(const std::filesystem::path& path) { return gistmill::test::bytes_of(path); }
  void overwrite(const std::string& content) const { gistmill::test::write_bytes(path_, content); }
  std::string refusal() const {
    return gistmill::test::message_of([&] { ExampleFileReader(path_).verify(); });
  }
  template <class T>
  std::vector<T> data_set(const char* name, hid_t type, std::size_t size) const {
    const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    std::vector<T> values(size);
    const hid_t stored = H5Dget_type(set);
    EXPECT_GT(H5Tequal(stored, type), 0) << name;
    EXPECT_EQ(H5Dget_storage_size(set), size * H5Tget_size(type)) << name;
    EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    H5Tclose(stored);
    H5Dclose(set);
    H5Fclose(file);
    return values;
  }

  ScratchFolder folder_;
  std::string path_ = (folder_ / "fields.h5").string();
};

TEST_F(ExampleFile, HoldsTheColumnsOfTheDocumentsInTheirTypes) {
  write();
  EXPECT_THAT(data_set<std::int64_t>("/train/input_ids", H5T_STD_I64LE, 6),
              ElementsAre(0, 1, 100, 101, 200, 201));
  EXPECT_THAT(data_set<std::int8_t>("/train/attention_mask", H5T_STD_I8LE, 6), ::testing::Each(1));
  EXPECT_THAT(data_set<std::int64_t>("/validation/context_input_ids", H5T_STD_I64LE, 4),
              ElementsAre(300, 301, 302, 303));
  EXPECT_THAT(data_set<std::int8_t>("/validation/context_attention_mask", H5T_STD_I8LE, 4),
              ::testing::Each(1));
  EXPECT_THAT(data_set<float>("/validation/teacher_hidden", H5T_IEEE_F32LE, 6),
              ElementsAre(3, 3.125, 3.25, 3.375, 3.5, 3.625));
  EXPECT_THAT(data_set<float>("/validation/gist_target", H5T_IEEE_F32LE, 3),
              ElementsAre(3.1875, 3.3125, 3.4375))
      << "the mean of the block's two rows";
  EXPECT_THAT(data_set<std::int32_t>("/train/document", H5T_STD_I32LE, 3), ElementsAre(0, 0, 2));
  EXPECT_THAT(data_set<std::int32_t>("/train/begin", H5T_STD_I32LE, 3), ElementsAre(0, 2, 0));
}

TEST_F(ExampleFile, IsReadByH5py) {
  const std::string installed = GISTMILL_SOURCE_DIR "/.venv-tests/bin/python";  // by scripts/test.sh
  const std::string python = std::filesystem::exists(installed) ? "'" + installed + "'" : "python3";
  if (std::system((python + " -c 'import h5py' 2> /dev/null").c_str()) != 0)
    GTEST_SKIP() << "no h5py; scripts/test.sh installs it into .venv-tests";
  write();
  const std::string script = R"(
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    train = file["train"]
    assert train["teacher_hidden"].shape == (3, 2, 3) and train["teacher_hidden"].dtype == "float32"
    assert train["input_ids"].dtype == "int64" and train["attention_mask"].dtype == "int8"
    assert (train["context_input_ids"][:, :2] == train["input_ids"][:]).all()
    assert (train["teacher_hidden"][:].mean(axis=1) == train["gist_target"][:]).all()
    assert [file["documents/name"][i].decode() for i in train["document"]] == ["d0", "d0", "d2"]
    assert file.attrs["block_size"] == 2 and file.attrs["horizon"] == 4
)";
  std::ofstream(folder_ / "read.py") << script;
  EXPECT_EQ(std::system((python + " '" + (folder_ / "read.py").string() + "' '" + path_ + "'").c_str()), 0);
}

TEST_F(ExampleFile, IsDescribedBesideIt) {
  write();
  EXPECT_EQ(bytes(folder_ / "fields.yaml"), R"(dataset_name: "fields"
tokenizer: "vocabulary.gguf"
block_size: 2
horizon: 4
teacher_model: "big \"model\".gguf"
teacher_dtype: f32
teacher_dtype_config: "auto"
splits:
  train:
    documents: 2
    blocks: 5
    examples: 3
    teacher_hidden_size: 3
    teacher_dtype: f32
  validation:
    documents: 1
    blocks: 2
    examples: 1
    teacher_hidden_size: 3
    teacher_dtype: f32
)");
}

TEST_F(ExampleFile, IsDescribedWithNullWhereProvenanceIsSilent) {
  const std::string text = metadata_text("{}", {2, 4, 3}, "f32", {});
  EXPECT_THAT(text, HasSubstr("dataset_name: null\ntokenizer: null\n"));
}

TEST_F(ExampleFile, KeepsStatesInBf16AsF32) {
  ExampleStore made = store();
  made.begin(path_, "{}");
  Tensor hidden = Tensor::zeros(gm_dtype{GM_BFLOAT, 16, 1}, {1, kHorizon, kHidden});
  const std::uint16_t value = 0xC049;  // -3.140625
  gm_tensor* shared = hidden.share();
  for (int i = 0; i < 12; ++i) static_cast<std::uint16_t*>(shared->data)[i] = value;
  shared->deleter(shared);
  made.append(Tensor::zeros<std::int32_t>({1, kHorizon}), hidden, Tensor::zeros<std::uint8_t>({1, 1}),
              Tensor::zeros<std::int32_t>({1}), Tensor::zeros<std::int32_t>({1}),
              Tensor::zeros<std::int32_t>({1}));
  made.commit();
  EXPECT_THAT(data_set<float>("/train/teacher_hidden", H5T_IEEE_F32LE, 6), ::testing::Each(-3.140625f));
  EXPECT_THAT(bytes(folder_ / "fields.yaml"), HasSubstr("teacher_dtype: bf16\n"));
}

TEST_F(ExampleFile, AppearsWholeOrNotAtAll) {
  {
    ExampleStore made = store();
    made.begin(path_, kProvenance);
    append_batch(made);
    EXPECT_THAT(folder_.names(), IsEmpty()) << "what is appended waits in files without a name";
  }
  EXPECT_THAT(folder_.names(), IsEmpty());
  write();
  EXPECT_THAT(folder_.names(), ElementsAre("fields.h5", "fields.yaml"));
}

// A process is killed at any moment while it writes the file again and again.
TEST_F(ExampleFile, IsWholeOrNotThereAfterAKill) {
  int found = 0;
  // On a busy machine a child takes longer to write one.
  for (int moment = 0; moment < 40 || (found == 0 && moment < 400); ++moment) {
    const pid_t process = fork();
    ASSERT_GE(process, 0);
    if (process == 0) {
      for (;;) write();
    }
    usleep(static_cast<useconds_t>(1000 + 700 * moment));
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    for (const std::string& name : folder_.names()) {
      EXPECT_TRUE(name == "fields.h5" || name == "fields.yaml" || name.starts_with(".gistmill-")) << name;
    }
    if (!std::filesystem::exists(path_)) continue;
    ++found;
    EXPECT_EQ(refusal(), "");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "fields.yaml")) << "where it is, it is described";
  }
  std::filesystem::remove(path_);
  write();
  EXPECT_EQ(refusal(), "") << "what a kill left is in nobody's way";
  EXPECT_GT(found, 0) << "no child came so far as to write one";
}

TEST_F(ExampleFile, ThatIsDamagedIsNoticed) {
  write();
  const std::string whole = bytes(path_);
  EXPECT_EQ(refusal(), "");
  std::string other = whole;
  const float number = 3.375f;  // of the validation example
  const std::size_t at = other.find(std::string(reinterpret_cast<const char*>(&number), sizeof number));
  ASSERT_NE(at, std::string::npos);
  other[at] = static_cast<char>(other[at] ^ 1);
  overwrite(other);
  EXPECT_THAT(refusal(), HasSubstr("the digest of its content is"));
  for (const std::size_t size : {whole.size() - 1, whole.size() / 2, std::size_t{100}, std::size_t{0}}) {
    overwrite(whole.substr(0, size));
    EXPECT_THAT(refusal(), HasSubstr("fields.h5")) << size;
  }
}

// Sizes that no column is held against would be believed.
TEST_F(ExampleFile, WithoutExamplesIsRefusedWhateverItsSizes) {
  write();
  const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  EXPECT_GE(H5Ldelete(file, "/train", H5P_DEFAULT), 0);
  EXPECT_GE(H5Ldelete(file, "/validation", H5P_DEFAULT), 0);
  const std::int64_t huge = 1 << 24;
  for (const char* name : {"block_size", "horizon", "hidden_size"}) {
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(attribute, H5T_NATIVE_INT64, &huge), 0);
    H5Aclose(attribute);
  }
  H5Fclose(file);
  EXPECT_THAT(refusal(), HasSubstr("it has no examples"));
}

TEST_F(ExampleFile, RefusesWhatIsNoExample) {
  ExampleStore made = store();
  made.begin(path_, "{}");
  const auto negative = [&] {
    made.append(Tensor::of<std::int32_t>({0, 1, -7, 3}, {1, 4}), Tensor::zeros<float>({1, 4, 3}),
                Tensor::zeros<std::uint8_t>({1, 1}), Tensor::zeros<std::int32_t>({1}),
                Tensor::zeros<std::int32_t>({1}), Tensor::zeros<std::int32_t>({1}));
  };
  EXPECT_THROW(
      try { negative(); } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "token 2 of an example is -7 when ids are not negative");
        throw;
      },
      Error);
  EXPECT_THROW(made.commit(), Error) << "nothing is in it";
  EXPECT_THAT(folder_.names(), ::testing::Not(::testing::Contains("fields.h5")));
}

// ---- dataset/examples ----

class ExamplesSource : public ExampleFile {
 protected:
  void SetUp() override { write(); }
  dataset::Examples make(const PlainTable& changes = {}) const {
    PlainTable table = {{"corpus", path_},
                        {"split", std::string("train")},
                        {"spans", std::int64_t{2}},
                        {"order", std::string("sequential")},
                        {"repeat", true}};
    for (const auto& [key, value] : changes) table[key] = value;
    return dataset::Examples(PlainOptions(table).get());
  }
  template <class T>
  static std::vector<T> values(const Tensor& tensor) {
    return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
  }
};

TEST_F(ExamplesSource, GivesWindowsBlocksAndStates) {
  dataset::Examples source = make();
  const auto [tokens, spans, targets, mask, states, documents, begins, names] = source.next();
  EXPECT_THAT(values<std::int32_t>(tokens), ElementsAre(0, 1, 2, 3, 100, 101, 102, 103));
  EXPECT_THAT(values<std::int32_t>(spans), ElementsAre(0, 4));
  EXPECT_THAT(values<std::int32_t>(targets), ElementsAre(2, 3, 102, 103));
  EXPECT_THAT(values<float>(mask), ::testing::Each(1));
  EXPECT_EQ(states.shape(), (std::vector<std::int64_t>{2, kBlock, 1, kHidden}));
  EXPECT_EQ(states.data<float>()[6], 1.0f) << "the first number of the second example";
  EXPECT_THAT(values<std::int32_t>(documents), ElementsAre(0, 0));
  EXPECT_THAT(values<std::int32_t>(begins), ElementsAre(0, 2));
  EXPECT_THAT(values<std::uint8_t>(names), ElementsAre('d', '0', 'd', '0'));
  EXPECT_EQ(source.symbol("D"), kHidden);
  EXPECT_EQ(source.symbol("S"), kBlock);
  EXPECT_EQ(source.symbol("T"), 8);
}

TEST_F(ExamplesSource, GoesOnWhereItStopped) {
  dataset::Examples source = make({{"order", std::string("shuffle")}});
  source.next();
  const std::string state = source.save_state();
  const auto expected = values<std::int32_t>(std::get<0>(source.next()));
  dataset::Examples again = make({{"order", std::string("shuffle")}});
  again.load_state(state);
  EXPECT_EQ(values<std::int32_t>(std::get<0>(again.next())), expected);
  EXPECT_THROW(make({{"split", std::string("validation")}}).load_state(state), Error);
}

TEST_F(ExamplesSource, RefusesMoreThanOnePassHas) {
  try {
    make({{"spans", std::int64_t{4}}, {"repeat", false}});
    ADD_FAILURE() << "was not refused";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "spans is 4 when one pass has 3 train examples");
  }
}

}  // namespace
}  // namespace gistmill::examples
