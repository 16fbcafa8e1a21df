#include "plugins/store/focus-labels/layout.hpp"

#include <gistmill/formats/digest.hpp>

namespace gistmill::labels {

std::array<ColumnLayout, kColumns> columns_of(const Header& header) {
  const auto hidden = static_cast<hsize_t>(header.hidden);
  const std::size_t vector = static_cast<std::size_t>(header.hidden) * sizeof(float);
  const auto numbers = [](const char* path) { return ColumnLayout{path, H5T_STD_I32LE, {}, 4}; };
  std::array<ColumnLayout, kColumns> columns;
  columns[name_of_session] = {"/session/name", H5T_C_S1, {}, kLongestName};
  columns[number_of_session] = numbers("/session/number");
  columns[token] = numbers("/tree/token");
  columns[vector_of_level_1] = {"/tree/level_1", H5T_IEEE_F32LE, {hidden}, vector};
  columns[vector_of_level_2] = {"/tree/level_2", H5T_IEEE_F32LE, {hidden}, vector};
  columns[session_of_snapshot] = numbers("/snapshot/session");
  columns[cursor_of_snapshot] = numbers("/snapshot/cursor");
  columns[budget_of_snapshot] = numbers("/snapshot/budget");
  columns[protected_of_snapshot] = numbers("/snapshot/protected");
  columns[base_loss_of_snapshot] = {"/snapshot/base_loss", H5T_IEEE_F32LE, {}, 4};
  columns[entries_of_snapshot] = numbers("/snapshot/entries");
  columns[level_of_entry] = numbers("/entry/level");
  columns[start_of_entry] = numbers("/entry/start");
  columns[residency_of_entry] = numbers("/entry/residency");
  columns[last_action_of_entry] = numbers("/entry/last_action");
  columns[nll_of_entry] = {"/entry/utility_nll", H5T_IEEE_F32LE, {2}, 8};
  columns[kl_of_entry] = {"/entry/utility_kl", H5T_IEEE_F32LE, {2}, 8};
  return columns;
}

std::string digest_of(const Header& header, const std::vector<std::string>& names,
                      const std::function<void(Column, const Take&)>& bytes) {
  formats::Sha256 sha;
  sha.update_field(kFormat);
  for (const std::int64_t number : {header.block, header.horizon, header.hidden})
    sha.update_field(std::to_string(number));
  for (const std::string& text : {header.position, header.teacher, header.gistnet, header.corpus})
    sha.update_field(text);
  for (const std::string& name : names) sha.update_field(name);
  for (std::size_t column = number_of_session; column < kColumns; ++column) {
    formats::Sha256 one;
    bytes(static_cast<Column>(column), [&](const void* data, std::size_t size) { one.update(data, size); });
    sha.update_field(one.hex());
  }
  return sha.hex();
}

}  // namespace gistmill::labels
