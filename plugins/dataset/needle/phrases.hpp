// dataset/needle-phrases: the sentences that are hidden and asked for, as documents to tokenize; and the
// names by which dataset/needle finds them again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

namespace gistmill::dataset {

// What a document is, in its name: "needle/2/4821", "question/2", "answer/4821".
struct PhraseName {
  enum class Kind { needle, question, answer };

  Kind kind = Kind::needle;
  std::int32_t subject = -1;  // whose number it is; -1 of an answer
  std::int32_t number = -1;   // the magic number; -1 of a question

  std::string text() const;
  // Throws Error(GM_ERROR_USER, "phrases") where that is none.
  static PhraseName of(std::string_view name);
};

class NeedlePhrases {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key: a template without its placeholder, names that are not
  // distinct.
  explicit NeedlePhrases(const Options& options);

  // text u8[B], name u8[M], split i32[] (1): one phrase a call, then EndOfData.
  std::tuple<Tensor, Tensor, Tensor> next();

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  struct Phrase {
    PhraseName name;
    std::string text;
  };

  std::vector<Phrase> phrases_;
  std::size_t next_ = 0;
};

// `count` different numbers from 1000 to 9999, by the seed; the same in every run of the program.
std::vector<std::int32_t> magic_numbers(std::int64_t count, std::uint64_t seed);

}  // namespace gistmill::dataset
