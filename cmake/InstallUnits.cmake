# Run by `cmake --install`, which sets `units` (a folder of the sources), `logrotate` (a file) and
# `made` (a folder of the build): units that name the program where it is installed, and the file for
# logrotate, in /etc where the program is the system's.
set(prefix ${CMAKE_INSTALL_PREFIX})
file(GLOB_RECURSE names RELATIVE ${units} ${units}/*@.*)
foreach(name IN LISTS names)
  file(READ ${units}/${name} text)
  string(REPLACE "/usr/bin/" "${prefix}/bin/" text "${text}")
  string(REPLACE "file:/usr/share/" "file:${prefix}/share/" text "${text}")
  file(WRITE ${made}/${name} "${text}")
  cmake_path(GET name PARENT_PATH manager)
  file(INSTALL ${made}/${name} DESTINATION ${prefix}/lib/systemd/${manager})
endforeach()
set(etc ${prefix}/etc)
if(prefix STREQUAL "/usr")
  set(etc /etc)
endif()
file(INSTALL ${logrotate} DESTINATION ${etc}/logrotate.d RENAME foldersync)
