// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/star_catalog.hpp"
#include "io/export_table.hpp"
#include "lc/comparison_choice.hpp"
#include "lc/signals.hpp"
#include "workflows/light_curve.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// What `skyweft ensemble` was asked.
struct EnsembleRequest {
  std::string archive;
  std::optional<StarId> star;
  std::string position;  ///< RA,DEC in degrees
  std::string target;    ///< [target.NAME] of the configuration
  double radius_arcsec = 20.0;
  std::string aperture;  ///< index, "best", or empty: chosen by magnitude
  std::string merit = "pont";
  std::string mode = "broeg";
  std::vector<StarId> exclude;
  std::vector<StarId> force;
  std::string mag_range;  ///< BRIGHT,FAINT
  std::int64_t max_candidates = 200;
  std::int64_t n_validation = 5;
  std::string event;  ///< MID,DURATION_H[,PERIOD_D]
  double clip_sigma = 5.0;
  double bin_min = 0.0;
  std::string format = "csv";
  std::string output;
  std::string explain;
  lc::ComparisonConfig comparison;
};

/// The target's raw photometry in one aperture and that of its candidates, on the target's frames.
struct EnsembleFluxes {
  LightCurve target;
  std::vector<std::uint8_t> is_usable;  ///< [frame] the target's point is no fault
  std::vector<double> flux;             ///< [1 + candidate][frame] e-/s, the target first
  std::vector<double> err;
};

/// Who is measured, and who may serve as comparison.
struct EnsembleField {
  std::int64_t target_row = 0;
  std::vector<std::int64_t> rows;  ///< [candidate] of the star table
  std::vector<lc::ComparisonCandidate> candidates;
  std::vector<std::string> group_names;
  std::vector<std::int32_t> group_of_frame;  ///< of reader.frames()
  lc::Signal event;                          ///< Kind none: not known
};

/// Finds the target and the request.max_candidates stars that are nearest to it in magnitude, place
/// and colour; forced stars are always among them, other targets of the configuration and stars
/// whose light reaches the target's aperture never. Throws Error{usage} or Error{bad_input} when
/// there is no such target.
EnsembleField ensemble_field(const LightCurveReader& reader, const RunConfig& config,
                             const EnsembleRequest& request);

/// Reads the fluxes of one aperture (-1: the target's own) and each candidate's share of saturated
/// points. Points with faults are NaN; so are all points of frames that the target does not have.
EnsembleFluxes read_fluxes(const LightCurveReader& reader, EnsembleField& field,
                           std::int64_t aperture);

/// The ensemble of one observing group.
struct EnsembleGroup {
  std::string name;
  std::vector<std::size_t> frames;  ///< positions in the target's light curve
  lc::ComparisonChoice choice;      ///< in a compat mode only verdicts and weights
  std::vector<lc::ValidationStar> validation;
  std::string failure;  ///< why there is none; empty: there is
};

/// The differential light curve of one aperture; columns [frame] of the target.
struct EnsembleCurve {
  std::vector<EnsembleGroup> groups;
  std::vector<double> flux_rel, err, err_star, err_comparison, comparison;
  std::vector<std::int32_t> n_comparison;
  std::vector<std::uint8_t> is_clipped;
  std::vector<std::uint8_t> is_outside;  ///< outside of the event, and usable
};

/// Photometry of the target against its candidates, group by group, in request.mode. A group
/// without an answer leaves NaN and its reason. Throws Error{bad_input} when no group has one.
EnsembleCurve ensemble_curve(const EnsembleFluxes& fluxes, const EnsembleField& field,
                             const LightCurveReader& reader, const EnsembleRequest& request);

/// One row per frame, or per bin when request.bin_min is positive; what is known of the comparison
/// stars and the noise in the head.
io::Table ensemble_table(const EnsembleCurve& curve, const EnsembleFluxes& fluxes,
                         const EnsembleField& field, const LightCurveReader& reader,
                         const EnsembleRequest& request);

/// One row per group and candidate: numbers, fate and reason.
io::Table candidates_table(const EnsembleCurve& curve, const EnsembleField& field,
                           const LightCurveReader& reader);

/// One sentence per group, for people.
std::string ensemble_summary(const EnsembleCurve& curve, const EnsembleFluxes& fluxes);

/// Between `least` and `most` numbers with commas in between. Throws Error{usage} naming `option`.
std::vector<double> numbers_of(const std::string& text, const char* option, std::size_t least,
                               std::size_t most);

}  // namespace skyweft::workflows
