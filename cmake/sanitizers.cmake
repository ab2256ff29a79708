# Instrumentation of the whole build: sanitizers (TRIPOOL_SANITIZE) and coverage (TRIPOOL_COVERAGE). A sanitizer's
# finding ends the process, so that a test with a finding fails.
if(TRIPOOL_SANITIZE)
  add_compile_options(-fsanitize=${TRIPOOL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TRIPOOL_SANITIZE})
endif()
if(TRIPOOL_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

if(TRIPOOL_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "TRIPOOL_FUZZ needs clang: configure with -DCMAKE_CXX_COMPILER=clang++-14")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
