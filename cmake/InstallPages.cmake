# Run by `cmake --install`, which sets `program`, `made` (a folder of the build) and `data`: the
# manual pages and completions, as the program itself writes them under its installed name.
file(LOCK ${made}.lock)  # two may install from one build at a time
file(REMOVE_RECURSE ${made})
file(MAKE_DIRECTORY ${made}/man1)
file(CREATE_LINK ${program} ${made}/foldersync SYMBOLIC)

# write(FILE ARGUMENT...): what the program says there.
function(write file)
  execute_process(COMMAND ${made}/foldersync help ${ARGN} OUTPUT_FILE ${made}/${file}
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()

write(man1/foldersync.1 --man)
file(STRINGS ${made}/man1/foldersync.1 commands REGEX "^[.]Xr foldersync-[a-z]+ 1")
list(TRANSFORM commands REPLACE "^[.]Xr foldersync-([a-z]+) 1.*" "\\1")
list(REMOVE_DUPLICATES commands)
foreach(command IN LISTS commands)
  write(man1/foldersync-${command}.1 --man ${command})
endforeach()
file(GLOB pages ${made}/man1/*.1)
execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB pages ${made}/man1/*.gz)
file(INSTALL ${pages} DESTINATION ${CMAKE_INSTALL_PREFIX}/${data}/man/man1)

# Where packages have those of zsh, and where programs of the machine do.
set(zsh site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(zsh vendor-completions)
endif()
foreach(place bash-completion/completions/foldersync zsh/${zsh}/_foldersync
              fish/vendor_completions.d/foldersync.fish)
  string(REGEX MATCH "^[a-z]+" shell ${place})
  cmake_path(GET place PARENT_PATH folder)
  file(MAKE_DIRECTORY ${made}/${folder})
  write(${place} --completion ${shell})
  file(INSTALL ${made}/${place} DESTINATION ${CMAKE_INSTALL_PREFIX}/${data}/${folder})
endforeach()
