// HDF5's error stack as text, and keeping it quiet.
#include <gistmill/formats/hdf5.hpp>

namespace gistmill::formats::hdf5 {

Silence::Silence() {
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Silence::~Silence() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

std::string reason() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        auto& text = *static_cast<std::string*>(out);
        if (text.empty() && error->desc != nullptr) text = error->desc;
        return 0;
      },
      &message);
  return message;
}

}  // namespace gistmill::formats::hdf5
