// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/regions.hpp"

#include "io/files.hpp"

namespace skyweft::workflows {

std::string region_text(const MaskOptions& options) {
  std::string text;
  for (const std::string& region : options.regions) text += region + "\n";
  for (const std::string& path : options.files) text += io::read_text_file(path) + "\n";
  return text;
}

}  // namespace skyweft::workflows
