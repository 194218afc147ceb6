// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/terms.hpp"
#include "data/frame_catalog.hpp"
#include "data/views.hpp"
#include "lc/variables.hpp"

namespace skyweft::lc {

struct MagfitConfig {
  std::vector<std::string> terms{"O2{x,y} + O1{mag} + O1{colour}", "O1{x,y} + O1{mag}", "O1{x,y}",
                                 "O0{x}"};
  double stars_per_term = 3.0;
  std::string split = "";
  double noise_offset_mag = 0.01;
  double max_mag_err = 0.05;
  std::string error_average = "weightedmean";
  double reject = 5.0;
  int max_rounds = 20;
  int max_iterations = 5;
  double convergence_mag2 = 1e-6;
  std::string scatter_terms = "O2{mag}";
  std::string reference_merit = "q_n^2 / ((1 - q_s)^2 + q_bg^2)";
  std::vector<std::string> reference_frames{};
  std::string exclude = "zero_drop > 0.3 and rms_ratio > 3";
  std::string group_terms = "O0{mag}";
  std::string anchor = "catalog";
  static constexpr auto fields() {
    using C = MagfitConfig;
    return std::tuple{
        field("terms", &C::terms, "", "correction terms; the first with enough stars is used"),
        field("stars_per_term", &C::stars_per_term, "", "stars needed per term", at_least(1.0)),
        field("split", &C::split, "",
              "each value of this is fitted and corrected by itself, e.g. floor(x/1024); empty: "
              "all stars of a frame together"),
        field("noise_offset_mag", &C::noise_offset_mag, "mag", "weights are 1/(error + this)",
              positive),
        field("max_mag_err", &C::max_mag_err, "mag", "stars with larger errors are not fitted",
              positive),
        field("error_average", &C::error_average, "",
              "the average residual that reject multiplies: weightedmean, the weighted rms, or "
              "median, the root of the median square",
              one_of("weightedmean|median")),
        field("reject", &C::reject, "", "reject residuals above this many average residuals",
              positive),
        field("max_rounds", &C::max_rounds, "", "rejection rounds at most", non_negative),
        field("max_iterations", &C::max_iterations, "", "master reference iterations",
              at_least(1.0)),
        field("convergence_mag2", &C::convergence_mag2, "mag2",
              "mean square change that ends iterating; 1e-4 (10 mmag rms) is what AutoWISP does",
              positive),
        field("scatter_terms", &C::scatter_terms, "", "expected log10 scatter of a star, over mag"),
        field("reference_merit", &C::reference_merit, "",
              "the frame of a group where this is largest is its first reference; of frame "
              "variables and of their quantiles in the group: q_s (1 is sharpest), q_bg, q_n"),
        field("reference_frames", &C::reference_frames, "",
              "first references by hand, by file name or frame id, at most one per group; groups "
              "without one take the best by merit"),
        field("exclude", &C::exclude, "",
              "frames for which this holds are corrected and flagged FRAME_OUTLIER, but the master "
              "reference is made without them; of frame variables and of rms, rms_ratio (to the "
              "group's median), zero_shift, zero_drop (below the group's median), n_used; empty: "
              "none"),
        field("group_terms", &C::group_terms, "",
              "how groups differ from each other: over mag, colour, xi, eta; solved from stars "
              "that they share"),
        field("anchor", &C::anchor, "",
              "what fixes the level of an aperture: catalog (the median of catalogue minus "
              "reference is zero) or frame (the reference frame of the first group)",
              one_of("catalog|frame"))};
  }
};

/// The parsed expressions of a MagfitConfig.
struct MagfitModel {
  std::vector<Terms> levels;
  std::optional<Terms> split;  ///< one term, not a constant
};

/// Parses the terms. Throws Error{bad_config}. Collective: no.
MagfitModel magfit_model(const MagfitConfig& config);

/// One reference magnitude per star; `used` is 0 for stars that take no part in fits.
struct Reference {
  std::vector<double> mag;
  std::vector<double> err;
  std::vector<std::uint8_t> used;
};

/// The correction of the stars of one frame and aperture that share a value of magfit.split; plain
/// data. `level` is -1 when there is no fit.
struct PartFit {
  double split = 0.0;  ///< the value; 0 when stars are not split
  int level = -1;
  std::vector<double> coefficients;  ///< of the terms of the level, as written
  std::int64_t n_used = 0;
  double rms_mag = 0.0;         ///< weighted rms of the residuals
  double zero_shift_mag = 0.0;  ///< median of reference − measured over the used stars
  double low[3] = {0, 0, 0};    ///< x, y, mag range of the used stars
  double high[3] = {0, 0, 0};
  bool ok() const noexcept { return level >= 0; }
};

/// The correction of one frame and aperture; plain data.
struct FrameFit {
  std::vector<PartFit> parts;   ///< by ascending split value
  std::int64_t n_used = 0;      ///< over all parts
  double rms_mag = 0.0;         ///< root of the mean square over the parts, by their stars
  double zero_shift_mag = 0.0;  ///< mean over the parts, by their stars
  bool ok() const noexcept { return n_used > 0; }
};

/// The frame nearest to sharp and dark with many matched stars: largest
/// q_n² / ((1−q_S)² + q_bg²) in quantiles over measured frames (science.md 3.12); ties go to the
/// earlier. −1 when no frame is measured. Collective: no. Throws: never.
std::int64_t choose_reference_frame(std::span<const FrameRecord> frames);

/// The first reference: one frame's own magnitudes. Collective: no. Throws: never.
Reference reference_from_frame(const FrameSlice& frame, const MagfitConfig& config);

/// Fits reference − measured over one frame's stars (science.md 3.12; autowisp.md 28.2); for
/// several apertures of a frame see FrameFitter.
///
/// `stars` holds `mag`, `colour`, … as columns [star] and frame variables as scalars; x and y come
/// from the slice. No fit (level −1) when too few stars. Collective: no. Throws Error{bad_config}
/// for an unknown variable, and when magfit.split has more than 64 values.
FrameFit fit_frame(const FrameSlice& frame, const NamedColumns& stars,
                   std::span<const double> star_mag, const Reference& reference,
                   const MagfitModel& model, const MagfitConfig& config);

/// Adds each star's correction to `mag` [star] of one frame, and `shift_mag` ([star] or empty);
/// flags points outside the range of the used stars, and makes points without a fit NaN.
/// Collective: no. Throws Error{bad_config}.
void correct_frame(const FrameFit& fit, const MagfitModel& model, NamedColumns stars,
                   std::span<const double> star_mag, std::span<const float> x_px,
                   std::span<const float> y_px, std::span<float> mag,
                   std::span<QualityBits> quality, std::span<const double> shift_mag = {});

/// The same for one star over all frames: `points` holds columns [frame] and the star's variables
/// as scalars. Bit for bit the values of correct_frame. For many stars see FrameCorrections.
/// Collective: no. Throws Error{bad_config}.
void correct_star(std::span<const FrameFit> fits, const MagfitModel& model, NamedColumns points,
                  double star_mag, std::span<const float> x_px, std::span<const float> y_px,
                  std::span<float> mag, std::span<QualityBits> quality);

}  // namespace skyweft::lc
