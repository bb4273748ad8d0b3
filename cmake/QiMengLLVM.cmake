# Finds LLVM/MLIR 22 and defines two interface targets:
#   qimeng_mlir_headers   include paths and flags, for libraries
#   qimeng_mlir           the code itself, for executables
# In the development build qimeng_mlir is Debian's two shared libraries; with
# QIMENG_STATIC it is the component archives. The two never meet in one program:
# LLVM registers its options once per copy, and two copies abort at start-up.
find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "QiMeng needs LLVM/MLIR 22; ${LLVM_DIR} holds ${LLVM_PACKAGE_VERSION}. "
                      "Run tools/dev/setup, or pass -DMLIR_DIR=<prefix>/lib/cmake/mlir.")
endif()
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(qimeng_mlir_headers INTERFACE)
target_include_directories(qimeng_mlir_headers SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(qimeng_mlir_headers INTERFACE ${definitions})

add_library(qimeng_mlir INTERFACE)
if(QIMENG_STATIC)
  # Everything that is not in glibc goes into the program.
  add_link_options(-static-libstdc++ -static-libgcc -Wl,--gc-sections)
  find_library(SQLite3_LIBRARY NAMES libsqlite3.a REQUIRED)
  find_library(zlib NAMES libz.a REQUIRED NO_CACHE)
  find_library(zstd NAMES libzstd.a REQUIRED NO_CACHE)

  # Debian's CMake targets name libLLVM.so and libMLIR.so in their interface
  # libraries, so the archives are named by path. The linker takes only the
  # members that are asked for; what is filtered out are programs' and tests' own.
  file(GLOB mlir_archives ${LLVM_LIBRARY_DIR}/libMLIR*.a)
  list(FILTER mlir_archives EXCLUDE REGEX "libMLIR(CAPI|MlirOptMain|Tblgen|Test|.*TestPasses)")
  execute_process(
    COMMAND ${LLVM_TOOLS_BINARY_DIR}/llvm-config --link-static --libfiles
            core nvptx x86 orcjit perfjitevents native passes bitwriter irreader linker supportlsp
    OUTPUT_VARIABLE llvm_archives OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(llvm_archives UNIX_COMMAND "${llvm_archives}")
  target_link_libraries(qimeng_mlir INTERFACE
    -Wl,--start-group ${mlir_archives} ${llvm_archives} -Wl,--end-group ${zlib} ${zstd} pthread dl m)
else()
  target_link_libraries(qimeng_mlir INTERFACE
    ${LLVM_LIBRARY_DIR}/libMLIR.so ${LLVM_LIBRARY_DIR}/libLLVM.so)
endif()
