#include "host/plan/describe.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;

class Description : public PlanTest {
 protected:
  static std::string training() { return "[run]\nsteps = 600\n" + std::string(kComponents) + kTrainPipeline; }
  static void bind(Plan& planned) {
    bind_symbols(planned, [](const PlannedInstance& instance, const std::string& symbol) -> std::int64_t {
      if (instance.name != "teacher") return -1;
      return symbol == "D" ? 576 : 49152;
    });
  }
};

TEST_F(Description, ShowsWhatEachCallReadsWritesAndDoes) {
  Plan planned = plan(training());
  bind(planned);
  EXPECT_EQ(
      describe(planned),
      R"(train   corpus.T 1024, corpus.K 28, corpus.H 8, S 32, teacher.D 576, teacher.N 4, teacher.V 49152, G 1
  corpus.next        -> tokens i32[T], spans i32[K], targets i32[K, H], mask f32[K, H], document i32[]   stateful
  teacher.embed      tokens, spans -> embeddings f32[K, S, D]                                   frozen, no tape
  teacher.read       tokens -> context                                                          frozen, no tape
  teacher.states     context, spans -> states f32[K, S, N, D]                                   frozen, no tape
  teacher.original   context, spans, targets -> hidden_original float[K, H, D]                  frozen, no tape
  teacher.head       -> head float[V, D]                                                        frozen, no tape
  gist.compress      embeddings, states -> gist f32[K, 1, D], offsets i32[K, 1]                 trains
  teacher.resume     context, spans, gist, offsets, targets -> hidden_replaced float[K, H, D]   frozen, passes gradient
  loss.value         hidden_replaced, hidden_original, head, targets, mask -> loss f32[], nll_replaced f32[K, H], nll_original f32[K, H]   passes gradient
minimizes loss; trains gist; 600 steps
)");
}

TEST_F(Description, SaysWhereASizeWillComeFrom) {
  EXPECT_THAT(describe(plan(training())), HasSubstr("S 32, D from teacher, teacher.N 4, V from teacher"));
}

constexpr const char* kDistill = R"(student = { use = "teacher/llama", model = "student.gguf", layers = [2] }
[pipelines.p]
steps = [
  "corpus.next",
  "teacher.head",
  "teacher.embed",
  { call = "student.head", out = { head = "student_head" } },
  { call = "student.embed", out = { embeddings = "student_embeddings" } },
]
)";

TEST_F(Description, NamesTheInstanceWhereTwoHaveTheirOwnSizes) {
  Plan planned = plan(std::string(kComponents) + kDistill);
  EXPECT_THAT(describe(planned),
              HasSubstr("V from teacher, D from teacher, S 32, V from student, D from student"));
  bind_symbols(planned, [](const PlannedInstance& instance, const std::string& symbol) -> std::int64_t {
    if (instance.name != "teacher" && instance.name != "student") return -1;
    const bool large = instance.name == "teacher";
    return symbol == "D" ? (large ? 576 : 64) : (large ? 49152 : 512);
  });
  EXPECT_EQ(
      describe(planned),
      R"(p   corpus.T 1024, corpus.K 28, corpus.H 8, teacher.V 49152, teacher.D 576, S 32, student.V 512, student.D 64
  corpus.next     -> tokens i32[T], spans i32[K], targets i32[K, H], mask f32[K, H], document i32[]   stateful
  teacher.head    -> head float[teacher.V, teacher.D]                        no tape
  teacher.embed   tokens, spans -> embeddings f32[K, S, teacher.D]           no tape
  student.head    -> student_head float[student.V, student.D]                no tape
  student.embed   tokens, spans -> student_embeddings f32[K, S, student.D]   no tape
)");
}

TEST_F(Description, LeavesOutSizesThatNoValueHas) {
  const std::string text =
      describe(plan(std::string(kComponents) + "[pipelines.p]\nsteps = [\"teacher.head\"]\n"));
  EXPECT_THAT(text, HasSubstr("p   V from teacher, D from teacher\n")) << "no span, no recorded layer";
}

TEST_F(Description, SaysThatASizeVaries) {
  offer(R"([plugin]
name = "text"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."dataset/text"]
doc = "documents"
[components."dataset/text".operations.next]
effect = "stateful"
outputs.text = { type = "u8[B]" }
)");
  EXPECT_EQ(
      describe(plan(
          "[components.source]\nuse = \"dataset/text\"\n[pipelines.prepare]\nsteps = [\"source.next\"]\n")),
      "prepare   B varies\n  source.next   -> text u8[B]   stateful\n");
}

TEST_F(Description, ShowsSkippedCallsAndWhatVariantsShare) {
  const Plan planned = plan(std::string(kComponents) + R"(drop = { use = "gistnet/last-k", k = 0 }
[pipelines.measure]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.original", "teacher.head", "gist.compress",
  "teacher.resume", "loss.value", "measure.measure", { call = "teacher.head", out = { head = "again" } }]
[evaluations.heldout]
pipeline = "measure"
variants = [{ name = "refine" }, { name = "dropped", use = { gist = "drop" } }]
)");
  const std::string text = describe(planned);
  EXPECT_THAT(text, HasSubstr("skipped: nothing needs it\n"));
  EXPECT_THAT(text,
              HasSubstr("evaluation heldout   pipeline measure\n  variants: refine, dropped\n"
                        "  once a step for all: corpus.next, teacher.embed, teacher.read, teacher.original, "
                        "teacher.head, teacher.head\n"));
}

TEST_F(Description, AsJsonHoldsTheSame) {
  Plan planned = plan(training());
  bind(planned);
  const nlohmann::json json = to_json(planned);
  EXPECT_EQ(json["instances"][0]["name"], "corpus");
  EXPECT_EQ(json["instances"][0]["options"]["horizon"], 8);
  const auto& train = json["pipelines"][0];
  EXPECT_EQ(train["minimize"], "loss");
  EXPECT_EQ(train["train"], nlohmann::json({"gist"}));
  EXPECT_EQ(train["symbols"]["D"], nlohmann::json({{"value", 576}, {"source", "teacher"}}));
  EXPECT_EQ(train["calls"][7]["class"], "passes gradient");
  EXPECT_EQ(train["calls"][7]["inputs"][2], nlohmann::json({{"port", "gist"},
                                                            {"slot", "gist"},
                                                            {"type", "f32[K, G, D]"},
                                                            {"from", "gist.compress"},
                                                            {"gradient", true}}));
  EXPECT_EQ(to_json(plan(training()))["pipelines"][0]["symbols"]["D"], nullptr);
}

}  // namespace
}  // namespace gistmill
