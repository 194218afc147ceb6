// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/verbs/detector_measure.hpp"

namespace skyweft::workflows {

/// What was measured, as JSON; numbers that were not are null.
nlohmann::json json_of(const DetectorReport& report);

/// What was measured, as a table for people with the lines for [camera.NAME].
std::string text_of(const DetectorReport& report);

/// Draws photon_transfer`suffix`.svg and linearity`suffix`.svg from .dat files beside them, and
/// writes bad_pixels`suffix`.fits (plane MASK of the assembled frame). Returns the names of the
/// files made; a picture that cannot be drawn (no gnuplot) is not among them, its .dat is.
std::vector<std::string> write_detector_files(const DetectorReport& report,
                                              const std::filesystem::path& folder,
                                              const std::string& suffix);

}  // namespace skyweft::workflows
