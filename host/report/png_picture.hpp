// An SVG picture as PNG, by librsvg and cairo, which are looked for only now: without them a program that
// needs no picture misses nothing.
#pragma once

#include <string>

namespace gistmill {

struct PngPicture {
  std::string bytes;    // of the PNG file; empty: `missing` says why
  std::string missing;  // "librsvg-2.so.2: cannot open shared object file"
};

// `scale`: pixels for each unit of the picture, whose width and height the SVG names itself.
PngPicture png_picture(const std::string& svg, double scale);

}  // namespace gistmill
