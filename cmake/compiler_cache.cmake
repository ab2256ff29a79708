# Compiles through ccache where it is installed. Precompiled headers need the two compiler options and the sloppiness
# below, otherwise ccache never finds anything again.
find_program(TRIPOOL_CCACHE ccache)
mark_as_advanced(TRIPOOL_CCACHE)
if(TRIPOOL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime" "${TRIPOOL_CCACHE}")
  add_compile_options(
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
    "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
