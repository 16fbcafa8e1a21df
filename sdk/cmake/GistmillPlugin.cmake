# gistmill_add_plugin(name MANIFEST plugin.toml SOURCES a.cpp ... [TORCH] [OUTPUT_DIRECTORY dir])
#
# Makes one plugin: a module library <name>.so with hidden visibility and one exported symbol, and with the
# manifest embedded in ELF section .gistmill, where the host reads it without loading the library. What the
# build alone knows (SDK, ABI, LibTorch) is added to the manifest as [build]; authors never write it.
# TORCH links LibTorch (manifest tier "libtorch"). Further libraries: target_link_libraries(name PRIVATE ...).
set(GISTMILL_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

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
  target_compile_features(${name} PRIVATE cxx_std_17)
  set_target_properties(
    ${name}
    PROPERTIES PREFIX ""
               SUFFIX ".so"
               C_VISIBILITY_PRESET hidden
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               LINK_DEPENDS ${GISTMILL_CMAKE_DIR}/plugin.map)
  target_link_options(${name} PRIVATE -Wl,--version-script=${GISTMILL_CMAKE_DIR}/plugin.map
                      -Wl,--exclude-libs,ALL)
  if(NOT GISTMILL_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(arg_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT_DIRECTORY})
  elseif(DEFINED GISTMILL_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${GISTMILL_PLUGIN_OUTPUT_DIRECTORY})
  endif()

  _gistmill_embed_manifest(${name} ${arg_MANIFEST} "${arg_TORCH}")
  if(COMMAND gistmill_warnings)
    gistmill_warnings(${name})
  endif()
  if(TARGET program AND NOT arg_OUTPUT_DIRECTORY)
    add_dependencies(program ${name})
  endif()
endfunction()

# The manifest and the [build] table as a zero-terminated string in section .gistmill, through the assembler's
# .incbin: no size limit, no escaping.
function(_gistmill_embed_manifest name manifest torch)
  get_filename_component(source ${manifest} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.toml)
  file(READ ${source} text)
  string(APPEND text "\n[build]\nsdk = \"${GISTMILL_SDK_VERSION}\"\nabi = \"${GISTMILL_SDK_ABI}\"\n")
  if(torch)
    string(APPEND text "torch = \"${GISTMILL_TORCH_VERSION}\"\ncxx11_abi = true\ncuda = \"${GISTMILL_TORCH_CUDA}\"\n")
  endif()
  # file(CONFIGURE) would replace @words@ of the manifest.
  set(written "")
  if(EXISTS ${embedded})
    file(READ ${embedded} written)
  endif()
  if(NOT written STREQUAL text)
    file(WRITE ${embedded} "${text}")
  endif()
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.cpp)
  file(
    CONFIGURE OUTPUT ${assembly}
    CONTENT
      "// Generated: the manifest of @name@.
__asm__(\".pushsection .gistmill, \\\"a\\\", @progbits\\n\"
        \".globl gistmill_manifest\\n.hidden gistmill_manifest\\n.type gistmill_manifest, @object\\n\"
        \"gistmill_manifest: .incbin \\\"${embedded}\\\"\\n.byte 0\\n\"
        \".size gistmill_manifest, . - gistmill_manifest\\n.popsection\\n\");
")
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${embedded})
  target_sources(${name} PRIVATE ${assembly})
endfunction()
