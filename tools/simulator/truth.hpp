// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "simulator/observing.hpp"
#include "simulator/scene.hpp"
#include "simulator/season.hpp"

namespace skyweft::simulator {

/// Writes truth/stars.csv, truth/frames.csv, truth/fluxes.csv (one row per frame and star),
/// truth/detector.fits (planes BIAS in ADU, DARK in e-/s, FLAT),
/// catalog.csv (Gaia's column names, epoch 2016.0) and night.toml under `out_dir`.
/// Collective: no; the root does it alone. Throws Error{io}.
void write_truth(const std::filesystem::path& out_dir, const Scene& scene,
                 const std::vector<FrameTruth>& frames);

/// The same for all light frames, whose truth needs no pixels and is computed here.
void write_truth(const std::filesystem::path& out_dir, const Scene& scene);

/// The truth of a season: one numbering of frames over all cameras, the detectors of further
/// cameras as truth/detector_NAME.fits.
void write_truth(const std::filesystem::path& out_dir, const Season& season);

/// A configuration that `skyweft run` takes as it is, with paths relative to the output folder.
std::string night_config_text(const Scene& scene);

}  // namespace skyweft::simulator
