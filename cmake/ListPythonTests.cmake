# Run by ctest: adds the Python tests of tests/${folder} (see PythonTests.cmake).
execute_process(COMMAND ${python} -m tests.list_tests ${folder} WORKING_DIRECTORY ${checkout}
                OUTPUT_VARIABLE names RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  set(names "the_tests_cannot_be_listed")
endif()
# How long one may take, in seconds.
set(longest 1200)
if(DEFINED ENV{SYNC_TEST_LONGEST})
  set(longest $ENV{SYNC_TEST_LONGEST})
endif()
string(REGEX MATCHALL "[^\n]+" names "${names}")
foreach(name IN LISTS names)
  add_test("${folder}/${name}" ${python} -m unittest -v "tests.${folder}.${name}")
  set_tests_properties("${folder}/${name}" PROPERTIES
                       WORKING_DIRECTORY "${checkout}" ENVIRONMENT "${environment}"
                       SKIP_REGULAR_EXPRESSION "\nOK \\(skipped=" TIMEOUT ${longest})
  # The long ones start first, so that nothing waits for them in the end.
  if(name MATCHES "^(random|forged)_")
    set_tests_properties("${folder}/${name}" PROPERTIES COST 100)
  endif()
endforeach()
