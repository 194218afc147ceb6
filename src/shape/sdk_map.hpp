// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/named_columns.hpp"
#include "core/units.hpp"
#include "data/psf_map.hpp"
#include "data/source_list.hpp"

namespace skyweft::shape {

struct SdkMapConfig {
  std::string terms = "O2{u,v}";
  double min_snr = 20.0;
  double reject_level = 5.0;
  int max_rounds = 20;
  std::string error_average = "median";

  static constexpr auto fields() {
    return std::tuple{
        field("terms", &SdkMapConfig::terms, "",
              "terms of S, D and K: x, y [px], u, v (-1 to 1 over the frame), catalogue columns of "
              "matched stars; lowered where sources are few"),
        field("min_snr", &SdkMapConfig::min_snr, "", "fainter sources are left out", non_negative),
        field("reject_level", &SdkMapConfig::reject_level, "",
              "sources this many average residuals off are left out", positive),
        field("max_rounds", &SdkMapConfig::max_rounds, "", "fit-and-reject rounds at most",
              between(0, 1000)),
        field("error_average", &SdkMapConfig::error_average, "",
              "what the average residual is: median of the absolute ones, or root mean square",
              one_of("median|mean"))};
  }
};

struct SdkFit {
  PsfMap map;                    ///< gaussian, view prf; kind none where no source is usable
  std::int64_t n_candidate = 0;  ///< sources that were good enough to be tried
  std::array<double, 3> rms{kNaN, kNaN, kNaN};  ///< weighted, of S, D, K [1/px²] about the map
};

/// Smooths the measured S, D, K of a frame's detections into expansions in `config.terms`.
///
/// Left out are sources with any flag (saturated, edge, bad_pixel, blended, elongated, wide,
/// no_centroid), those below min_snr and shapes that are no ellipse. A source weighs 1/√(1/snr² +
/// 0.02²): beyond S/N 50 stars differ, not photons. The start is the fit of least absolute
/// residuals, so that hidden blends (always wider) do not pull it; then weighted least squares and
/// rejection alternate, residuals in units of their error, a source that is off in one parameter
/// leaving all three (autowisp.md 2.4, 11). Terms are lowered until there are 3 sources per term
/// and the map is an ellipse at every one of them.
///
/// `columns` [source] add variables to x, y, u, v (NaN where unmatched: left out); may be empty.
/// The shapes were measured on pixels, which makes the map one of the PRF. Needs shape_s, shape_d,
/// shape_k and snr; without flags none is left out for them. Throws Error{bad_config} for terms
/// that are wrong or do not begin with the constant. Collective: no.
SdkFit fit_sdk_map(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                   const NamedColumns& columns, const SdkMapConfig& config);

/// The map at stars, [star] each; NaN where it describes no ellipse or a variable is NaN.
struct SdkAtStars {
  std::vector<double> s, d, k;      ///< [1/px²]
  std::vector<double> fwhm_px;      ///< of the circle of the half-maximum ellipse's area
  std::vector<double> ellipticity;  ///< 1 − minor / major axis
};

/// Evaluates a Gaussian map at n_star stars with the variables of its terms. All NaN for another
/// kind. Throws Error{bad_config} for a variable that `columns` lacks. Collective: no.
SdkAtStars sdk_at(const PsfMap& map, const NamedColumns& columns, std::int64_t n_star);

}  // namespace skyweft::shape
