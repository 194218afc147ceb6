// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/log.hpp"
#include "workflows/archive.hpp"
#include "workflows/light_curve.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// A picture of the report: its file in the report folder, empty when it could not be drawn.
struct Picture {
  std::string file;
  std::string caption;
};

/// What the pages are made of.
struct ReportContent {
  std::string title;
  std::vector<FrameRecord> frames;  ///< all frames
  std::int64_t n_star = 0;
  std::vector<Picture> pictures;
  struct Target {
    std::string name;
    StarId star_id = 0;
    std::int64_t aperture = 0;
    double radius_px = 0.0;
    std::array<double, 4> scatter{};  ///< per stage, mag
    double noise_model = kNaN;
    Picture picture;
    std::string csv;      ///< light curve file in the report folder
    std::string problem;  ///< why there is no light curve; empty when there is
  };
  std::vector<Target> targets;
};

/// Draws scatter against magnitude at every stage, with the noise model.
Picture draw_scatter(const std::filesystem::path& folder, const StarTable& stars);

/// Draws zero point, FWHM, background and astrometric residual against time.
Picture draw_night(const std::filesystem::path& folder, const std::vector<FrameRecord>& frames);

/// Draws a frame with the apertures of all stars and the targets' names.
Picture draw_field(const std::filesystem::path& folder, const std::filesystem::path& raw_frame,
                   const FrameRecord& record, const StarTable& stars,
                   const std::vector<ReportContent::Target>& targets);

/// Draws one star's light curve at every stage.
Picture draw_light_curve(const std::filesystem::path& folder, const std::string& name,
                         const LightCurve& curve);

/// The page as HTML, complete in itself apart from the pictures beside it.
std::string html_of(const ReportContent& content);

/// Writes report/index.html with pictures and light curves of the targets. Works from the archive
/// alone; the picture of the field needs the raw frames. A picture that cannot be drawn is left out
/// with a warning. Collective: no.
void write_report(const Archive& archive, const RunConfig& config, const LogSink& log);

}  // namespace skyweft::workflows
