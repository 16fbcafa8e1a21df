// Inputs that an operation accepts, drawn from its ports: sizes for the symbols, numbers for the elements.
// What the manifest does not say (indices in a range, ascending places) is found by trying several kinds of
// draws.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/certify/specimen.hpp"

namespace gistmill {

struct Case {
  std::uint32_t operation = 0;
  Sizes symbols;               // what start is told
  std::vector<Tensor> inputs;  // empty: not wired
  bool finite = true;          // its outputs are
  bool is_end = false;         // a source that has nothing to give

  std::string shapes() const;  // "f32[3, 1, 16], i32[3]"
};

struct CaseSearch {
  std::optional<Case> found;
  Answer refused;   // where none was found: what it said last
  int defects = 0;  // how often it said that this is a defect of its own
  int tries = 0;
  std::string reason;  // why nothing could be drawn at all: an object
};

// Sizes of the declared symbols that the instance and the options leave open, for the `round`-th try.
Sizes open_sizes(const ComponentSpec& spec, std::uint64_t seed, int round);

// An instance with such sizes: the first that starts. Throws Refusal of the last one.
std::unique_ptr<Specimen> some_specimen(Subject& subject, Findings& findings, Calls calls = Calls::checked);

// Each seed has other sizes and numbers. Instances are made anew for each try, so that earlier calls change
// nothing. trains: the call has a tape, and float inputs that carry gradients are of 32 or 64 bits.
CaseSearch find_case(Subject& subject, Findings& findings, std::uint32_t operation, std::uint64_t seed,
                     bool trains = false);

// Which inputs of `operation` can be asked a gradient for in this case: one byte an input.
std::vector<std::uint8_t> all_needed(const OperationSpec& operation, const Case& drawn);
bool carries_gradient(const ComponentSpec& spec, const OperationSpec& operation);

// "value: " with the operation's name, for messages.
std::string about(const ComponentSpec& spec, std::uint32_t operation);

}  // namespace gistmill
