#include "plugins/transform/gist-mask/gist_mask.hpp"

using gistmill::gist_mask::GistMask;

GISTMILL_PLUGIN(gistmill::component<GistMask>("transform/gist-mask").operation("mask", &GistMask::mask));
