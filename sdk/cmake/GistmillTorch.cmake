# Finds LibTorch (the pip wheel or any other build from 2.13 on) and makes Gistmill::libtorch of it: headers,
# libc10 and libtorch_cpu, no Python. TorchConfig.cmake is not used: it wants Caffe2, protobuf and CUDA
# checks, takes seconds at every configure, and sets global flags.
# Looks in: GISTMILL_TORCH_ROOT, CMAKE_PREFIX_PATH, the environment variable of the same name.
if(NOT TARGET Gistmill::libtorch)
  find_path(
    GISTMILL_TORCH_ROOT include/ATen/ATen.h
    HINTS ENV GISTMILL_TORCH_ROOT ${CMAKE_PREFIX_PATH} ${PROJECT_SOURCE_DIR}/.venv/lib/python3.11/site-packages
    PATH_SUFFIXES torch
    DOC "LibTorch: the folder with include/ and lib/")
  if(NOT GISTMILL_TORCH_ROOT)
    message(FATAL_ERROR "LibTorch was not found; pass -DGISTMILL_TORCH_ROOT=<folder with include/ and lib/>, "
                        "for the pip wheel: <site-packages>/torch")
  endif()

  set(GISTMILL_TORCH_VERSION "")
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS ${GISTMILL_TORCH_ROOT}/include/torch/headeronly/version.h line
         REGEX "define TORCH_VERSION_${part} ")
    string(REGEX REPLACE ".* ([0-9]+).*" "\\1" number "${line}")
    list(APPEND GISTMILL_TORCH_VERSION ${number})
  endforeach()
  list(JOIN GISTMILL_TORCH_VERSION "." GISTMILL_TORCH_VERSION)
  if(GISTMILL_TORCH_VERSION VERSION_LESS 2.13)
    message(FATAL_ERROR "LibTorch in ${GISTMILL_TORCH_ROOT} is ${GISTMILL_TORCH_VERSION} when it should be 2.13 or later")
  endif()
  set(GISTMILL_TORCH_CUDA "none")
  if(EXISTS ${GISTMILL_TORCH_ROOT}/lib/libtorch_cuda.so)
    set(GISTMILL_TORCH_CUDA "yes")
  endif()

  add_library(gistmill_libtorch INTERFACE)
  add_library(Gistmill::libtorch ALIAS gistmill_libtorch)
  # Behind the system's folders: the wheel carries headers of libraries, such as fmt, in versions of its own.
  target_compile_options(gistmill_libtorch INTERFACE "SHELL:-idirafter ${GISTMILL_TORCH_ROOT}/include")
  target_link_libraries(gistmill_libtorch INTERFACE ${GISTMILL_TORCH_ROOT}/lib/libtorch_cpu.so
                                                    ${GISTMILL_TORCH_ROOT}/lib/libc10.so)
  # The wheels are built with the C++11 ABI of libstdc++ since 2.7; the manifest records it.
  target_compile_definitions(gistmill_libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
endif()
