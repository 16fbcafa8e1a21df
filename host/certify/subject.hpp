// What one check is about: a plugin's file, one of its components, the options that it is made with. Reading
// it loads nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/certify/findings.hpp"
#include "host/plan/plan.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

using Sizes = std::map<std::string, std::int64_t>;  // by symbol

// Why a check, or the rest of it, cannot be made: not a fault of the plugin.
struct NotChecked : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Subject {
 public:
  // component: empty where the check is of the file. options: KEY=VALUE, those that the component has are
  // taken. load_torch: brings LibTorch and the probe of its state into the process. Throws Failure.
  Subject(const std::filesystem::path& library, const std::string& component, std::uint64_t seed,
          const std::vector<std::string>& options, const std::vector<std::filesystem::path>& folders,
          std::function<void()> load_torch);

  const std::filesystem::path& library() const { return library_; }
  const Manifest& manifest() const { return registry_.plugins().front()->manifest; }
  const ComponentSpec& spec() const { return *spec_; }
  std::uint64_t seed() const { return seed_; }

  // Loads the library, once. Throws Failure where it is refused.
  LoadedComponent load();

  // Every option of the component: as --set says, else its default, else a value in its range. Throws
  // NotChecked where nothing can be made up: a file.
  std::vector<PlannedOption> options() const;

  // What the options and the manifest say of the declared symbols; those that neither fixes are left out.
  Sizes fixed_sizes(const std::vector<PlannedOption>& options) const;

 private:
  std::filesystem::path library_;
  Registry registry_;
  const ComponentSpec* spec_ = nullptr;
  std::uint64_t seed_;
  std::vector<std::string> given_;
  std::function<void()> load_torch_;
};

}  // namespace gistmill
