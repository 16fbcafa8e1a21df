// The charset of a web page, and its bytes as UTF-8. Follows the WHATWG encoding standard where pages need
// it: what calls itself ISO-8859-1 is windows-1252, and a page that declares UTF-16 in ASCII letters is
// UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::dataset {

struct Charset {
  std::string name;           // as the C library names it; "UTF-8"
  std::size_t mark = 0;       // bytes of the byte order mark
  std::string declared = {};  // as the page wrote it, for messages
};

// By the byte order mark, else the declaration in the first 1024 bytes, else UTF-8.
Charset charset_of(std::string_view page);

// `page` without its mark, in UTF-8. What is not of the charset becomes U+FFFD, a byte each; `replaced` is
// their number. Of UTF-8 nothing is changed. Throws Error(GM_ERROR_USER): a charset that is not known.
std::string in_utf8(std::string_view page, const Charset& charset, std::uint64_t& replaced);

}  // namespace gistmill::dataset
