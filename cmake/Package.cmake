# The Debian packages that CPack makes: the program's, and that of its debug symbols. The same
# sources give the same bytes, wherever and whenever they are built. What lies in them: Install.
option(FOLDERSYNC_PACKAGE "Build for a Debian package" OFF)
if(NOT FOLDERSYNC_PACKAGE)
  return()
endif()

# No folder of this machine gets into the program or its debug symbols.
target_compile_options(foldersync_settings INTERFACE
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)

# What is in a package is as old as the newest entry of the changelog, unless the environment says
# another SOURCE_DATE_EPOCH. CPack reads this file when it runs.
execute_process(COMMAND dpkg-parsechangelog -l ${made}/changelog -S Timestamp
                OUTPUT_VARIABLE written OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${made}/epoch.cmake "if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(ENV{SOURCE_DATE_EPOCH} ${written})
endif()
")
set(CPACK_PROJECT_CONFIG_FILE ${made}/epoch.cmake)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME foldersync)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # for what lies in /etc
install(DIRECTORY DESTINATION /etc/foldersync)
install(DIRECTORY DESTINATION /var/log/foldersync)
file(WRITE ${made}/conffiles "/etc/logrotate.d/foldersync\n")
set(scripts ${PROJECT_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${made}/conffiles ${scripts}/postinst ${scripts}/prerm
                                       ${scripts}/postrm)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "exact one-way mirroring of folders, by plans")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Keeps a replica folder an exact copy of a source folder, once or again and
again, unattended. It first works out a plan, which people and programs can
review, and then applies it: every new file is complete before it appears,
nothing is overwritten that is not what the plan expects, and whatever can't
be read is never deleted.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${FOLDERSYNC_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
set(CPACK_POST_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/FinishPackages.cmake)
include(CPack)
