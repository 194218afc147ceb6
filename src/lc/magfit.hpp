// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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
  double noise_offset_mag = 0.01;
  double max_mag_err = 0.05;
  double reject = 5.0;
  int max_rounds = 20;
  int max_iterations = 5;
  double convergence_mag2 = 1e-6;
  std::string scatter_terms = "O2{mag}";
  static constexpr auto fields() {
    using C = MagfitConfig;
    return std::tuple{
        field("terms", &C::terms, "", "correction terms; the first with enough stars is used"),
        field("stars_per_term", &C::stars_per_term, "", "stars needed per term", at_least(1.0)),
        field("noise_offset_mag", &C::noise_offset_mag, "mag", "weights are 1/(error + this)",
              positive),
        field("max_mag_err", &C::max_mag_err, "mag", "stars with larger errors are not fitted",
              positive),
        field("reject", &C::reject, "rms", "reject residuals above this", positive),
        field("max_rounds", &C::max_rounds, "", "rejection rounds at most", non_negative),
        field("max_iterations", &C::max_iterations, "", "master reference iterations",
              at_least(1.0)),
        field("convergence_mag2", &C::convergence_mag2, "mag2",
              "mean square change that ends iterating", positive),
        field("scatter_terms", &C::scatter_terms, "",
              "expected log10 scatter of a star, over mag")};
  }
};

/// The parsed levels of MagfitConfig::terms.
struct MagfitModel {
  std::vector<Terms> levels;
};

/// Parses the terms. Throws Error{bad_config}. Collective: no.
MagfitModel magfit_model(const MagfitConfig& config);

/// One reference magnitude per star; `used` is 0 for stars that take no part in fits.
struct Reference {
  std::vector<double> mag;
  std::vector<double> err;
  std::vector<std::uint8_t> used;
};

/// The correction of one frame and aperture; plain data. `level` is -1 when there is no fit.
struct FrameFit {
  int level = -1;
  std::vector<double> coefficients;
  std::int64_t n_used = 0;
  double rms_mag = 0.0;
  double zero_shift_mag = 0.0;  ///< median of reference − measured over the used stars
  double low[3] = {0, 0, 0};    ///< x, y, mag range of the used stars
  double high[3] = {0, 0, 0};
  bool ok() const noexcept { return level >= 0; }
};

/// The frame nearest to sharp and dark with many matched stars: largest
/// q_n² / ((1−q_S)² + q_bg²) in quantiles over measured frames (science.md 3.12); ties go to the
/// earlier. −1 when no frame is measured. Collective: no. Throws: never.
std::int64_t choose_reference_frame(std::span<const FrameRecord> frames);

/// The first reference: one frame's own magnitudes. Collective: no. Throws: never.
Reference reference_from_frame(const FrameSlice& frame, const MagfitConfig& config);

/// Fits reference − measured over one frame's stars (science.md 3.12; autowisp.md 28.2).
///
/// `stars` holds `mag`, `colour`, … as columns [star] and frame variables as scalars; x and y come
/// from the slice. No fit (level −1) when too few stars. Collective: no. Throws Error{bad_config}.
FrameFit fit_frame(const FrameSlice& frame, NamedColumns stars, std::span<const double> star_mag,
                   const Reference& reference, const MagfitModel& model,
                   const MagfitConfig& config);

/// Adds each star's correction to `mag` [star] of one frame; flags points outside the range of the
/// used stars, and makes points of a frame without fit NaN. Collective: no. Throws
/// Error{bad_config}.
void correct_frame(const FrameFit& fit, const MagfitModel& model, NamedColumns stars,
                   std::span<const double> star_mag, std::span<const float> x_px,
                   std::span<const float> y_px, std::span<float> mag,
                   std::span<QualityBits> quality);

/// The same for one star over all frames: `points` holds columns [frame] and the star's variables
/// as scalars. Bit for bit the values of correct_frame. Collective: no. Throws Error{bad_config}.
void correct_star(std::span<const FrameFit> fits, const MagfitModel& model, NamedColumns points,
                  double star_mag, std::span<const float> x_px, std::span<const float> y_px,
                  std::span<float> mag, std::span<QualityBits> quality);

}  // namespace skyweft::lc
