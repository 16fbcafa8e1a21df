// The documents of a prepared corpus that are long enough for a session, by number and by name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <gistmill/formats/token_file.hpp>

namespace gistmill::dataset {

class FocusDocuments {
 public:
  // Documents of `split` with at least `shortest` tokens; at most `limit` of them, 0: all. Throws
  // FormatError.
  FocusDocuments(const std::string& path, std::int32_t split, std::int64_t shortest, std::int64_t limit);

  std::int64_t count() const { return static_cast<std::int64_t>(chosen_.size()); }
  std::int64_t length(std::int64_t number) const;
  std::string name(std::int64_t number) const;
  const std::string& digest() const { return file_.digest(); }
  void verify() const { file_.verify(); }

  // Tokens [begin, begin + size) of a document; `size` ids, zeros behind its end.
  std::vector<std::int32_t> read(std::int64_t number, std::int64_t begin, std::int64_t size) const;

 private:
  formats::TokenFileReader file_;
  std::vector<std::size_t> chosen_;
};

// All documents of a corpus by name: for a trace, which knows its documents by that.
class NamedDocuments {
 public:
  explicit NamedDocuments(const std::string& path);

  // The `size` tokens from `begin` on. Throws FormatError: no such document, or it ends before.
  std::vector<std::int32_t> read(const std::string& name, std::int64_t begin, std::int64_t size) const;
  const std::string& digest() const { return file_.digest(); }

 private:
  formats::TokenFileReader file_;
  std::unordered_map<std::string, std::size_t> places_;  // of equal names, the first
};

}  // namespace gistmill::dataset
