// Parts of the program that few verbs need, each a library that is loaded when something of it is first asked
// for: every start would pay for the libraries that they link.
#pragma once

#include <string>
#include <vector>

namespace gistmill {

// What to do about a library that could not be loaded.
using LibraryAdvice = std::vector<std::string> (*)();
std::vector<std::string> install_again();

// The address of what lib/gistmill/libgistmill-<library>.so exports as `name`. Never unloaded: what it made
// may live until the process ends. Any thread. Throws Failure (ExitCode::failed) with the linker's words and
// the advice.
void* address_in_library(const char* library, const char* name, LibraryAdvice advice = install_again);

// The same, of the type that the door has in its header.
template <class Function>
Function* door(const char* library, const char* name, LibraryAdvice advice = install_again) {
  return reinterpret_cast<Function*>(address_in_library(library, name, advice));
}

}  // namespace gistmill
