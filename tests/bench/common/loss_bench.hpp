// What the benchmarks of losses share: their words, medians, memory beside a plain form, and the JSON file.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace gistmill::bench {

struct Settings {
  at::ScalarType dtype = at::kBFloat16;
  std::int64_t rows = 1024;
  std::int64_t tokens = 0;  // of a teacher; 0: the program has none, and takes no --tokens
  int threads = at::get_num_threads();
  int rounds = 5;
  std::string json_file;
};

// Throws std::invalid_argument with `usage` where the words are no settings. What rows and tokens must be
// beyond 1 is the caller's.
inline Settings parse(int argc, char** argv, Settings settings, const char* usage) {
  const bool takes_tokens = settings.tokens > 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--dtype" && (value == "bf16" || value == "f32")) {
      settings.dtype = value == "bf16" ? at::kBFloat16 : at::kFloat;
    } else if (name == "--rows") {
      settings.rows = std::stol(value);
    } else if (name == "--tokens" && takes_tokens) {
      settings.tokens = std::stol(value);
    } else if (name == "--threads") {
      settings.threads = std::stoi(value);
    } else if (name == "--rounds") {
      settings.rounds = std::stoi(value);
    } else if (name == "--json") {
      settings.json_file = value;
    } else {
      throw std::invalid_argument("unknown: " + name + " " + value);
    }
  }
  const bool fit = settings.rows > 0 && (!takes_tokens || settings.tokens > 0);
  if (argc % 2 == 0 || !fit || settings.threads < 1 || settings.rounds < 1)
    throw std::invalid_argument(usage);
  return settings;
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

inline std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

// Most memory beyond what is there already: ours, then plain, since the peak of a process only rises.
template <class Ours, class Plain>
nlohmann::json measure_memory(const std::string& work, Ours&& ours, Plain&& plain) {
  const std::int64_t before = peak_bytes();
  ours();
  const std::int64_t with_ours = peak_bytes();
  plain();
  const std::int64_t with_plain = peak_bytes();
  std::printf("%-26s memory: ours %.0f MB, plain %.0f MB\n", work.c_str(),
              static_cast<double>(with_ours - before) / 1e6, static_cast<double>(with_plain - before) / 1e6);
  return {{"ours_bytes", with_ours - before}, {"plain_bytes", with_plain - before}};
}

// To the file that was asked for, if any.
inline void write(const Settings& settings, const nlohmann::json& result) {
  if (settings.json_file.empty()) return;
  std::ofstream stream(settings.json_file);
  stream << result.dump(2) << '\n';
  if (!stream.flush()) throw std::runtime_error("cannot write " + settings.json_file);
}

// The exit code of a program that is `body`.
template <class Body>
int exit_code_of(Body&& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}

}  // namespace gistmill::bench
