// Whether a file is a package at all, by its first bytes, before anything is read of it: what was named, or
// what came through the network, may be an error page, the archive of something else, or cut off at once.
#pragma once

#include <filesystem>
#include <string>

#include "host/corpora/catalog.hpp"

namespace gistmill {

// Empty: it begins as packages of `source` do. Otherwise what it is instead: "is a web page when it should be
// a package of Debian, a .deb, which begins with '!<arch>'". The file can be read.
std::string other_form(const std::filesystem::path& package, PackageSource source);

}  // namespace gistmill
