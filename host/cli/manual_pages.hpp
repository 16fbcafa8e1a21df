// The manual pages (mdoc(7)), from the table of verbs: gistmill(1), and one for each verb.
#pragma once

#include <ctime>
#include <vector>

#include "host/reference/reference.hpp"

namespace gistmill {

// Files "gistmill.1", "gistmill-plugins-list.1". `date`: which day they say.
std::vector<ReferencePage> manual_pages(std::time_t date);

}  // namespace gistmill
