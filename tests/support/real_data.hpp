// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace skyweft::support {

/// The folder with real frames: $SKYWEFT_DATA, else shared/data beside the checkout.
std::filesystem::path real_data_dir();

}  // namespace skyweft::support

/// Skips the running test with a message when `path` (a std::filesystem::path) does not exist.
#define SKYWEFT_NEEDS(path)           \
  if (!std::filesystem::exists(path)) \
  GTEST_SKIP() << "real data absent: " << (path) << " (set SKYWEFT_DATA)"
