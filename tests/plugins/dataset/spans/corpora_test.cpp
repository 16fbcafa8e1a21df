// Several corpora behind one dataset: numbers of documents, what is refused, and what they were made by.
#include "plugins/dataset/spans/corpora.hpp"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <set>

#include "plugins/dataset/spans/spans.hpp"
#include "tests/plugins/dataset/spans/spans_options.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainCall;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What `prepare` writes about a corpus whose ids the tokenizer with these options and files made.
std::string made_by(const std::string& options, const std::string& contents) {
  return R"({"calls": [{"call": "documents.next", "reads": {}},
                       {"call": "bpe.encode", "reads": {"text": "0.text"}},
                       {"call": "shift.apply", "reads": {"tokens": "1.tokens"}},
                       {"call": "store.append", "reads": {"tokens": "2.tokens", "name": "0.name"}}],
             "instances": {"bpe": {"component": "tokenizer/bpe", "options": )" +
         options + R"(, "contents": ")" + contents + R"("}, "documents": {"contents": "other"}}})";
}

class CorporaTest : public ::testing::Test {
 protected:
  // Documents of these lengths, whose ids are all `id`; the last is held out.
  WeightedFile corpus(const std::string& name, const std::vector<std::size_t>& lengths, std::int32_t id,
                      double weight, const std::string& provenance = "{}") const {
    const std::filesystem::path path = folder_ / (name + ".h5");
    formats::TokenFileWriter writer(path, provenance);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const std::vector<std::int32_t> ids(lengths[i], id);
      writer.append(ids.data(), ids.size(), name + std::to_string(i), i + 1 == lengths.size());
    }
    writer.commit();
    return {path.string(), weight};
  }

  std::unique_ptr<Spans> spans(const std::vector<WeightedFile>& files, const PlainTable& changes = {}) const {
    return std::make_unique<Spans>(PlainOptions(test::spans_options(files, 100, 8, 8, 2, 8, changes)).get());
  }

  // "KEY: MESSAGE" of the refusal.
  std::string refusal(const std::vector<WeightedFile>& files, const PlainTable& changes = {}) const {
    return gistmill::test::refusal_of([&] { spans(files, changes); });
  }

  ScratchFolder folder_;
};

TEST_F(CorporaTest, GiveStepsByWeightAndSayWhichCorpusEachIsFrom) {
  const auto source =
      spans({corpus("code", {300, 500, 100}, 1, 0.25), corpus("novels", {800, 100}, 2, 0.75)});
  std::map<std::int32_t, int> steps;
  std::map<std::int32_t, std::set<std::int32_t>> documents;
  for (int i = 0; i < 400; ++i) {
    const auto [tokens, starts, targets, mask, document, number, own, begin, name] =
        source->next(PlainCall(i));
    const std::int32_t from = *number.data<std::int32_t>();
    EXPECT_EQ(*tokens.data<std::int32_t>(), from + 1);
    ++steps[from];
    documents[from].insert(*document.data<std::int32_t>());
  }
  EXPECT_NEAR(steps[0], 100, 4);
  EXPECT_NEAR(steps[1], 300, 4);
  EXPECT_THAT(documents[0], ElementsAre(0, 1)) << "those of the first corpus; its third is held out";
  EXPECT_THAT(documents[1], ElementsAre(3)) << "counted on";
}

TEST_F(CorporaTest, AreMeasuredOnTheSameWindowsInEveryRun) {
  const std::vector<WeightedFile> files = {corpus("code", {400, 900}, 1, 1),
                                           corpus("novels", {400, 4000}, 2, 3)};
  const PlainTable heldout = {{"split", std::string("validation")},
                              {"placement", std::string("fixed")},
                              {"order", std::string("sequential")},
                              {"repeat", false},
                              {"limit", std::int64_t{12}}};
  const auto measured = [&] {
    std::vector<std::int32_t> seen;
    const auto source = spans(files, heldout);
    for (int i = 0; i < 12; ++i) {
      const auto step = source->next(PlainCall(i));
      seen.push_back(*std::get<5>(step).data<std::int32_t>());
      seen.push_back(*std::get<1>(step).data<std::int32_t>());
    }
    EXPECT_THROW(source->next(PlainCall(12)), EndOfData);
    return seen;
  };
  const std::vector<std::int32_t> first = measured();
  EXPECT_EQ(first, measured());
  int of_code = 0;
  for (std::size_t i = 0; i < first.size(); i += 2) of_code += first[i] == 0;
  EXPECT_EQ(of_code, 3) << "of 12, by weight";
}

TEST_F(CorporaTest, ContinueFromAStateOfTheSameMixtureOnly) {
  const WeightedFile code = corpus("code", {300, 500, 100}, 1, 1);
  const WeightedFile novels = corpus("novels", {800, 100}, 2, 3);
  const auto source = spans({code, novels});
  for (int i = 0; i < 7; ++i) source->next(PlainCall(i));
  const auto resumed = spans({code, novels});
  resumed->load_state(source->save_state());
  for (int i = 7; i < 40; ++i) {
    EXPECT_EQ(*std::get<4>(resumed->next(PlainCall(i))).data<std::int32_t>(),
              *std::get<4>(source->next(PlainCall(i))).data<std::int32_t>());
  }
  EXPECT_THROW(spans({code})->load_state(source->save_state()), Error);
  EXPECT_THROW(spans({code, {novels.path, 4}})->load_state(source->save_state()), Error) << "other weights";
}

TEST_F(CorporaTest, HaveADigestOfAllOfThem) {
  const WeightedFile code = corpus("code", {300, 500}, 1, 1);
  const std::string one = Corpora({code}).digest();
  const std::string both = Corpora({code, corpus("novels", {300, 500}, 2, 1)}).digest();
  EXPECT_NE(one, both);
  EXPECT_NE(both, Corpora({code, corpus("novels", {300, 501}, 2, 1)}).digest());
}

TEST_F(CorporaTest, SayWhichOneHasNoWindow) {
  const WeightedFile code = corpus("code", {300, 500}, 1, 1);
  EXPECT_EQ(
      refusal({code, corpus("notes", {30, 20, 500}, 2, 1)}),
      "document: '" + (folder_ / "notes.h5").string() +
          "': the longest of 2 train documents, 'notes0', has 30 tokens when a window needs 100; take a "
          "smaller document length or longer texts");
  EXPECT_EQ(refusal({code, corpus("notes", {500}, 2, 1)}),
            "split: '" + (folder_ / "notes.h5").string() + "': none of 1 documents is in the train split");
  EXPECT_THAT(refusal({code, {(folder_ / "missing.h5").string(), 1}}), HasSubstr("missing.h5"));
}

TEST_F(CorporaTest, OfTwoTokenizersAreRefusedWithBoth) {
  const std::string plain = R"({"special": false})";
  const WeightedFile code = corpus("code", {300, 500}, 1, 1, made_by(plain, "aaaaaaaaaaaaaaaa"));
  EXPECT_EQ(refusal({code, corpus("same", {300, 500}, 1, 1, made_by(plain, "aaaaaaaaaaaaaaaa"))}), "");
  EXPECT_EQ(refusal({code, corpus("silent", {300, 500}, 1, 1)}), "") << "it does not say";
  EXPECT_EQ(refusal({code, corpus("other", {300, 500}, 1, 1, made_by(plain, "bbbbbbbbbbbbbbbb"))}),
            "corpus: corpora of two tokenizers cannot be mixed: '" + code.path +
                "' is of tokenizer/bpe {\"special\":false} with aaaaaaaaaaaa, '" +
                (folder_ / "other.h5").string() +
                "' of tokenizer/bpe {\"special\":false} with bbbbbbbbbbbb; let their pipelines call the same "
                "tokenizer");
  EXPECT_THAT(
      refusal({code, corpus("third", {300, 500}, 1, 1, made_by(R"({"special": true})", "aaaaaaaaaaaaaaaa"))}),
      HasSubstr("two tokenizers"));
}

TEST(TokenizerOf, IsTheCallThatReadNoTokens) {
  EXPECT_EQ(tokenizer_of(made_by("{}", "0123456789abcdef")), "tokenizer/bpe {} with 0123456789ab");
  EXPECT_EQ(tokenizer_of("{}"), "");
  EXPECT_EQ(tokenizer_of("[1]"), "");
  EXPECT_EQ(tokenizer_of(R"({"calls": [{"call": "a.b", "reads": {"tokens": "0.tokens"}}]})"), "");
  EXPECT_EQ(tokenizer_of(R"({"calls": [], "instances": {}})"), "");
}

}  // namespace
}  // namespace gistmill::dataset
