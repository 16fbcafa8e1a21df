#include "host/corpora/package_form.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include <gistmill/text/shown.hpp>

namespace gistmill {
namespace {

constexpr std::size_t kLooked = 512;
constexpr std::size_t kShown = 24;
constexpr std::string_view kDebian = "!<arch>\n";
constexpr std::string_view kZip = "PK\x03\x04";

struct Form {
  std::string_view start;
  const char* name;
};
constexpr Form kForms[] = {
    {kDebian, "a .deb package or another archive of ar"},
    {kZip, "a zip archive or a .whl"},
    {"\x1F\x8B", "compressed by gzip, as source packages are"},
    {"\xFD\x37zXZ", "compressed by xz, as source packages are"},
    {"\x28\xB5\x2F\xFD", "compressed by zstd"},
    {"BZh", "compressed by bzip2"},
    {"\x7F\x45LF", "a program or library (ELF)"},
    {"%PDF-", "a PDF"},
    {"version https://git-lfs.github.com/spec/", "a Git LFS pointer in the place of a file"},
};

std::string first_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, kLooked> bytes{};
  stream.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(stream.gcount())};
}

bool is_page(std::string_view start) {
  const std::size_t at = start.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos) return false;
  const std::string_view text = start.substr(at);
  return text.starts_with("<!DOCTYPE") || text.starts_with("<!doctype") || text.starts_with("<html") ||
         text.starts_with("<HTML") || text.starts_with("<?xml");
}

std::string form_of(std::string_view start) {
  if (start.empty()) return "an empty file";
  for (const Form& form : kForms) {
    if (start.starts_with(form.start)) return form.name;
  }
  if (is_page(start)) return "a web page, such as servers send in the place of a file that they lack";
  constexpr std::size_t kTarMagic = 257;
  if (start.size() > kTarMagic + 5 && start.substr(kTarMagic, 5) == "ustar") return "a tar archive";
  const std::string_view line = start.substr(0, std::min(start.find('\n'), kShown));
  return fmt::format("a file that begins with '{}'", text::printable(line));
}

}  // namespace

std::string other_form(const std::filesystem::path& package, PackageSource source) {
  const std::string start = first_bytes(package);
  const bool debian = source == PackageSource::debian;
  if (start.starts_with(debian ? kDebian : kZip)) return "";
  return fmt::format("is {} when it should be a {}", form_of(start),
                     debian ? "package of Debian, a .deb, which begins with '!<arch>'"
                            : "package of PyPI, a .whl, which is a zip archive and begins with 'PK'");
}

}  // namespace gistmill
