// Writes a token file, reads it back, and looks into its provenance.
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include <gistmill/files/new_folder.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/json.hpp>
#include <gistmill/formats/token_file.hpp>
#include <gistmill/text/shown.hpp>

int main() {
  using namespace gistmill::formats;
  const std::array<std::int32_t, 3> ids = {5, 7, 11};
  {
    TokenFileWriter writer("corpus.h5", R"({"by":"round_trip"})");
    writer.append(ids.data(), ids.size(), "first", kTrainSplit);
    writer.commit();
  }
  const TokenFileReader reader("corpus.h5");
  std::array<std::int32_t, 3> back{};
  reader.read(0, 0, back.size(), back.data());
  if (back != ids) return 1;
  const nlohmann::json provenance = parse_json(reader.provenance(), "corpus.h5");
  const std::string by = gistmill::text::printable(provenance.at("by").get<std::string>());
  gistmill::files::NewFolder("notes").commit();
  if (gistmill::files::read_all("corpus.h5").empty()) return 1;
  std::printf("%zu document by %s\n", reader.documents(), by.c_str());
  return 0;
}
