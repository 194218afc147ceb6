// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "io/camera_raw.hpp"

namespace skyweft::io {

bool is_camera_raw(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 24> kEndings{
      ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf",
      ".iiq", ".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw",
      ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srw", ".x3f"};
  const std::string ending = lower_case(path.extension().string());
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

}  // namespace skyweft::io
