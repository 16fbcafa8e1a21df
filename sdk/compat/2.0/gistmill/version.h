/* The version of SDK and host; CMake reads it from here. */
#ifndef GISTMILL_VERSION_H
#define GISTMILL_VERSION_H

#define GM_VERSION "0.1.0"

#endif
