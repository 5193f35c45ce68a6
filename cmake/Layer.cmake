# foldersync_layer(NAME [USES layer...] [PRIVATE library...] [ROOMS folder...])
# Makes the current folder of src a static library foldersync_NAME. USES lists the layers whose
# headers it may include; PRIVATE the third-party libraries that its .cpp files need; ROOMS the
# folders in it that belong to it.
function(foldersync_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "USES;PRIVATE;ROOMS")
  list(TRANSFORM layer_ROOMS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  list(TRANSFORM layer_ROOMS APPEND "/*.cpp")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${layer_ROOMS})
  add_library(foldersync_${name} STATIC ${sources})
  target_include_directories(foldersync_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM layer_USES PREPEND foldersync_)
  target_link_libraries(foldersync_${name} PUBLIC foldersync_settings ${layer_USES}
                                           PRIVATE foldersync_warnings ${layer_PRIVATE})
endfunction()
