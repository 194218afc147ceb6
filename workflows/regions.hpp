// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// What calib::parse_regions() reads: the regions of the configuration and of the files it names,
/// one a line. Collective: no. Throws Error{bad_input} for a file that cannot be read.
std::string region_text(const MaskOptions& options);

}  // namespace skyweft::workflows
