// The sections of the report page, each an HTML fragment; "" where the run has nothing for it.
// The frame around them is html_page.cpp's.
#pragma once

#include <string>
#include <vector>

#include "host/record/run_record.hpp"

namespace gistmill {

// The evaluation that the top sentence is about: the one with the most variants, the last of equals.
// Null where the run has none. Valid as long as the record.
const EvaluationTable* main_evaluation(const RunRecord& record);

// What the items are called, plural: of the main evaluation, else "items".
std::string item_word(const RunRecord& record);

std::string result_section(const RunRecord& record);      // name, status, sentences, figures of the run
std::string evaluation_section(const RunRecord& record);  // every final evaluation: ladder and table
std::string example_section(const RunRecord& record);     // worst and best items as text
std::string stage_section(const RunRecord& record);       // a row for each stage; plan and actual
std::string training_section(const RunRecord& record);    // curves of each stage
std::string message_section(const RunRecord& record);     // warnings, errors, remarks
std::string origin_section(const RunRecord& record);      // command, plugins, contents, recipe

}  // namespace gistmill
