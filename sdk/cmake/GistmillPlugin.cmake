# gistmill_add_plugin(name MANIFEST plugin.toml SOURCES a.cpp ... [TORCH] [OUTPUT_DIRECTORY dir])
#
# Makes one plugin: a module library <name>.so with hidden visibility and one exported symbol, and with the
# manifest embedded in ELF section .gistmill, where the host reads it without loading the library. What the
# build alone knows (SDK, ABI, LibTorch) is added to the manifest as [build]; authors never write it.
# TORCH links LibTorch (manifest tier "libtorch"). Further libraries: target_link_libraries(name PRIVATE ...).
# A plugin in plain C needs no C++ compiler: project(name LANGUAGES C).

function(gistmill_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "MANIFEST;OUTPUT_DIRECTORY" "SOURCES")
  if(arg_TORCH AND DEFINED GISTMILL_TORCH AND NOT GISTMILL_TORCH)
    return()  # this build leaves LibTorch out
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE Gistmill::sdk)
  if(arg_TORCH)
    target_link_libraries(${name} PRIVATE Gistmill::libtorch)
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("CXX" IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_17)
  endif()
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  set_target_properties(
    ${name}
    PROPERTIES PREFIX ""
               SUFFIX ".so"
               C_VISIBILITY_PRESET hidden
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               LINK_DEPENDS ${map})
  target_link_options(${name} PRIVATE -Wl,--version-script=${map} -Wl,--exclude-libs,ALL)
  if(NOT GISTMILL_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(arg_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT_DIRECTORY})
  elseif(DEFINED GISTMILL_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${GISTMILL_PLUGIN_OUTPUT_DIRECTORY})
  endif()

  _gistmill_embed_manifest(${name} ${arg_MANIFEST} "${arg_TORCH}")
endfunction()

# Appends the [build] table to the manifest and embeds both by a generated source file (gistmill/manifest.h).
function(_gistmill_embed_manifest name manifest torch)
  get_filename_component(source ${manifest} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.toml)
  get_target_property(sdk Gistmill::sdk GISTMILL_VERSION)
  get_target_property(abi Gistmill::sdk GISTMILL_ABI)
  file(READ ${source} text)
  string(APPEND text "\n[build]\nsdk = \"${sdk}\"\nabi = \"${abi}\"\n")
  if(torch)
    get_target_property(version Gistmill::libtorch GISTMILL_VERSION)
    get_target_property(cuda Gistmill::libtorch GISTMILL_CUDA)
    string(APPEND text "torch = \"${version}\"\ncxx11_abi = true\ncuda = \"${cuda}\"\n")
  endif()
  # file(CONFIGURE) would replace @words@ of the manifest.
  set(written "")
  if(EXISTS ${embedded})
    file(READ ${embedded} written)
  endif()
  if(NOT written STREQUAL text)
    file(WRITE ${embedded} "${text}")
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(extension cpp)
  if("C" IN_LIST languages)
    set(extension c)
  endif()
  set(carrier ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.${extension})
  file(
    CONFIGURE OUTPUT ${carrier}
    CONTENT "/* Generated: the manifest of @name@. */
#define GISTMILL_MANIFEST \"@embedded@\"
#include <gistmill/manifest.h>
" @ONLY)
  set_source_files_properties(${carrier} PROPERTIES OBJECT_DEPENDS ${embedded} SKIP_PRECOMPILE_HEADERS ON
                              SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${name} PRIVATE ${carrier})
endfunction()
