# The warnings that every target of this tree is compiled with. They are set on each target rather than passed on, so
# that a project that embeds Tripool keeps its own.
function(tripool_set_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(TRIPOOL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
