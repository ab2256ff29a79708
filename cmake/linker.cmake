# Links with LLVM's linker where it is installed: the tests' executables are large, and it takes a fraction of the time.
option(TRIPOOL_LLD "Link with lld where it is installed" ${PROJECT_IS_TOP_LEVEL})
find_program(TRIPOOL_LLD_PROGRAM ld.lld)
mark_as_advanced(TRIPOOL_LLD_PROGRAM)
if(TRIPOOL_LLD AND TRIPOOL_LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()
