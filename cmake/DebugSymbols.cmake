# Run by CPack when the packages are made: CMake 3.25 names the debug symbols in the package's
# md5sums by where they lay in the build, and gives it no changelog and no copyright.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  if(NOT package MATCHES "-dbgsym_.*[.]d?deb$")
    continue()
  endif()
  set(folder ${CPACK_TEMPORARY_DIRECTORY}-again)
  file(REMOVE_RECURSE ${folder})
  execute_process(COMMAND dpkg-deb -R ${package} ${folder} COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB_RECURSE symbols RELATIVE ${folder} ${folder}/usr/*)
  list(SORT symbols)
  execute_process(COMMAND md5sum ${symbols} WORKING_DIRECTORY ${folder}
                  OUTPUT_FILE ${folder}/DEBIAN/md5sums COMMAND_ERROR_IS_FATAL ANY)
  file(MAKE_DIRECTORY ${folder}/usr/share/doc)
  file(CREATE_LINK foldersync ${folder}/usr/share/doc/foldersync-dbgsym SYMBOLIC)
  execute_process(COMMAND chmod -R u=rwX,go=rX ${folder} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND chmod 644 ${symbols} DEBIAN/md5sums WORKING_DIRECTORY ${folder}
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND dpkg-deb -Zgzip --root-owner-group -b ${folder} ${package}
                  COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endforeach()
