// The report page: one HTML file with everything in it, no script, nothing fetched.
#pragma once

#include <string>

#include "host/record/run_record.hpp"

namespace gistmill {

// Top sentence with the result and its uncertainty, ladder, tables, curves, messages, and what is needed to
// run it again. Parts that the run has nothing for are left out. Every text of the record is escaped.
std::string html_page(const RunRecord& record);

}  // namespace gistmill
