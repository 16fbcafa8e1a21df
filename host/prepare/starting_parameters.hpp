// Trained parameters that an instance of a preparation starts from: found in a file, part of what the
// prepared file is named by, and put in place. On plain arrays; training loads its own
// (host/run/checkpoint.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "gistmill/formats/safetensors.hpp"
#include "host/instance/instance.hpp"
#include "host/plan/plan.hpp"

namespace gistmill {

struct StartingParameters {
  std::filesystem::path path;  // a checkpoint's folder, or a safetensors file
  std::string name;            // of the instance there
  std::string text;            // for people: "gist of stage refine, step 190"
};

// What an instance starts from; none: from what it is made with.
using StartingPoints = std::function<std::optional<StartingParameters>(const PlannedInstance&)>;

// What the recipe itself names in `parameters`. What stages trained, host/run knows.
std::optional<StartingParameters> named_parameters(const PlannedInstance& instance);

// SHA-256 in hexadecimal of names, types, shapes and values. Throws Failure where they are not there, or the
// file is damaged.
std::string digest_of(const StartingParameters& parameters);

// What to do where a file lacks an instance's parameters: says the names that it has instead, where it is a
// checkpoint's of an instance with another name.
std::string missing_parameter_note(const formats::Safetensors& file);

// Copies the values into the memory of `instance`, which is started. Every parameter must be there, in its
// shape and dtype. Throws Failure, also where it has no parameters: then it would be another one than it
// says.
void load_parameters(const StartingParameters& parameters, const Instance& instance);

}  // namespace gistmill
