// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/named_columns.hpp"
#include "steps/frame_work.hpp"

namespace skyweft::steps {

/// What the terms of a star shape may name, for the listed stars of one frame: x, y [px], u, v
/// (−1 … 1 over the frame), mag, colour (missing ones the median), every further column of the
/// catalogue, fwhm [px], airmass, hour_angle [deg], exposure [s], and number cards of the raw
/// file's header with '-' as '_'.
class StarVariables {
 public:
  /// Prepares the variables that `terms` names and the frame has; an unknown one is found out when
  /// the terms are used. Collective: no.
  StarVariables(const FrameWork& work, const StarCatalog& stars, const std::string& terms);

  const NamedColumns& columns() const noexcept { return columns_; }
  /// u and v, [star].
  const std::vector<double>& u() const noexcept { return u_; }
  const std::vector<double>& v() const noexcept { return v_; }
  const std::vector<double>& colour() const noexcept { return colour_; }

 private:
  std::vector<double> u_;
  std::vector<double> v_;
  std::vector<double> mag_;
  std::vector<double> colour_;
  std::vector<std::vector<double>> further_;
  NamedColumns columns_;
};

}  // namespace skyweft::steps
