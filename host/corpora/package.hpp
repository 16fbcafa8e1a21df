// What is in a package: .deb of Debian, .whl of PyPI, read by libarchive piece by piece. A package comes from
// elsewhere: its names and sizes are checked, and what is no plain file is passed over. Writes nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "host/corpora/catalog.hpp"

namespace gistmill {

// A package beyond these is refused.
struct PackageLimits {
  std::uint64_t members = 1'000'000;
  std::uint64_t member = std::uint64_t{256} << 20;  // bytes of one that is read
  std::uint64_t all = std::uint64_t{8} << 30;       // bytes of all, unpacked, with those that are passed over
};

// One plain file. Valid during the call that it is given to.
class PackageMember {
 public:
  virtual ~PackageMember() = default;

  // Its path in the package: relative, without "." and "..", UTF-8 without control characters.
  virtual const std::string& path() const = 0;
  // Gives its bytes in pieces. Once.
  virtual void read(const std::function<void(std::string_view)>& take) = 0;
  std::string read_all();
};

// Gives every plain file; links, devices and folders are passed over. Throws Failure (ExitCode::failed): a
// damaged package, a name that leads out of it, a limit. What `take` throws passes through.
void for_each_member(const std::filesystem::path& package, PackageSource source, const PackageLimits& limits,
                     const std::function<void(PackageMember&)>& take);

// What a .deb says of itself.
struct DebianControl {
  std::string package, version, architecture;
};
DebianControl read_control(const std::filesystem::path& package);

}  // namespace gistmill
