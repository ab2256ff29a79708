# The memory allocator of Tripool's own programs: mimalloc where it is installed. A request is some eight small pieces
# of memory that are taken on one thread and given back soon; glibc keeps seven of a size at hand, and a burst has
# hundreds. An application that embeds the libraries chooses its own (docs/performance.md).
option(TRIPOOL_MIMALLOC "Link Tripool's programs with mimalloc where it is installed" ON)
if(TRIPOOL_MIMALLOC AND NOT TRIPOOL_SANITIZE)
  find_package(mimalloc QUIET)
endif()

# tripool_use_allocator(<target>): for executables. Sanitizers bring an allocator of their own.
function(tripool_use_allocator target)
  if(mimalloc_FOUND)
    target_link_libraries(${target} PRIVATE mimalloc)
  endif()
endfunction()
