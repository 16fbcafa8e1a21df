#include "plugins/store/topk/layout.hpp"

#include <gistmill/formats/digest.hpp>

namespace gistmill::topk {

std::size_t row_bytes(const Header& header, std::size_t id_bytes) {
  const auto tokens = static_cast<std::size_t>(header.tokens);
  const std::size_t values = header.form == Form::exact ? tokens * sizeof(float) : tokens + 2 * sizeof(float);
  return tokens * id_bytes + values;
}

std::string ids_digest(const std::int32_t* ids, std::int64_t count) {
  formats::Sha256 sha;
  sha.update(ids, static_cast<std::size_t>(count) * sizeof *ids);
  const std::string hex = sha.hex();
  std::string raw;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    raw.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return raw;
}

std::string digest_of(const Header& header, std::uint64_t count, const std::string& sequences) {
  formats::Sha256 sha;
  sha.update_field(kFormat);
  for (const std::int64_t number : {header.length, header.tokens, static_cast<std::int64_t>(count)})
    sha.update_field(std::to_string(number));
  sha.update(&header.temperature, sizeof header.temperature);
  sha.update_field(form_name(header.form));
  sha.update_field(header.teacher);
  sha.update_field(sequences);
  return sha.hex();
}

}  // namespace gistmill::topk
