// The metadata of one architecture in a GGUF file, key by key. Remembers which keys were asked for, so that
// the others can be judged: keys of llama.cpp that change nothing pass, one that could change the result is
// refused.
#pragma once

#include <cstdint>
#include <gistmill/formats/gguf.hpp>
#include <set>
#include <string>

namespace gistmill::decoder {

// All accessors throw Error (user) or FormatError. Names are without the architecture:
// "attention.head_count". A number may stand as a list of one for every layer, as some converters write it;
// all the same they mean one, else the layers differ, which no model here does, and the key is refused.
class GgufKeys {
 public:
  GgufKeys(const formats::Gguf& file, std::string architecture)
      : file_(file), architecture_(std::move(architecture)) {}

  std::string full(const std::string& name) const { return architecture_ + "." + name; }
  bool has(const std::string& name) { return file_.has(known(name)); }
  std::int64_t integer(const std::string& name);
  std::int64_t integer_or(const std::string& name, std::int64_t fallback);
  double number(const std::string& name);
  double number_or(const std::string& name, double fallback);
  std::string string_or(const std::string& name, const std::string& fallback);

  // Throws where the key has another value; where it is missing, nothing.
  void expect(const std::string& name, std::int64_t expected);
  // Throws for keys that nobody asked for: those that llama.cpp knows pass where they say that nothing
  // changes.
  void refuse_unknown();

  [[noreturn]] void wrong(const std::string& name, const std::string& found,
                          const std::string& expected) const;

 private:
  // The full name, which counts as asked for.
  std::string known(const std::string& name) { return *known_.insert(full(name)).first; }
  bool is_neutral(const formats::GgufEntry& entry) const;

  const formats::Gguf& file_;
  std::string architecture_;
  std::set<std::string> known_;
};

}  // namespace gistmill::decoder
