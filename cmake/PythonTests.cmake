# foldersync_python_tests(FOLDER [variable=value...])
# Makes each test of tests/FOLDER/*_test.py a test of ctest, FOLDER/FILE.CLASS.TEST, with these
# variables in its environment. They are listed when ctest runs, so there is nothing to rebuild.
function(foldersync_python_tests folder)
  set(listing ${CMAKE_CURRENT_BINARY_DIR}/${folder}_python_tests.cmake)
  file(GENERATE OUTPUT ${listing} CONTENT
"set(folder [==[${folder}]==])
set(python [==[${Python3_EXECUTABLE}]==])
set(checkout [==[${PROJECT_SOURCE_DIR}]==])
set(environment [==[${ARGN}]==])
include([==[${PROJECT_SOURCE_DIR}/cmake/ListPythonTests.cmake]==])
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${listing})
endfunction()
