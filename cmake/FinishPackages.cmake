# Run by CPack when the packages are made, to pack them again: what CMake 3.25 writes depends on the
# umask, and it names the debug symbols in their md5sums by where they lay in the build, and gives
# them no changelog and no copyright.
set(folder ${CPACK_TEMPORARY_DIRECTORY}-again)
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  file(REMOVE_RECURSE ${folder})
  execute_process(COMMAND dpkg-deb -R ${package} ${folder} COMMAND_ERROR_IS_FATAL ANY)
  if(package MATCHES "-dbgsym_.*[.]d?deb$")
    file(GLOB_RECURSE symbols RELATIVE ${folder} ${folder}/usr/*)
    list(SORT symbols)
    execute_process(COMMAND md5sum ${symbols} WORKING_DIRECTORY ${folder}
                    OUTPUT_FILE ${folder}/DEBIAN/md5sums COMMAND_ERROR_IS_FATAL ANY)
    file(MAKE_DIRECTORY ${folder}/usr/share/doc)
    file(CREATE_LINK foldersync ${folder}/usr/share/doc/foldersync-dbgsym SYMBOLIC)
    execute_process(COMMAND chmod 644 ${symbols} WORKING_DIRECTORY ${folder}
                    COMMAND_ERROR_IS_FATAL ANY)
  endif()
  execute_process(COMMAND chmod -R u=rwX,go=rX ${folder} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND dpkg-deb -Zgzip --root-owner-group -b ${folder} ${package}
                  COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endforeach()
