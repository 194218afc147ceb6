// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace skyweft::bench {

/// What the command line says.
struct Options {
  std::int64_t nx = 2048;  ///< frames are nx × nx pixels
  int n_star = 5000;
  int n_frame = 500;                        ///< of the light curves
  std::int64_t n_catalog_star = 2'000'000;  ///< of the local catalogue
  std::int64_t n_quad = 500'000;            ///< of the index of the sky
  int n_run = 5;                            ///< medians are over this many
  std::filesystem::path folder;             ///< for files written and read; removed at the end
  std::filesystem::path json;               ///< empty: none
  std::filesystem::path peer_script;
  std::string python = "python3";
  bool has_peers = true;
};

}  // namespace skyweft::bench
