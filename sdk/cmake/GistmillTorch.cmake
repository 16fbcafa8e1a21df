# Finds LibTorch (the pip wheel or any other build from 2.13 on) and makes of it
#   Gistmill::libtorch  headers, libc10 and libtorch_cpu, no Python
#   Gistmill::openmp    the OpenMP that LibTorch itself runs on, for plugins that call at::parallel_for
# and GISTMILL_TORCH_VERSION. TorchConfig.cmake is not used: it wants Caffe2, protobuf and CUDA checks, takes
# seconds at every configure, and sets global flags.
# Looks in: GISTMILL_TORCH_ROOT, the environment variable of the same name, CMAKE_PREFIX_PATH, GISTMILL_TORCH_HINTS.
if(NOT TARGET Gistmill::libtorch)
  find_path(
    GISTMILL_TORCH_ROOT include/ATen/ATen.h
    HINTS ENV GISTMILL_TORCH_ROOT ${CMAKE_PREFIX_PATH} ${GISTMILL_TORCH_HINTS}
    PATH_SUFFIXES torch
    DOC "LibTorch: the folder with include/ and lib/")
  if(NOT GISTMILL_TORCH_ROOT)
    message(FATAL_ERROR "LibTorch was not found; pass -DGISTMILL_TORCH_ROOT=<folder with include/ and lib/>, "
                        "for the pip wheel: <site-packages>/torch")
  endif()

  set(version "")
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS ${GISTMILL_TORCH_ROOT}/include/torch/headeronly/version.h line
         REGEX "define TORCH_VERSION_${part} ")
    string(REGEX REPLACE ".* ([0-9]+).*" "\\1" number "${line}")
    list(APPEND version ${number})
  endforeach()
  list(JOIN version "." version)
  if(version VERSION_LESS 2.13)
    message(FATAL_ERROR "LibTorch in ${GISTMILL_TORCH_ROOT} is ${version} when it should be 2.13 or later")
  endif()
  set(cuda "none")
  if(EXISTS ${GISTMILL_TORCH_ROOT}/lib/libtorch_cuda.so)
    set(cuda "yes")
  endif()

  add_library(gistmill_libtorch INTERFACE)
  add_library(Gistmill::libtorch ALIAS gistmill_libtorch)
  set_target_properties(gistmill_libtorch PROPERTIES GISTMILL_VERSION ${version} GISTMILL_CUDA ${cuda})
  # Behind the system's folders: the wheel carries headers of libraries, such as fmt, in versions of its own.
  target_compile_options(gistmill_libtorch INTERFACE "SHELL:-idirafter ${GISTMILL_TORCH_ROOT}/include")
  target_link_libraries(gistmill_libtorch INTERFACE ${GISTMILL_TORCH_ROOT}/lib/libtorch_cpu.so
                                                    ${GISTMILL_TORCH_ROOT}/lib/libc10.so)
  # The wheels are built with the C++11 ABI of libstdc++ since 2.7; the manifest records it.
  target_compile_definitions(gistmill_libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)

  # The wheel brings a libgomp of its own. The compiler's would be the second of the same name in one process,
  # and a run path that leads to both: which one is loaded would depend on the order of folders.
  add_library(gistmill_openmp INTERFACE)
  add_library(Gistmill::openmp ALIAS gistmill_openmp)
  file(GLOB gomp ${GISTMILL_TORCH_ROOT}/lib/libgomp*.so*)
  if(gomp AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(gistmill_openmp INTERFACE -fopenmp)
    target_link_libraries(gistmill_openmp INTERFACE ${gomp})
  else()
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(gistmill_openmp INTERFACE OpenMP::OpenMP_CXX)
  endif()
endif()
get_target_property(GISTMILL_TORCH_VERSION Gistmill::libtorch GISTMILL_VERSION)
