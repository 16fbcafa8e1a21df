// The files of a folder that appears whole, with failures that name them as they will be called.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gistmill/files/new_folder.hpp>

#include "host/files/file_failure.hpp"

namespace gistmill {

// Runs `body`, which writes the files of `folder`; as or_failure.
template <class Body>
void fill(const files::NewFolder& folder, Body&& body) {
  try {
    or_failure(std::forward<Body>(body));
  } catch (const Failure& failure) {
    std::vector<std::string> notes;
    for (const std::string& note : failure.notes()) notes.push_back(folder.with_final_name(note));
    throw Failure(failure.code(), failure.origin(), folder.with_final_name(failure.message()),
                  std::move(notes));
  }
}

}  // namespace gistmill
