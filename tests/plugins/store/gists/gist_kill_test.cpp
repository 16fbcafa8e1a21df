// A writer that is killed at any moment: what it had finished is there, the store opens for everybody, and
// the next writer goes on. GISTMILL_GIST_KILLS says how many kills; a few without it.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gistmill/formats/hdf5.hpp>
#include <gistmill/formats/mapped_file.hpp>

#include "tests/plugins/store/gists/small_store.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::gists {
namespace {

namespace hdf5 = formats::hdf5;
constexpr Shape kWide = {4, 2, 900, 8, Precision::f32};  // rows that cross pages

std::vector<float> wide_gist(std::uint32_t block) {
  return std::vector<float>(1800, static_cast<float>(block));
}

// What the child has finished, seen by its parent after its end.
struct Finished {
  volatile std::uint64_t blocks = 0;
};

[[noreturn]] void append_until_killed(const std::filesystem::path& path, Finished* finished) {
  GistWriter writer(path);
  const std::uint32_t document = writer.document("a");
  const std::vector<std::int32_t> offsets = {0, 3};
  for (auto block = static_cast<std::uint32_t>(writer.rows(document).blocks.size());; ++block) {
    writer.append_block(document, block, ids_of(block).data(), wide_gist(block).data(), offsets.data(),
                        kCompressor);
    if (block % 3 == 0) {
      writer.append_tail(document, {5, 6});
      writer.commit();
      finished->blocks = block + 1;
    }
  }
}

// Rows that HDF5 sees. Where a writer is at work, the file may grow in the instant in which HDF5 opens it,
// which HDF5 refuses: then it is asked again.
std::uint64_t rows_of_hdf5(const std::filesystem::path& path, int tries) {
  const hdf5::Silence silence;
  for (; tries > 0; --tries) {
    const formats::MappedFile map(path);
    const hdf5::Handle file = hdf5::open_in_memory(map.bytes().data(), map.size());
    if (!file) continue;
    const hdf5::Handle set(H5Dopen2(file.get(), "/rows", H5P_DEFAULT));
    const hdf5::Handle space(H5Dget_space(set.get()));
    const hssize_t seen = H5Sget_simple_extent_npoints(space.get());
    EXPECT_GE(seen, 0);
    return static_cast<std::uint64_t>(seen);
  }
  ADD_FAILURE() << "HDF5 does not open the store: " << hdf5::reason();
  return 0;
}

// Blocks that the store holds; every row is read.
std::uint64_t checked_blocks(const GistReader& reader) {
  const GistIndex index(reader);
  for (std::uint64_t row = 0; row < reader.rows(); ++row) {
    const ReadRow read_row = read(reader, row);
    if (read_row.head.level == 0) continue;
    EXPECT_EQ(read_row.ids, ids_of(read_row.head.block));
    EXPECT_EQ(read_row.gist, wide_gist(read_row.head.block));
  }
  return index.documents().empty() ? 0 : index.documents()[0].blocks.size();
}

TEST(GistStoreKills, LoseNothingThatWasFinished) {
  const char* asked = std::getenv("GISTMILL_GIST_KILLS");
  const int kills = asked == nullptr ? 12 : std::atoi(asked);
  const gistmill::testing::ScratchFolder folder;
  const std::filesystem::path path = folder / "store.h5";
  void* const shared =
      ::mmap(nullptr, sizeof(Finished), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* finished = new (shared) Finished;
  std::mt19937 random(7);
  std::uint64_t grown = 0;
  for (int kill = 0; kill < kills; ++kill) {
    if (kill % 50 == 0) {  // of a size that is read again in no time
      std::filesystem::remove(path);
      GistWriter::make(path, kWide, kAbout);
      finished->blocks = 0;
    }
    const std::uint64_t before = finished->blocks;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) append_until_killed(path, finished);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    const GistReader reader(path);
    const std::uint64_t held = checked_blocks(reader);
    ASSERT_LE(rows_of_hdf5(path, 1), reader.rows());
    ASSERT_GE(held, finished->blocks) << "kill " << kill;
    if (held > before) ++grown;
  }
  EXPECT_GT(grown, 0u);  // else no kill met a writer at work
  ::munmap(shared, sizeof(Finished));
}

TEST(GistStoreKills, ReadersSeeAConsistentStoreWhileItGrows) {
  const gistmill::testing::ScratchFolder folder;
  const std::filesystem::path path = folder / "store.h5";
  GistWriter::make(path, kWide, kAbout);
  void* const shared =
      ::mmap(nullptr, sizeof(Finished), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* finished = new (shared) Finished;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) append_until_killed(path, finished);
  std::uint64_t last = 0;
  while (last < 60 && !::testing::Test::HasFailure()) {
    const std::uint64_t before = finished->blocks;
    const std::uint64_t seen = checked_blocks(GistReader(path));
    rows_of_hdf5(path, 20);
    EXPECT_GE(seen, before);
    EXPECT_GE(seen, last);
    last = seen;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::munmap(shared, sizeof(Finished));
}

}  // namespace
}  // namespace gistmill::gists
