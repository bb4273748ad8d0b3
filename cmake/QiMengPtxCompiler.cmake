# Finds NVIDIA's PTX compiler library (libnvptxcompiler_static.a), which makes
# cubins in process, in these folders:
#     $CUDA_HOME, $CUDA_PATH
#     /usr/local/cuda
#     ${XDG_DATA_HOME:-~/.local/share}/qimeng/cuda     (tools/dev/setup puts it there)
# Sets QIMENG_HAS_PTX_COMPILER and, where that is ON, QIMENG_PTX_COMPILER_FOLDER;
# defines qimeng_add_ptx_compiler. Without the library the tools run ptxas.
option(QIMENG_PTX_COMPILER "Build NVIDIA's PTX compiler library in where it is found" ON)

# The first release that knows sm_120a, as in lib/Target/FindAssembler.cpp.
set(qimeng_oldest_cuda 12.8)

function(qimeng_find_ptx_compiler)
  set(data "$ENV{XDG_DATA_HOME}")
  if(NOT data)
    set(data "$ENV{HOME}/.local/share")
  endif()
  set(why "no CUDA toolkit has it; run tools/dev/setup")
  foreach(prefix IN ITEMS "$ENV{CUDA_HOME}" "$ENV{CUDA_PATH}" /usr/local/cuda "${data}/qimeng/cuda")
    set(archive ${prefix}/lib64/libnvptxcompiler_static.a)
    if(NOT EXISTS "${archive}")
      set(archive ${prefix}/lib/libnvptxcompiler_static.a)
    endif()
    if(NOT prefix OR NOT EXISTS "${archive}" OR NOT EXISTS "${prefix}/include/nvPTXCompiler.h")
      continue()
    endif()
    try_run(code compiled
      SOURCES ${PROJECT_SOURCE_DIR}/cmake/PtxCompilerVersion.cpp
      CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${prefix}/include
      LINK_LIBRARIES ${archive} pthread dl m
      RUN_OUTPUT_VARIABLE version
      NO_CACHE)
    if(NOT compiled OR NOT code EQUAL 0)
      set(why "${archive} cannot be linked")
    elseif(version VERSION_LESS qimeng_oldest_cuda)
      set(why "${archive} is of CUDA ${version}, and ${qimeng_oldest_cuda} or newer is needed")
    else()
      message(STATUS "PTX compiler library of CUDA ${version}: ${archive}")
      set(QIMENG_HAS_PTX_COMPILER ON PARENT_SCOPE)
      set(folder ${prefix} PARENT_SCOPE)
      set(qimeng_ptx_archive ${archive} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(STATUS "PTX compiler library: none (${why}). Cubins are made by the program ptxas.")
endfunction()

set(QIMENG_HAS_PTX_COMPILER OFF)
set(folder)
if(QIMENG_PTX_COMPILER)
  qimeng_find_ptx_compiler()
else()
  message(STATUS "PTX compiler library: left out, as QIMENG_PTX_COMPILER=OFF says.")
endif()
# In the cache, where tools/dev/make-bundle looks for the library's licence.
set(QIMENG_PTX_COMPILER_FOLDER "${folder}" CACHE INTERNAL "Folder of the PTX compiler library, empty without it")

# qimeng_add_ptx_compiler(NAME SYMBOL SOURCES...)
# A library of the sources and NVIDIA's. In the development build it is shared,
# for ten programs of 40 MB would be too many, and exports SYMBOL alone.
function(qimeng_add_ptx_compiler name symbol)
  # The archive's constructors are in .ctors sections. lld, unlike GNU ld, does
  # not run these, and the library would crash at its first mutex; GNU ld's
  # partial link puts them where every linker looks.
  find_program(gnu_ld NAMES ld.bfd REQUIRED NO_CACHE)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.ld)
  file(CONFIGURE OUTPUT ${script} CONTENT "SECTIONS { .init_array : { KEEP(*(.ctors)) } } INSERT AFTER .data;\n")
  set(object ${CMAKE_CURRENT_BINARY_DIR}/nvptxcompiler.o)
  set(entries Create Destroy Compile GetVersion GetCompiledProgram GetCompiledProgramSize
    GetErrorLog GetErrorLogSize GetInfoLog GetInfoLogSize)
  list(TRANSFORM entries PREPEND --undefined=nvPTXCompiler)
  add_custom_command(OUTPUT ${object}
    COMMAND ${gnu_ld} -r ${entries} -T ${script} ${qimeng_ptx_archive} -o ${object}
    DEPENDS ${qimeng_ptx_archive} ${script} VERBATIM
    COMMENT "Linking NVIDIA's PTX compiler")
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)

  if(QIMENG_STATIC)
    add_library(${name} STATIC ${ARGN} ${object})
  else()
    add_library(${name} SHARED ${ARGN} ${object})
    set(exports ${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
    file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: ${symbol}; local: *; };\n")
    target_link_options(${name} PRIVATE LINKER:--version-script=${exports} LINKER:--gc-sections)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${exports})
  endif()
  target_include_directories(${name} SYSTEM PRIVATE ${QIMENG_PTX_COMPILER_FOLDER}/include)
  target_link_libraries(${name} PUBLIC pthread dl m)
  qimeng_common(${name})
endfunction()
