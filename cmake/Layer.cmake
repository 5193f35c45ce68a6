# foldersync_layer(NAME [USES layer...] [PRIVATE library...])
# Makes the current folder of src a static library foldersync_NAME. USES lists the layers whose
# headers it may include; PRIVATE the third-party libraries that its .cpp files need.
function(foldersync_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "USES;PRIVATE")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(foldersync_${name} STATIC ${sources})
  target_include_directories(foldersync_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM layer_USES PREPEND foldersync_)
  target_link_libraries(foldersync_${name} PUBLIC foldersync_settings ${layer_USES}
                                           PRIVATE foldersync_warnings ${layer_PRIVATE})
endfunction()
