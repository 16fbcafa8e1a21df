// The day that chat templates tell.
#pragma once

#include <ctime>
#include <string>

namespace gistmill::tokenizer {

std::tm local_time();

// Noon of a day as "26 Jul 2024". Throws std::invalid_argument where it is no such day.
std::tm day_of(const std::string& date);

}  // namespace gistmill::tokenizer
