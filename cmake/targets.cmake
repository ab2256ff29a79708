# Helpers by which the folders declare their targets.

# tripool_sources(<variable> <folder> [EXCLUDE <regex>]): all .cpp files below <folder>, less those that match.
function(tripool_sources variable folder)
  cmake_parse_arguments(arg "" "EXCLUDE" "" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  if(arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${arg_EXCLUDE}")
  endif()
  set(${variable} "${sources}" PARENT_SCOPE)
endfunction()

# tripool_mutate(<sources>...): with TRIPOOL_MUTATIONS those of them that can be broken on purpose are built so. All
# others are not concerned: the option changes no header that they include.
function(tripool_mutate)
  if(NOT TRIPOOL_MUTATIONS)
    return()
  endif()
  foreach(source IN LISTS ARGN)
    if(NOT EXISTS "${source}")
      continue() # Made by the build.
    endif()
    file(STRINGS "${source}" hit LIMIT_COUNT 1 REGEX "include \"tripool/core/util/mutation.hpp\"")
    if(hit)
      set_source_files_properties("${source}" PROPERTIES
        COMPILE_DEFINITIONS TRIPOOL_MUTATIONS SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()

# tripool_library(<name> <sources>...): a library with this tree's include path and warnings. A folder that has headers
# only so far gets one empty source, which keeps the target an ordinary library.
function(tripool_library name)
  set(sources ${ARGN})
  if(NOT sources)
    set(empty "${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp")
    file(CONFIGURE OUTPUT "${empty}" CONTENT "")
    set(sources "${empty}")
  endif()
  tripool_mutate(${sources})
  add_library(${name} ${sources})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  tripool_set_warnings(${name})
  tripool_unite(${name})
endfunction()

# tripool_unite(<target>): builds it from a few sources that include its own. The headers of CAF and Catch2 cost more to
# read and to instantiate than what stands in most files, so this takes a third of the time. TRIPOOL_UNITY=OFF compiles
# each file by itself, as clang-tidy does, and as is better while one file is worked at. Two warnings judge what is in
# one file and are left to that: a name that hides another file's, and a type that uses another file's own.
function(tripool_unite target)
  if(TRIPOOL_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# tripool_export(<target> <name>): makes <target> available as tripool::<name>, in the tree and after installation.
function(tripool_export target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  add_library(tripool::${name} ALIAS ${target})
  install(TARGETS ${target} EXPORT tripoolTargets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endfunction()

# tripool_precompile_caf(<target>): CAF's headers take seconds to parse; a target that uses them everywhere reads them
# once.
function(tripool_precompile_caf target)
  target_precompile_headers(${target} PRIVATE
    <caf/actor_system.hpp>
    <caf/actor_system_config.hpp>
    <caf/event_based_actor.hpp>
    <caf/make_message.hpp>
    <caf/response_promise.hpp>
    <caf/scoped_actor.hpp>
    <caf/send.hpp>
    <caf/stateful_actor.hpp>
    <caf/typed_actor.hpp>
    <caf/typed_event_based_actor.hpp>
    <chrono>
    <functional>
    <memory>
    <optional>
    <string>
    <unordered_map>
    <variant>
    <vector>)
endfunction()
