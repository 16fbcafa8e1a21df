// The calls of a pipeline that prepares, run forward on plain arrays.
#include "host/prepare/forward_run.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// pages.next -> reader.read, reader.weight -> reader.sum; the reader says what runs.
class ForwardRunTest : public ::testing::Test {
 protected:
  ForwardRunTest() : registry_({std::string(GISTMILL_BUILD_DIR) + "/tests/plugins"}) {
    set_plugin_listener(
        [this](std::string_view, const std::string& text, const std::string&) { said_.push_back(text); });
    pages_ = make("test/pages");
    reader_ = make("test/reader");
    pipeline_.name = "prepare";
    add(0, *pages_, "next", {});
    add(1, *reader_, "read", {SlotRef{0, 0}});
    add(1, *reader_, "weight", {});
    add(1, *reader_, "sum", {SlotRef{1, 0}, SlotRef{2, 0}});
    for (Instance* instance : {pages_.get(), reader_.get()}) instance->start({{"N", 4}}, 1);
    said_.clear();
    context_.cancel = &never_;
  }
  ~ForwardRunTest() override { set_plugin_listener({}); }

  ForwardRun run() { return {pipeline_, {pages_.get(), reader_.get()}}; }

  PlannedPipeline pipeline_;
  std::vector<std::string> said_;
  StepContext context_;

 private:
  std::unique_ptr<Instance> make(const std::string& component) {
    PlannedInstance planned;
    planned.name = component.substr(component.find('/') + 1);
    planned.spec = registry_.find(component);
    for (const OptionSpec& option : planned.spec->options)
      planned.options.push_back({option.key, *option.default_value, {}});
    return std::make_unique<Instance>(planned, registry_.load(component, plugin_host()), plugin_host());
  }
  void add(std::size_t number, const Instance& instance, const char* name,
           const std::vector<SlotRef>& sources) {
    const OperationSpec& operation = *instance.planned().spec->operation(name);
    PlannedCall call;
    call.instance = number;
    call.name = instance.name() + "." + name;
    call.operation = &operation;
    for (std::size_t i = 0; i < sources.size(); ++i)
      call.inputs.push_back({&operation.inputs[i], "slot", sources[i], operation.inputs[i].type});
    for (const PortSpec& port : operation.outputs) call.outputs.push_back({&port, port.name, port.type});
    pipeline_.calls.push_back(call);
  }

  const std::int32_t never_ = 0;
  Registry registry_;
  std::unique_ptr<Instance> pages_;
  std::unique_ptr<Instance> reader_;
};

TEST_F(ForwardRunTest, RunsWhatReadsANewPageAndKeepsWhatDependsOnNothing) {
  ForwardRun forward = run();
  EXPECT_TRUE(forward.run(context_));
  EXPECT_THAT(said_, ElementsAre("read runs", "weight runs", "sum runs"));
  said_.clear();
  ++context_.step;
  EXPECT_TRUE(forward.run(context_));
  EXPECT_THAT(said_, ElementsAre("read runs", "sum runs"));
}
TEST_F(ForwardRunTest, LeavesOutSkippedCalls) {
  pipeline_.calls[3].kind = CallClass::skipped;
  EXPECT_TRUE(run().run(context_));
  EXPECT_THAT(said_, ElementsAre("read runs", "weight runs"));
}
TEST_F(ForwardRunTest, RefusesAValueThatIsNotWhatItsPortPromises) {
  pipeline_.calls[3].outputs[0].type = pipeline_.calls[0].outputs[0].type;  // i32[N]
  try {
    run().run(context_);
    FAIL() << "f32 was taken for i32";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("reader.sum gave output 'x': f32[4] when it should be i32[N]"));
  }
}
TEST_F(ForwardRunTest, BeginsNoCallOnceItIsCanceled) {
  const std::int32_t canceled = 1;
  context_.cancel = &canceled;
  try {
    run().run(context_);
    FAIL() << "a call began";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::interrupted);
  }
  EXPECT_TRUE(said_.empty());
}

}  // namespace
}  // namespace gistmill
