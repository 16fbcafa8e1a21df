// libFuzzer on the reader of ELF sections: a library is looked into, or Failure says what is wrong with it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "host/diagnostic/failure.hpp"
#include "host/registry/elf.hpp"
#include "host/registry/manifest.hpp"
#include "tests/fuzz/cost_watch.hpp"

namespace {

using gistmill::ElfFile;

template <class Body>
void may_refuse(Body&& body) {
  try {
    body();
  } catch (const gistmill::Failure&) {
  }
}

// A file in memory, for the reader opens files by name.
class InputFile {
 public:
  InputFile() : file_(::memfd_create("gistmill-fuzz", MFD_CLOEXEC)) {
    if (file_ < 0) std::abort();
  }
  void put(std::string_view bytes) const {
    if (::ftruncate(file_, static_cast<off_t>(bytes.size())) != 0) std::abort();
    if (::pwrite(file_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

void must_hold(bool what) {
  if (!what) std::abort();
}

void look_into(const std::string& path, std::string_view input) {
  may_refuse([&] {
    for (const std::string& name : ElfFile(path).needed()) must_hold(input.find(name) != input.npos);
  });
  may_refuse([&] {
    const ElfFile file(path);
    for (const char* name : {".gistmill", ".dynstr", "", "no such section"}) {
      may_refuse([&] {
        const auto bytes = file.section(name);
        must_hold(!bytes || input.find(*bytes) != input.npos);
      });
    }
  });
  may_refuse([&] {
    const std::string text = gistmill::read_embedded_manifest(path);
    must_hold(text.find('\0') == text.npos && input.find(text) != input.npos);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const InputFile file;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  file.put(input);
  const std::string path = file.path();
  // Headers, names, the dynamic section and its strings may each be the whole file; the names of needed
  // libraries, which may overlap, are bounded by themselves.
  const gistmill::fuzz::CostWatch watch(size, 4, 2 << 20);
  look_into(path, input);
  return 0;
}
