// A token file of needle phrases as their pipeline would prepare it, with ids that tests can read: a needle
// of subject s and number n is {1000 + s, n}, its question {2000 + s}, the answer {n, 9}.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/token_file.hpp>

namespace gistmill::dataset::test {

inline void write_phrases(const std::filesystem::path& path, std::int32_t subjects,
                          const std::vector<std::int32_t>& numbers) {
  formats::TokenFileWriter writer(path, "{}");
  const auto put = [&](const std::string& name, const std::vector<std::int32_t>& ids) {
    writer.append(ids.data(), ids.size(), name, 1);
  };
  for (std::int32_t subject = 0; subject < subjects; ++subject) {
    put("question/" + std::to_string(subject), {2000 + subject});
    for (const std::int32_t number : numbers)
      put("needle/" + std::to_string(subject) + "/" + std::to_string(number), {1000 + subject, number});
  }
  for (const std::int32_t number : numbers) put("answer/" + std::to_string(number), {number, 9});
  writer.commit();
}

}  // namespace gistmill::dataset::test
