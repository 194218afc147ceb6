// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "phot/group_pixels.hpp"
#include "phot/psf_flux.hpp"

namespace skyweft::phot {

/// What the fit of a group says about one member.
struct MemberFit {
  double flux_e = kNaN;
  double variance_e2 = kNaN;
  double per_level = 0.0;  ///< change of the flux per unit of a level of the group's pixels
  double inflation = 1.0;  ///< of the variance by the neighbours
  double chi2_dof = kNaN;
  double qfit = kNaN;
  double constant_e = 0.0;  ///< fitted beside the background
  std::int32_t n_pixel = 0;
  LightParts light;
};

/// Fits groups of overlapping stars one after the other; keeps its memory.
class GroupFit {
 public:
  GroupFit(const Frame& frame, const PsfFluxConfig& config)
      : config_(config), collector_(frame, config.fit_radius_px) {}

  /// Fits the fluxes of all members to the pixels where some of them is fitted. `later`: for every
  /// member the later ones linked to it. `ratio`: expected fluxes on any scale, 0 unknown. Fills
  /// `fits` [member] and returns whether the equations were solved. Throws: never.
  bool fit(std::span<const GroupMember> members, const IndexLists& later,
           std::span<const double> ratio, std::vector<MemberFit>& fits);

 private:
  bool solve_one();
  void add_constants(std::size_t n_member, std::int64_t n_piece, IndexLists& later);
  void model();
  bool reject();
  void measure(std::span<const GroupMember> members, std::vector<MemberFit>& fits) const;

  const PsfFluxConfig& config_;
  PixelCollector collector_;
  GroupPixels pixels_;
  GroupColumns columns_;
  std::vector<std::int64_t> piece_;  ///< of members, then of their constants
  std::vector<double> weight_;
  std::vector<double> light_;  ///< the model less the base, [pixel]
  std::vector<double> amplitude_;
  std::vector<std::uint8_t> is_rejected_;
};

}  // namespace skyweft::phot
