# Compiler, linker and sanitizer settings that every target shares.
option(PAI_TESTS "Build the tests" ON)
option(PAI_BENCH "Build the benchmarks (needs PAI_TESTS)" ON)
option(PAI_FUZZ "Build the pure libraries and the fuzz targets only (clang)" OFF)
option(PAI_REPRODUCIBLE "Let nothing of this machine's paths into the programs" OFF)
set(PAI_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# Two cores: a cache and a fast linker decide whether a second build takes seconds or minutes.
find_program(PAI_CCACHE ccache)
if(PAI_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PAI_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${PAI_CCACHE}")
endif()
find_program(PAI_MOLD mold)
if(PAI_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror=switch -Werror=return-type
                    -Werror=unused-result -fstack-protector-strong -fvisibility=hidden)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_link_options(-Wl,-z,relro,-z,now)

if(PAI_REPRODUCIBLE)
  # Paths relative to the build's folder, by either way the same: ccache makes them so itself below its base_dir, and takes what another
  # build of the same source left.
  if(PAI_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" "${PAI_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
  else()
    file(RELATIVE_PATH pai_source "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}/src")
    string(REGEX REPLACE "/src$" "" pai_source "${pai_source}")
    # Of two options that fit a path the later one counts.
    add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=${pai_source}" "-ffile-prefix-map=${CMAKE_BINARY_DIR}/=")
  endif()
endif()

if(PAI_SANITIZE)
  add_compile_options(-fsanitize=${PAI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PAI_SANITIZE})
else()
  add_link_options(-pie)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_definitions(_FORTIFY_SOURCE=2)
  endif()
endif()
