// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "shape/shape_config.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// What section [shape] names, read once: the sensitivity inside pixels and a map of shapes.
struct ShapeGivens {
  SubPixelMap subpixels;
  std::optional<PsfMap> map;  ///< nothing: shapes are fitted, or not wanted
  std::string digest;         ///< of the files, empty without any

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& subpixels& map& digest;
  }
};

/// Reads them. Collective: no. Throws Error{bad_config} for a name that is neither known nor a
/// file, Error{bad_input} for a file that holds no such thing.
ShapeGivens read_shape_givens(const shape::ShapeConfig& config);

/// Whether light curves get a column of PSF-fit fluxes.
bool has_psf_fluxes(const shape::ShapeConfig& config);

/// The configured radii as they are, in their unit, and 0 for the PSF fit behind them.
std::vector<double> product_radii(const RunConfig& config);

}  // namespace skyweft::workflows
