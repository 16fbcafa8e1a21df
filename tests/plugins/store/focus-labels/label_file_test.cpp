// The label file from the store to its reader: what comes back, what h5py finds, going on after a stop,
// damage, and that it appears whole or not at all.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "plugins/store/focus-labels/identities.hpp"
#include "plugins/store/focus-labels/reader.hpp"
#include "tests/plugins/store/focus-labels/synthetic_labels.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/file_bytes.hpp"
#include "tests/support/message_of.hpp"

// As in topk_file_test.cpp: a changed length has HDF5 ask for more memory than there is.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace gistmill::labels {
namespace {

using gistmill::test::message_of;
using test::SyntheticSession;
using test::SyntheticSizes;
using ::testing::HasSubstr;
using testing::ScratchFolder;

constexpr char kProvenance[] = R"({"calls": [], "corpora": {"prepare": {"pipeline": "prepare"}},
"instances": {"gist": {"component": "gistnet/refine", "options": {"width": 64}, "contents": "fedcba9876543210"},
"teacher": {"component": "teacher/llama", "options": {"dtype": "f32"}, "contents": "0123456789abcdef0123"}}})";

class LabelFile : public ::testing::Test {
 protected:
  // Snapshots are numbered as write_labels makes them: six of each session.
  static void append_all(LabelStore& store, std::size_t from, std::size_t until) {
    const SyntheticSizes sizes;
    std::size_t snapshot = 0;
    for (std::int32_t number = 0; number < sizes.sessions; ++number) {
      SyntheticSession session(number, sizes);
      for (std::int64_t i = 1; i <= sizes.blocks; ++i) {
        session.grow();
        if (i % 2 != 0) continue;
        if (snapshot >= from && snapshot < until) test::append(store, session.snapshot(), sizes.hidden);
        ++snapshot;
      }
    }
  }
  // A preparation that ends after some snapshots; what is kept of it.
  std::string keep(std::size_t until) const {
    LabelStore store = test::make_store();
    store.begin(path_.string(), kProvenance);
    append_all(store, 0, until);
    return store.save_state();
  }
  static SyntheticSession grown(std::int32_t number, int blocks) {
    SyntheticSession session(number, {});
    for (int i = 0; i < blocks; ++i) session.grow();
    return session;
  }
  std::string bytes() const { return gistmill::test::bytes_of(path_); }
  void overwrite(const std::string& content) const { gistmill::test::write_bytes(path_, content); }
  std::string refusal() const {
    return message_of([&] { LabelReader(path_).verify(); });
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path_.parent_path()), {}));
  }
  static std::string refused(const std::function<void(Snapshot&)>& spoil) {
    const ScratchFolder folder;
    LabelStore store = test::make_store();
    store.begin((folder / "labels.h5").string(), "{}");
    SyntheticSession session = grown(0, 6);
    Snapshot snapshot = session.snapshot();
    spoil(snapshot);
    return message_of([&] { test::append(store, snapshot, 6); });
  }

  ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "labels.h5";
};

TEST_F(LabelFile, GivesBackContextsUtilitiesHistoriesAndVectors) {
  test::write_labels(path_, {}, kProvenance);
  const LabelReader reader(path_);
  reader.verify();
  ASSERT_EQ(reader.snapshots(), 18u);
  ASSERT_EQ(reader.sessions().size(), 3u);
  std::uint64_t place = 0;
  for (std::int32_t number = 0; number < 3; ++number) {
    SyntheticSession session(number, {});
    EXPECT_EQ(reader.sessions()[static_cast<std::size_t>(number)].name, "doc" + std::to_string(number));
    for (int i = 1; i <= 12; ++i) {
      session.grow();
      if (i % 2 != 0) continue;
      const Snapshot& made = session.snapshot();
      const StoredSnapshot read = reader.read(place++);
      const std::size_t count = made.entries.count;
      EXPECT_EQ(read.session, static_cast<std::uint64_t>(number));
      EXPECT_EQ(read.base_loss, made.base_loss);
      EXPECT_EQ(read.arrays.cursor, made.entries.cursor);
      EXPECT_EQ(read.arrays.rules.budget, 24);
      EXPECT_EQ(read.arrays.rules.protected_tail, 4);
      EXPECT_EQ(read.arrays.levels, std::vector(made.entries.levels, made.entries.levels + count));
      EXPECT_EQ(read.arrays.starts, std::vector(made.entries.starts, made.entries.starts + count));
      EXPECT_EQ(read.arrays.residency, std::vector(made.entries.residency, made.entries.residency + count));
      EXPECT_EQ(read.arrays.last_action,
                std::vector(made.entries.last_action, made.entries.last_action + count));
      EXPECT_EQ(std::memcmp(read.utility_nll.data(), made.utility_nll, 2 * count * sizeof(float)), 0);
      EXPECT_EQ(std::memcmp(read.utility_kl.data(), made.utility_kl, 2 * count * sizeof(float)), 0);
      EXPECT_EQ(reader.tokens(read.session, 0, read.arrays.cursor),
                std::vector(made.tokens, made.tokens + made.entries.cursor));
      std::vector<float> vector(6);
      for (std::size_t entry = 0; entry < count; ++entry) {
        const std::int32_t level = made.entries.levels[entry];
        const std::int32_t start = made.entries.starts[entry];
        reader.read_vector(read.session, level, start, vector.data());
        const float* expected = level == 2 ? made.level_2 + start / 16 * 6 : made.level_1 + start / 4 * 6;
        EXPECT_EQ(vector, std::vector(expected, expected + 6));
      }
    }
  }
}

TEST_F(LabelFile, KnowsWhoMadeIt) {
  test::write_labels(path_, {}, kProvenance);
  const Header header = LabelReader(path_).header();
  EXPECT_EQ(header.teacher, R"(teacher/llama {"dtype":"f32"} with 0123456789ab)");
  EXPECT_EQ(header.gistnet, R"(gistnet/refine {"width":64} with fedcba987654)");
  EXPECT_EQ(header.corpus.size(), 12u);
  EXPECT_EQ(header.block, 4);
  EXPECT_EQ(header.horizon, 8);
  EXPECT_EQ(header.hidden, 6);
  EXPECT_EQ(header.position, "center");
  test::write_labels(path_);
  EXPECT_EQ(LabelReader(path_).header().gistnet, "unknown");
}

TEST_F(LabelFile, KnowsWithWhichParametersItWasMade) {
  nlohmann::json made = nlohmann::json::parse(kProvenance);
  made["parameters"]["gist"] = std::string(64, 'c');
  test::write_labels(path_, {}, made.dump());
  EXPECT_EQ(LabelReader(path_).header().gistnet,
            R"(gistnet/refine {"width":64} with fedcba987654 trained to cccccccccccc)");
  EXPECT_EQ(nlohmann::json::parse(makers_of(made.dump()))["gist"]["parameters"], std::string(64, 'c'));
}

TEST_F(LabelFile, OfAnotherProgramNamesNoMakers) {
  for (const char* provenance :
       {"", "[]", "{}", R"({"instances":3})", R"({"instances":{"a":{"component":7}}})",
        R"({"instances":{"a":{"component":"gistnet/mean"}}})"})
    EXPECT_EQ(makers_of(provenance), "{}") << provenance;
}

TEST_F(LabelFile, OfYoungHistoriesHasNoVectorsOfLevelTwo) {
  test::write_labels(path_, {.sessions = 2, .blocks = 3});
  const LabelReader reader(path_);
  reader.verify();
  EXPECT_EQ(reader.snapshots(), 2u);
}

TEST_F(LabelFile, WithoutTheDivergenceSaysThatItIsUnknown) {
  test::write_labels(path_, {.with_kl = false});
  for (const float value : LabelReader(path_).read(4).utility_kl) EXPECT_TRUE(std::isnan(value));
}

TEST_F(LabelFile, IsReadByH5py) {
  const std::string installed = GISTMILL_SOURCE_DIR "/.venv-tests/bin/python";  // by scripts/test.sh
  const std::string python = std::filesystem::exists(installed) ? "'" + installed + "'" : "python3";
  if (std::system((python + " -c 'import h5py' 2> /dev/null").c_str()) != 0)
    GTEST_SKIP() << "no h5py; scripts/test.sh installs it into .venv-tests";
  test::write_labels(path_);
  const std::string script = R"(
import sys, h5py, numpy
with h5py.File(sys.argv[1]) as file:
    counts = file["snapshot/entries"][:]
    assert file["entry/utility_nll"].shape == (counts.sum(), 2) and counts.size == 18
    assert [name.decode() for name in file["session/name"]] == ["doc0", "doc1", "doc2"]
    assert list(file["session/length"]) == [48, 48, 48]
    assert file["tree/token"].shape == (144,) and file["tree/level_1"].shape == (36, 6)
    assert file["tree/level_2"].shape == (9, 6) and file["tree/level_2"].dtype == "float32"
    widths = numpy.array([4, 4, 16])[file["entry/level"][:counts[0]]]
    assert widths.sum() == file["snapshot/cursor"][0] == 8
    assert file.attrs["block"] == 4 and file.attrs["position"].decode() == "center"
)";
  std::ofstream(folder_ / "read.py") << script;
  EXPECT_EQ(
      std::system((python + " '" + (folder_ / "read.py").string() + "' '" + path_.string() + "'").c_str()),
      0);
}

TEST_F(LabelFile, ThatGoesOnHasTheBytesOfOneMadeInOnePiece) {
  test::write_labels(path_, {}, kProvenance);
  const std::string whole = bytes();
  for (const std::size_t until : {0u, 1u, 6u, 8u, 18u}) {
    std::filesystem::remove(path_);
    const std::string state = keep(until);
    LabelStore store = test::make_store();
    store.begin(path_.string(), kProvenance);
    store.load_state(state);
    EXPECT_EQ(store.save_state(), state);
    append_all(store, until, 18);
    store.commit();
    EXPECT_TRUE(bytes() == whole) << "after " << until;
    EXPECT_EQ(files(), 1u);
  }
}

TEST_F(LabelFile, WhatWasAppendedBehindTheStateIsForgotten) {
  std::string state;
  {
    LabelStore store = test::make_store();
    store.begin(path_.string(), kProvenance);
    append_all(store, 0, 8);
    state = store.save_state();
    append_all(store, 8, 14);
  }
  LabelStore store = test::make_store();
  store.begin(path_.string(), kProvenance);
  store.load_state(state);
  append_all(store, 8, 18);
  store.commit();
  const std::string found = bytes();
  test::write_labels(path_, {}, kProvenance);
  EXPECT_TRUE(found == bytes());
}

TEST_F(LabelFile, PartsThatWereLostOrDamagedAreNotGoneOnFrom) {
  const std::filesystem::path parts = folder_ / ".labels.h5.part";
  const auto refuses = [&](const std::string& state) {
    LabelStore store = test::make_store();
    store.begin(path_.string(), kProvenance);
    return message_of([&] { store.load_state(state); });
  };
  std::string state = keep(8);
  std::filesystem::resize_file(parts / "entry_level", 10);
  EXPECT_THAT(refuses(state), HasSubstr("entry_level' has 10 bytes of"));
  state = keep(8);
  std::fstream(parts / "tree_level_1", std::ios::in | std::ios::out).put('x');
  EXPECT_THAT(refuses(state), HasSubstr("has another digest than it had"));
  state = keep(8);
  std::fstream(parts / "snapshot_session", std::ios::in | std::ios::out).write("\x7f\x7f\x7f\x7f", 4);
  EXPECT_THAT(refuses(state), HasSubstr("is damaged"));
  std::filesystem::remove_all(parts);
  EXPECT_THAT(refuses(state), HasSubstr(".labels.h5.part' is missing"));
  for (const char* damaged : {"", "store/topk 1", "store/focus-labels 2", "store/focus-labels 1 4",
                              "store/focus-labels 1 0 6 1 1 a", "store/focus-labels 1 4 99999999999 1 1 a"})
    EXPECT_NE(refuses(damaged), "") << damaged;
}

TEST_F(LabelFile, ThatIsNotFinishedLeavesNothing) {
  {
    LabelStore store = test::make_store();
    store.begin(path_.string(), "{}");
    append_all(store, 0, 4);
  }
  EXPECT_EQ(files(), 0u);
  LabelStore store = test::make_store();
  store.begin(path_.string(), "{}");
  EXPECT_THAT(message_of([&] { store.commit(); }), HasSubstr("no snapshot"));
}

TEST_F(LabelFile, RefusesASessionThatCameBeforeOrDidNotGrow) {
  LabelStore store = test::make_store();
  store.begin(path_.string(), "{}");
  SyntheticSession first = grown(0, 6), second = grown(1, 6), longer = grown(0, 8);
  test::append(store, first.snapshot(), 6);
  EXPECT_THAT(message_of([&] { test::append(store, first.snapshot(), 6); }),
              HasSubstr("session 0 is at token 24 when the snapshot before was at 24"));
  test::append(store, second.snapshot(), 6);
  EXPECT_THAT(message_of([&] { test::append(store, longer.snapshot(), 6); }),
              HasSubstr("session 0 came before"));
}

TEST_F(LabelFile, RefusesAHistoryThatChanged) {
  SyntheticSession first = grown(0, 6), longer = grown(0, 8);
  LabelStore store = test::make_store();
  store.begin(path_.string(), "{}");
  test::append(store, first.snapshot(), 6);
  const Snapshot whole = longer.snapshot();
  Snapshot spoiled = whole;
  std::vector<std::int32_t> tokens(spoiled.tokens, spoiled.tokens + 32);
  std::vector<float> vectors(spoiled.level_1, spoiled.level_1 + 48);
  tokens[3] = 7;
  spoiled.tokens = tokens.data();
  EXPECT_THAT(message_of([&] { test::append(store, spoiled, 6); }), HasSubstr("has other tokens"));
  spoiled.tokens = whole.tokens;
  vectors[35] += 1;  // the last of the six blocks before
  spoiled.level_1 = vectors.data();
  EXPECT_THAT(message_of([&] { test::append(store, spoiled, 6); }), HasSubstr("a session is of one gistnet"));
  spoiled.level_1 = whole.level_1;
  spoiled.name = "another";
  EXPECT_THAT(message_of([&] { test::append(store, spoiled, 6); }),
              HasSubstr("is of document 'another' when it was of 'doc0'"));
}

TEST_F(LabelFile, RefusesWhatIsNoLabel) {
  std::vector<float> values;
  const auto with = [&](std::size_t at, float value) {
    return refused([&](Snapshot& snapshot) {
      values.assign(snapshot.utility_nll, snapshot.utility_nll + 2 * snapshot.entries.count);
      if (at == SIZE_MAX) at = values.size() - 1;
      values[at] = value;
      snapshot.utility_nll = values.data();
    });
  };
  EXPECT_THAT(with(SIZE_MAX, 0.5f), HasSubstr("cannot be collapsed")) << "the protected tail";
  EXPECT_THAT(with(SIZE_MAX, INFINITY), HasSubstr("is infinite"));
  EXPECT_EQ(with(SIZE_MAX, std::nanf("")), "");
  EXPECT_THAT(refused([](Snapshot& snapshot) { snapshot.base_loss = INFINITY; }), HasSubstr("base_loss"));
  EXPECT_THAT(refused([](Snapshot& snapshot) { snapshot.entries.cursor -= 4; }),
              HasSubstr("the entries end at 24 when the cursor is 20"));
}

TEST_F(LabelFile, ThatWasCutShortIsRefused) {
  test::write_labels(path_);
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    overwrite(whole.substr(0, size));
    EXPECT_THAT(refusal(), HasSubstr("labels.h5")) << size;
  }
}

// Changed bytes of HDF5's own structures are HDF5's affair, which reads beyond its buffers then.
TEST_F(LabelFile, WithAChangedByteInAnyColumnIsRefused) {
  test::write_labels(path_);
  const std::string whole = bytes();
  for (const ColumnLayout& column : columns_of(LabelReader(path_).header())) {
    const formats::hdf5::Handle file = formats::hdf5::open_in_memory(whole.data(), whole.size());
    const formats::hdf5::DataSet set = formats::hdf5::open_data_set(file.get(), column.path, whole.size());
    const std::uint64_t begin = formats::hdf5::begin_of(set, whole.size());
    for (std::uint64_t at = begin; at < begin + set.bytes; at += 97) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x55);
      overwrite(changed);
      EXPECT_NE(refusal(), "") << column.path << " " << at - begin;
    }
  }
}

TEST_F(LabelFile, TellsWhetherItIsAsItWasMade) {
  const auto check = [&] {
    const std::string path = path_.string();
    const Tensor defect = test::make_store().check(
        Tensor::of(std::vector<std::uint8_t>(path.begin(), path.end()), {std::ssize(path)}));
    const auto* text = defect.data<std::uint8_t>();
    return std::string(text, text + defect.size());
  };
  EXPECT_THAT(check(), HasSubstr("labels.h5"));
  test::write_labels(path_);
  EXPECT_EQ(check(), "");
  overwrite(bytes().substr(0, bytes().size() - 1));
  EXPECT_THAT(check(), HasSubstr("is not a readable label file: it is not an HDF5 file, or was cut short"));
}

}  // namespace
}  // namespace gistmill::labels
