// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/grid.hpp"

namespace skyweft {

/// One bit of a pixel mask or of a point's quality: the only table of its kind.
struct FlagBit {
  std::uint32_t bit;
  std::string_view name;
  std::string_view meaning;
};

using MaskBits = std::uint16_t;

/// Bits per pixel; 0 to 6 are HAT's values (science.md 2.8).
namespace mask {
inline constexpr MaskBits fault = 1u << 0;
inline constexpr MaskBits hot = 1u << 1;
inline constexpr MaskBits cosmic = 1u << 2;
inline constexpr MaskBits outer = 1u << 3;
inline constexpr MaskBits oversaturated = 1u << 4;
inline constexpr MaskBits leaked = 1u << 5;
inline constexpr MaskBits interpolated = 1u << 6;
inline constexpr MaskBits low_flat = 1u << 7;
inline constexpr MaskBits nonlinear = 1u << 8;
inline constexpr MaskBits suspect = 1u << 9;
inline constexpr MaskBits no_data = 1u << 10;
inline constexpr MaskBits trail = 1u << 11;
inline constexpr MaskBits crosstalk = 1u << 12;
inline constexpr MaskBits user = 1u << 15;

inline constexpr MaskBits saturated = oversaturated | leaked;
/// Pixels whose value must not be used; `suspect` and `nonlinear` are warnings only.
inline constexpr MaskBits unusable =
    fault | hot | cosmic | outer | oversaturated | leaked | low_flat | no_data | trail | user;

inline constexpr std::array<FlagBit, 14> kTable{{
    {fault, "FAULT", "faulty pixel"},
    {hot, "HOT", "hot pixel"},
    {cosmic, "COSMIC", "hit by a cosmic ray"},
    {outer, "OUTER", "outside the image area"},
    {oversaturated, "OVERSATURATED", "at or above the saturation level"},
    {leaked, "LEAKED", "reached by charge bleeding from a saturated pixel"},
    {interpolated, "INTERPOLATED", "value interpolated from neighbours"},
    {low_flat, "LOWFLAT", "flat field too low or too uncertain"},
    {nonlinear, "NONLINEAR", "response not linear"},
    {suspect, "SUSPECT", "near saturation"},
    {no_data, "NODATA", "no value in the raw file"},
    {trail, "TRAIL", "satellite or aircraft trail"},
    {crosstalk, "CROSSTALK", "cross-talk from another amplifier"},
    {user, "USER", "masked by the user"},
}};
}  // namespace mask

using Mask = Grid<MaskBits>;

using QualityBits = std::int32_t;

/// Bits per light-curve point (science.md 2.8).
namespace quality {
inline constexpr QualityBits saturated = 1 << 0;
inline constexpr QualityBits bleed = 1 << 1;
inline constexpr QualityBits bad_pixel = 1 << 2;
inline constexpr QualityBits cosmic = 1 << 3;
inline constexpr QualityBits edge = 1 << 4;
inline constexpr QualityBits interpolated = 1 << 5;
inline constexpr QualityBits neighbour_1pc = 1 << 6;
inline constexpr QualityBits neighbour_10pc = 1 << 7;
inline constexpr QualityBits background_unreliable = 1 << 8;
inline constexpr QualityBits centroid_offset = 1 << 9;
inline constexpr QualityBits frame_outlier = 1 << 10;
inline constexpr QualityBits magfit_extrapolated = 1 << 11;
inline constexpr QualityBits magfit_excluded = 1 << 12;
inline constexpr QualityBits epd_not_fitted = 1 << 13;
inline constexpr QualityBits tfa_not_fitted = 1 << 14;
inline constexpr QualityBits time_uncertain = 1 << 15;
inline constexpr QualityBits manual_veto = 1 << 16;
inline constexpr QualityBits duplicate_frame = 1 << 17;
inline constexpr QualityBits not_measured = 1 << 18;
inline constexpr QualityBits uncalibrated = 1 << 19;
inline constexpr QualityBits psf_unreliable = 1 << 20;
inline constexpr QualityBits recentred = 1 << 21;

inline constexpr std::array<FlagBit, 22> kTable{{
    {saturated, "SATURATED", "a pixel of the star's core is saturated"},
    {bleed, "BLEED", "charge bled into the aperture"},
    {bad_pixel, "BAD_PIXEL", "an unusable pixel lies in the aperture"},
    {cosmic, "COSMIC", "a cosmic-ray hit lies in the aperture"},
    {edge, "EDGE", "the aperture leaves the frame"},
    {interpolated, "INTERPOLATED", "an interpolated pixel lies in the aperture"},
    {neighbour_1pc, "NEIGHBOUR_1PC", "neighbours add more than 1 % of the star's light"},
    {neighbour_10pc, "NEIGHBOUR_10PC", "neighbours add more than 10 % of the star's light"},
    {background_unreliable, "BACKGROUND", "too few background pixels; mesh value used"},
    {centroid_offset, "CENTROID_OFFSET", "light is centred away from the predicted position"},
    {frame_outlier, "FRAME_OUTLIER", "the frame is a photometric outlier (cloud)"},
    {magfit_extrapolated, "MAGFIT_EXTRAPOLATED", "magnitude fit evaluated outside its stars"},
    {magfit_excluded, "MAGFIT_EXCLUDED", "the frame has no magnitude fit"},
    {epd_not_fitted, "EPD_NOT_FITTED", "EPD could not be fitted to this star"},
    {tfa_not_fitted, "TFA_NOT_FITTED", "TFA could not be fitted to this star"},
    {time_uncertain, "TIME_UNCERTAIN", "the exposure time is uncertain"},
    {manual_veto, "MANUAL_VETO", "vetoed by the user"},
    {duplicate_frame, "DUPLICATE_FRAME", "the frame is a duplicate"},
    {not_measured, "NOT_MEASURED", "no flux: outside the frame or the frame was set aside"},
    {uncalibrated, "UNCALIBRATED", "the frame lacks a master it should have been corrected with"},
    {psf_unreliable, "PSF_UNRELIABLE",
     "no star shape here, or the PSF fit did not converge or fits badly"},
    {recentred, "RECENTRED", "measured where the star's own light is centred"},
}};
}  // namespace quality

using SourceBits = std::uint16_t;

/// Bits per detected source.
namespace source_flag {
inline constexpr SourceBits saturated = 1u << 0;
inline constexpr SourceBits edge = 1u << 1;
inline constexpr SourceBits bad_pixel = 1u << 2;
inline constexpr SourceBits blended = 1u << 3;
inline constexpr SourceBits elongated = 1u << 4;
inline constexpr SourceBits wide = 1u << 5;
inline constexpr SourceBits no_centroid = 1u << 6;

inline constexpr std::array<FlagBit, 7> kTable{{
    {saturated, "SATURATED", "a pixel of the core is saturated"},
    {edge, "EDGE", "the core reaches over the edge of the frame"},
    {bad_pixel, "BAD_PIXEL", "an unusable pixel lies in the core"},
    {blended, "BLENDED", "its light runs into that of a neighbour"},
    {elongated, "ELONGATED", "longer than the frame's stars: trailed, a streak or two stars"},
    {wide, "WIDE", "wider than the frame's stars: extended or several stars"},
    {no_centroid, "NO_CENTROID", "the centroid did not converge; the peak's place is given"},
}};
}  // namespace source_flag

/// The names of the set bits joined by '|', e.g. "SATURATED|EDGE"; empty for 0.
std::string source_names(SourceBits bits);
std::string mask_names(MaskBits bits);
std::string quality_names(QualityBits bits);

}  // namespace skyweft
