# The functions that the project's CMakeLists call:
#   qimeng_add_library, qimeng_add_tool, qimeng_add_unittest.

# Targets that TableGen writes headers for; MLIR code waits for all of them.
add_custom_target(qimeng_tablegen_all)
# Every tool, and what tools load at run time.
add_custom_target(qimeng-tools)

function(qimeng_common name)
  # Time stamps in a precompiled header would defeat ccache.
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter -Werror=return-type
    -ffunction-sections -fdata-sections "SHELL:-Xclang -fno-pch-timestamp")
  target_compile_definitions(${name} PRIVATE QIMENG_VERSION="${PROJECT_VERSION}")
endfunction()

# qimeng_add_library(NAME [MLIR] SOURCES ... [LINK ...] [DEPENDS ...])
# A static library of the project. MLIR: it includes MLIR headers, and is
# compiled with the shared precompiled header.
function(qimeng_add_library name)
  cmake_parse_arguments(arg "MLIR" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  qimeng_common(${name})
  if(arg_MLIR)
    target_link_libraries(${name} PUBLIC qimeng_mlir_headers)
    if(TARGET qimeng_pch)
      target_precompile_headers(${name} REUSE_FROM qimeng_pch)
    endif()
    add_dependencies(${name} qimeng_tablegen_all)
  endif()
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
endfunction()

# qimeng_add_tool(NAME [MLIR] SOURCES ... [LINK ...])
# A command-line program. No source has a `main`; instead one defines, in the
# global namespace, a function named after the tool: for qimeng-opt
#
#     int qimengOptMain(int argc, char **argv)
#
# The development build makes one program of each tool. The bundle makes a
# single program `qimeng` that holds all of them, with a link per tool, since
# most of each is the same 70 MB of compiler. Two rules follow:
#   - command-line options are locals of that function, or of what it calls; an
#     llvm::cl::opt at namespace scope would appear in, and may clash with, every tool;
#   - a tool that starts itself again runs /proc/self/exe with argv[0] set to
#     its own name, e.g. "qimeng-tune".
function(qimeng_add_tool name)
  cmake_parse_arguments(arg "MLIR" "" "SOURCES;LINK" ${ARGN})
  string(REGEX REPLACE "[^A-Za-z0-9]" ";" words ${name})
  list(POP_FRONT words function)
  foreach(word IN LISTS words)
    string(SUBSTRING ${word} 0 1 head)
    string(SUBSTRING ${word} 1 -1 tail)
    string(TOUPPER ${head} head)
    string(APPEND function ${head}${tail})
  endforeach()
  string(APPEND function Main)

  set(mlir)
  if(arg_MLIR)
    set(mlir MLIR)
  endif()
  qimeng_add_library(${name}-main ${mlir} SOURCES ${arg_SOURCES} LINK ${arg_LINK})
  set_property(GLOBAL APPEND PROPERTY QIMENG_TOOLS "${name}=${function}")
  if(NOT QIMENG_STATIC)
    set(main ${CMAKE_CURRENT_BINARY_DIR}/${name}-main.cpp)
    file(CONFIGURE OUTPUT ${main} @ONLY CONTENT [[
#include "qimeng/Support/Fault.h"
int @function@(int argc, char **argv);
int main(int argc, char **argv) {
  qimeng::reportFaults("@name@");
  return @function@(argc, argv);
}
]])
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE ${name}-main QiMengSupport)
    if(arg_MLIR)
      target_link_libraries(${name} PRIVATE qimeng_mlir)
    endif()
    add_dependencies(qimeng-tools ${name})
  endif()
endfunction()

# With QIMENG_STATIC: `qimeng`, which holds every tool, and the links to it.
function(qimeng_add_multicall)
  get_property(tools GLOBAL PROPERTY QIMENG_TOOLS)
  set(declarations)
  set(rows)
  set(libraries)
  set(links)
  foreach(tool IN LISTS tools)
    string(REPLACE "=" ";" tool ${tool})
    list(GET tool 0 name)
    list(GET tool 1 function)
    string(APPEND declarations "int ${function}(int argc, char **argv);\n")
    string(APPEND rows "    {\"${name}\", ${function}},\n")
    list(APPEND libraries ${name}-main)
    list(APPEND links COMMAND ${CMAKE_COMMAND} -E create_symlink qimeng ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name})
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/MultiCall.cpp.in multicall/qimeng.cpp @ONLY)
  add_executable(qimeng ${CMAKE_CURRENT_BINARY_DIR}/multicall/qimeng.cpp)
  qimeng_common(qimeng)
  target_link_libraries(qimeng PRIVATE ${libraries} QiMengSupport qimeng_mlir)
  add_custom_command(TARGET qimeng POST_BUILD ${links} VERBATIM)
  add_dependencies(qimeng-tools qimeng)
endfunction()
if(QIMENG_STATIC)
  # At the end of the top-level CMakeLists, when every tool is known.
  cmake_language(DEFER DIRECTORY ${PROJECT_SOURCE_DIR} CALL qimeng_add_multicall)
endif()

# qimeng_add_unittest(NAME [MLIR] SOURCES ... [LINK ...])
# A GoogleTest program, which `check-qimeng` builds, finds and runs. NAME ends in
# "Tests"; GoogleTest's main is linked in.
function(qimeng_add_unittest name)
  cmake_parse_arguments(arg "MLIR" "" "SOURCES;LINK" ${ARGN})
  if(NOT name MATCHES "Tests$")
    message(FATAL_ERROR "A unit test's name ends in \"Tests\", which ${name} does not: lit would not find it.")
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test/unit)
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest_main)
  qimeng_common(${name})
  if(arg_MLIR)
    target_link_libraries(${name} PRIVATE qimeng_mlir_headers qimeng_mlir)
    add_dependencies(${name} qimeng_tablegen_all)
  endif()
  set_property(GLOBAL APPEND PROPERTY QIMENG_UNITTESTS ${name})
endfunction()
