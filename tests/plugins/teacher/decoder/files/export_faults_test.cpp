// What `gistmill export` has a decoder write, with every system call failing in turn: a whole folder or none,
// and an error of the system, not of the plugin, that names a file and the reason.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <gistmill/files/transfer.hpp>
#include <gistmill/plugin/values.hpp>
#include <map>
#include <vector>

#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "plugins/teacher/decoder/files/folder_writer.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"
#include "tests/sdk/files/failing_calls.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::decoder::test {
namespace {

namespace fs = std::filesystem;
using ::gistmill::testing::FailingCalls;
using ::gistmill::testing::Fault;
using ::gistmill::testing::ScratchFolder;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ExportFaults : public ::testing::TestWithParam<Fault> {
 protected:
  std::shared_ptr<const ModelFile> model(const std::string& folder) const {
    return open_model(folder, {"llama"});
  }
  std::string out() const { return around_ / "out"; }

  // By name; hidden ones too.
  std::map<std::string, std::string> written() const {
    std::map<std::string, std::string> files;
    for (const auto& each : fs::directory_iterator(out()))
      files[each.path().filename().string()] = files::read_all(each.path());
    return files;
  }

  // Whether it failed, and as it should, where call number `call` on `folder` does.
  bool fails(const fs::path& folder, int call, const std::function<void()>& body) const {
    const FailingCalls calls(folder, call, GetParam());
    try {
      body();
    } catch (const Error& error) {
      EXPECT_THAT(codes_, Contains(error.code));
      EXPECT_THAT(error.what(), AllOf(HasSubstr(folder.string()), Not(HasSubstr(".tmp"))));
      EXPECT_THAT(error.what(),
                  HasSubstr(GetParam().error == EIO ? "input/output error" : "no space left on device"));
      return true;
    }
    EXPECT_LE(calls.seen(), call) << "a failure went unnoticed";
    return false;
  }

  // Every call on `folder` fails once. Answers how many there are.
  int let_every_call_fail(const fs::path& folder, const std::function<void()>& body) const {
    body();
    const auto whole = written();
    for (int call = 0;; ++call) {
      SCOPED_TRACE(call);
      fs::remove_all(out());
      const bool failed = fails(folder, call, body);
      EXPECT_TRUE(around_.names().empty() || written() == whole);
      if (!failed) return call;
    }
  }

  ScratchFolder around_;
  std::vector<gm_status> codes_ = {GM_ERROR_UNAVAILABLE};
};

TEST_P(ExportFaults, LeaveAWholeAdapterOrNone) {
  const auto source = model(families_folder() + "/llama31");
  const AdapterFile adapter = read_adapter(adapters_folder() + "/llama31", source->plan());
  EXPECT_GT(
      let_every_call_fail(around_.path(), [&] { write_adapter(out(), adapter, source->config(), "folder"); }),
      15);
}

TEST_P(ExportFaults, LeaveAWholeModelOrNone) {
  const auto source = model(families_folder() + "/llama31");
  const Weights weights = load_weights(source->config(), source, at::kFloat);
  EXPECT_GT(let_every_call_fail(
                around_.path(),
                [&] { write_folder(out(), *source, source->plan(), weights, at::kBFloat16, "folder"); }),
            15);
}

TEST_P(ExportFaults, OfTheModelThatIsCopiedFromNameItsFile) {
  codes_.push_back(GM_ERROR_USER);  // its config.json, of which the model is at fault
  const FolderCopy copy("llama31");
  const auto source = model(copy.path());
  const Weights weights = load_weights(source->config(), source, at::kFloat);
  EXPECT_GT(
      let_every_call_fail(
          copy.path(), [&] { write_folder(out(), *source, source->plan(), weights, at::kFloat, "folder"); }),
      1);
}

INSTANTIATE_TEST_SUITE_P(All, ExportFaults,
                         ::testing::Values(Fault{ENOSPC, false}, Fault{EIO, false}, Fault{ENOSPC, true},
                                           Fault{EIO, true}));

}  // namespace
}  // namespace gistmill::decoder::test
