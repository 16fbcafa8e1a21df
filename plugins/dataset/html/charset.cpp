#include "plugins/dataset/html/charset.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

#include <iconv.h>

#include <gistmill/plugin/values.hpp>
#include <gistmill/text/utf8.hpp>

namespace gistmill::dataset {
namespace {

constexpr std::size_t kSearched = 1024;  // where a declaration has to be, by the HTML standard
constexpr std::string_view kSpace = " \t\r\n\f";

// Labels that mean another charset on the web than their name says.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kLabels{{
    {"ascii", "CP1252"},
    {"us-ascii", "CP1252"},
    {"latin1", "CP1252"},
    {"iso-8859-1", "CP1252"},
    {"iso8859-1", "CP1252"},
    {"iso_8859-1", "CP1252"},
    {"iso-8859-9", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"x-sjis", "CP932"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"utf-16", "UTF-8"},
    {"utf-16le", "UTF-8"},
}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// The value that follows `name=` at `at`, in quotes or without; empty where none does.
std::string_view value_after(std::string_view text, std::size_t at) {
  const auto skip = [&] { at = std::min(text.find_first_not_of(kSpace, at), text.size()); };
  skip();
  if (at == text.size() || text[at] != '=') return {};
  ++at;
  skip();
  if (at == text.size()) return {};
  const bool quoted = text[at] == '"' || text[at] == '\'';
  const std::size_t end = quoted ? text.find(text[at], at + 1) : text.find_first_of(" \t\r\n\f;/?>\"'", at);
  if (quoted) ++at;
  return text.substr(at, end == std::string_view::npos ? end : end - at);
}

// Of <meta charset=x>, <meta content="text/html; charset=x"> or <?xml encoding="x"?>.
std::string declared_charset(std::string_view page) {
  const std::string head = lower(page.substr(0, kSearched));
  for (const auto& [element, attribute] :
       {std::pair<std::string_view, std::string_view>{"<?xml", "encoding"}, {"<meta", "charset"}}) {
    for (std::size_t at = head.find(element); at != std::string::npos; at = head.find(element, at + 1)) {
      const std::string_view tag = std::string_view(head).substr(at, head.find('>', at) - at);
      const std::size_t name = tag.find(attribute);
      if (name == std::string_view::npos) continue;
      const std::string_view value = value_after(tag, name + attribute.size());
      if (!value.empty()) return std::string(value);
    }
  }
  return "";
}

bool is_label(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_.:+").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

class Converter {
 public:
  explicit Converter(const Charset& charset) : handle_(::iconv_open("UTF-8", charset.name.c_str())) {
    if (handle_ != reinterpret_cast<iconv_t>(-1)) return;  // NOLINT(performance-no-int-to-ptr): iconv_open(3)
    throw Error(GM_ERROR_USER, "charset '" + charset.declared + "' is not known", "files");
  }
  ~Converter() { ::iconv_close(handle_); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  std::string convert(std::string_view bytes, std::uint64_t& replaced) {
    std::string text;
    std::array<char, 65536> block;
    char* in = const_cast<char*>(bytes.data());  // iconv does not write to it
    std::size_t left = bytes.size();
    while (left > 0) {
      char* out = block.data();
      std::size_t room = block.size();
      const std::size_t result = ::iconv(handle_, &in, &left, &out, &room);
      text.append(block.data(), block.size() - room);
      if (result != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      text += text::kReplacement;  // not of the charset, or cut short at the end
      ++replaced;
      ++in;
      --left;
    }
    return text;
  }

 private:
  iconv_t handle_;
};

}  // namespace

Charset charset_of(std::string_view page) {
  if (page.starts_with("\xEF\xBB\xBF")) return {"UTF-8", 3};
  if (page.starts_with("\xFE\xFF")) return {"UTF-16BE", 2};
  if (page.starts_with("\xFF\xFE")) return {"UTF-16LE", 2};
  Charset charset;
  charset.declared = declared_charset(page);
  charset.name = charset.declared.empty() || charset.declared == "utf8" ? "UTF-8" : charset.declared;
  const auto* found = std::find_if(kLabels.begin(), kLabels.end(),
                                   [&](const auto& label) { return label.first == charset.declared; });
  if (found != kLabels.end()) charset.name = found->second;
  return charset;
}

std::string in_utf8(std::string_view page, const Charset& charset, std::uint64_t& replaced) {
  page.remove_prefix(charset.mark);
  if (lower(charset.name) == "utf-8") return std::string(page);
  if (!is_label(charset.name))
    throw Error(GM_ERROR_USER, "charset '" + charset.declared + "' is not known", "files");
  return Converter(charset).convert(page, replaced);
}

}  // namespace gistmill::dataset
