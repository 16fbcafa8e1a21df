// The distillation recipes on the real model, cut to seconds: that a cache gives the losses of a teacher that
// runs beside the student, and how one training goes on from another. Not how well a student learns.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/events.hpp"
#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class DistillRecipe : public TrainTest {
 protected:
  std::string flags_;
  const std::string kRecipes = GISTMILL_SOURCE_DIR "/recipes/retnet/";

  // A student and texts that run in seconds; `more` are changes of single keys.
  Answer run(const std::string& recipe, const std::string& folder,
             const std::vector<std::string>& more = {}) const {
    return gistmill("run " + words(recipe, more) + " --folder " + folder + flags_);
  }
  std::string words(const std::string& recipe, const std::vector<std::string>& more = {}) const {
    const std::string file = (recipe == "ramp" ? "" : kRecipes) + recipe;
    std::string command = "'" + file + ".toml'";
    const std::vector<std::string> small = {"variables.model=" + model(),
                                            "variables.text=text",
                                            "variables.packed=packed",
                                            "components.documents.files=[\"text\"]",
                                            "components.documents.group=file",
                                            "components.documents.hold_out=[]",
                                            "components.documents.validation=0.3",
                                            "components.packing.max_seq_length=32",
                                            "components.student.layers=1",
                                            "components.student.width=32",
                                            "components.student.heads=2",
                                            "components.student.embeddings_from=\"\"",
                                            "components.student.vocabulary=49152",
                                            "components.sequences.batch=2",
                                            "components.sequences.limit=6",
                                            "components.heldout.batch=2",
                                            "components.heldout.limit=4",
                                            "evaluations.heldout.steps=2",
                                            "run.steps=3",
                                            "learning_rate.warmup=1",
                                            "checkpoints.every=3"};
    for (const std::string& set : small) command += " --set '" + set + "'";
    if (!recipe.starts_with("pretrain")) {
      command += " --set components.teacher.topk=16 --set components.teacher.dtype=f32";
    }
    if (recipe.starts_with("check-cache")) {
      command += " --set components.kept.batch=2 --set components.kept.limit=6 --set run.steps=0";
    }
    if (!recipe.starts_with("pretrain") && recipe.find("cache") != std::string::npos)
      command += " --set components.unread.limit=6";
    for (const std::string& set : more) command += " --set '" + set + "'";
    return command;
  }
  std::vector<nlohmann::json> events(const std::string& folder, const std::string& kind) const {
    return events_of(folder_ / folder, kind);
  }
  // Of the only evaluation's only variant; NaN where it has none.
  double figure_of(const std::string& folder, const std::string& figure) const {
    const auto summary = nlohmann::json::parse(read(folder_ / folder / "summary.json"));
    for (const auto& entry : summary["evaluations"][0]["entries"]) {
      if (entry["figure"] == figure) return entry["value"].get<double>();
    }
    return std::nan("");
  }
  std::vector<double> losses(const std::string& folder) const {
    std::vector<double> found;
    for (const nlohmann::json& event : events(folder, "step")) found.push_back(event["loss"].get<double>());
    return found;
  }
  std::string messages(const std::string& folder) const {
    std::string text;
    for (const nlohmann::json& event : events(folder, "message"))
      text += event["text"].get<std::string>() + "\n";
    return text;
  }
};

TEST_F(DistillRecipe, FromACacheHasTheLossesOfATeacherThatRunsBesideTheStudent) {
  const Answer direct = run("distill-short", "direct");
  ASSERT_EQ(direct.code, 0) << direct.err;
  const Answer cached = run("distill-cached-short", "cached");
  ASSERT_EQ(cached.code, 0) << cached.err;
  EXPECT_THAT(cached.err, HasSubstr("teacher cache of 6 sequences, form exact: 96 bytes a token"));
  const std::vector<double> expected = losses("direct");
  ASSERT_THAT(expected, SizeIs(3));
  ASSERT_THAT(losses("cached"), SizeIs(3));
  for (std::size_t step = 0; step < 3; ++step)
    EXPECT_NEAR(losses("cached")[step], expected[step], 1e-5) << step;
}

TEST_F(DistillRecipe, WithDocumentsApartTrainsAndMeasuresTheTeacherUnderTheMask) {
  const Answer answer = run("distill-documents-short", "apart");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(losses("apart"), SizeIs(3));
  EXPECT_THAT(answer.out, HasSubstr("teacher, "));
  EXPECT_THAT(answer.out, HasSubstr("\n  teacher "));
}

TEST_F(DistillRecipe, FromACacheThatIsThereDoesNotLoadTheTeacher) {
  const Answer first = run("distill-cached", "first");
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("teacher in f32, as asked"));
  const Answer second = run("distill-cached", "second");
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.err, Not(HasSubstr("teacher in f32, as asked")));
  EXPECT_EQ(losses("second"), losses("first"));
}

TEST_F(DistillRecipe, FromACacheOfBytesHasNearlyTheSameLosses) {
  ASSERT_EQ(run("distill-cached", "exact").code, 0);
  const Answer bytes = run("distill-cached", "bytes", {"components.cache.form=int8"});
  ASSERT_EQ(bytes.code, 0) << bytes.err;
  EXPECT_THAT(bytes.err, HasSubstr("form int8: 56 bytes a token"));
  for (std::size_t step = 0; step < 3; ++step)
    EXPECT_NEAR(losses("bytes")[step], losses("exact")[step], 1e-2);
}

TEST_F(DistillRecipe, RefusesASequenceThatTheCacheDoesNotHave) {
  const Answer answer = run("distill-cached", "run", {"components.unread.limit=3"});
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("is not in the teacher's cache; make the cache again"));
}

TEST_F(DistillRecipe, ACacheThatWasStoppedGoesOnAndHasTheSameBytes) {
  const std::string prepare = "prepare " + words("distill-cached-short", {"components.unread.limit=24"});
  ASSERT_EQ(gistmill(prepare).code, 0);
  std::filesystem::path cache;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data/prepared")) {
    if (entry.path().filename().string().starts_with("cache-")) cache = entry.path();
  }
  const std::string whole = read(cache);
  std::filesystem::remove(cache);
  // Stopped once it has the first sequence, of 24.
  const std::string parts = "data/prepared/." + cache.filename().string() + ".part";
  const std::string program = std::string(GISTMILL_BUILD_DIR) + "/bin/gistmill ";
  write("stop.sh", "'" + program.substr(0, program.size() - 1) + "' " + prepare +
                       " > out 2> err < /dev/null &\nwhile kill -0 $! && [ ! -s " + parts +
                       "/sequence ]; do sleep 0.02; done\nkill -TERM $!\nwait $!\n");
  const int status = std::system(("cd '" + folder_.string() + "' && sh stop.sh 2> /dev/null").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 75) << read(folder_ / "err");
  EXPECT_THAT(read(folder_ / "err"), HasSubstr(" are kept"));
  EXPECT_THAT(read(folder_ / "err"), HasSubstr("goes on from there"));
  EXPECT_FALSE(std::filesystem::exists(cache));
  const Answer rest = gistmill(prepare);
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr("going on after "));
  EXPECT_TRUE(read(cache) == whole);
  EXPECT_FALSE(std::filesystem::exists(folder_ / parts));
}

TEST_F(DistillRecipe, ACacheThatWasDamagedIsMadeAgainWhereThatIsAsked) {
  const std::string prepare = "prepare " + words("distill-cached-short");
  ASSERT_EQ(gistmill(prepare).code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data/prepared")) {
    if (entry.path().filename().string().starts_with("cache-"))
      std::filesystem::resize_file(entry.path(), entry.file_size() / 2);
  }
  const Answer refused = gistmill(prepare);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is not a readable teacher cache"));
  const Answer made = gistmill(prepare + " --skip-existing");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.err, Not(HasSubstr("files packed in")));
  EXPECT_THAT(gistmill(prepare).out, Not(HasSubstr("  made")));
}

TEST_F(DistillRecipe, PeekShowsSequencesWithTheirDocumentsAndWhatTheTeacherSays) {
  const Answer answer = gistmill("prepare " + words("distill-cached-short") + " --peek 3 --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto part = nlohmann::json::parse(answer.out)["samples"].back();
  EXPECT_EQ(part["call"], "sequences.next");
  ASSERT_THAT(part["samples"], SizeIs(3));
  for (const auto& sample : part["samples"]) {
    std::size_t tokens = 0;
    std::string text;
    for (const auto& document : sample["documents"]) {
      EXPECT_EQ(document["begin"], tokens);
      tokens += document["tokens"].size();
      text += document["text"].get<std::string>();
    }
    EXPECT_EQ(tokens, 32u);
    const auto& teacher = sample["teacher"];
    EXPECT_EQ(teacher["tokens"], 16);
    EXPECT_EQ(teacher["temperature"], 2.0);
    ASSERT_THAT(teacher["rows"], SizeIs(4));
    for (const auto& row : teacher["rows"]) {
      EXPECT_THAT(
          text, HasSubstr(row["before"]["text"].get<std::string>() + row["came"]["text"].get<std::string>()));
      double sum = row["others"].get<double>();
      for (const auto& next : row["next"]) sum += next["probability"].get<double>();
      EXPECT_NEAR(sum, 1, 1e-9);
      EXPECT_GE(row["next"][0]["probability"], row["next"][1]["probability"]);
    }
  }
  const Answer shown = gistmill("prepare " + words("distill-cached-short") + " --peek 1");
  EXPECT_THAT(shown.out, HasSubstr(" of 32 tokens\n"));
  EXPECT_THAT(shown.out, HasSubstr("a teacher's 16 most probable tokens at temperature 2\n"));
  EXPECT_THAT(shown.out, HasSubstr("; the text has \""));
}

TEST_F(DistillRecipe, GoesOnFromAStudentThatLearnedWithoutATeacherAndSaysSo) {
  const Answer alone = run("pretrain-ce", "alone");
  ASSERT_EQ(alone.code, 0) << alone.err;
  EXPECT_THAT(alone.err, Not(HasSubstr("teacher")));
  for (const char* path : {"alone", "alone/checkpoints/step-000003"}) {
    const Answer inspected = gistmill(std::string("inspect ") + path);
    EXPECT_EQ(inspected.code, 3);
    EXPECT_THAT(inspected.err, HasSubstr("is what a run left, not a model"));
    EXPECT_THAT(inspected.err, HasSubstr("gistmill export alone FOLDER"));
  }
  const Answer exported = gistmill("export alone alone/student");
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "alone/student/model.safetensors"));
  EXPECT_EQ(gistmill("inspect alone/student").code, 0);
  const Answer taught =
      run("distill", "taught", {"components.student.parameters=alone/checkpoints/step-000003"});
  ASSERT_EQ(taught.code, 0) << taught.err;
  EXPECT_THAT(messages("taught"), HasSubstr("student starts from alone/checkpoints/step-000003\n"
                                            "loss is loss/distillation, and was loss/cross-entropy there\n"));
  ASSERT_EQ(run("distill", "anew").code, 0);
  EXPECT_LT(losses("taught")[0], losses("anew")[0]);
}

TEST_F(DistillRecipe, WarnsWhereItTrainsOnTheTextThatIsHeldOut) {
  const std::string prepare = "prepare " + words("pretrain-ce");
  EXPECT_THAT(gistmill(prepare).err, Not(HasSubstr("held out")));
  EXPECT_THAT(gistmill(prepare + " --set components.sequences.split=validation").err,
              HasSubstr("the text that is held out is trained on: split of sequences is \"validation\""));
}

TEST_F(DistillRecipe, RefusesATeacherOfAnotherVocabulary) {
  const std::string small = GISTMILL_SOURCE_DIR "/tests/plugins/tokenizer/fixtures/smollm.json";
  const Answer answer = run("distill", "other", {"components.teacher_tokenizer.model=" + small});
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("teacher and student have different vocabularies: of "));
  EXPECT_THAT(answer.err, HasSubstr("take a teacher with the student's tokenizer"));
}

TEST_F(DistillRecipe, LearnsTheSameWhereEqualTokensAreMapped) {
  ASSERT_EQ(run("distill", "refused").code, 0);
  const Answer mapped = run("distill", "mapped", {"components.vocabulary.unequal=map"});
  ASSERT_EQ(mapped.code, 0) << mapped.err;
  EXPECT_EQ(losses("mapped"), losses("refused"));
  EXPECT_THAT(messages("mapped"), HasSubstr("tokens that the student lacks have 0 % of the probability"));
}

TEST_F(DistillRecipe, IsPlannedBeforeItsTextIsPacked) {
  const Answer answer =
      gistmill("plan '" + kRecipes + "pretrain-ce-short.toml' --no-measure --set variables.model='" +
               model() + "' --set components.student.vocabulary=512");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("student.hidden"));
}

TEST_F(DistillRecipe, FindsTheDistanceOfACacheFromItsTeacher) {
  for (const std::string form : {"exact", "int8"}) {
    const Answer answer = run("check-cache-short", form, {"components.cache.form=" + form});
    ASSERT_EQ(answer.code, 0) << answer.err;
    EXPECT_LT(std::abs(figure_of(form, "kl")), form == "exact" ? 1e-9 : 1e-3) << form;
    EXPECT_GT(figure_of(form, "nll"), 1) << form;
  }
}

TEST_F(DistillRecipe, FollowsARampAndAResumedRunDoesToo) {
  write("ramp.toml", "extends = \"" + kRecipes + R"(distill.toml"
[components]
share = { use = "transform/ramp", first = 1.0, last = 0.0, steps = 2 }
[pipelines.train]
steps = [{ call = "sequences.next", out = { sequence = "sequences" } }, "teacher.topk", "student.hidden", "student.head", { call = "share.next", out = { value = "alpha" } },
         "loss.value"]
)");
  const Answer whole = run("ramp", "whole", {"checkpoints.every=1"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::vector<double> expected = losses("whole");
  EXPECT_GT(expected[0], 8);  // the NLL of a new student alone
  EXPECT_LT(expected[2], 2);  // four times a divergence alone
  std::filesystem::copy(folder_ / "whole", folder_ / "half", std::filesystem::copy_options::recursive);
  for (const char* step : {"step-000002", "step-000003"})
    std::filesystem::remove_all(folder_ / "half/checkpoints" / step);
  flags_ = " --resume";
  const Answer resumed = run("ramp", "half", {"checkpoints.every=1"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(losses("half").back(), expected.back());
}

TEST_F(DistillRecipe, PretrainShortRuns) {
  const Answer answer = run("pretrain-ce-short", "run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(losses("run"), SizeIs(3));
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  EXPECT_EQ(summary["run"]["items"], 6);
  EXPECT_EQ(summary["evaluations"][0]["items"], "sequences");
}

}  // namespace
}  // namespace gistmill
