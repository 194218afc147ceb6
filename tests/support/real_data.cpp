// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "support/real_data.hpp"

#include <cstdlib>

namespace skyweft::support {

std::filesystem::path real_data_dir() {
  const char* from_user = std::getenv("SKYWEFT_DATA");
  return from_user != nullptr ? from_user : SKYWEFT_DATA_DEFAULT;
}

}  // namespace skyweft::support
