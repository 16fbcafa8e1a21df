// Folders as two versions of transformers save them: every family, dtype, one and several shards, tied heads
// or not.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <gistmill/formats/json.hpp>

#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"

namespace gistmill::decoder::test {
namespace {

namespace fs = std::filesystem;

double nll_of(const fs::path& folder, const std::vector<std::int32_t>& ids) {
  const auto file =
      open_model(folder, {"llama", "mistral", "qwen2", "qwen3", "smollm3", "gpt2", "gemma3_text"});
  const Model model(file->config(), load_weights(file->config(), file, at::kFloat), {}, 4);
  return model.score(at::tensor(ids, at::kInt)).to(at::kDouble).mean().item<double>();
}

// root: folders of versions, as fixtures/make_saved.py writes them. Gives how many folders of models it saw.
int check_all(const fs::path& root) {
  int count = 0;
  for (const fs::directory_entry& version : fs::directory_iterator(root)) {
    const nlohmann::json expected = formats::read_json_file(version.path() / "expected.json");
    for (const auto& [name, figures] : expected.items()) {
      SCOPED_TRACE(version.path().filename().string() + "/" + name);
      const double found = nll_of(version.path() / name, figures.at("ids").get<std::vector<std::int32_t>>());
      EXPECT_NEAR(found, figures.at("nll").get<double>(), 1e-6 * figures.at("nll").get<double>());
      ++count;
    }
  }
  return count;
}

TEST(SavedFolders, HaveTheLikelihoodsThatTransformersGives) {
  EXPECT_EQ(check_all(fs::path(families_folder()).parent_path() / "saved"), 14);
}

TEST(SavedFolders, OfEveryCombinationHaveThemToo) {
  const char* root = std::getenv("GISTMILL_SAVED_FOLDERS");
  if (root == nullptr) GTEST_SKIP() << "GISTMILL_SAVED_FOLDERS does not name what make_saved.py --all wrote";
  EXPECT_GE(check_all(root), 84);
}

}  // namespace
}  // namespace gistmill::decoder::test
