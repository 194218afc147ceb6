# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# Every library skyweft stands on. A missing one stops here with its Debian name.

function(skyweft_require found name package)
  if(NOT ${found})
    message(FATAL_ERROR "skyweft needs ${name}. Debian and Ubuntu: apt-get install ${package}. "
                        "Elsewhere see tools/packages for the full list and its other names.")
  endif()
endfunction()

find_package(PkgConfig QUIET)
skyweft_require(PkgConfig_FOUND "pkg-config" "pkg-config")

find_package(MPI QUIET COMPONENTS C)
skyweft_require(MPI_FOUND "Open MPI" "libopenmpi-dev openmpi-bin")

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 QUIET COMPONENTS C HL)
skyweft_require(HDF5_FOUND "parallel HDF5" "libhdf5-openmpi-dev")
skyweft_require(HDF5_IS_PARALLEL "HDF5 built with MPI (a serial one was found)" "libhdf5-openmpi-dev")

find_package(Eigen3 3.4 QUIET NO_MODULE)
skyweft_require(Eigen3_FOUND "Eigen 3.4" "libeigen3-dev")
find_package(fmt QUIET)
skyweft_require(fmt_FOUND "fmt" "libfmt-dev")
find_package(spdlog QUIET)
skyweft_require(spdlog_FOUND "spdlog" "libspdlog-dev")
find_package(CLI11 QUIET)
skyweft_require(CLI11_FOUND "CLI11" "libcli11-dev")
find_package(tomlplusplus QUIET)
skyweft_require(tomlplusplus_FOUND "toml++" "libtomlplusplus-dev")
find_package(nlohmann_json QUIET)
skyweft_require(nlohmann_json_FOUND "nlohmann-json" "nlohmann-json3-dev")
find_package(nanoflann QUIET)
skyweft_require(nanoflann_FOUND "nanoflann" "libnanoflann-dev")
find_package(Boost 1.74 QUIET COMPONENTS serialization)
skyweft_require(Boost_FOUND "Boost.Serialization" "libboost-serialization-dev")
find_package(ZLIB QUIET)
skyweft_require(ZLIB_FOUND "zlib" "zlib1g-dev")

find_package(EXPAT QUIET)
skyweft_require(EXPAT_FOUND "expat" "libexpat1-dev")
find_path(SEP_INCLUDE_DIR sep.h)
find_library(SEP_LIBRARY sep)
skyweft_require(SEP_INCLUDE_DIR "SEP (sep.h)" "libsep-dev")
skyweft_require(SEP_LIBRARY "SEP (libsep)" "libsep-dev")
add_library(skyweft_sep INTERFACE)
target_include_directories(skyweft_sep SYSTEM INTERFACE ${SEP_INCLUDE_DIR})
target_link_libraries(skyweft_sep INTERFACE ${SEP_LIBRARY})

function(skyweft_pkg target module package)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET ${module})
  skyweft_require(${target}_FOUND "${module}" "${package}")
endfunction()
skyweft_pkg(openblas openblas libopenblas-serial-dev)
skyweft_pkg(cfitsio cfitsio libcfitsio-dev)
skyweft_pkg(wcslib wcslib wcslib-dev)
skyweft_pkg(erfa erfa liberfa-dev)
skyweft_pkg(xxhash libxxhash libxxhash-dev)

# Optional: without it camera raw files are refused with a word on why.
pkg_check_modules(libraw_r QUIET IMPORTED_TARGET libraw_r)
add_library(skyweft_libraw INTERFACE)
if(libraw_r_FOUND)
  target_link_libraries(skyweft_libraw INTERFACE PkgConfig::libraw_r)
  target_compile_definitions(skyweft_libraw INTERFACE SKYWEFT_LIBRAW)
else()
  message(STATUS "LibRaw not found: camera raw files (CR2, NEF, DNG ...) will not be read. "
                 "Debian and Ubuntu: apt-get install libraw-dev")
endif()

add_library(skyweft_hdf5 INTERFACE)
target_include_directories(skyweft_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(skyweft_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES} MPI::MPI_C)
target_compile_definitions(skyweft_hdf5 INTERFACE ${HDF5_DEFINITIONS})
