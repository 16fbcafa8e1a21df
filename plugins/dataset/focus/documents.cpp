#include "plugins/dataset/focus/documents.hpp"

#include <algorithm>

namespace gistmill::dataset {

FocusDocuments::FocusDocuments(const std::string& path, std::int32_t split, std::int64_t shortest,
                               std::int64_t limit)
    : file_(path) {
  for (std::size_t i = 0; i < file_.documents(); ++i) {
    if (limit > 0 && count() == limit) break;
    if (file_.split(i) == split && static_cast<std::int64_t>(file_.length(i)) >= shortest)
      chosen_.push_back(i);
  }
}

std::int64_t FocusDocuments::length(std::int64_t number) const {
  return static_cast<std::int64_t>(file_.length(chosen_[static_cast<std::size_t>(number)]));
}

std::string FocusDocuments::name(std::int64_t number) const {
  return std::string(file_.name(chosen_[static_cast<std::size_t>(number)]));
}

std::vector<std::int32_t> FocusDocuments::read(std::int64_t number, std::int64_t begin,
                                               std::int64_t size) const {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(size), 0);
  const std::int64_t there = std::clamp<std::int64_t>(length(number) - begin, 0, size);
  file_.read(chosen_[static_cast<std::size_t>(number)], static_cast<std::uint64_t>(begin),
             static_cast<std::size_t>(there), ids.data());
  return ids;
}

NamedDocuments::NamedDocuments(const std::string& path) : file_(path) {
  for (std::size_t i = 0; i < file_.documents(); ++i) places_.emplace(std::string(file_.name(i)), i);
}

std::vector<std::int32_t> NamedDocuments::read(const std::string& name, std::int64_t begin,
                                               std::int64_t size) const {
  const auto found = places_.find(name);
  if (found == places_.end())
    throw formats::FormatError("the corpus has no document " + formats::printable(name));
  if (static_cast<std::int64_t>(file_.length(found->second)) < begin + size) {
    throw formats::FormatError("document " + formats::printable(name) + " of the corpus has " +
                               std::to_string(file_.length(found->second)) + " tokens when the session has " +
                               std::to_string(begin + size));
  }
  std::vector<std::int32_t> ids(static_cast<std::size_t>(size));
  file_.read(found->second, static_cast<std::uint64_t>(begin), ids.size(), ids.data());
  return ids;
}

}  // namespace gistmill::dataset
