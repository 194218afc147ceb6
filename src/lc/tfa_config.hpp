// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "core/fields.hpp"

namespace skyweft::lc {

struct TfaConfig {
  std::string method = "tfa";
  std::int64_t max_templates = 500;
  double templates_per_frame = 0.1;
  std::int64_t grid_side = 0;
  double bright_share = 0.5;
  double faint_limit_mag = 99.0;
  double min_points_quantile = 0.5;
  double min_points_share = 0.8;
  double max_rms_mag = 0.05;
  int scatter_order = 2;
  double scatter_excess = 4.0;
  bool forbid_saturated = true;
  int rounds = 2;
  double exclude_radius_arcsec = 30.0;
  double reject = 5.0;
  int max_rounds = 5;
  std::string gaps = "predicted";
  bool classic = false;
  double event_h = 3.0;
  static constexpr auto fields() {
    using C = TfaConfig;
    return std::tuple{
        field("method", &C::method, "",
              "tfa: trend filtering by template stars; sysrem: common trends of all stars; none: "
              "mag_tfa is mag_epd",
              one_of("tfa|sysrem|none")),
        field("max_templates", &C::max_templates, "", "templates at most, per group and aperture",
              non_negative),
        field(
            "templates_per_frame", &C::templates_per_frame, "",
            "templates per frame of the group at most: M templates take the share M/N of a signal",
            fraction),
        field(
            "grid_side", &C::grid_side, "",
            "n: only the stars nearest to the nodes of an n x n grid (AutoWISP: 8); 0: as many as "
            "are allowed",
            non_negative),
        field("bright_share", &C::bright_share, "",
              "templates come from this brightest share of stars", fraction),
        field("faint_limit_mag", &C::faint_limit_mag, "mag",
              "templates are brighter than this catalogue magnitude (AutoWISP 10, HATSouth 11.5)"),
        field("min_points_quantile", &C::min_points_quantile, "",
              "templates have as many points as this quantile of all stars, or ...", fraction),
        field("min_points_share", &C::min_points_share, "",
              "... this share of the longest light curve, whichever is less", fraction),
        field("max_rms_mag", &C::max_rms_mag, "mag",
              "templates scatter less than this (AutoWISP 0.05, HATSouth 0.15)", positive),
        field("scatter_order", &C::scatter_order, "",
              "of the polynomial of log scatter over magnitude", between(0, 6)),
        field("scatter_excess", &C::scatter_excess, "sigma",
              "templates lie below the scatter polynomial plus this (AutoWISP 4, HATSouth 6)",
              positive),
        field("forbid_saturated", &C::forbid_saturated, "",
              "stars saturated in a tenth of the frames are no templates; false, as in AutoWISP: "
              "they may be, whatever their scatter"),
        field("rounds", &C::rounds, "",
              "2: templates are filtered by each other first, and those that still vary are "
              "replaced; 1: not",
              between(1, 5)),
        field("exclude_radius_arcsec", &C::exclude_radius_arcsec, "arcsec",
              "no template this near to the star", non_negative),
        field("reject", &C::reject, "rms", "reject residuals, and points of templates, above this",
              positive),
        field("max_rounds", &C::max_rounds, "", "rejection rounds at most", non_negative),
        field("gaps", &C::gaps, "",
              "a template's missing points are predicted from the other templates, or zero",
              one_of("predicted|zero")),
        field("classic", &C::classic, "",
              "as Kovacs et al. 2005 and VARTOOLS: missing points of star and templates count as "
              "zero, no constant term"),
        field("event_h", &C::event_h, "h", "length of the event whose loss is reported", positive)};
  }
};

}  // namespace skyweft::lc
