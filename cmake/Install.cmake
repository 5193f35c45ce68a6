# What `cmake --install` puts where. Nothing that is called sync lies in a folder of a usual PATH.
include(GNUInstallDirs)

set(FOLDERSYNC_MAINTAINER "foldersync maintainers <maintainers@foldersync.invalid>"
    CACHE STRING "Who answers for a package of this build: a name and an address")
set(made ${PROJECT_BINARY_DIR}/packaging)
set(docs ${CMAKE_INSTALL_DATADIR}/doc/foldersync)
set(wrapper_folder ${CMAKE_INSTALL_LIBEXECDIR}/foldersync/bin)

install(PROGRAMS $<TARGET_FILE:sync> DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME foldersync)

install(CODE "set(program \"$<TARGET_FILE:sync>\")
set(made \"${made}/pages\")
set(data \"${CMAKE_INSTALL_DATADIR}\")")
install(SCRIPT cmake/InstallPages.cmake)
install(CODE "set(units \"${PROJECT_SOURCE_DIR}/packaging/systemd\")
set(logrotate \"${PROJECT_SOURCE_DIR}/packaging/logrotate\")
set(made \"${made}/units\")")
install(SCRIPT cmake/InstallUnits.cmake)

# By the way between them, so that an installed tree can be moved as a whole.
file(RELATIVE_PATH foldersync_from_wrapper ${CMAKE_INSTALL_FULL_LIBEXECDIR}/foldersync/bin
     ${CMAKE_INSTALL_FULL_BINDIR}/foldersync)
configure_file(packaging/sync.in ${made}/sync @ONLY)
install(PROGRAMS ${made}/sync DESTINATION ${wrapper_folder})

# As in the checkout, so that their links hold; the examples where Debian looks for them.
install(FILES README.md DESTINATION ${docs})
install(DIRECTORY docs DESTINATION ${docs} PATTERN examples EXCLUDE)
install(DIRECTORY docs/examples DESTINATION ${docs} USE_SOURCE_PERMISSIONS)
file(CREATE_LINK ../examples ${made}/examples SYMBOLIC)
install(FILES ${made}/examples DESTINATION ${docs}/docs)

configure_file(packaging/changelog ${made}/changelog @ONLY)
execute_process(COMMAND gzip -9nc ${made}/changelog OUTPUT_FILE ${made}/changelog.gz
                COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${made}/changelog.gz packaging/copyright DESTINATION ${docs})
