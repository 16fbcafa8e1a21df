# What `cmake --install` and cpack make of this repository. Components: host (the program with its run library,
# plugins, contracts, recipes and links to LibTorch and Arrow) and sdk (what plugin authors build with; sdk/CMakeLists.txt).
# The program finds everything from where it lies, so these folders are fixed beneath the prefix.
if(TARGET gistmill)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/gistmill RENAME copyright COMPONENT host)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/recipes DESTINATION share/gistmill COMPONENT host
          FILES_MATCHING PATTERN *.toml REGEX "/focus/walkthrough/[^/]+$")  # which is text that a recipe reads
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/roles DESTINATION share/gistmill COMPONENT host)
  set(data ${PROJECT_SOURCE_DIR}/data/catalog.toml ${PROJECT_SOURCE_DIR}/scripts/text_from_packages.py)
  install(FILES ${data} DESTINATION share/gistmill/data COMPONENT host)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/contracts DESTINATION lib/gistmill/plugins COMPONENT host
          FILES_MATCHING PATTERN *.toml)
  # A program that was built finds its recipes and its catalog as an installed one does.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/gistmill/data)
  foreach(file ${data})
    get_filename_component(name ${file} NAME)
    file(CREATE_LINK ${file} ${PROJECT_BINARY_DIR}/share/gistmill/data/${name} SYMBOLIC)
  endforeach()
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/recipes ${PROJECT_BINARY_DIR}/share/gistmill/recipes SYMBOLIC)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/sdk/roles ${PROJECT_BINARY_DIR}/share/gistmill/roles SYMBOLIC)
endif()

# A program that was built finds LibTorch and Arrow as an installed one does: by links beside its plugins.
function(gistmill_link_library name root)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/lib/gistmill)
  file(CREATE_LINK ${root} ${PROJECT_BINARY_DIR}/lib/gistmill/${name} SYMBOLIC)
  # install(FILES) takes no link to a folder.
  install(CODE "file(INSTALL \"${PROJECT_BINARY_DIR}/lib/gistmill/${name}\"
     DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/gistmill\" TYPE FILE)" COMPONENT host)
endfunction()
if(TARGET gistmill_run)
  gistmill_link_library(torch ${GISTMILL_TORCH_ROOT})
endif()
if(TARGET dataset-parquet)
  gistmill_link_library(arrow ${GISTMILL_ARROW_ROOT})
endif()

if(NOT PROJECT_IS_TOP_LEVEL)
  return()  # another project's `uninstall` and packages
endif()
add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -D MANIFESTS=${PROJECT_BINARY_DIR} -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake
  COMMENT "removing what the last installation from this folder put in place" VERBATIM)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME gistmill)
set(CPACK_PACKAGE_VENDOR Gistmill)
set(CPACK_PACKAGE_CONTACT "Gistmill <gistmill@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trains and measures networks that compress a language model's context")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_COMPONENTS_ALL sdk)
if(TARGET gistmill)
  list(PREPEND CPACK_COMPONENTS_ALL host)
endif()
set(CPACK_STRIP_FILES ON)
set(CPACK_ARCHIVE_THREADS 0)
# The links to LibTorch and Arrow mean something on this machine only.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_without_links.cmake)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_HOST_PACKAGE_NAME gistmill)
set(CPACK_DEBIAN_HOST_DESCRIPTION "LibTorch is not in this package: after installing it from its wheel, make
 /usr/lib/gistmill/torch a link to it or set GISTMILL_TORCH_ROOT.")
set(CPACK_DEBIAN_HOST_PACKAGE_SHLIBDEPS ON)
# No Debian package has these.
if(GISTMILL_TORCH)
  list(APPEND CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${GISTMILL_TORCH_ROOT}/lib)
endif()
if(GISTMILL_ARROW_ROOT)
  list(APPEND CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${GISTMILL_ARROW_ROOT})
endif()
set(CPACK_DEBIAN_SDK_PACKAGE_NAME gistmill-sdk)
set(CPACK_DEBIAN_SDK_DESCRIPTION "This package has what plugins are written with: headers, libraries and CMake functions.")
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "nlohmann-json3-dev, libssl-dev, libhdf5-dev, libutf8proc-dev, pkg-config")
set(CPACK_DEBIAN_SDK_PACKAGE_SUGGESTS "cmake (>= 3.25)")
include(CPack)
