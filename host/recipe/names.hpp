// How names of instances, operations, pipelines, evaluations and stages are spelled.
#pragma once

#include <string_view>

#include "host/recipe/value.hpp"

namespace gistmill {

// Letters, digits, '_' and '-': names are part of "instance.operation", of option paths and of folder names.
bool is_name(std::string_view name);

// `where`: "[components]". Throws Failure (ExitCode::recipe) at `origin` where `name` is none.
void expect_name(std::string_view name, std::string_view where, const Origin& origin);

// "left<separator>right", both not empty, the separator once.
bool is_pair(std::string_view text, char separator);

// The entries of what is known to be a table.
inline const Value::Table& entries_of(const Value& table) { return *table.get_if<Value::Table>(); }

}  // namespace gistmill
