// A template as it was read: expressions and statements, each with its place in the text. Names are bound to
// slots of frames by symbols.cpp after parsing.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugins/tokenizer/chat_template/refusal.hpp"
#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
struct Statement;
using StatementPtr = std::unique_ptr<Statement>;
using Body = std::vector<StatementPtr>;

// The variable of a name: `hops` frames further out, there in `slot`.
struct Slot {
  int hops = 0;
  std::size_t index = 0;
};

struct Arguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr star, double_star;  // *list, **dict; may be null
};

enum class ExpressionKind {
  kConstant,
  kName,
  kTuple,        // children: items
  kList,         // children: items
  kDict,         // children: key, value, key, value, ...
  kAttribute,    // children: object; name
  kItem,         // children: object, key
  kSlice,        // children: object, start, stop, step; those may be null
  kCall,         // children: what is called; arguments
  kFilter,       // children: value, null within a filter block; name, arguments
  kTest,         // children: value; name, arguments
  kNegative,     // children: value
  kPositive,     // children: value
  kNot,          // children: value
  kAnd,          // children: left, right
  kOr,           // children: left, right
  kArithmetic,   // children: left, right; name is the operator
  kConcatenate,  // children: values
  kCompare,      // children: first, and one for each of operators
  kConditional,  // children: condition, value, otherwise; the last may be null
};

struct Expression {
  ExpressionKind kind = ExpressionKind::kConstant;
  Position at;
  int height = 1;  // nodes from here down to the deepest
  std::string name;
  Value constant;
  std::vector<ExpressionPtr> children;
  std::vector<std::string> operators;
  Arguments arguments;
  Slot slot;
  // Of a power: its left side is known beforehand and its right side is not. Jinja then writes the number as
  // it is, and Python reads a sign before it as one of the whole power.
  bool sign_of_power = false;
};

// Where a value goes: a name, an attribute of a namespace, or a tuple of these.
struct Target {
  Position at;
  std::string name;
  std::string attribute;      // of the namespace `name`; empty where the name itself is set
  std::vector<Target> parts;  // of a tuple
  bool is_tuple = false;
  Slot slot;
};

// How a frame's slots are filled when it is entered.
struct Load {
  enum class From { kNothing, kParameter, kContext, kOuter };
  std::size_t slot = 0;
  From from = From::kNothing;
  std::string name;  // in the context
  Slot outer;        // as seen from the frame around
};
struct FramePlan {
  std::vector<Load> loads;
  std::size_t slots = 0;
};

struct Parameter {
  std::string name;
  ExpressionPtr otherwise;  // null: none
  std::size_t slot = 0;
};

enum class StatementKind {
  kOutput,       // text, or expressions
  kIf,           // branches
  kFor,          // target, value, condition, body, otherwise
  kSet,          // target, value
  kSetBlock,     // target, body, filter
  kMacro,        // name, parameters, body; slot
  kCallBlock,    // parameters, value (the call), body
  kFilterBlock,  // filter, body
  kWith,         // bindings, body
  kGeneration,   // body, a call block of transformers' own
  kBreak,
  kContinue,
};

struct Branch {
  ExpressionPtr condition;  // null: else
  Body body;
};

struct Statement {
  StatementKind kind = StatementKind::kOutput;
  Position at;
  std::string text;  // of an output; a macro's name
  std::vector<ExpressionPtr> expressions;
  std::vector<Branch> branches;
  Target target;
  ExpressionPtr value, condition, filter;
  Body body, otherwise;
  std::vector<std::pair<Target, ExpressionPtr>> bindings;
  std::vector<Parameter> parameters;
  Slot slot;
  FramePlan frame, condition_frame, otherwise_frame;
  std::vector<Slot> condition_slots;  // of a loop's target in the frame of its condition
  // Of a loop: whether its body names `loop`. Of a macro: which special names its body uses. Where they are.
  bool uses_loop = false, uses_caller = false, uses_named = false, uses_positional = false;
  std::size_t loop_slot = 0, caller_slot = 0, named_slot = 0, positional_slot = 0;
};

}  // namespace gistmill::chat_template
