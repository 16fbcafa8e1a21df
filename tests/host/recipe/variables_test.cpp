// Specification of ${name}.
#include "recipe_files.hpp"

namespace gistmill {
namespace {

class Variables : public RecipeFiles {
 protected:
  // components.c.x where x = <toml>, with these variables.
  std::string filled(const std::string& variables, const std::string& toml) {
    write_recipe(variables, toml);
    return at(load("r.toml"), "components.c.x");
  }

  std::string refused(const std::string& variables, const std::string& toml) {
    write_recipe(variables, toml);
    return failure("r.toml");
  }

 private:
  void write_recipe(const std::string& variables, const std::string& toml) {
    write("r.toml", "[components.c]\nuse = 'a/b'\nx = " + toml + "\n[variables]\n" + variables + "\n");
  }
};

TEST_F(Variables, StandingAloneKeepTheirType) {
  EXPECT_EQ(filled("n = 3", "'${n}'"), "3");
  EXPECT_EQ(filled("n = 0.5", "'${n}'"), "0.5");
  EXPECT_EQ(filled("n = [1, 'a']", "'${n}'"), "[1, \"a\"]");
  EXPECT_EQ(filled("n = { a = 1 }", "'${n}'"), "{ a = 1 }");
}

TEST_F(Variables, WithinTextBecomeText) {
  EXPECT_EQ(filled("dir = 'data'\nn = 3\nyes = true", "'${dir}/file-${n}-${yes}.h5'"),
            "\"data/file-3-true.h5\"");
  EXPECT_EQ(filled("n = 3", "'${n} '"), "\"3 \"");
}

TEST_F(Variables, AreFilledInWithinListsAndTables) {
  EXPECT_EQ(filled("n = 3", "[['${n}'], { a = '${n}' }]"), "[[3], { a = 3 }]");
}

TEST_F(Variables, MayUseVariables) {
  EXPECT_EQ(filled("a = '${b}/x'\nb = '${c}'\nc = 'root'", "'${a}'"), "\"root/x\"");
}

TEST_F(Variables, MayComeFromAnotherLayer) {
  write("base.toml", "[variables]\nsteps = 5\n[run]\nsteps = '${steps}'\n");
  write("r.toml", "extends = 'base.toml'\n[variables]\nsteps = 9\n");
  EXPECT_EQ(load("r.toml").run.steps, 9);
}

TEST_F(Variables, AreLiteralAfterASecondDollar) {
  EXPECT_EQ(filled("n = 3", "'$${n} costs $5 and ${n}'"), "\"${n} costs $5 and 3\"");
}

TEST_F(Variables, KeepThePlaceOfTheStringThatUsesThem) {
  write("r.toml", "[variables]\nn = 'many'\n[run]\nsteps = '${n}'\n");
  EXPECT_EQ(failure("r.toml"),
            "r.toml:4:9: run.steps is a string when it should be an integer\n"
            "    4 | steps = '${n}'\n"
            "      |         ^~~~~~");
}

TEST_F(Variables, ThatAreUnknownAreRefusedWithTheNearest) {
  EXPECT_EQ(refused("model = 'm'\ncorpus = 'c'", "'a ${modle}'"),
            "r.toml:3:5: unknown variable 'modle'\n"
            "    3 | x = 'a ${modle}'\n"
            "      |     ^~~~~~~~~~~~\n"
            "  did you mean 'model'? [variables] takes: corpus model");
  EXPECT_EQ(
      refused("", "'${}'"),
      "r.toml:3:5: unknown variable ''\n    3 | x = '${}'\n      |     ^~~~~\n  [variables] takes none");
}

TEST_F(Variables, DoNotReadTheEnvironment) {
  EXPECT_EQ(refused("", "'${env:HOME}'"),
            "r.toml:3:5: unknown variable 'env:HOME'\n"
            "    3 | x = '${env:HOME}'\n"
            "      |     ^~~~~~~~~~~~~\n"
            "  the environment is not read: give the value by --set variables.<name>=<value>");
}

TEST_F(Variables, ThatUseThemselvesAreRefused) {
  EXPECT_EQ(refused("a = '${b}'\nb = 'x${a}'", "'${a}'"),
            "r.toml:6:5: variable 'a' uses itself\n"
            "    6 | b = 'x${a}'\n"
            "      |     ^~~~~~~\n"
            "  a -> b -> a");
}

TEST_F(Variables, ThatAreListsCannotStandWithinText) {
  EXPECT_EQ(refused("a = [1]", "'x${a}'"),
            "r.toml:3:5: variable 'a' is a list and cannot be part of other text\n"
            "    3 | x = 'x${a}'\n"
            "      |     ^~~~~~~");
}

TEST_F(Variables, NeedTheirClosingBrace) {
  EXPECT_EQ(refused("a = 1", "'${a'"),
            "r.toml:3:5: a '${' lacks its closing brace\n"
            "    3 | x = '${a'\n"
            "      |     ^~~~~\n"
            "  for a literal '${' write '$${'");
}

TEST_F(Variables, AreCheckedEvenWhereNothingUsesThem) {
  EXPECT_EQ(refused("a = '${c}'", "1").substr(0, 34), "r.toml:5:5: unknown variable 'c'\n ");
}

TEST_F(Variables, AreATable) {
  write("r.toml", "variables = 3\n");
  EXPECT_EQ(failure("r.toml"),
            "r.toml:1:13: variables is an integer when it should be a table\n"
            "    1 | variables = 3\n"
            "      |             ^");
}

}  // namespace
}  // namespace gistmill
