// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression.hpp"
#include "lc/magfit.hpp"

namespace skyweft::lc {

/// A number of a frame that expressions and fit terms may name.
struct FrameVariable {
  std::string_view name;
  double (*of)(const FrameRecord&);
};

/// airmass, hour_angle, zenith_distance, azimuth, sun_altitude, moon_altitude, moon_separation
/// [deg], moon_lit, fwhm [px], elongation, frame_bg, frame_bg_rms [e-], exposure [s], zero_point
/// [mag], transparency, n_matched. Collective: no.
std::span<const FrameVariable> frame_variables();

/// The quantiles of choose_reference_frame() and the frame variables (bg for frame_bg, too), in any
/// expression: the measured frame where it is largest, ties to the earlier; frames where it is
/// missing come last. −1 when no frame is measured. Collective: no. Throws Error{bad_config} for an
/// unknown name or a text.
std::int64_t choose_reference_frame(std::span<const FrameRecord> frames, const Expression& merit);

/// [frame] 1 for frames of one group for which `rule` holds; `fits` are theirs, [aperture][frame].
/// Names are those of MagfitConfig::exclude; fit results are medians over the apertures. Frames
/// without a fit are not told by the rule: 0. When it holds for all others, it tells nothing: all
/// are 0. Collective: no. Throws Error{bad_config} for an unknown name or a text.
std::vector<std::uint8_t> excluded_frames(std::span<const FrameRecord> frames,
                                          std::span<const std::vector<FrameFit>> fits,
                                          const Expression& rule);

/// Reads the rules of a configuration against a frame without numbers. Throws Error{bad_config}.
void check_rules(const MagfitConfig& config);

}  // namespace skyweft::lc
