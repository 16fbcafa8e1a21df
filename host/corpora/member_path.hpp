// Names of an archive's members, which come from elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace gistmill {

// `name` as a path below the folder that the archive is unpacked into: "./usr//share/" is "usr/share", "./"
// is
// ".". Empty where it must not be used: an absolute name, one with "..", with a control character, not of
// UTF-8, of more than 4096 bytes, or none at all.
std::string member_path(std::string_view name);

// Whether a path matches a pattern of fnmatch(3), where * matches a slash too.
bool matches(const std::string& path, const std::string& pattern);

}  // namespace gistmill
