# How targets of this repository are made: warnings, the host's rooms, plugins, tests.

# For every target of ours. Warnings are errors here, and in other projects theirs to decide about.
function(gistmill_warnings target)
  target_compile_options(
    ${target}
    PRIVATE -Wall -Wextra -Wpedantic -Wshadow $<$<BOOL:${PROJECT_IS_TOP_LEVEL}>:-Werror>
            # Comparing dimensions (int64_t) with sizes is everywhere in tensor code.
            -Wno-sign-compare)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms of GCC 12 in std::string (GCC bugs 105329 and 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
                                             -Wno-array-bounds)
  endif()
  if(GISTMILL_SANITIZE)
    # Checks that the sanitizers put in make GCC see uses of memory that no run makes.
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer -Wno-maybe-uninitialized)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
endfunction()

# gistmill_room(recipe SOURCES a.cpp b.cpp LIBRARIES Gistmill::diagnostic ...)
# A room of the host: static library gistmill_<room>, alias Gistmill::<room>.
function(gistmill_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_library(gistmill_${room} STATIC ${arg_SOURCES})
  add_library(Gistmill::${room} ALIAS gistmill_${room})
  target_include_directories(gistmill_${room} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/sdk/include)
  target_link_libraries(gistmill_${room} PUBLIC ${arg_LIBRARIES})
  gistmill_warnings(gistmill_${room})
endfunction()

# gistmill_library_on_demand(chat_server SOURCES chat_server_door.cpp LIBRARIES Gistmill::chat_server)
# A part of the program that it loads when a verb needs it (host/installation/library_on_demand.hpp), with what few
# verbs link: gistmill_<name>_library, lib/gistmill/libgistmill-chat-server.so.
function(gistmill_library_on_demand name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  set(library gistmill_${name}_library)
  string(REPLACE "_" "-" file ${name})
  add_library(${library} SHARED ${arg_SOURCES})
  target_include_directories(${library} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/sdk/include)
  target_link_libraries(${library} PRIVATE ${arg_LIBRARIES})
  set_target_properties(${library} PROPERTIES OUTPUT_NAME gistmill-${file}
                                              LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/gistmill)
  gistmill_warnings(${library})
  if(GISTMILL_INSTALL)
    install(TARGETS ${library} LIBRARY DESTINATION lib/gistmill COMPONENT host)
  endif()
endfunction()

# gistmill_run_part(step SOURCES a.cpp b.cpp LIBRARIES Gistmill::plan ...)
# A room that needs LibTorch: object files gistmill_<room> of the run library, alias Gistmill::<room>.
function(gistmill_run_part room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_library(gistmill_${room} OBJECT ${arg_SOURCES})
  add_library(Gistmill::${room} ALIAS gistmill_${room})
  set_target_properties(gistmill_${room} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(gistmill_${room} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/sdk/include)
  target_link_libraries(gistmill_${room} PUBLIC Gistmill::libtorch ${arg_LIBRARIES})
  gistmill_warnings(gistmill_${room})
endfunction()

# gistmill_modules_of(folder out): the plugins that the CMakeLists.txt of `folder` made.
function(gistmill_modules_of folder out)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  set(modules "")
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL MODULE_LIBRARY)
      list(APPEND modules ${target})
    endif()
  endforeach()
  set(${out} ${modules} PARENT_SCOPE)
endfunction()

# gistmill_links(out target): every target that `target` links, directly or through others.
function(gistmill_links out target)
  set(found ${ARGN})
  get_target_property(links ${target} LINK_LIBRARIES)
  foreach(link IN LISTS links)
    if(NOT TARGET ${link})
      continue()
    endif()
    get_target_property(aliased ${link} ALIASED_TARGET)
    if(aliased)
      set(link ${aliased})
    endif()
    get_target_property(imported ${link} IMPORTED)
    if(imported OR link IN_LIST found)
      continue()
    endif()
    gistmill_links(found ${link} ${found} ${link})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# gistmill_forbid_link(run report): stops the build where a room comes to depend on one above or beside it.
function(gistmill_forbid_link room other)
  gistmill_links(links gistmill_${room})
  if(gistmill_${other} IN_LIST links)
    message(FATAL_ERROR "host/${room} links host/${other}; dependencies point one way (docs/architecture.md)")
  endif()
endfunction()

# Every test holds the plugins that it runs against the ABI (docs/abi.md). Benchmarks do not: it costs time.
function(gistmill_check_calls_in test)
  set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT GISTMILL_CHECK=1)
endfunction()

# gistmill_add_test(recipe_test SOURCES a_test.cpp LIBRARIES Gistmill::recipe [TORCH] [WHOLE])
# One test program; each of its tests is a ctest of its own, recipe_test.Suite.Name, but for those that need LibTorch
# and those that share what takes long to make (WHOLE). Left out where it needs LibTorch and there is none; built by
# name alone, and no ctest, where it needs none and GISTMILL_TEST_PARTS is off.
function(gistmill_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH;WHOLE" "TIMEOUT" "SOURCES;LIBRARIES")
  if(arg_TORCH AND NOT GISTMILL_TORCH)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/sdk/include)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock_main)
  if(arg_TORCH)
    target_link_libraries(${name} PRIVATE Gistmill::libtorch)
  else()
    # A quarter of a test's compilation is spent on what makes it faster than it needs to be. With LibTorch the options
    # have to be those of the precompiled header.
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  gistmill_warnings(${name})
  if(GISTMILL_SANITIZE)
    # A quarter of a test's compilation: checks of every pointer, of the test's own code.
    target_compile_options(${name} PRIVATE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  target_compile_definitions(${name} PRIVATE GISTMILL_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             GISTMILL_BUILD_DIR="${PROJECT_BINARY_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(NOT arg_TORCH AND NOT GISTMILL_TEST_PARTS)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  if(arg_TORCH OR arg_WHOLE)
    # One ctest for the program: starting LibTorch a hundred times would cost more than the tests do.
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
    gistmill_check_calls_in(${name})
  else()
    gtest_discover_tests(
      ${name} TEST_PREFIX ${name}. NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${arg_TIMEOUT} ENVIRONMENT GISTMILL_CHECK=1)
  endif()
endfunction()
