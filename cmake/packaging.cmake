# What is installed beside libraries and headers - unit, man page, completion, pkg-config file - and the two Debian
# packages that cpack makes of it: `tripool` (the service) and `libtripool-dev` (for embedding).
# tripool_install_configured(<template> <name> <folder below the prefix> <component>): fills in the template when it is
# installed, since only then the prefix is known: a package's is /usr, whatever the tree was configured for.
function(tripool_install_configured template name folder component)
  install(CODE "
    set(PROJECT_VERSION \"${PROJECT_VERSION}\")
    set(PROJECT_DESCRIPTION \"${PROJECT_DESCRIPTION}\")
    set(prefix \"\${CMAKE_INSTALL_PREFIX}\")
    set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    set(docdir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}\")
    set(libdir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
    set(includedir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/${template}\" \"${PROJECT_BINARY_DIR}/install/${name}\" @ONLY)
    file(INSTALL \"${PROJECT_BINARY_DIR}/install/${name}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${folder}\")"
    COMPONENT ${component})
endfunction()

tripool_install_configured(cmake/tripool.pc.in tripool.pc "${CMAKE_INSTALL_LIBDIR}/pkgconfig" dev)
if(TRIPOOL_BUILD_SERVICE)
  tripool_install_configured(config/tripool.service.in tripool.service lib/systemd/system service)
  tripool_install_configured(docs/tripool.1.in tripool.1 "${CMAKE_INSTALL_MANDIR}/man1" service)
  install(FILES config/completion.bash DESTINATION share/bash-completion/completions RENAME tripool COMPONENT service)
  install(FILES config/completion.zsh DESTINATION share/zsh/vendor-completions RENAME _tripool COMPONENT service)
  install(FILES config/completion.fish DESTINATION share/fish/vendor_completions.d RENAME tripool.fish
    COMPONENT service)
  install(FILES config/tripool.conf config/grafana-dashboard.json config/prometheus-alerts.yml README.md CHANGELOG.md
    DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT service)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR tripool)
set(CPACK_PACKAGE_CONTACT "The Tripool maintainers <maintainers@users.noreply.tripool.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL dev)
if(TRIPOOL_BUILD_SERVICE)
  list(APPEND CPACK_COMPONENTS_ALL service)
endif()
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_SERVICE_PACKAGE_NAME tripool)
set(CPACK_DEBIAN_SERVICE_PACKAGE_SECTION database)
set(CPACK_DEBIAN_SERVICE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVICE_PACKAGE_SUGGESTS "postgresql (>= 15)")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libtripool-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libcaf-dev (>= 0.17.6), libpq-dev (>= 15), libspdlog-dev")
string(CONCAT CPACK_COMPONENT_SERVICE_DESCRIPTION
  "Three supervised pools of PostgreSQL connections, as a service that answers every request once, honestly and by its "
  "deadline: done, not executed, rejected or in doubt. With commands to watch, check and order it.")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Libraries and headers for programs that embed Tripool.")
include(CPack)
