// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/photometry.hpp"
#include "data/star_catalog.hpp"
#include "lc/signals.hpp"

namespace skyweft::lc {

/// Artificial signals: which stars get one, and what it is like.
struct InjectConfig {
  std::string kind = "none";
  std::string where = "magnitudes";
  double share = 0.1;
  double min_mag = -99.0;
  double max_mag = 99.0;
  double min_amplitude_mag = 0.01;
  double max_amplitude_mag = 0.01;
  double min_period_d = 1.0;
  double max_period_d = 5.0;
  double mid_bjd = kNaN;
  double duration_h = 3.0;
  std::string shape = "trapezoid";
  double ingress = 0.15;
  double impact = 0.3;
  double limb_u1 = 0.4;
  double limb_u2 = 0.25;
  double exposure_s = 0.0;
  std::int64_t seed = 1;
  bool reconstruct = false;

  static constexpr auto fields() {
    using C = InjectConfig;
    return std::tuple{
        field("kind", &C::kind, "", "artificial signal that some stars get",
              one_of("none|transit|sinusoid")),
        field("where", &C::where, "",
              "magnitudes: measured fluxes are multiplied; pixels: light is added to or taken from "
              "the frames by the step inject",
              one_of("magnitudes|pixels")),
        field("share", &C::share, "", "share of the stars that get one; targets never do",
              fraction),
        field("min_mag", &C::min_mag, "mag", "brighter stars get none"),
        field("max_mag", &C::max_mag, "mag", "fainter stars get none"),
        field("min_amplitude_mag", &C::min_amplitude_mag, "mag",
              "least depth at mid-transit, or half of what a sinusoid spans", positive),
        field("max_amplitude_mag", &C::max_amplitude_mag, "mag",
              "largest; between them all are equally likely in the logarithm", positive),
        field("min_period_d", &C::min_period_d, "d", "shortest period", positive),
        field("max_period_d", &C::max_period_d, "d",
              "longest; between them all are equally likely in the logarithm", positive),
        field("mid_bjd", &C::mid_bjd, "d",
              "mid-transit or maximum (BJD_TDB) of all stars; nan: each its own phase"),
        field("duration_h", &C::duration_h, "h", "of a transit, first to last contact", positive),
        field("shape", &C::shape, "",
              "of a transit: trapezoid, or the disc of a planet before a limb-darkened star",
              one_of("trapezoid|disc")),
        field("ingress", &C::ingress, "", "share of a trapezoid's duration that ingress takes",
              between(0.0, 0.5)),
        field("impact", &C::impact, "", "of a disc at mid-transit, in radii of the star",
              between(0.0, 0.9)),
        field("limb_u1", &C::limb_u1, "", "limb darkening, linear term", between(-1.0, 1.0)),
        field("limb_u2", &C::limb_u2, "", "limb darkening, quadratic term", between(-1.0, 1.0)),
        field("exposure_s", &C::exposure_s, "s", "the signal is averaged over this long",
              non_negative),
        field("seed", &C::seed, "", "another seed chooses other stars and signals", non_negative),
        field("reconstruct", &C::reconstruct, "",
              "EPD and TFA are told of the signals and fit them together with their own terms")};
  }
};

/// The signal of one star.
struct Injection {
  StarId star_id = 0;
  std::int64_t row = 0;  ///< in the star list
  Signal signal;
  double amplitude_mag = 0.0;  ///< the magnitude changes by amplitude · signal_shape()
};

/// The artificial signals of a run. Equal on all ranks, and the same whenever it is made, because
/// the star list and the configuration alone decide.
struct InjectionPlan {
  std::vector<Injection> stars;  ///< rows ascend; empty: no signals
  bool in_pixels = false;        ///< the frames have them already when fluxes are read
  bool reconstruct = false;      ///< EPD and TFA fit them together with their own terms

  /// The signal of a star; null: none.
  const Injection* of_star(std::int64_t row) const noexcept;
};

/// Chooses stars and draws their signals, in the order of rows. What a star gets depends on its id
/// and config alone, not on which other stars there are; phases count from J2000, so that further
/// nights change nothing. `left_out` [star] marks stars that get none; may be empty. Stars without
/// magnitude count as within the limits. The radius of a disc is the one whose depth without limb
/// darkening is the amplitude. Collective: no. Throws Error{bad_config} when an upper limit lies
/// below the lower one.
InjectionPlan plan_injections(const StarCatalog& stars, std::span<const std::uint8_t> left_out,
                              const InjectConfig& config);

/// Computes the factors 10^(−0.4 a s(t)) that the signal multiplies a star's light by, [time].
/// Collective: no. Throws: never.
std::vector<double> injection_factors(const Injection& injection,
                                      std::span<const double> time_bjd_tdb);

/// Multiplies the fluxes of one point (all apertures) by `factor`. Errors change as photon noise
/// would: σ² by (factor − 1) times the flux, at least factor · σ² for a dip and at most that for a
/// rise, so that points limited by sky keep theirs. The scatter the points have is multiplied with
/// the flux all the same. `noise_…` columns stay. Collective: no. Throws: never.
void inject_in_magnitudes(std::span<float> flux_e, std::span<float> flux_err_e, double factor);

}  // namespace skyweft::lc
