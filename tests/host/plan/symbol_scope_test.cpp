// Whose size a symbol is: an instance's, a call's, or all instances' that say so.
#include <gmock/gmock.h>

#include "host/plan/plan.hpp"
#include "host/plan/types.hpp"
#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Pair;
using testing::UnorderedElementsAre;

// What components beside a teacher are like, with letters of their own choice.
constexpr const char* kOthers = R"([plugin]
name = "others"
version = "0.1.0"
license = "MIT"
tier = "c"

[components."dataset/texts"]
doc = "texts, prompts and paths, of any length"
[components."dataset/texts".operations.next]
effect = "stateful"
outputs.text = { type = "u8[B]" }
outputs.prompt = { type = "i32[B, P]" }
outputs.folder = { type = "u8[N]" }

[components."tokenizer/bytes"]
doc = "N is the number of tokens here, B that of bytes"
[components."tokenizer/bytes".operations.encode]
effect = "pure"
inputs.text = { type = "u8[B]" }
outputs.tokens = { type = "i32[N]" }
[components."tokenizer/bytes".operations.decode]
effect = "pure"
inputs.tokens = { type = "i32[N]" }
outputs.text = { type = "u8[B]" }

[components."model/writer"]
doc = "a model that also generates and saves; its N, Q, G and V are its own"
options.layers = { type = "integers", default = [1, 2, 3] }
options.topk = { type = "integer", default = 64 }
symbols.N = { option = "layers" }
symbols.Q = { option = "topk" }
symbols.G = { doc = "groups of its heads" }
[components."model/writer".operations.generate]
effect = "random"
inputs.prompt = { type = "i32[B, P]" }
outputs.tokens = { type = "i32[B, U]" }
[components."model/writer".operations.save]
effect = "stateful"
inputs.folder = { type = "u8[P]" }

[components."monitor/drift"]
doc = "uses D, N and T for what it likes: drives, nodes, trials"
options.drives = { type = "integer", default = 3 }
options.trials = { type = "integer", default = 7 }
symbols.D = { option = "drives" }
symbols.T = { option = "trials" }
symbols.N = { doc = "nodes" }
[components."monitor/drift".operations.watch]
effect = "pure"
inputs.embeddings = { type = "f32[A, B, C]" }
outputs.drift = { type = "f32[D, N, T]" }
[components."monitor/drift".operations.sum]
effect = "pure"
inputs.drift = { type = "f32[D, N, T]" }
outputs.total = { type = "f32[K]" }
)";

class SymbolScopes : public PlanTest {
 protected:
  SymbolScopes() { offer(kOthers); }
  // A model of 4 recorded layers and one of 1, of other widths and vocabularies.
  static std::int64_t model_sizes(const PlannedInstance& instance, const std::string& symbol) {
    if (instance.name == "teacher") return symbol == "D" ? 576 : symbol == "V" ? 49152 : -1;
    if (instance.name == "student") return symbol == "D" ? 64 : symbol == "V" ? 512 : -1;
    if (instance.name == "drift") return symbol == "N" ? 2 : -1;
    return -1;
  }
  Plan bound(const std::string& components, const std::string& steps) const {
    Plan planned = plan(std::string(kComponents) + components + "\n[pipelines.p]\nsteps = [" + steps + "]\n");
    bind_symbols(planned, model_sizes);
    return planned;
  }
};

TEST_F(SymbolScopes, LetATeacherAndAStudentOfOtherSizesShareAPipeline) {
  const Plan planned = bound(R"(student = { use = "teacher/llama", model = "small.gguf", layers = [2] })", R"(
  "corpus.next", "teacher.read", "teacher.states", "teacher.head",
  { call = "student.read", out = { context = "student_context" } },
  { call = "student.states", in = { context = "student_context" }, out = { states = "student_states" } },
  { call = "student.head", out = { head = "student_head" } },
)");
  const PlannedPipeline& p = planned.pipelines[0];
  EXPECT_THAT(p.known_symbols(),
              UnorderedElementsAre(Pair("T", 1024), Pair("K", 28), Pair("H", 8), Pair("S", 32),
                                   Pair("teacher.D", 576), Pair("teacher.N", 4), Pair("teacher.V", 49152),
                                   Pair("student.D", 64), Pair("student.N", 1), Pair("student.V", 512)));
  EXPECT_EQ(type_text(call_of(p, "student.states").outputs[0].type), "f32[K, S, student.N, student.D]");
  EXPECT_EQ(planned.instance("teacher")->symbols.at("D"), 576);
  EXPECT_EQ(planned.instance("student")->symbols.at("D"), 64);
}

TEST_F(SymbolScopes, LetTwoDatasetsWithOtherHorizonsShareAPipeline) {
  const Plan planned = bound(R"(far = { use = "dataset/spans", horizon = 64, spans = 5, length = 2048 })", R"(
  "corpus.next", "teacher.read", "teacher.original",
  { call = "far.next", out = { tokens = "t", spans = "s", targets = "y", mask = "m", document = "d" } },
  { call = "teacher.read", in = { tokens = "t" }, out = { context = "c" } },
  { call = "teacher.original", in = { context = "c", spans = "s", targets = "y" }, out = { hidden_original = "h" } },
)");
  const PlannedPipeline& p = planned.pipelines[0];
  EXPECT_THAT(p.known_symbols(),
              IsSupersetOf({Pair("corpus.H", 8), Pair("corpus.K", 28), Pair("corpus.T", 1024),
                            Pair("far.H", 64), Pair("far.K", 5), Pair("far.T", 2048)}));
  EXPECT_EQ(type_text(p.calls[2].outputs[0].type), "float[corpus.K, corpus.H, D]");
  EXPECT_EQ(type_text(p.calls[5].outputs[0].type), "float[far.K, far.H, D]");
}

TEST_F(SymbolScopes, LetTokenizingGeneratingAndSavingShareAPipelineWithATeacher) {
  const Plan planned = bound(R"(texts = { use = "dataset/texts" }
tokenizer = { use = "tokenizer/bytes" }
writer = { use = "model/writer" })",
                             R"(
  "corpus.next", "teacher.read", "teacher.states",
  "texts.next",
  { call = "tokenizer.encode", out = { tokens = "text_tokens" } },
  { call = "tokenizer.decode", in = { tokens = "text_tokens" }, out = { text = "same_text" } },
  { call = "teacher.read", in = { tokens = "text_tokens" }, out = { context = "text_context" } },
  { call = "writer.generate", out = { tokens = "written" } },
  "writer.save",
)");
  const PlannedPipeline& p = planned.pipelines[0];
  EXPECT_EQ(p.symbol("teacher.N")->value, 4);
  const auto free = [&](const char* call) {
    const PlannedSymbol* symbol = p.symbol(call_of(p, call).outputs[0].type.shape.back().symbol);
    return symbol->declared.empty() && !symbol->value;
  };
  EXPECT_TRUE(free("tokenizer.encode")) << "as many tokens as a text has, not as many as layers are recorded";
  EXPECT_TRUE(free("tokenizer.decode"));
  EXPECT_TRUE(free("writer.generate"));
  const auto& texts = call_of(p, "texts.next").outputs;
  EXPECT_NE(texts[0].type.shape[0].symbol, call_of(p, "tokenizer.encode").outputs[0].type.shape[0].symbol);
  EXPECT_EQ(texts[0].type.shape[0].symbol, texts[1].type.shape[0].symbol) << "one letter of one call";
}

TEST_F(SymbolScopes, KeepTheLettersOfAnUnknownPluginApart) {
  const Plan planned = bound(R"(drift = { use = "monitor/drift" })", R"(
  "corpus.next", "teacher.embed", "teacher.read", "teacher.states",
  { call = "drift.watch" },
  { call = "drift.sum" },
)");
  const PlannedPipeline& p = planned.pipelines[0];
  EXPECT_EQ(type_text(call_of(p, "drift.watch").inputs[0].type), "f32[corpus.K, S, teacher.D]");
  EXPECT_EQ(type_text(call_of(p, "drift.watch").outputs[0].type), "f32[drift.D, drift.N, drift.T]");
  EXPECT_THAT(planned.instance("drift")->symbols,
              UnorderedElementsAre(Pair("D", 3), Pair("N", 2), Pair("T", 7)));
  EXPECT_THAT(planned.instance("teacher")->symbols, IsSupersetOf({Pair("D", 576), Pair("N", 4)}));
}

TEST_F(SymbolScopes, OfAPipelineAreOneSizeWithoutAWire) {
  EXPECT_EQ(failure_of(
                std::string(kComponents) +
                "[components.other]\nuse = \"teacher/llama\"\n"
                "model = \"m.gguf\"\nspan = 16\n[pipelines.p]\nsteps = [\"corpus.next\", \"other.embed\"]\n"),
            "recipe.toml:11:8: S is 16 according to other.span but 32 according to corpus.span\n"
            "corpus: span = 32 (default of dataset/spans)\n"
            "other: span = 16 (recipe.toml:11:8)\n"
            "S is one size for all of corpus, other: their manifests give it scope \"pipeline\"");
}

TEST_F(SymbolScopes, OfAPipelineKeepTheirLetter) {
  const Plan planned =
      bound(R"(other = { use = "teacher/llama", model = "m.gguf" })",
            R"("corpus.next", "teacher.embed", { call = "other.embed", out = { embeddings = "e" } })");
  EXPECT_EQ(type_text(planned.pipelines[0].calls[2].outputs[0].type), "f32[K, S, other.D]");
  EXPECT_EQ(planned.pipelines[0].symbol("S")->full_name, "S");
  EXPECT_EQ(planned.pipelines[0].symbol("teacher.D")->full_name, "teacher.D");
  EXPECT_EQ(planned.pipelines[0].symbol("K")->full_name, "corpus.K");
}

TEST_F(SymbolScopes, SizesOfTwoModelsThatAWireJoinsAreRefusedWithBothAndTheWire) {
  offer(R"([plugin]
name = "match"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."match/rows"]
doc = "rows of two models, of one width"
[components."match/rows".operations.value]
effect = "pure"
inputs.a = { type = "f32[K, S, D]" }
inputs.b = { type = "f32[K, S, D]" }
)");
  try {
    bound(R"(student = { use = "teacher/llama", model = "small.gguf" }
match = { use = "match/rows" })",
          R"("corpus.next", "teacher.embed", { call = "student.embed", out = { embeddings = "e" } },
             { call = "match.value", in = { a = "embeddings", b = "e" } })");
    FAIL() << "expected a failure";
  } catch (const Failure& failure) {
    EXPECT_EQ(
        text_of(failure, folder),
        "recipe.toml:8:1: teacher.D is 64 according to student but 576 according to teacher\n"
        "teacher: 576\n"
        "student, which is teacher/llama, answers 64 for its D\n"
        "match.value reads e as f32[K, S, D] when student.embed writes f32[K, S, D] (recipe.toml:12:23)");
  }
}

}  // namespace
}  // namespace gistmill
