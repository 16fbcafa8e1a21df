// Plugins that are installed, signed, pinned and forbidden, through the real program with a home of its own.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class InstalledPlugins : public ProgramTest {
 protected:
  // Two builds of plugin "codes", which offers test/codes.
  static fs::path build(const std::string& name) {
    return fs::path(GISTMILL_BUILD_DIR) / "tests/codes" / name / "codes.so";
  }
  void SetUp() override {
    ProgramTest::SetUp();
    write("recipe.toml", kRecipe);
  }
  // With the scratch folder as home, and `more` of an environment.
  Answer home(const std::string& words, const std::string& more = "") const {
    return gistmill(words, "unset XDG_DATA_HOME XDG_CONFIG_HOME; export HOME=$PWD; " + more);
  }
  Answer install(const std::string& what, const std::string& more = "") const {
    return home("plugins install " + what + more);
  }
  std::string digest(const std::string& name) const {
    const Answer answer = home("plugins pin recipe.toml --plugins " + build(name).parent_path().string());
    const std::size_t begin = answer.out.find("sha256:");
    return begin == std::string::npos ? answer.err : answer.out.substr(begin, 71);
  }

  static constexpr const char* kRecipe = R"([components]
codes = { use = "test/codes" }
store = { use = "store/tokens" }
[pipelines.corpus]
steps = ["codes.next", "store.append"]
)";
  const std::string installed_ = ".local/share/gistmill/plugins/codes.so";
};

TEST_F(InstalledPlugins, AreFoundByRecipesEverywhereUntilTheyAreRemoved) {
  EXPECT_EQ(home("validate recipe.toml").code, 3);
  const Answer answer = install(build("first").string());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, AllOf(HasSubstr("codes 0.1.0, MIT, tier c: test/codes"), HasSubstr(installed_),
                                HasSubstr(digest("first"))));
  EXPECT_EQ(read(folder_ / installed_), read(build("first")));
  EXPECT_EQ(home("validate recipe.toml").code, 0);
  EXPECT_THAT(home("plugins list").out, HasSubstr("test/codes"));
  const Answer removed = home("plugins remove codes");
  EXPECT_EQ(removed.code, 0) << removed.err;
  EXPECT_THAT(removed.out, HasSubstr("removed "));
  EXPECT_FALSE(fs::exists(folder_ / installed_));
  EXPECT_EQ(home("validate recipe.toml").code, 3);
}

TEST_F(InstalledPlugins, LieWhereTheVariableOfTheSpecificationSays) {
  const Answer answer =
      home("plugins install " + build("first").string(), "export XDG_DATA_HOME=$PWD/data; ");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(fs::exists(folder_ / "data/gistmill/plugins/codes.so"));
  EXPECT_EQ(home("validate recipe.toml", "export XDG_DATA_HOME=$PWD/data; ").code, 0);
}

TEST_F(InstalledPlugins, AreReplacedByAnotherBuildOnlyWhereThatIsAsked) {
  ASSERT_EQ(install(build("first").string()).code, 0);
  EXPECT_THAT(install(build("first").string()).out, HasSubstr("was installed as"));
  const Answer other = install(build("second").string());
  EXPECT_EQ(other.code, 4);
  EXPECT_THAT(other.err, AllOf(HasSubstr("another build of codes is installed"), HasSubstr("--replace")));
  EXPECT_EQ(read(folder_ / installed_), read(build("first")));
  ASSERT_EQ(install(build("second").string(), " --replace").code, 0);
  EXPECT_EQ(read(folder_ / installed_), read(build("second")));
}

TEST_F(InstalledPlugins, DoNotTakeTheComponentOfAnotherUnasked) {
  const std::string there = " --plugins " + build("second").parent_path().string();
  const Answer answer = install(build("first").string(), there);
  EXPECT_EQ(answer.code, 4);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("test/codes is offered by"), HasSubstr("second/codes.so already")));
  EXPECT_FALSE(fs::exists(folder_ / ".local"));
  EXPECT_EQ(install(build("first").string(), there + " --replace").code, 0);
}

TEST_F(InstalledPlugins, ComeFromAFolderTogether) {
  ASSERT_EQ(install(build("first").parent_path().string()).code, 0);
  EXPECT_TRUE(fs::exists(folder_ / installed_));
  write("empty/notes.txt", "nothing");
  const Answer empty = install("empty");
  EXPECT_EQ(empty.code, 4);
  EXPECT_THAT(empty.err, HasSubstr("empty has no plugin in it"));
}

TEST_F(InstalledPlugins, AreNothingElse) {
  write("text.so", "not a library");
  EXPECT_EQ(install("text.so").code, 4);
  EXPECT_EQ(install("missing.so").code, 2);
  EXPECT_FALSE(fs::exists(folder_ / ".local"));
  const Answer unknown = home("plugins remove cods");
  EXPECT_EQ(unknown.code, 2);
  ASSERT_EQ(install(build("first").string()).code, 0);
  EXPECT_THAT(home("plugins remove cods").err, HasSubstr("did you mean 'codes'?"));
}

TEST_F(InstalledPlugins, NeedAHome) {
  const Answer answer = gistmill("plugins install " + build("first").string(), "unset XDG_DATA_HOME HOME;");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, HasSubstr("set HOME, or XDG_DATA_HOME"));
}

class SignedPlugins : public InstalledPlugins {
 protected:
  void SetUp() override {
    InstalledPlugins::SetUp();
    if (shell("command -v ssh-keygen > /dev/null") != 0)
      GTEST_SKIP() << "there is no ssh-keygen (openssh-client)";
    fs::copy_file(build("first"), folder_ / "codes.so");
    ASSERT_EQ(shell("ssh-keygen -q -t ed25519 -N '' -f ada && ssh-keygen -q -t ed25519 -N '' -f eve && "
                    "echo \"ada@example.org $(cat ada.pub)\" > signers"),
              0);
  }
  int shell(const std::string& command) const {
    return std::system(("cd '" + folder_.string() + "' && " + command).c_str());
  }
  void sign(const std::string& key) const {
    ASSERT_EQ(shell("ssh-keygen -q -Y sign -f " + key + " -n gistmill-plugin codes.so 2> /dev/null"), 0);
  }
};

TEST_F(SignedPlugins, AreInstalledWithTheNameOfTheirSigner) {
  sign("ada");
  const Answer answer = install("codes.so", " --signers signers");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("signed by ada@example.org"));
}

TEST_F(SignedPlugins, OfAnotherSignerAreRefused) {
  sign("eve");
  const Answer answer = install("codes.so", " --signers signers");
  EXPECT_EQ(answer.code, 4);
  EXPECT_THAT(answer.err, HasSubstr("by nobody in the file of signers"));
  EXPECT_FALSE(fs::exists(folder_ / ".local"));
}

TEST_F(SignedPlugins, ThatWereChangedAreRefused) {
  sign("ada");
  fs::copy_file(build("second"), folder_ / "codes.so", fs::copy_options::overwrite_existing);
  EXPECT_EQ(install("codes.so", " --signers signers").code, 4);
  EXPECT_FALSE(fs::exists(folder_ / ".local"));
}

TEST_F(SignedPlugins, WithoutASignatureAreRefusedWhereOneIsAskedFor) {
  const Answer answer = install("codes.so", " --signers signers");
  EXPECT_EQ(answer.code, 4);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("it is not signed: there is no codes.so.sig"),
                                HasSubstr("ssh-keygen -Y sign")));
  EXPECT_EQ(install("codes.so", " --signers nobody").code, 2);
}

TEST_F(InstalledPlugins, ArePinnedByARecipe) {
  const std::string first = " --plugins " + build("first").parent_path().string();
  const std::string second = " --plugins " + build("second").parent_path().string();
  const Answer pins = home("plugins pin recipe.toml" + first);
  ASSERT_EQ(pins.code, 0) << pins.err;
  EXPECT_THAT(pins.out, HasSubstr("[plugins]\ncodes = \"sha256:"));
  write("pinned.toml", pins.out + kRecipe);
  EXPECT_EQ(home("validate pinned.toml" + first).code, 0);
  for (const char* verb : {"prepare", "validate"}) {  // lock_test: those that compute
    const Answer other = home(std::string(verb) + " pinned.toml" + second);
    EXPECT_EQ(other.code, 4) << verb << "\n" << other.err;
    EXPECT_THAT(other.err,
                AllOf(HasSubstr("pinned.toml:2:1: plugin codes is another build than the recipe pins"),
                      HasSubstr("pinned " + digest("first")), HasSubstr("found  " + digest("second"))))
        << verb;
  }
}

TEST_F(InstalledPlugins, ThatArePinnedHaveToBeThere) {
  write("pinned.toml", "[plugins]\ncods = \"" + digest("first") + "\"\n" + kRecipe);
  const Answer answer = home("validate pinned.toml --plugins " + build("first").parent_path().string());
  EXPECT_EQ(answer.code, 4);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("pinned.toml:2:1: there is no plugin called 'cods'"),
                                HasSubstr("did you mean 'codes'?")));
  write("pinned.toml", std::string("[plugins]\ncodes = \"sha256:abc\"\n") + kRecipe);
  const Answer digits = home("validate pinned.toml");
  EXPECT_EQ(digits.code, 3);
  EXPECT_THAT(digits.err,
              AllOf(HasSubstr("pinned.toml:2:1: plugins.codes is"), HasSubstr("64 hexadecimal digits")));
}

TEST_F(InstalledPlugins, AreForbiddenByThePolicyOfTheUser) {
  ASSERT_EQ(install(build("first").string()).code, 0);
  write(".config/gistmill/plugins.toml", "deny = [\"codes\"]\n");
  EXPECT_THAT(home("plugins list").out,
              AllOf(Not(HasSubstr("test/codes  ")), HasSubstr("plugin codes is denied by"),
                    HasSubstr("plugins.toml:1:")));
  const Answer answer = home("validate recipe.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("plugin codes is denied by"));
  EXPECT_EQ(install(build("second").string(), " --replace").code, 4);
}

TEST_F(InstalledPlugins, OutsideOfAListOfThoseAllowedAreForbiddenButTheProgramsOwnAreNot) {
  const std::string policy = "export GISTMILL_PLUGIN_POLICY=policy.toml; ";
  const std::string first = " --plugins " + build("first").parent_path().string();
  const std::string second = " --plugins " + build("second").parent_path().string();
  write("policy.toml", "allow = [\"" + digest("first") + "\"]\n");
  EXPECT_EQ(home("validate recipe.toml" + first, policy).code, 0);
  EXPECT_THAT(home("validate recipe.toml" + second, policy).err,
              HasSubstr("plugin codes is not among those that"));
  EXPECT_THAT(home("plugins list", policy).out, HasSubstr("dataset/text"));
  write("policy.toml", "allow = [\"codes\"]\n");
  EXPECT_EQ(home("validate recipe.toml" + second, policy).code, 0);
}

TEST_F(InstalledPlugins, AreNotUsedUnderAPolicyThatCannotBeRead) {
  const std::string policy = "export GISTMILL_PLUGIN_POLICY=policy.toml; ";
  EXPECT_THAT(home("plugins list", policy).err, HasSubstr("the policy for plugins cannot be read"));
  write("policy.toml", "alow = []\n");
  const Answer key = home("plugins list", policy);
  EXPECT_EQ(key.code, 4);
  EXPECT_THAT(key.err, AllOf(HasSubstr("policy.toml:1:1"), HasSubstr("did you mean 'allow'?")));
  write("policy.toml", "deny = [\"sha256:12\"]\n");
  EXPECT_THAT(home("plugins list", policy).err,
              AllOf(HasSubstr("policy.toml:1:9"), HasSubstr("64 hexadecimal")));
}

}  // namespace
}  // namespace gistmill
