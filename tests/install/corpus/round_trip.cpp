// Writes a token file, reads it back, and looks into its provenance.
#include <array>
#include <cstdint>
#include <cstdio>

#include <gistmill/formats/json.hpp>
#include <gistmill/formats/token_file.hpp>

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
  std::printf("%zu document by %s\n", reader.documents(), provenance.at("by").get<std::string>().c_str());
  return 0;
}
