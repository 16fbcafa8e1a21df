/* Puts a manifest into a plugin as `gistmill_manifest`, in ELF section .gistmill, where the host reads it
 * without loading the plugin. gistmill_add_plugin() does this by itself; without CMake include it in one
 * source file and pass -DGISTMILL_MANIFEST='"file"': plugin.toml followed by its [build] table
 * (docs/plugins.md). The assembler reads the file, so nothing is escaped and no size is too large. */
#ifndef GISTMILL_MANIFEST_H
#define GISTMILL_MANIFEST_H

#include "entry.h"

#ifndef GISTMILL_MANIFEST
#error "define GISTMILL_MANIFEST as the path of the manifest, in quotation marks"
#endif

__asm__(
    ".pushsection .gistmill, \"a\", %progbits\n"
    ".globl gistmill_manifest\n"
    ".hidden gistmill_manifest\n"
    ".type gistmill_manifest, %object\n"
    "gistmill_manifest: .incbin \"" GISTMILL_MANIFEST
    "\"\n"
    ".byte 0\n"
    ".size gistmill_manifest, . - gistmill_manifest\n"
    ".popsection\n");

#endif
