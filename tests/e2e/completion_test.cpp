// Completions: what the program answers, and what real shells make of it when a person presses TAB.
#include <gmock/gmock.h>

#include "tests/e2e/program.hpp"
#include "tests/e2e/pseudo_terminal.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Completion : public ProgramTest {
 protected:
  // What may stand where the last of `words` is, in the lines that the shells' scripts read.
  std::string complete(const std::string& words) const {
    const Answer answer = gistmill("complete " + words);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer.out;
  }
};

TEST_F(Completion, OffersEachFirstWordOfAVerbOnce) {
  EXPECT_EQ(complete("p"),
            "prepare\ttokenize the recipe's text into the file that training reads\n"
            "plan\tshow calls, shapes, gradients and parameters; estimate time and memory from three steps\n"
            "plugins\tlist, inspect, new, certify, install, remove, pin\n:\n");
  EXPECT_EQ(complete(""), complete("''"));
}

TEST_F(Completion, OffersSecondWordsOfVerbs) {
  EXPECT_EQ(
      complete("plugins i"),
      "inspect\tshow options, operations and ports of a component or plugin\n"
      "install\tinstall a plugin, or all of a folder, for the user: recipes then find them everywhere\n:\n");
  EXPECT_EQ(complete("plugins -"), "--help\tlist these verbs\n:\n");
  EXPECT_THAT(complete("sweep --dry"), StartsWith("--dry-run\t"))
      << "a verb with second words has its options";
}

TEST_F(Completion, OffersOptionsOfTheVerbThatAreNotGivenYet) {
  EXPECT_THAT(complete("run --fr"), StartsWith("--fresh\tdelete an earlier run"));
  EXPECT_EQ(complete("run --fresh --fr"), ":\n");
  EXPECT_THAT(complete("run --set a=b --se"), StartsWith("--set\t"));  // may be repeated
  EXPECT_EQ(complete("version --fr"), ":\n");
}

TEST_F(Completion, LeavesNamesOfFilesToTheShell) {
  EXPECT_EQ(complete("run ''"), ":recipes\n");
  EXPECT_EQ(complete("validate a.toml b.toml c"), ":recipes\n");
  EXPECT_EQ(complete("run --folder ''"), ":folders\n");
  EXPECT_EQ(complete("run --folder=x"), ":folders\n");
  EXPECT_EQ(complete("run --folder = x"), ":folders\n");  // as bash takes it apart
  EXPECT_EQ(complete("tokenize m"), ":files\n");
  EXPECT_EQ(complete("run one.toml ''"), ":\n");  // takes no second one
}

TEST_F(Completion, OffersTheChoicesOfAnArgument) {
  EXPECT_EQ(complete("completion ''"), "bash\t\nzsh\t\nfish\t\n:\n");
}

TEST_F(Completion, OffersCorporaOfTheCatalog) {
  EXPECT_EQ(complete("data fetch novels pytho"),
            "python\tPython's standard library\npython-docs\tPython's documentation\n:\n");
}

TEST_F(Completion, OffersComponentsOfTheFoldersOfPluginsOnTheLine) {
  EXPECT_THAT(complete("plugins inspect " + test_plugins() + "test/ra"),
              AllOf(StartsWith("test/ramp\t"), HasSubstr(":files\n")));
  EXPECT_THAT(complete("plugins inspect test/ra"), Not(HasSubstr("test/ramp")));
}

TEST_F(Completion, OffersNothingWhereTheWordsMakeNoCommand) {
  EXPECT_EQ(complete("rnu ''"), ":\n");
  EXPECT_EQ(complete("run --nonsense=x"), ":\n");
  EXPECT_EQ(complete("plugins nothing ''"), ":\n");
  EXPECT_EQ(complete("= = ="), ":\n");
  EXPECT_EQ(complete("-"),
            "--help\tlist the verbs\n--version\tshow the versions of the program, its ABI and LibTorch\n:\n");
}

TEST_F(Completion, IsWrittenForThreeShells) {
  const Answer answer = gistmill("completion tcsh");
  EXPECT_EQ(answer.code, 2);
  EXPECT_EQ(answer.err,
            "there is no completion for the shell 'tcsh'\n  gistmill completion bash, zsh or fish\n");
}

struct Shell {
  const char* name;
  const char* start;  // with the file `start` read first
  const char*
      setup;  // the prompt, and gistmill, which asks the program to complete and writes other words to `got`
};

class CompletionInShell : public ProgramTest, public ::testing::WithParamInterface<Shell> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const std::string name = GetParam().name;
    if (std::system(("command -v " + name + " >/dev/null").c_str()) != 0)
      GTEST_SKIP() << name << " is not installed";
    write("mine.toml", "");
    write("mine.txt", "");
    write("with space.toml", "");
    write("runs/one/events.jsonl", "");
    const std::string program = GISTMILL_BUILD_DIR "/bin/gistmill";
    const Answer script = gistmill("completion " + name);
    ASSERT_EQ(script.code, 0) << script.err;
    for (const char* file : {"start", ".zshrc"})
      write(file, "export PROGRAM='" + program + "'\n" + GetParam().setup + script.out);
  }

  // The words that the shell has when `keys` were typed, each on a line.
  std::string typed(const std::string& keys) const {
    std::filesystem::remove(folder_ / "got");
    PseudoTerminal terminal(
        "env GISTMILL_PLUGIN_PATH='" GISTMILL_BUILD_DIR "/tests/plugins' TERM=vt100 HOME='" +
            folder_.string() + "' sh -c 'cd " + folder_.string() + " && exec " + GetParam().start + "'",
        100);
    EXPECT_TRUE(terminal.shows("READY")) << terminal.seen();
    terminal.type("gistmill " + keys + "\n");
    EXPECT_TRUE(terminal.shows("RECEIVED")) << terminal.seen();
    return read(folder_ / "got");
  }
};

#define GISTMILL_FUNCTION                                             \
  "gistmill() { if [ \"$1\" = complete ]; then \"$PROGRAM\" \"$@\"; " \
  "else printf '%s\\n' \"$@\" > got; echo RECEI''VED; fi; }\n"

constexpr const char* kBashSetup = "PS1=READY\n" GISTMILL_FUNCTION;
constexpr const char* kZshSetup = "PS1=READY; autoload -U compinit; compinit -u -D\n" GISTMILL_FUNCTION;
constexpr const char* kFishSetup = R"(
function fish_prompt; echo READY; end
function gistmill
    if test "$argv[1]" = complete; $PROGRAM $argv; else; printf '%s\n' $argv > got; echo RECEI''VED; end
end
)";

INSTANTIATE_TEST_SUITE_P(Each, CompletionInShell,
                         ::testing::Values(Shell{"bash", "bash --noprofile --rcfile start -i", kBashSetup},
                                           Shell{"zsh", "env ZDOTDIR=. zsh -i", kZshSetup},
                                           Shell{"fish", "fish --no-config -i -C \"source start\"",
                                                 kFishSetup}),
                         [](const auto& shell) { return std::string(shell.param.name); });

TEST_P(CompletionInShell, FillsInAVerbAndItsSecondWord) { EXPECT_EQ(typed("plu\tli\t"), "plugins\nlist\n"); }

TEST_P(CompletionInShell, FillsInAnOption) { EXPECT_EQ(typed("run --res\t"), "run\n--resume\n"); }

TEST_P(CompletionInShell, FillsInRecipesAndNoOtherFiles) {
  EXPECT_EQ(typed("run mi\t"), "run\nmine.toml\n");
  EXPECT_EQ(typed("run 'with sp\t"), "run\nwith space.toml\n");
}

TEST_P(CompletionInShell, FillsInAFolderAsAWordOfItsOwnOrBehindTheOption) {
  // zsh takes the slash away again at the end of a word.
  EXPECT_THAT(typed("run --folder ru\t"), AnyOf("run\n--folder\nruns/\n", "run\n--folder\nruns\n"));
  EXPECT_THAT(typed("run --folder=ru\t"), AnyOf("run\n--folder=runs/\n", "run\n--folder=runs\n"));
}

TEST_P(CompletionInShell, FillsInComponents) {
  EXPECT_EQ(typed("plugins inspect test/ram\t"), "plugins\ninspect\ntest/ramp\n");
}

TEST_P(CompletionInShell, FillsInAChoice) { EXPECT_EQ(typed("completion fi\t"), "completion\nfish\n"); }

}  // namespace
}  // namespace gistmill
