// A trace as one HTML file that loads nothing: for each session a picture of its working context over time,
// levels as bands and actions as marks, with the telemetry below. Light and dark.
#pragma once

#include <string>
#include <vector>

#include "plugins/focus/trace/bands.hpp"

namespace gistmill::focus {

// One session as SVG. Classes only: the page's style gives the colors.
std::string picture_of(const SessionLife& session);

// sessions: all of a trace; the first ones are drawn, the figures are those of all.
std::string page_of(const std::vector<SessionLife>& sessions);

}  // namespace gistmill::focus
