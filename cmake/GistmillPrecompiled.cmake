# <ATen/ATen.h>, precompiled once and shared by every target of this repository that links LibTorch: it takes a
# compiler seven seconds to read, more than most of our sources need. Sources include it all the same, so a build
# with CMAKE_DISABLE_PRECOMPILE_HEADERS works. More headers in it would cost more than they save (the compiler
# instantiates anew, in every source, what a precompiled header left pending), and headers without LibTorch gain
# nothing measurable.

# Compiled as libraries are; sources of programs that use it are then compiled so too.
function(gistmill_precompile_aten name)
  set(source ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Generated: a precompiled header needs a source.\n")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  target_precompile_headers(${name} PRIVATE <ATen/ATen.h>)
  target_compile_options(${name} PRIVATE -fpch-preprocess)  # lets ccache see through it
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)  # the header belongs to one source
  gistmill_warnings(${name})
endfunction()

function(gistmill_use_precompiled_aten target)
  gistmill_links(links ${target})
  get_target_property(type ${target} TYPE)
  if(NOT gistmill_libtorch IN_LIST links OR NOT type MATCHES "^(STATIC|SHARED|MODULE|OBJECT)_LIBRARY$|^EXECUTABLE$")
    return()
  endif()
  # OpenMP changes what ATen's headers hold.
  if(gistmill_openmp IN_LIST links)
    target_precompile_headers(${target} REUSE_FROM gistmill_aten_openmp)
  else()
    target_precompile_headers(${target} REUSE_FROM gistmill_aten)
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  if(type STREQUAL EXECUTABLE)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fPIC>)
  endif()
endfunction()

# gistmill_use_precompiled_aten for all targets of `folder` and below.
function(gistmill_use_precompiled_aten_below folder)
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(inner ${folders})
    gistmill_use_precompiled_aten_below(${inner})
  endforeach()
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    gistmill_use_precompiled_aten(${target})
  endforeach()
endfunction()

gistmill_precompile_aten(gistmill_aten Gistmill::libtorch)
gistmill_precompile_aten(gistmill_aten_openmp Gistmill::libtorch Gistmill::openmp)
