// Layers of a recipe: the file itself above those that it extends.
// Not here: overrides of the command line (overrides.hpp), variables (variables.hpp).
#pragma once

#include <filesystem>

#include "host/recipe/parsed_files.hpp"
#include "host/recipe/value.hpp"

namespace gistmill {

// Reads `path` and, below it, what its `extends` names (a string, or a list whose later files lie above the
// earlier), merged into one tree without the key `extends`. Relative names are relative to the file that
// gives them. `named_at`: who names `path`, for errors. Throws Failure (ExitCode::recipe): as
// ParsedFiles::parse, and a file that extends itself.
Value read_layers(const std::filesystem::path& path, const Origin& named_at, ParsedFiles& files);

// Lays the table `above` over the table `below`. Tables are merged key by key; any other value replaces the
// one below, which is kept in overridden(). One exception: where components.X names another `use` or
// `from` than the layer below, it starts afresh, since options of another component mean nothing to it.
void merge_layer(Value& below, Value above);

// As merge_layer, without the exception.
void merge_plainly(Value& below, Value above);

}  // namespace gistmill
