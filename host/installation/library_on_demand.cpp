#include "host/installation/library_on_demand.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/installation/folders.hpp"

namespace gistmill {

std::vector<std::string> install_again() { return {"install gistmill again"}; }

void* address_in_library(const char* library, const char* name, LibraryAdvice advice) {
  void* const loaded = dlopen(program_folders().library(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const address = loaded == nullptr ? nullptr : dlsym(loaded, name);
  if (address != nullptr) return address;
  throw Failure(ExitCode::failed, fmt::format("the {} library cannot be loaded: {}", library, dlerror()),
                advice());
}

}  // namespace gistmill
