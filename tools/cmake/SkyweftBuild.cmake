# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# Compiler settings and the one function that declares a room.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(skyweft_settings INTERFACE)
target_include_directories(skyweft_settings INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_compile_definitions(skyweft_settings INTERFACE OMPI_SKIP_MPICXX SKYWEFT_VERSION="${PROJECT_VERSION}")
# Contracting a*b+c into one rounding would make results depend on the compiler's mood.
target_compile_options(skyweft_settings INTERFACE -Wall -Wextra -Wconversion -Wshadow -ffp-contract=off
                       # GCC 12 sees overflows inside fmt and std::string at -O3 that are not there.
                       "$<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow;-Wno-restrict>"
                       $<$<CONFIG:Release>:-O3 -fno-math-errno -fno-trapping-math>)
if(SKYWEFT_WERROR)
  target_compile_options(skyweft_settings INTERFACE -Werror)
endif()
if(SKYWEFT_NATIVE)
  # With AVX-512 GCC 12 sees unset values inside Eigen that are not there.
  target_compile_options(skyweft_settings INTERFACE -march=native
                         "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>")
endif()
if(SKYWEFT_SANITIZE)
  target_compile_options(skyweft_settings INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
                         -fno-sanitize-recover=undefined)
  target_link_options(skyweft_settings INTERFACE -fsanitize=address,undefined)
endif()

# skyweft_room(NAME [USES room…] [PUBLIC lib…] [PRIVATE lib…])
# One folder, one target skyweft::NAME, built from the folder's .cpp files.
function(skyweft_room name)
  cmake_parse_arguments(ROOM "" "" "USES;PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(target skyweft_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(reach PUBLIC)
    target_link_libraries(${target} PRIVATE ${ROOM_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    set(reach INTERFACE)
  endif()
  add_library(skyweft::${name} ALIAS ${target})
  target_link_libraries(${target} ${reach} skyweft_settings ${ROOM_PUBLIC})
  foreach(room ${ROOM_USES})
    target_link_libraries(${target} ${reach} skyweft::${room})
  endforeach()
endfunction()
