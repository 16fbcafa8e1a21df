// One sample of instruction tuning as files have it: an Alpaca object, or a conversation. Knows no files and
// no prompt.
#pragma once

#include <string>

#include <gistmill/formats/json_cursor.hpp>

namespace gistmill::dataset {

struct Sample {
  std::string instruction;   // what gist tokens stand for; not blank
  std::string input;         // may be empty
  std::string output;        // not blank
  bool from_system = false;  // the instruction is a conversation's system message
  bool shortened = false;    // of a conversation with more turns, the first question and answer
};

// Under which names an object has what.
struct SampleFields {
  std::string instruction = "instruction";
  std::string input = "input";
  std::string output = "output";
  std::string messages = "messages";  // a list of {role, content}, in place of the three
};

// Takes the next value, which should be such an object; other fields are passed over. A conversation is an
// optional system message, then a question of the user, then the assistant's answer; a system message is the
// instruction and the question the input, without one the question is the instruction.
// Throws FormatError with the object's place: no object, a field that is missing, is there twice, holds
// something else than text or is blank (a missing or blank input is none), other roles.
Sample read_sample(formats::JsonCursor& cursor, const SampleFields& fields);

}  // namespace gistmill::dataset
