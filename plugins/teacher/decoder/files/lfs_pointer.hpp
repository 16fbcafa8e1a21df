// Files that Git LFS left as pointers: a clone without its large files.
#pragma once

#include <string>

namespace gistmill::decoder {

// Throws Error (user) where the file `path`, or a weight file or a JSON file of the folder `path`, is a
// pointer: names it, and says how to get the file. What cannot be looked at is left to those who read it.
void refuse_lfs_pointers(const std::string& path);

}  // namespace gistmill::decoder
