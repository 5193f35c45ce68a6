# The warnings every target of the project is compiled with; errors where FOLDERSYNC_WERROR is on.
# Not maybe-uninitialized: GCC 12 takes every std::optional of a loop for uninitialized at -O2.
add_library(foldersync_warnings INTERFACE)
target_compile_options(foldersync_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wnull-dereference -Wformat=2
  $<$<BOOL:${FOLDERSYNC_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized>)
