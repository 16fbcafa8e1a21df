// Runs a template that was read and bound.
#pragma once

#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/tokenizer/chat_template/arguments.hpp"
#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

// The variables of a frame while it runs. Frames end in the order opposite to that in which they begin.
struct Scope {
  const Scope* outer = nullptr;
  std::vector<std::optional<Value>> slots;
  std::uint64_t id = 0;
  std::size_t depth = 0;  // of scopes that are alive
};

struct Macro {
  std::string name;
  const Statement* definition = nullptr;
  const Scope* scope = nullptr;  // where it was defined
  std::uint64_t scope_id = 0;    // by which it is known whether that is still there
  std::size_t scope_depth = 0;
};

// The variable `loop`.
struct Loop {
  std::int64_t index0 = -1;
  std::optional<Value> before, current, after, changed;
  std::optional<std::int64_t> size;
  Value source;                        // with a length, if it has one
  std::shared_ptr<Iterator> iterator;  // null when the loop is over

  bool advance(Value* value);
  bool peek();  // whether there is a next item
  std::int64_t length();
  std::string printed();
  void end();
};

class Machine {
 public:
  // `context`: the variables. `now`: for strftime_now; nullopt refuses it.
  Machine(const Dict& context, const Limits& limits, std::function<std::tm()> now)
      : budget_(limits), context_(context), now_(std::move(now)) {}
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  std::string run(const Body& body, const FramePlan& frame);

  // For filters and methods.
  Budget& budget() { return budget_; }
  Value call(const Value& called, const CallArguments& arguments);
  std::tm now() const { return now_(); }
  Value make_namespace(Dict attributes);

 private:
  enum class Flow { kNext, kBreak, kContinue };

  // Expressions: evaluate.cpp.
  Value evaluate(const Expression& one, const Scope& scope);
  Value evaluate_node(const Expression& one, const Scope& scope);
  Value operation(const Expression& one, const Scope& scope);
  Value container(const Expression& one, const Scope& scope);
  Value dict(const Expression& one, const Scope& scope);
  Value unary(const Expression& one, const Scope& scope);
  Value comparison(const Expression& one, const Scope& scope);
  Value conditional(const Expression& one, const Scope& scope);
  Value concatenation(const Expression& one, const Scope& scope);
  Value slice(const Expression& one, const Scope& scope);
  Value filtered(const Expression& one, const Value& value, const Scope& scope);
  Value name(const Expression& one, const Scope& scope);
  Value called(const Expression& one, const Scope& scope, const Value* caller = nullptr);
  CallArguments arguments(const Arguments& given, const Scope& scope);
  void spread(const Value& named, CallArguments* out);
  static std::optional<Value> global(const std::string& name);

  // Statements: execute.cpp and execute_loops.cpp.
  Flow execute(const Body& body, Scope& scope, std::string* out);
  Flow execute_one(const Statement& one, Scope& scope, std::string* out);
  Flow output(const Statement& one, Scope& scope, std::string* out);
  Flow choice(const Statement& one, Scope& scope, std::string* out);
  Flow captured(const Statement& one, Scope& scope, std::string* out);
  Flow with(const Statement& one, Scope& scope, std::string* out);
  Flow call_block(const Statement& one, Scope& scope, std::string* out);
  Flow loop(const Statement& one, Scope& scope, std::string* out);
  Flow iterations(const Statement& one, Scope& scope, Loop& state, const Value& handle, bool* ran_through,
                  std::string* out);
  std::shared_ptr<Iterator> selected(const Statement& one, Scope& scope, const Value& source);
  void assign(const Target& target, Scope& scope, const Value& value);
  // In the frame of a condition, where the names have slots of their own.
  void assign_parts(const Target& target, const std::vector<Slot>& slots, std::size_t* at, Scope& scope,
                    const Value& value);
  void append(std::string* out, const Value& value);
  void append(std::string* out, const std::string& text);
  void append_text(std::string* out, const Value& value);

  // Macros: macros.cpp.
  Value macro_value(const Statement& one, const Scope& scope) const;
  Value call_macro(const Macro& macro, const CallArguments& arguments);
  void bind_parameters(const Macro& macro, const CallArguments& arguments, Scope& scope);
  Value call_function(Function function, const CallArguments& arguments);
  Value call_method(const Method& method, const CallArguments& arguments);

  // A frame that begins. Ends when this goes.
  class Frame {
   public:
    Frame(Machine& machine, const FramePlan& plan, const Scope* outer);
    ~Frame();
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    Scope scope;

   private:
    Machine& machine_;
  };
  void enter(const FramePlan& plan, Scope& scope);
  static const std::optional<Value>& look(const Scope& scope, const Slot& slot);
  void set(Scope& scope, const Slot& slot, const Value& value);

  Budget budget_;
  const Dict& context_;
  std::function<std::tm()> now_;
  std::vector<std::uint64_t> alive_;  // ids of scopes, the outermost first
  std::uint64_t scopes_ = 0;
  std::vector<std::shared_ptr<Namespace>> namespaces_;  // emptied at the end: they may hold each other
};

}  // namespace gistmill::chat_template
