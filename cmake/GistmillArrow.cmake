# Apache Arrow and its Parquet reader, from the pyarrow wheel, which ships headers and libraries as LibTorch's does:
#   Gistmill::parquet  headers, libarrow and libparquet, no Python
# Looks in: GISTMILL_ARROW_ROOT, the environment variable of the same name, .venv. Without it GISTMILL_ARROW_ROOT is
# false and dataset/parquet is left out. The libraries' names end in the version, so another wheel needs another build.
file(GLOB hints ${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages)
find_path(
  GISTMILL_ARROW_ROOT include/arrow/api.h
  HINTS ENV GISTMILL_ARROW_ROOT ${hints}
  PATH_SUFFIXES pyarrow
  DOC "Apache Arrow: the folder of the pyarrow wheel")
if(NOT GISTMILL_ARROW_ROOT)
  message(STATUS "Apache Arrow was not found: dataset/parquet is left out; scripts/setup.sh installs it")
  return()
endif()
file(GLOB libraries ${GISTMILL_ARROW_ROOT}/libarrow.so.* ${GISTMILL_ARROW_ROOT}/libparquet.so.*)
add_library(gistmill_parquet INTERFACE)
add_library(Gistmill::parquet ALIAS gistmill_parquet)
target_include_directories(gistmill_parquet SYSTEM INTERFACE ${GISTMILL_ARROW_ROOT}/include)
target_link_libraries(gistmill_parquet INTERFACE ${libraries})
