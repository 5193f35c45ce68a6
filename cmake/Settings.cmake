# What every target of the project is compiled with: the language, the hardening, the sanitizers.
add_library(foldersync_settings INTERFACE)
target_compile_features(foldersync_settings INTERFACE cxx_std_20)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY CXX_EXTENSIONS OFF)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# 64-bit file offsets everywhere; the library's own checks stay on in optimised builds too.
target_compile_definitions(foldersync_settings INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64
                                                         _GLIBCXX_ASSERTIONS)

# What of it is hardened, for `sync --version -v`.
set(FOLDERSYNC_HARDENING "library assertions")

# Build with -DFOLDERSYNC_SANITIZE=address,undefined or =thread.
set(FOLDERSYNC_SANITIZE "" CACHE STRING "Sanitizers to build with, separated by commas")
if(FOLDERSYNC_SANITIZE)
  string(APPEND FOLDERSYNC_HARDENING ", sanitizers")
  target_compile_options(foldersync_settings INTERFACE -fsanitize=${FOLDERSYNC_SANITIZE}
                                                       -fno-omit-frame-pointer
                                                       -fno-sanitize-recover=all)
  target_link_options(foldersync_settings INTERFACE -fsanitize=${FOLDERSYNC_SANITIZE})
else()
  # What an error in the program finds harder to use. -fPIE and not CMake's property: that makes
  # -fPIC of it in libraries, and calls that are inlined no more.
  string(APPEND FOLDERSYNC_HARDENING
         ", stack protector, stack clash protection, full RELRO, position independent")
  target_compile_options(foldersync_settings INTERFACE -fPIE -fstack-protector-strong
                                                       -fstack-clash-protection)
  target_link_options(foldersync_settings INTERFACE -pie LINKER:-z,relro,-z,now,-z,noexecstack)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
    string(APPEND FOLDERSYNC_HARDENING ", control flow protection")
    target_compile_options(foldersync_settings INTERFACE -fcf-protection=full)
  endif()
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    string(APPEND FOLDERSYNC_HARDENING ", fortified calls")
    target_compile_options(foldersync_settings INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
endif()

# Instruments for libFuzzer and leaves out the checks that a mutated document can't pass. Clang only.
option(FOLDERSYNC_FUZZ "Build the fuzz targets as fuzzers" OFF)
if(FOLDERSYNC_FUZZ)
  target_compile_options(foldersync_settings INTERFACE -fsanitize=fuzzer-no-link)
  target_compile_definitions(foldersync_settings
                             INTERFACE FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
endif()

option(FOLDERSYNC_COVERAGE "Instrument for gcov" OFF)
if(FOLDERSYNC_COVERAGE)
  target_compile_options(foldersync_settings INTERFACE --coverage)
  target_link_options(foldersync_settings INTERFACE --coverage)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
