// The names of one frame while its statements are read: which are its own, which come from the frame around
// or from the context (Jinja's idtracking.py).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

class Symbols {
 public:
  explicit Symbols(const Symbols* outer)
      : outer_(outer), slots_(std::make_shared<std::map<std::string, std::size_t>>()) {}

  std::optional<Slot> find(const std::string& name) const;
  std::size_t parameter(const std::string& name);  // its slot
  void load(const std::string& name);
  void store(const std::string& name);
  // After branches that were read from copies of this: what only some of them set comes from outside
  // elsewhere.
  void join(const std::vector<Symbols>& branches);
  FramePlan plan() const;

 private:
  std::size_t define(const std::string& name, Load load);

  const Symbols* outer_;
  std::shared_ptr<std::map<std::string, std::size_t>> slots_;  // shared by copies
  std::map<std::string, Load> loads_;
  std::set<std::string> stores_;
};

// Reads statements for the names of a frame. Stops at what has a frame of its own.
class FrameVisitor {
 public:
  explicit FrameVisitor(Symbols& symbols) : symbols_(&symbols) {}
  void body(Body& body);
  void expression(Expression& expression);

 private:
  void statement(Statement& statement);
  void branches(Statement& choice);
  void targets(Target& target);

  Symbols* symbols_;
};

}  // namespace gistmill::chat_template
