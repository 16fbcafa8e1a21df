// What the verbs on models answer (model_verbs.hpp).
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/e2e/model_verbs.hpp"

namespace gistmill {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ModelVerbsTest, TokenizerMayComeFromAnotherModel) {
  write("words", "words\n");
  EXPECT_EQ(ask("tokenize words --set tokenizer.model=m", "printf ab | ").out,
            ask("tokenize m", "printf ab | ").out);
}

TEST_F(ModelVerbsTest, TokenizeWritesIdsOnOneLine) {
  const Answer answer = ask_with("tokenize m", "hi\n");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, "104 105 10\n");
  EXPECT_EQ(answer.err, "");
}

TEST_F(ModelVerbsTest, TokenizeReadsAFileOrStandardInputByItsUsualName) {
  write("text", "hi");
  EXPECT_EQ(ask("tokenize m text").out, "104 105\n");
  EXPECT_EQ(ask_with("tokenize m -", "hi").out, "104 105\n");
}

TEST_F(ModelVerbsTest, PartsOfAModelAreNotGivenOneByOne) {
  write("m-00002-of-00002.gguf", "GGUF...");
  const char* way_on = "of a model in several files name one; the others are found by its name";
  for (const char* verb : {"tokenize m", "score m", "generate m"}) {
    const Answer answer = ask(std::string(verb) + " m-00002-of-00002.gguf");
    EXPECT_EQ(answer.code, 2);
    EXPECT_THAT(answer.err, HasSubstr("m-00002-of-00002.gguf is a GGUF file when it should be text\n"));
    EXPECT_THAT(answer.err, HasSubstr(way_on));
  }
  const Answer answer = ask("inspect m m-00002-of-00002.gguf");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, HasSubstr("gistmill inspect takes MODEL but was given 2 arguments\n"));
  EXPECT_THAT(answer.err, HasSubstr(way_on));
}

TEST_F(ModelVerbsTest, TokenizeAnswersAsJson) {
  EXPECT_EQ(ask_with("tokenize m --json", "hi").out, "{\"count\":2,\"tokens\":[104,105]}\n");
}

TEST_F(ModelVerbsTest, EmptyTextHasNoTokens) {
  const Answer answer = ask_with("tokenize m", "");
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(answer.out, "\n");
  EXPECT_EQ(ask_with("tokenize m --decode", answer.out).out, "");
}

TEST_F(ModelVerbsTest, DecodingWritesTheExactBytes) {
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes += static_cast<char>(value);
  const Answer ids = ask_with("tokenize m", bytes);
  EXPECT_EQ(ids.code, 0) << ids.err;
  EXPECT_EQ(ask_with("tokenize m --decode", ids.out).out, bytes);
}

TEST_F(ModelVerbsTest, LargeInputComesBackWhole) {
  std::string text;
  for (int i = 0; i < 400000; ++i) text += std::to_string(i);
  const Answer ids = ask_with("tokenize m", text);
  EXPECT_TRUE(ask_with("tokenize m --decode", ids.out).out == text);
}

TEST_F(ModelVerbsTest, BytesThatAreNotTextAreShownInHexadecimalToo) {
  EXPECT_EQ(ask_with("tokenize m --decode --json", "255 104").out,
            "{\"text\":\"\xEF\xBF\xBDh\",\"bytes\":\"ff68\"}\n");
}

TEST_F(ModelVerbsTest, WordThatIsNotAnIdIsShownWithItsPlace) {
  expect_refused(ask_with("tokenize m --decode", "104 x5"), 3,
                 "standard input: \"x5\" at byte 4 is not a token id");
  expect_refused(ask_with("tokenize m --decode", "104 -5"), 3, "\"-5\" at byte 4");
  expect_refused(ask_with("tokenize m --decode", "99999999999"), 3, "at byte 0 is not a token id");
  expect_refused(ask_with("tokenize m --decode", std::string("1 \0\x1b[31m", 8)), 3, "at byte 2");
}

TEST_F(ModelVerbsTest, IdBeyondTheVocabularyIsRefusedByTheTokenizer) {
  expect_refused(ask_with("tokenize m --decode", "300"), 3,
                 "tokenizer/letters: token 300 is not in the vocabulary of 257");
}

TEST_F(ModelVerbsTest, OptionsOfTheTokenizerAreSetByRole) {
  EXPECT_EQ(ask_with("tokenize m --set tokenizer.shift=3", "a").out, "100\n");
  expect_refused(ask("tokenize m --set tokenizer.shft=3"), 2, "did you mean 'shift'?");
  expect_refused(ask("tokenize m --set tokenizer.shift=101"), 3,
                 "--set tokenizer.shift=101: shift is 101 when it should be at most 100");
  expect_refused(ask("tokenize m --set teacher.dtype=f32"), 2, "write it as tokenizer.OPTION=VALUE");
  expect_refused(ask("tokenize m --set tokenizer.model=x"), 3, "x: there is no such file or folder");
}

// U+009B begins what a terminal obeys, as ESC [ does.
TEST_F(ModelVerbsTest, ModelThatTwoTakeAsksWhich) {
  write("both", "letters\nboth 1\n");
  expect_refused(ask("tokenize both"), 2, "2 tokenizers take both");
  EXPECT_EQ(ask_with("tokenize both --set tokenizer.use=tokenizer/letters", "a").out, "97\n");
  expect_refused(ask("tokenize both --set tokenizer.use=tokenizer/letter"), 2,
                 "did you mean 'tokenizer/letters'?");
}

TEST_F(ModelVerbsTest, FileThatCannotBeReadIsNamed) {
  expect_refused(ask("tokenize m nowhere.txt"), 3, "nowhere.txt cannot be read: no such file or directory");
  expect_refused(ask("tokenize m ."), 3, ". cannot be read: is a directory");
}

TEST_F(ModelVerbsTest, ScoreAddsUpWhatTheTeacherSays) {
  const Answer answer = ask_with("score m", "hello world");  // costs 1, 2, ... 10 nats
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out,
              StartsWith("tokens      11, 10 scored\nmean NLL    5.500000 nats\nperplexity  244.6919\n"));
}

TEST_F(ModelVerbsTest, LongTextIsScoredInWindowsThatOverlap) {
  // Begin token and 11 letters; windows of 8, 4 apart. A token costs as many nats as stand before it in its
  // window.
  const auto json = nlohmann::json::parse(ask_with("score begins --json", "hello world").out);
  EXPECT_EQ(json["tokens"], 12);
  EXPECT_EQ(json["scored"], 11);
  EXPECT_EQ(json["windows"], 2);
  EXPECT_DOUBLE_EQ(json["mean_nll"].get<double>(), (1 + 2 + 3 + 4 + 5 + 6 + 7 + 4 + 5 + 6 + 7) / 11.0);
  const auto close = nlohmann::json::parse(ask_with("score begins --json --stride 1", "hello world").out);
  EXPECT_DOUBLE_EQ(close["mean_nll"].get<double>(), (1 + 2 + 3 + 4 + 5 + 6 + 7 + 7 + 7 + 7 + 7) / 11.0);
  const auto narrow = nlohmann::json::parse(ask_with("score begins --json --window 2", "hello world").out);
  EXPECT_DOUBLE_EQ(narrow["mean_nll"].get<double>(), 1.0);
}

TEST_F(ModelVerbsTest, AModelMayBeginWithSeveralTokens) {
  write("begins-twice", "letters\nadd_bos 1\nbegins_twice 1\ncontext 8\n");
  const auto json = nlohmann::json::parse(ask_with("score begins-twice --json", "ab").out);
  EXPECT_EQ(json["tokens"], 4);
  EXPECT_EQ(json["scored"], 3);
}

TEST_F(ModelVerbsTest, ScorePerTokenIsALineOfJsonEach) {
  const Answer answer = ask_with("score begins --per-token", " a b");
  EXPECT_EQ(answer.out,
            "{\"token\":256,\"text\":\"\",\"nll\":null}\n{\"token\":32,\"text\":\" \",\"nll\":1.0}\n"
            "{\"token\":97,\"text\":\"a\",\"nll\":2.0}\n{\"token\":32,\"text\":\" \",\"nll\":3.0}\n"
            "{\"token\":98,\"text\":\"b\",\"nll\":4.0}\n");
  EXPECT_THAT(answer.err, HasSubstr("mean NLL    2.500000 nats"));
}

TEST_F(ModelVerbsTest, WindowAndStrideMustFit) {
  expect_refused(ask_with("score begins --window 9", "ab"), 2, "--window is 9 when it should be 2 to 8");
  expect_refused(ask_with("score begins --stride 8", "ab"), 2, "--stride is 8 when it should be 1 to 7");
  expect_refused(ask_with("score begins --stride x", "ab"), 2,
                 "--stride is 'x' when it should be a whole number");
}

TEST_F(ModelVerbsTest, TextTooShortToScoreIsRefused) {
  expect_refused(ask_with("score m", "a"), 3, "the text has 1 tokens when scoring needs at least 2");
  EXPECT_EQ(ask_with("score begins", "a").code, 0);
}

TEST_F(ModelVerbsTest, GenerateContinuesThePrompt) {
  const Answer answer = ask("generate m --prompt ab");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, "abab\n");
  EXPECT_THAT(answer.err, StartsWith("4 tokens after a prompt of 2 in "));
  EXPECT_EQ(ask_with("generate m --max-tokens 2", "xy\n").out, "xy\n");
}

TEST_F(ModelVerbsTest, GenerateKeepsTheSpaceThatAFirstTokenWouldLose) {
  const auto json = nlohmann::json::parse(ask("generate begins --prompt ' a' --max-tokens 5 --json").out);
  EXPECT_EQ(json["tokens"], (std::vector<int>{256, 32, 97, 256, 32}));
  EXPECT_EQ(json["text"], " a ");
  EXPECT_EQ(json["prompt_tokens"], 3);
}

// A row of a model's table that pads it to a round size.
TEST_F(ModelVerbsTest, GenerateWritesNothingForAnIdThatTheTokenizerLacksAndGoesOn) {
  write("padded", "letters\npadding 300\n");
  EXPECT_EQ(ask("generate padded --prompt ab").out, "aa\n");
  const auto json = nlohmann::json::parse(ask("generate padded --prompt ab --json").out);
  EXPECT_EQ(json["tokens"], (std::vector<int>{97, 300, 97, 300}));
  EXPECT_EQ(json["text"], "aa");
}

TEST_F(ModelVerbsTest, SameSeedSameText) {
  const std::string prompt = "generate m --prompt ab --temperature 1 --max-tokens 20 --seed ";
  EXPECT_EQ(ask(prompt + "3").out, ask(prompt + "3").out);
  EXPECT_NE(ask(prompt + "3").out, ask(prompt + "4").out);
}

TEST_F(ModelVerbsTest, ChatGoesThroughTheTokenizersTemplate) {
  EXPECT_EQ(ask("generate m --prompt a --chat --system b --max-tokens 68").out,
            "chat:[{\"content\":\"b\",\"role\":\"system\"},{\"content\":\"a\",\"role\":\"user\"}]\n");
  EXPECT_THAT(ask("generate m --prompt a --chat --system '' --max-tokens 68").out,
              HasSubstr("{\"content\":\"\",\"role\":\"system\"}"));
  expect_refused(ask("generate m --prompt a --system b"), 2, "--system needs --chat");
  expect_refused(ask_with("generate m --chat", "\xff"), 3, "a message is not UTF-8");
}

TEST_F(ModelVerbsTest, GenerateContinuesFromTheGistCacheThatItSaved) {
  const Answer saved = ask("generate m --prompt 'ab##' --gist-token '#' --save-gist-cache c.gist");
  EXPECT_EQ(saved.code, 0) << saved.err;
  EXPECT_EQ(saved.out, "");
  EXPECT_THAT(saved.err, HasSubstr("c.gist: 2 of 4 tokens are kept"));
  EXPECT_EQ(ask("generate m --prompt cd --gist-cache c.gist --max-tokens 6").out, "ab##23\n");
  EXPECT_EQ(ask("generate m --prompt '#' --gist-token '#' --save-gist-cache 12 --json").out,
            "{\"file\":\"12\",\"prompt_tokens\":1,\"kept_tokens\":1,\"bytes\":2}\n");
  EXPECT_EQ(ask("generate m --prompt cd --gist-cache 12 --max-tokens 2").out, "#0\n");
  const Answer two = ask("generate m --prompt 'a#b#+' --gist-token '#' --gist-token + --save-gist-cache d");
  EXPECT_THAT(two.err, HasSubstr("d: 3 of 5 tokens are kept"));
  // What continues begins no document.
  const Answer behind = ask("generate begins --prompt cd --gist-cache c.gist --json");
  EXPECT_EQ(nlohmann::json::parse(behind.out)["prompt_tokens"], 2);
}

TEST_F(ModelVerbsTest, GistTokensThatKeepNothingAreRefused) {
  expect_refused(ask("generate m --prompt ab --save-gist-cache c"), 3,
                 "the model has no token <GIST> or <GIST_1>");
  expect_refused(ask("generate m --prompt ab --gist-token ab --save-gist-cache c"), 3,
                 "'ab' is not one token of this model");
  expect_refused(ask("generate m --prompt ab --gist-token '#' --save-gist-cache c"), 3,
                 "the prompt has no gist token");
  expect_refused(ask("generate m --prompt 'a#bc' --gist-token '#' --save-gist-cache c"), 3,
                 "2 tokens follow the last gist token and would be lost");
  expect_refused(ask("generate m --prompt a --gist-token '#'"), 2, "--gist-token needs --save-gist-cache");
  expect_refused(ask("generate m --prompt a --gist-cache a --save-gist-cache b"), 2,
                 "--save-gist-cache and --gist-cache cannot be used together");
  expect_refused(ask("generate m --prompt a --gist-cache a --chat"), 2,
                 "--gist-cache and --chat cannot be used together");
}

TEST_F(ModelVerbsTest, BadPromptsAndSettingsAreRefused) {
  expect_refused(ask("generate m --prompt ''"), 3, "the prompt is empty");
  expect_refused(ask("generate m text --prompt a"), 2, "--prompt and FILE cannot be used together");
  expect_refused(ask("generate m --prompt a --temperature=-1"), 3,
                 "temperature is -1 when it should be at least 0");
  // Which of the two messages comes depends on whether a teacher with such an option is built beside this
  // one.
  const Answer unknown = ask("generate m --prompt a --top-p 0.5");
  EXPECT_NE(unknown.code, 0);
  EXPECT_THAT(unknown.err, HasSubstr("option 'top_p'"));
}

TEST_F(ModelVerbsTest, ALanguageModelOfAnotherRoleScoresAndGenerates) {
  // GCC 12's leak checker crashes ("Tracer caught signal 11") while it looks through the thread-local
  // storage of three libraries that were loaded late. Without that it still finds every leak.
  ::setenv("LSAN_OPTIONS", "use_tls=0:print_suppressions=0", /*replace=*/0);
  write("e", "echo\n");
  const Answer score = ask_strangers("score e --set tokenizer.model=m", "printf hello | ");
  EXPECT_EQ(score.code, 0) << score.err;
  EXPECT_THAT(score.out, StartsWith("tokens      5, 4 scored\nmean NLL    0.500000 nats\n"));
  const Answer generated = ask_strangers("generate e --set tokenizer.model=m --prompt ab --max-tokens 2");
  EXPECT_EQ(generated.code, 0) << generated.err;
  EXPECT_EQ(generated.out, "bb\n");
}

TEST_F(ModelVerbsTest, OptionsAreSetByTheRoleThatTheComponentHas) {
  write("e", "echo\n");
  EXPECT_EQ(ask_strangers("generate e --set tokenizer.model=m --prompt ab --set student.max_tokens=1").out,
            "b\n");
  EXPECT_EQ(ask_strangers("generate e --set tokenizer.model=m --prompt ab --set generate.max_tokens=1").out,
            "b\n");
  expect_refused(ask_strangers("generate e --prompt ab --set lens.strength=1"), 2,
                 "write it as student.OPTION=VALUE or teacher.OPTION=VALUE or tokenizer.OPTION=VALUE");
}

TEST_F(ModelVerbsTest, InspectNamesTheRoleOfWhoTakesTheModel) {
  write("e", "echo\n");
  const Answer answer = ask_strangers("inspect e --set tokenizer.model=m");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("student           student/echo 0.1.0\n"));
}

TEST_F(ModelVerbsTest, PluginsInspectShowsContractsAndTheirOptions) {
  const Answer answer = ask_strangers("plugins inspect lens/tint");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("  fulfils lens\n"));
  EXPECT_THAT(answer.out, HasSubstr("    strength             float 0..1, default 0.5\n"
                                    "                         what is seen is multiplied by it\n"));
  const auto file = nlohmann::json::parse(
      gistmill("plugins inspect --json '" GISTMILL_BUILD_DIR "/tests/stranger/stranger.so'").out);
  EXPECT_EQ(file[0]["fulfils"], nlohmann::json({"language-model"}));
  EXPECT_EQ(file[2]["options"][0]["max"], 1.0) << "the contract is found beside the file";
}

TEST_F(ModelVerbsTest, AnOptionOfAContractIsCheckedInARecipe) {
  const std::string plugins = " --plugins '" GISTMILL_BUILD_DIR "/tests/stranger'";
  write("good.toml", "[components]\nlens = { use = \"lens/tint\", strength = 1.0 }\n");
  EXPECT_EQ(gistmill("validate good.toml" + plugins).code, 0);
  write("bad.toml", "[components]\nlens = { use = \"lens/tint\", strength = 2.0 }\n");
  expect_refused(gistmill("validate bad.toml" + plugins), 3,
                 "bad.toml:2:40: strength is 2.0 when it should be at most 1");
}

TEST_F(ModelVerbsTest, APluginWithoutItsContractIsRefusedWithWhatIsMissing) {
  std::filesystem::create_directories(folder_ / "alone");
  std::filesystem::copy(GISTMILL_BUILD_DIR "/tests/stranger/stranger.so", folder_ / "alone/stranger.so");
  write("recipe.toml", "[components]\nlens = { use = \"lens/tint\" }\n");
  expect_refused(gistmill("validate recipe.toml --plugins alone"), 3,
                 "lens/tint names the contract 'lens', which does not exist");
}

TEST_F(ModelVerbsTest, InspectLaysOutWhatTheComponentsSay) {
  const Answer answer = ask("inspect m");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, R"(m
teacher           teacher/letters 0.1.0
  architecture    letters
  layers          2
  parameters      134,515,008
  stored          F32 3
  file            98 MB
  memory          f32 538 MB
  tied head       yes
  context length  64
tokenizer         tokenizer/letters 0.1.0
  kind            letters
  vocabulary      257
  special tokens  bos 256
  add bos         no
  chat template   none
)");
  const auto json = nlohmann::json::parse(ask("inspect m --json").out);
  EXPECT_EQ(json["teacher"]["memory_bytes"]["f32"], 538060032);
  EXPECT_EQ(json["tokenizer"]["component"], "tokenizer/letters");
}

TEST_F(ModelVerbsTest, InspectShowsATokenizerWithoutATeacher) {
  write("tokens", "digits\n");
  const Answer answer = ask("inspect tokens");
  EXPECT_EQ(answer.code, 0) << answer.err;
  // With other teachers and a student beside it, each of them says why; a build without LibTorch has none.
  EXPECT_THAT(answer.out, ContainsRegex("(^|\n *)no (student or )?teacher takes "));
  EXPECT_THAT(answer.out, HasSubstr(": the first line is 'digits' when it should be 'letters'\n"));
  EXPECT_THAT(answer.out, ContainsRegex("\ntokenizer +tokenizer/digits 0.1.0\n$"));
  write("nothing", "words\n");
  const Answer refused = ask("inspect nothing");
  expect_refused(refused, 3, "teacher takes ");
  EXPECT_THAT(refused.err, ContainsRegex("(^|\n *)no (student or )?teacher takes "));
}

TEST_F(ModelVerbsTest, DescriptionThatIsNotJsonIsReportedAsTheTokenizersDefect) {
  write("broken", "letters\nbroken_description 1\n");
  expect_refused(ask("inspect broken"), 1,
                 "its description is \"{\\\"kind\\\": letters\" when it should be a JSON object");
}

TEST_F(ModelVerbsTest, ReaderThatGoesAwayEndsTheProgramQuietly) {
  write("text", std::string(1 << 20, 'x'));
  const Answer ignored = ask("tokenize m text", "trap '' PIPE; {", "; echo code $? >&2; } | head -c 3");
  EXPECT_EQ(ignored.out, "120");
  EXPECT_EQ(ignored.err, "code 141\n");
}

TEST_F(ModelVerbsTest, FullDiskIsAFailure) {
  const Answer answer = ask("tokenize m m > /dev/full");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("standard output cannot be written: no space left on device"));
}

TEST_F(ModelVerbsTest, CtrlCEndsTheProgramAtOnce) {
  const Answer answer = ask("tokenize m", "sleep 1 | timeout --preserve-status -s INT 0.3 ", "; echo $?");
  EXPECT_EQ(answer.out, "130\n");
}

TEST_F(ModelVerbsTest, NothingIsLoadedFromTheWorkingFolder) {
  std::filesystem::create_directories(folder_ / "plugins");
  std::filesystem::copy(GISTMILL_BUILD_DIR "/tests/models/models.so", folder_ / "plugins/models.so");
  EXPECT_NE(gistmill("tokenize m").code, 0);
}

}  // namespace
}  // namespace gistmill
