// The few functions of librsvg 2.46 and cairo that are used, by name: their headers are not needed to build.
#include "host/report/png_picture.hpp"

#include <dlfcn.h>

#include <cmath>
#include <stdexcept>

#ifdef __SANITIZE_ADDRESS__
// fontconfig, which librsvg draws text with, keeps its fonts until the process ends, behind pointers that the
// leak checker does not see. GCC's checker asks for this function.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
#endif

namespace gistmill {
namespace {

// As in librsvg's and cairo's headers.
struct Rectangle {
  double x, y, width, height;
};
using WriteFunction = int (*)(void* closure, const unsigned char* data, unsigned int length);
constexpr int kArgb32 = 0;
constexpr int kSuccess = 0;

// A function of a shared library. The library stays: GLib cannot be unloaded.
template <class Function>
Function* function_of(const char* library, const char* name) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void* found = handle == nullptr ? nullptr : dlsym(handle, name);
  if (found == nullptr) throw std::runtime_error(dlerror());
  return reinterpret_cast<Function*>(found);
}

constexpr const char* kRsvg = "librsvg-2.so.2";
constexpr const char* kCairo = "libcairo.so.2";
constexpr const char* kObject = "libgobject-2.0.so.0";

int append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return kSuccess;
}

// Draws and encodes. Throws std::runtime_error.
std::string drawn(const std::string& svg, double scale) {
  const auto open = function_of<void*(const char*, std::size_t, void**)>(kRsvg, "rsvg_handle_new_from_data");
  const auto size =
      function_of<int(void*, double*, double*)>(kRsvg, "rsvg_handle_get_intrinsic_size_in_pixels");
  const auto render =
      function_of<int(void*, void*, const Rectangle*, void**)>(kRsvg, "rsvg_handle_render_document");
  const auto release = function_of<void(void*)>(kObject, "g_object_unref");
  const auto make_surface = function_of<void*(int, int, int)>(kCairo, "cairo_image_surface_create");
  const auto make_context = function_of<void*(void*)>(kCairo, "cairo_create");
  const auto write =
      function_of<int(void*, WriteFunction, void*)>(kCairo, "cairo_surface_write_to_png_stream");
  const auto end_context = function_of<void(void*)>(kCairo, "cairo_destroy");
  const auto end_surface = function_of<void(void*)>(kCairo, "cairo_surface_destroy");

  void* picture = open(svg.data(), svg.size(), nullptr);
  if (picture == nullptr) throw std::runtime_error("librsvg does not read the picture");
  Rectangle all{0.0, 0.0, 0.0, 0.0};
  size(picture, &all.width, &all.height);
  all.width = std::ceil(all.width * scale);
  all.height = std::ceil(all.height * scale);
  void* surface = make_surface(kArgb32, static_cast<int>(all.width), static_cast<int>(all.height));
  void* context = make_context(surface);
  std::string bytes;
  const bool done =
      render(picture, context, &all, nullptr) != 0 && write(surface, append, &bytes) == kSuccess;
  end_context(context);
  end_surface(surface);
  release(picture);
  if (!done) throw std::runtime_error("librsvg does not draw the picture");
  return bytes;
}

}  // namespace

PngPicture png_picture(const std::string& svg, double scale) {
  try {
    return {drawn(svg, scale), ""};
  } catch (const std::runtime_error& error) {
    return {"", error.what()};
  }
}

}  // namespace gistmill
