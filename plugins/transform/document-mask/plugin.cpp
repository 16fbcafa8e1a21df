#include "plugins/transform/document-mask/document_mask.hpp"

using gistmill::document_mask::DocumentMask;

GISTMILL_PLUGIN(
    gistmill::component<DocumentMask>("transform/document-mask").operation("mask", &DocumentMask::mask));
