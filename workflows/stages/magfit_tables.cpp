// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/magfit_tables.hpp"

#include <algorithm>

namespace skyweft::workflows {
namespace {

/// Parts, terms and ranges of all frames and apertures, padded to one shape.
void add_parts(io::MagfitTable& t, const FitsOfFrames& fits, std::size_t n_frame) {
  for (const auto& of_aperture : fits)
    for (const lc::FrameFit& fit : of_aperture) {
      t.n_part = std::max(t.n_part, static_cast<std::int64_t>(fit.parts.size()));
      for (const lc::PartFit& part : fit.parts)
        t.n_term = std::max(t.n_term, static_cast<std::int64_t>(part.coefficients.size()));
    }
  const lc::PartFit none{.split = kNaN, .coefficients = {}};
  for (std::size_t f = 0; f < n_frame; ++f)
    for (const auto& of_aperture : fits) {
      const lc::FrameFit& fit = of_aperture[f];
      t.rms_mag.push_back(fit.ok() ? fit.rms_mag : kNaN);
      t.zero_shift_mag.push_back(fit.ok() ? fit.zero_shift_mag : kNaN);
      for (std::size_t p = 0; p < static_cast<std::size_t>(t.n_part); ++p) {
        const lc::PartFit& part = p < fit.parts.size() ? fit.parts[p] : none;
        t.part.push_back(part.split);
        t.level.push_back(part.level);
        t.n_used.push_back(part.n_used);
        for (std::size_t k = 0; k < static_cast<std::size_t>(t.n_term); ++k)
          t.coefficient.push_back(k < part.coefficients.size() ? part.coefficients[k] : kNaN);
        for (int k = 0; k < 3; ++k) {
          t.low.push_back(part.ok() ? part.low[k] : kNaN);
          t.high.push_back(part.ok() ? part.high[k] : kNaN);
        }
      }
    }
}

}  // namespace

io::MagfitTable magfit_table_of(const MagfitInputs& inputs, const MagnitudeFit& fit) {
  const RunState& state = inputs.state;
  const lc::MagfitConfig& config = inputs.run.config.magfit;
  io::MagfitTable t;
  t.group = state.groups.names;
  for (const std::int64_t position : fit.reference_frames)
    t.reference_frame_id.push_back(inputs.record(position).id);
  t.rounds = fit.rounds;
  t.converged.assign(fit.converged.begin(), fit.converged.end());
  for (std::int64_t f = 0; f < inputs.n_frame(); ++f) t.frame_id.push_back(inputs.record(f).id);
  t.group_of_frame = state.groups.of_frame;
  t.excluded.assign(fit.excluded.begin(), fit.excluded.end());
  t.terms = config.terms;
  t.split = config.split;
  t.aperture_radius_px = state.aperture_radius_px;
  add_parts(t, fit.fits, state.measured.size());
  t.group_terms = config.group_terms;
  t.n_group_term = Terms::parse(config.group_terms).n_term();
  for (std::size_t g = 0; g < t.group.size(); ++g)
    for (const lc::GroupOffsets& offsets : fit.offsets)
      t.group_coefficient.insert(t.group_coefficient.end(), offsets.coefficients[g].begin(),
                                 offsets.coefficients[g].end());
  t.anchor_mag = fit.anchor_mag;
  return t;
}

io::ReferenceTable reference_table_of(const MagfitInputs& inputs, const MagnitudeFit& fit) {
  io::ReferenceTable t;
  t.group = inputs.state.groups.names;
  t.aperture_radius_px = inputs.state.aperture_radius_px;
  t.star_id = inputs.state.stars.id;
  for (std::size_t g = 0; g < fit.references.size(); ++g)
    for (std::size_t a = 0; a < fit.references[g].size(); ++a) {
      const lc::Reference& reference = fit.references[g][a];
      t.mag.insert(t.mag.end(), reference.mag.begin(), reference.mag.end());
      t.mag_err.insert(t.mag_err.end(), reference.err.begin(), reference.err.end());
      t.used.insert(t.used.end(), reference.used.begin(), reference.used.end());
      for (const lc::StarStatistic& s : fit.statistics[g][a]) {
        t.scatter_mag.push_back(s.scatter);
        t.n_points.push_back(s.n_kept);
      }
    }
  return t;
}

}  // namespace skyweft::workflows
