// Specification of contracts: what a file may say, and when a component keeps it.
#include "host/registry/contract.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "host/diagnostic/failure.hpp"
#include "host/registry/contract_check.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kGistnet = R"(doc = "compresses"
[options]
position = { type = "choice", choices = ["start", "end"], default = "end", doc = "where" }
[operations.compress]
inputs.embeddings = { type = "float[K, S, D]" }
inputs.states = { type = "float[K, S, N, D]", optional = true }
outputs.gist = { type = "f32[K, G, D]", gradient = true, doc = "stands for the span" }
outputs.offsets = { type = "i32[K, G]", optional = true }
[operations.expand]
required = false
inputs.gist = { type = "f32[K, G, D]", gradient = true }
)";

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    std::string text = failure.origin().text() + (failure.origin().known() ? ": " : "") + failure.message();
    for (const std::string& note : failure.notes()) text += "\n" + note;
    return text;
  }
  return "";
}

std::vector<Contract> contracts() {
  return {parse_contract(kGistnet, "gistnet", "gistnet.toml"),
          parse_contract("doc = \"keeps\"\n[operations.keep]\n", "keeper", "keeper.toml")};
}

// The manifest of a component `gistnet/x`, whose table begins in line 6.
Manifest manifest(const std::string& table) {
  return parse_manifest(R"([plugin]
name = "x"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."gistnet/x"]
)" + table,
                        "plugin.toml", contracts());
}
std::string refusal(const std::string& table) {
  return message_of([&] { manifest(table); });
}

constexpr const char* kCompress = "[components.\"gistnet/x\".operations.compress]\neffect = \"pure\"\n";
constexpr const char* kReads = "inputs.embeddings = { type = \"f32[K, S, D]\" }\n";
constexpr const char* kWrites = "outputs.gist = { type = \"f32[K, 1, D]\", gradient = true }\n";

// ---- the file ----

TEST(Contract, IsReadFromItsFile) {
  const Contract contract = contracts().front();
  EXPECT_EQ(contract.name, "gistnet");
  EXPECT_EQ(contract.doc, "compresses");
  ASSERT_EQ(contract.operations.size(), 2u);
  EXPECT_TRUE(contract.operations[0].required);
  EXPECT_FALSE(contract.operations[1].required);
  EXPECT_EQ(contract.operations[0].spec.outputs[0].doc, "stands for the span");
  EXPECT_TRUE(contract.operations[0].spec.outputs[1].optional);
  ASSERT_NE(contract.option("position"), nullptr);
  EXPECT_EQ(contract.option("position")->doc, "where");
  EXPECT_EQ(contract.option("scale"), nullptr);
}

TEST(Contract, RefusesKeysAndTypesThatItDoesNotKnow) {
  EXPECT_THAT(message_of([] { parse_contract("doc = \"x\"\n[operations.a]\ndok = \"y\"\n", "x", "x.toml"); }),
              HasSubstr("x.toml:3:1: "));
  EXPECT_THAT(message_of([] {
                parse_contract("doc = \"x\"\n[operations.a]\ninputs.b = { type = \"f33[K]\" }\n", "x",
                               "x.toml");
              }),
              HasSubstr("x.toml:3:21: "));
  EXPECT_THAT(message_of([] { parse_contract("[operations.a]\n", "x", "x.toml"); }), HasSubstr("doc"));
}

// ---- keeping it ----

TEST(Contract, IsKeptByAComponentWithItsOperationsAndPorts) {
  EXPECT_EQ(refusal(std::string(kCompress) + kReads + "inputs.more = { type = \"f32[K]\" }\n" + kWrites +
                    "outputs.extra = { type = \"f32[K]\" }\n"),
            "");
}

TEST(Contract, IsBrokenByAMissingOperationAtTheComponent) {
  EXPECT_EQ(refusal("[components.\"gistnet/x\".operations.squeeze]\neffect = \"pure\"\n"),
            "plugin.toml:6:13: gistnet/x does not offer compress, which contract gistnet requires\n"
            "gistnet/x offers: squeeze");
}

TEST(Contract, IsBrokenByAMissingOutputAtTheOperation) {
  EXPECT_EQ(refusal(std::string(kCompress) + kReads + "outputs.gost = { type = \"f32[K, G, D]\" }\n"),
            "plugin.toml:7:36: gistnet/x does not write 'gist' in compress, which contract gistnet requires");
}

TEST(Contract, IsBrokenByAnUnreadInputThatIsNotOptional) {
  EXPECT_EQ(
      refusal(std::string(kCompress) + kWrites),
      "plugin.toml:7:36: gistnet/x does not read 'embeddings' in compress, which contract gistnet requires");
}

TEST(Contract, IsBrokenByAnotherTypeAtThePort) {
  EXPECT_EQ(refusal(std::string(kCompress) + "inputs.embeddings = { type = \"i32[K, S, D]\" }\n" + kWrites),
            "plugin.toml:9:8: input 'embeddings' of gistnet/x.compress is i32[K, S, D] when contract gistnet "
            "has it "
            "float[K, S, D]");
}

TEST(Contract, IsBrokenByAMissingGradientAtThePort) {
  EXPECT_EQ(
      refusal(std::string(kCompress) + kReads + "outputs.gist = { type = \"f32[K, G, D]\" }\n"),
      "plugin.toml:10:9: gistnet/x does not take a gradient at output 'gist' of compress, which contract "
      "gistnet requires");
}

TEST(Contract, HoldsAnOptionalOperationToItsPortsWhereItIsOffered) {
  EXPECT_THAT(refusal(std::string(kCompress) + kReads + kWrites +
                      "[components.\"gistnet/x\".operations.expand]\neffect = \"pure\"\n"
                      "inputs.gist = { type = \"f32[K, G, D]\" }\n"),
              HasSubstr("gistnet/x does not give a gradient at input 'gist' of expand"));
}

// ---- claiming it ----

TEST(Claim, IsTheContractOfTheRolesNameUnlessTheManifestListsOthers) {
  const std::string compress = std::string(kCompress) + kReads + kWrites;
  EXPECT_THAT(manifest(compress).components[0].fulfils, ElementsAre("gistnet"));
  const std::string keep = "[components.\"gistnet/x\".operations.keep]\neffect = \"pure\"\n";
  EXPECT_THAT(manifest("fulfils = [\"keeper\"]\n" + keep).components[0].fulfils, ElementsAre("keeper"))
      << "the role is the user's word and promises nothing by itself";
  EXPECT_THAT(manifest("fulfils = []\n").components[0].fulfils, ElementsAre());
  EXPECT_THAT(manifest("fulfils = [\"keeper\", \"gistnet\"]\n" + keep + compress).components[0].fulfils,
              ElementsAre("keeper", "gistnet"));
}

TEST(Claim, OfAnOperationThatIsNotThereIsRefusedWhereItStands) {
  EXPECT_EQ(refusal("fulfils = [\"gistnet\", \"keeper\"]\n" + std::string(kCompress) + kReads + kWrites),
            "plugin.toml:7:23: gistnet/x does not offer keep, which contract keeper requires\n"
            "gistnet/x offers: compress");
}

TEST(Claim, OfAnUnknownContractIsAnsweredWithTheNearestName) {
  EXPECT_EQ(refusal("fulfils = [\"keepr\"]\n"),
            "plugin.toml:7:12: gistnet/x names the contract 'keepr', which does not exist\n"
            "did you mean 'keeper'?\n"
            "there are: gistnet keeper\n"
            "a plugin brings one of its own in the folder contracts beside it");
}

TEST(Claim, StandsForItsContractsAndItsRole) {
  const ComponentSpec component =
      manifest("fulfils = [\"keeper\"]\n[components.\"gistnet/x\".operations.keep]\neffect = \"pure\"\n")
          .components[0];
  EXPECT_TRUE(component.stands_for("keeper"));
  EXPECT_TRUE(component.stands_for("gistnet"));
  EXPECT_FALSE(component.stands_for("loss"));
}

// ---- options of a contract ----

TEST(ContractOption, IsTakenAsTheContractHasIt) {
  const ComponentSpec component =
      manifest("options.position = { contract = \"gistnet\" }\n" + std::string(kCompress) + kReads + kWrites)
          .components[0];
  ASSERT_NE(component.option("position"), nullptr);
  EXPECT_EQ(component.option("position")->type, OptionType::choice);
  EXPECT_THAT(component.option("position")->choices, ElementsAre("start", "end"));
  EXPECT_EQ(component.option("position")->default_value, OptionValue(std::string("end")));
  EXPECT_EQ(component.option("position")->doc, "where");
}

TEST(ContractOption, MustBeOneThatTheContractHas) {
  EXPECT_EQ(refusal("options.positoin = { contract = \"gistnet\" }\n"),
            "plugin.toml:7:9: contract gistnet has no option 'positoin'\n"
            "did you mean 'position'? contract gistnet takes: position");
}

TEST(ContractOption, IsOnlyForThoseWhoFulfilTheContract) {
  EXPECT_EQ(refusal("fulfils = []\noptions.position = { contract = \"gistnet\" }\n"),
            "plugin.toml:8:33: gistnet/x takes the option 'position' of contract gistnet, which it does not "
            "fulfil\n"
            "add it: fulfils = [\"gistnet\"]");
}

TEST(ContractOption, IsNotChangedByTheManifest) {
  EXPECT_THAT(refusal("options.position = { contract = \"gistnet\", default = \"start\" }\n"),
              HasSubstr("plugin.toml:7:44: unknown key 'default'"));
}

// ---- folders ----

class ContractFolders : public testing::Test {
 protected:
  ContractFolders()
      : folder_(fs::path(testing::TempDir()) /
                (std::string("contracts-") + testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
  }
  ~ContractFolders() override { fs::remove_all(folder_); }

  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text;
  }
  std::vector<std::string> docs(const std::vector<fs::path>& folders) {
    std::vector<std::string> found;
    for (const Contract& contract : find_contracts(folders, refused_))
      found.push_back(contract.name + " " + contract.doc);
    return found;
  }

  fs::path folder_;
  std::vector<RefusedFile> refused_;
};

TEST_F(ContractFolders, HoldOneFileAContract) {
  write("p/contracts/b.toml", "doc = \"second\"\n");
  write("p/contracts/a.toml", "doc = \"first\"\n");
  write("p/contracts/README.md", "no contract");
  write("p/other.toml", "doc = \"beside\"\n");
  EXPECT_THAT(docs({folder_ / "none", folder_ / "p", folder_ / "p"}), ElementsAre("a first", "b second"));
  EXPECT_TRUE(refused_.empty());
}

TEST_F(ContractFolders, CannotChangeAContractOfTheProgram) {
  write("theirs/contracts/loss.toml", "doc = \"theirs\"\n");
  write("theirs/contracts/lens.toml", "doc = \"theirs\"\n");
  write("ours/contracts/loss.toml", "doc = \"ours\"\n");
  EXPECT_THAT(docs({folder_ / "theirs", folder_ / "ours"}), ElementsAre("loss ours", "lens theirs"));
  ASSERT_EQ(refused_.size(), 1u);
  EXPECT_EQ(refused_[0].path, folder_ / "theirs/contracts/loss.toml");
  EXPECT_EQ(refused_[0].reason,
            "there is a contract of this name already: " + (folder_ / "ours/contracts/loss.toml").string());
}

TEST_F(ContractFolders, SayWhichFileIsNotAContract) {
  write("p/contracts/a.toml", "doc = \"a\"\nnmae = 1\n");
  write("p/contracts/b.toml", "doc = \"b\"\n");
  EXPECT_THAT(docs({folder_ / "p"}), ElementsAre("b b"));
  ASSERT_EQ(refused_.size(), 1u);
  EXPECT_EQ(refused_[0].reason, "2:1: unknown key 'nmae' in a contract");
}

// ---- those of the SDK ----

class OwnContracts : public testing::Test {
 protected:
  std::vector<Contract> contracts_ = [] {
    std::vector<RefusedFile> refused;
    auto found = find_contracts({fs::path(GISTMILL_SOURCE_DIR) / "sdk"}, refused);
    for (const RefusedFile& file : refused) ADD_FAILURE() << file.path << ": " << file.reason;
    return found;
  }();

  std::vector<Manifest> manifests() const {
    std::vector<Manifest> found;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(GISTMILL_SOURCE_DIR) / "plugins")) {
      if (entry.path().filename() != "plugin.toml") continue;
      std::ifstream stream(entry.path());
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      found.push_back(parse_manifest(text, entry.path().string(), contracts_));
    }
    return found;
  }
  const ComponentSpec& component(const std::string& name) {
    if (manifests_.empty()) manifests_ = manifests();
    for (const Manifest& each : manifests_) {
      if (const ComponentSpec* found = each.component(name)) return *found;
    }
    throw std::out_of_range(name);
  }

 private:
  std::vector<Manifest> manifests_;
};

TEST_F(OwnContracts, AreTheOnesListedHere) {
  std::vector<std::string> names;
  for (const Contract& contract : contracts_) names.push_back(contract.name);
  EXPECT_THAT(names, ElementsAre("allocator", "collective", "confidence", "dataset", "gist-store", "gistnet",
                                 "hierarchy", "keep", "language-model", "lensnet", "logger", "loss", "metric",
                                 "monitor", "optimizer", "reference", "resumable", "store", "tokenizer",
                                 "trained-tokens", "transform"));
}

TEST_F(OwnContracts, AreKeptByEveryComponentOfThisRepository) {
  std::size_t kept = 0;
  for (const Manifest& each : manifests()) {
    for (const ComponentSpec& component : each.components) kept += component.fulfils.size();
  }
  EXPECT_GT(kept, 0u);
}

TEST_F(OwnContracts, ATeacherIsALanguageModelAndResumable) {
  EXPECT_THAT(component("teacher/llama").fulfils, ElementsAre("language-model", "resumable"));
  EXPECT_THAT(component("teacher/gpt2").fulfils, ElementsAre("language-model", "resumable"));
}

TEST_F(OwnContracts, LossesOfASubstitutionHaveAReferenceAndCrossEntropyHasNone) {
  EXPECT_THAT(component("loss/kl").fulfils, ElementsAre("loss", "reference"));
  EXPECT_THAT(component("loss/delta-nll").fulfils, ElementsAre("loss", "reference"));
  EXPECT_THAT(component("loss/cross-entropy").fulfils, ElementsAre("loss"));
}

TEST_F(OwnContracts, CrossEntropyReadsEveryInputThatItsContractsName) {
  const ComponentSpec& loss = component("loss/cross-entropy");
  for (const std::string& name : loss.fulfils) {
    for (const ContractOperation& operation : find_contract(contracts_, name)->operations) {
      const OperationSpec* offered = loss.operation(operation.spec.name);
      ASSERT_NE(offered, nullptr) << operation.spec.name;
      for (const PortSpec& input : operation.spec.inputs) EXPECT_NE(offered->input(input.name), nullptr);
    }
  }
}

TEST_F(OwnContracts, ATransformWritesWhatItReads) {
  const Contract* contract = find_contract(contracts_, "transform");
  ASSERT_NE(contract, nullptr);
  EXPECT_NE(contract->operations.at(0).spec.input("gist"), nullptr);
  EXPECT_NE(contract->operations.at(0).spec.output("gist"), nullptr);
}

TEST_F(OwnContracts, FiveGistnetsTakeTheirPositionFromOne) {
  const OptionSpec* position = find_contract(contracts_, "gistnet")->option("position");
  ASSERT_NE(position, nullptr);
  for (const char* name : {"contextual", "refine", "mean", "vector", "zero"}) {
    const OptionSpec* own = component(std::string("gistnet/") + name).option("position");
    ASSERT_NE(own, nullptr) << name;
    EXPECT_EQ(own->doc, position->doc) << name;
  }
}

}  // namespace
}  // namespace gistmill
