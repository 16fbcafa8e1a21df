// The teacher cache from the store to its reader: both forms, the gate, damage, and that it appears whole or
// not at all.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "plugins/store/topk/reader.hpp"
#include "plugins/store/topk/store.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/file_bytes.hpp"

// A length that was changed has HDF5 ask for more memory than there is. That is an error to HDF5, and would
// be the end of the process to the address sanitizer, which asks this function.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace gistmill::topk {
namespace {

using gistmill::test::message_of;
using gistmill::test::PlainOptions;
using gistmill::test::refusal_of;
using gistmill::testing::ScratchFolder;
using ::testing::HasSubstr;

constexpr std::int64_t kLength = 3;
constexpr std::int64_t kTokens = 4;

constexpr std::int32_t kNumbers[] = {4, 0, 9};  // of the sequences, in the order in which they come

constexpr char kProvenance[] = R"({"calls": [{"call": "sequences.next", "reads": {}},
{"call": "teacher.topk", "reads": {"ids": "0.ids"}},
{"call": "cache.append", "reads": {"topk_ids": "1.topk_ids"}}],
"instances": {"teacher": {"component": "teacher/llama", "options": {"dtype": "f32"},
"contents": "0123456789abcdef0123"}}})";

// Rows of one sequence.
struct Rows {
  std::vector<std::int32_t> ids, topk_ids;
  std::vector<float> log_probability;
};
Rows rows_of(std::int32_t number, std::int32_t first_id = 0) {
  Rows rows;
  for (std::int32_t row = 0; row < kLength; ++row) {
    rows.ids.push_back(10 * number + row);
    for (std::int32_t k = 0; k < kTokens; ++k) {
      rows.topk_ids.push_back(first_id + 7 * row + k);
      rows.log_probability.push_back(-0.5f - 0.1f * static_cast<float>(row) -
                                     1.37f * static_cast<float>(k * k));
    }
  }
  return rows;
}

class TeacherCache : public ::testing::Test {
 protected:
  static TopkStore store(const std::string& form = "exact", double tolerance = 1e-3) {
    return TopkStore(
        PlainOptions({{"form", form}, {"checked", std::int64_t{8}}, {"tolerance", tolerance}}).get());
  }
  static void append(TopkStore& made, std::int32_t number, const Rows& rows, float temperature = 2) {
    made.append(Tensor::of(rows.ids, {1, kLength}), Tensor::of(std::vector<std::int32_t>{number}, {1}),
                Tensor::of(rows.topk_ids, {1, kLength, kTokens}),
                Tensor::of(rows.log_probability, {1, kLength, kTokens}),
                Tensor::of<float>({temperature}, {}));
  }
  void write(const std::string& form = "exact", std::int32_t first_id = 0) const {
    TopkStore made = store(form);
    made.begin(path_, kProvenance);
    for (const std::int32_t number : kNumbers) append(made, number, rows_of(number, first_id));
    made.commit();
  }
  // A preparation that ends after some sequences; what is kept of it.
  std::string keep(const std::string& form, std::size_t until) const {
    TopkStore made = store(form);
    made.begin(path_, kProvenance);
    for (std::size_t i = 0; i < until; ++i) append(made, kNumbers[i], rows_of(kNumbers[i]));
    return made.save_state();
  }
  Rows read(const TopkReader& reader, std::int32_t number, std::int64_t tokens = kTokens) const {
    Rows rows;
    std::uint64_t place = 0;
    EXPECT_TRUE(reader.find(number, place));
    rows.topk_ids.resize(static_cast<std::size_t>(kLength * tokens));
    rows.log_probability.resize(rows.topk_ids.size());
    reader.read(place, tokens, rows.topk_ids.data(), rows.log_probability.data());
    return rows;
  }
  std::string bytes() const { return gistmill::test::bytes_of(path_); }
  void overwrite(const std::string& content) const { gistmill::test::write_bytes(path_, content); }
  std::string refusal() const {
    return message_of([&] { TopkReader(path_).verify(); });
  }
  std::string check() const {
    const std::string path = path_.string();
    const Tensor defect =
        store().check(Tensor::of(std::vector<std::uint8_t>(path.begin(), path.end()), {std::ssize(path)}));
    const auto* text = defect.data<std::uint8_t>();
    return {text, text + defect.size()};
  }
  std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_.parent_path()))
      ++count;
    return count;
  }

  ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "cache.h5";
};

TEST_F(TeacherCache, GivesBackWhatTheTeacherGave) {
  write();
  const TopkReader reader(path_);
  reader.verify();
  EXPECT_EQ(reader.size(), 3u);
  EXPECT_EQ(reader.id_bytes(), 2u);
  EXPECT_EQ(reader.header().length, kLength);
  EXPECT_EQ(reader.header().tokens, kTokens);
  EXPECT_EQ(reader.header().temperature, 2.0);
  for (const std::int32_t number : {0, 4, 9}) {
    const Rows found = read(reader, number);
    EXPECT_EQ(found.topk_ids, rows_of(number).topk_ids);
    EXPECT_EQ(found.log_probability, rows_of(number).log_probability);
  }
}

TEST_F(TeacherCache, KnowsItsTeacherAndItsTexts) {
  write();
  const TopkReader reader(path_);
  EXPECT_EQ(reader.header().teacher, R"(teacher/llama {"dtype":"f32"} with 0123456789ab)");
  std::uint64_t place = 0;
  EXPECT_FALSE(reader.find(5, place));
  ASSERT_TRUE(reader.find(4, place));
  EXPECT_TRUE(reader.is_of(place, rows_of(4).ids.data()));
  EXPECT_FALSE(reader.is_of(place, rows_of(9).ids.data()));
}

TEST_F(TeacherCache, HasWideIdsWhereAVocabularyNeedsThem) {
  write("exact", 100000);
  const TopkReader reader(path_);
  EXPECT_EQ(reader.id_bytes(), 4u);
  EXPECT_EQ(read(reader, 4).topk_ids, rows_of(4, 100000).topk_ids);
}

TEST_F(TeacherCache, ServesFewerTokensThanItHas) {
  for (const char* form : {"exact", "int8"}) {
    write(form);
    const TopkReader reader(path_);
    const Rows all = read(reader, 9);
    const Rows two = read(reader, 9, 2);
    for (std::size_t row = 0; row < kLength; ++row) {
      for (std::size_t k = 0; k < 2; ++k) {
        EXPECT_EQ(two.topk_ids[2 * row + k], all.topk_ids[kTokens * row + k]);
        EXPECT_EQ(two.log_probability[2 * row + k], all.log_probability[kTokens * row + k]);
      }
    }
  }
}

TEST_F(TeacherCache, OfBytesIsNearWhatTheTeacherGave) {
  write("int8");
  const TopkReader reader(path_);
  reader.verify();
  const Rows found = read(reader, 4);
  EXPECT_EQ(found.topk_ids, rows_of(4).topk_ids);
  for (std::size_t i = 0; i < found.log_probability.size(); ++i)
    EXPECT_NEAR(found.log_probability[i], rows_of(4).log_probability[i], 0.06f);
}

TEST_F(TeacherCache, TellsWhetherItIsAsItWasMade) {
  EXPECT_THAT(check(), HasSubstr("cache.h5"));
  write();
  EXPECT_EQ(check(), "");
  overwrite(bytes().substr(0, bytes().size() - 1));
  EXPECT_THAT(check(),
              HasSubstr("is not a readable teacher cache: it is not an HDF5 file, or was cut short"));
}

TEST_F(TeacherCache, ThatIsTooFarOffIsRefusedWithTheFigureAndLeavesNothing) {
  TopkStore made = store("int8", 1e-9);
  made.begin(path_, kProvenance);
  append(made, 0, rows_of(0));
  EXPECT_THAT(refusal_of([&] { made.commit(); }),
              ::testing::AllOf(::testing::StartsWith("tolerance: "),
                               HasSubstr("nats from the teacher's when at most 0.000000 are allowed")));
  EXPECT_EQ(files(), 0u);
}

TEST_F(TeacherCache, ThatIsNotFinishedLeavesNothing) {
  {
    TopkStore made = store();
    made.begin(path_, kProvenance);
    append(made, 0, rows_of(0));
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(TeacherCache, ThatGoesOnHasTheBytesOfOneMadeInOnePiece) {
  for (const char* form : {"exact", "int8"}) {
    write(form);
    const std::string whole = bytes();
    for (const std::size_t until : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
      std::filesystem::remove(path_);
      const std::string state = keep(form, until);
      TopkStore made = store(form);
      made.begin(path_, kProvenance);
      made.load_state(state);
      EXPECT_EQ(made.save_state(), state);
      for (std::size_t i = until; i < 3; ++i) append(made, kNumbers[i], rows_of(kNumbers[i]));
      made.commit();
      EXPECT_TRUE(bytes() == whole) << form << " after " << until;
      EXPECT_EQ(files(), 1u);
    }
  }
}

TEST_F(TeacherCache, ThatGoesOnRefusesASequenceThatCameBefore) {
  const std::string state = keep("exact", 2);
  TopkStore made = store();
  made.begin(path_, kProvenance);
  made.load_state(state);
  EXPECT_THAT(message_of([&] { append(made, 4, rows_of(4)); }), HasSubstr("sequence 4 came before"));
}

TEST_F(TeacherCache, WhatWasAppendedBehindTheStateIsForgotten) {
  std::string state;
  {
    TopkStore made = store();
    made.begin(path_, kProvenance);
    append(made, 4, rows_of(4));
    state = made.save_state();
    append(made, 7, rows_of(7));
  }
  TopkStore made = store();
  made.begin(path_, kProvenance);
  made.load_state(state);
  for (const std::int32_t number : {0, 9}) append(made, number, rows_of(number));
  made.commit();
  const std::string found = bytes();
  write();
  EXPECT_TRUE(found == bytes());
}

TEST_F(TeacherCache, PartsThatWereLostOrDamagedAreNotGoneOnFrom) {
  const std::filesystem::path parts = folder_ / ".cache.h5.part";
  const auto refused = [&](const std::string& state) {
    TopkStore made = store();
    made.begin(path_, kProvenance);
    return message_of([&] { made.load_state(state); });
  };
  std::string state = keep("exact", 2);
  std::filesystem::resize_file(parts / "topk_ids", 10);
  EXPECT_THAT(refused(state), HasSubstr("topk_ids' has 10 bytes of"));
  state = keep("exact", 2);
  std::fstream(parts / "log_probability", std::ios::in | std::ios::out).put('x');
  EXPECT_THAT(refused(state), HasSubstr("has another digest than it had"));
  state = keep("exact", 2);
  std::filesystem::remove(parts / "exact");
  EXPECT_THAT(refused(state), HasSubstr("exact' is missing"));
  std::filesystem::remove_all(parts);
  EXPECT_THAT(refused(state), HasSubstr(".cache.h5.part' is missing"));
  for (const char* damaged : {"", "store/topk 2", "store/topk 1 3", "store/topk 1 3 4 0x1p+1 2",
                              "store/topk 1 -3 4 0x1p+1 2 a", "store/topk 1 99999999999 4 0x1p+1 2 a"})
    EXPECT_NE(refused(damaged), "") << damaged;
}

TEST_F(TeacherCache, RefusesASequenceThatCameBefore) {
  TopkStore made = store();
  made.begin(path_, kProvenance);
  append(made, 3, rows_of(3));
  EXPECT_THAT(message_of([&] { append(made, 3, rows_of(3)); }), HasSubstr("sequence 3 came before"));
}

TEST_F(TeacherCache, RefusesASequenceOfAnotherLengthWithBoth) {
  TopkStore made = store();
  made.begin(path_, kProvenance);
  append(made, 0, rows_of(0));
  const Rows rows = rows_of(1);
  const auto append_short = [&] {
    made.append(
        Tensor::of(std::vector<std::int32_t>{10, 11}, {1, 2}), Tensor::of(std::vector<std::int32_t>{1}, {1}),
        Tensor::of(std::vector<std::int32_t>(rows.topk_ids.begin(), rows.topk_ids.begin() + 8), {1, 2, 4}),
        Tensor::of(std::vector<float>(8, -1.0f), {1, 2, 4}), Tensor::of<float>({2.0f}, {}));
  };
  EXPECT_THAT(message_of(append_short),
              HasSubstr("a sequence has 2 rows of 4 tokens when earlier ones had 3 rows of 4; a cache"));
}

TEST_F(TeacherCache, RefusesATemperatureThatChanges) {
  TopkStore made = store();
  made.begin(path_, kProvenance);
  append(made, 0, rows_of(0), 2);
  EXPECT_THAT(message_of([&] { append(made, 1, rows_of(1), 3); }),
              HasSubstr("the temperature is 3 when that of earlier sequences was 2"));
}

TEST_F(TeacherCache, RefusesWhatIsNoLogarithmOfAProbability) {
  for (const float bad : {0.5f, std::nanf(""), -INFINITY}) {
    TopkStore made = store();
    made.begin(path_, kProvenance);
    Rows rows = rows_of(0);
    rows.log_probability[kTokens] = bad;
    EXPECT_THAT(message_of([&] { append(made, 0, rows); }),
                HasSubstr("where a logarithm of a probability should be"));
  }
}

TEST_F(TeacherCache, RefusesTokensThatAreOutOfOrder) {
  TopkStore made = store();
  made.begin(path_, kProvenance);
  Rows rows = rows_of(0);
  std::swap(rows.log_probability[1], rows.log_probability[2]);
  EXPECT_THAT(message_of([&] { append(made, 0, rows); }),
              HasSubstr("not in the order of their probabilities"));
}

TEST_F(TeacherCache, ThatWasCutShortIsRefused) {
  for (const char* form : {"exact", "int8"}) {
    write(form);
    const std::string whole = bytes();
    for (std::size_t size = 0; size < whole.size(); size += 97) {
      overwrite(whole.substr(0, size));
      EXPECT_THAT(refusal(), HasSubstr("cache.h5")) << size;
    }
  }
}

TEST_F(TeacherCache, WithAChangedByteIsRefusedOrTheSame) {
  write("int8");
  const std::string whole = bytes();
  const Rows before = read(TopkReader(path_), 4);
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    overwrite(changed);
    if (refusal() == "") {
      const TopkReader reader(path_);
      EXPECT_EQ(read(reader, 4).log_probability, before.log_probability) << at;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 5);
}

TEST_F(TeacherCache, RefusesAFileOfAnotherKind) {
  overwrite("label,text\n");
  EXPECT_THAT(refusal(), HasSubstr("is not a readable teacher cache: it is not an HDF5 file"));
}

}  // namespace
}  // namespace gistmill::topk
