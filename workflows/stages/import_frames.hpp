// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/photometry.hpp"
#include "io/photometry_table.hpp"
#include "steps/frame_work.hpp"
#include "workflows/stages/import_rows.hpp"

namespace skyweft::workflows {

/// The rows' fluxes in electrons.
struct FluxTable {
  std::int64_t n_ap = 0;
  std::vector<float> flux_e;      ///< [row][ap]
  std::vector<float> flux_err_e;  ///< [row][ap]
  std::vector<float> bg_e;        ///< [row]
};

/// Turns fluxes (times table.gain_e_per_adu) or magnitudes m (t 10^(0.4 (zero point - m))) into
/// electrons; an error dm in magnitudes is F dm / 1.0857. Collective: no. Throws: never.
FluxTable fluxes_of(const io::PhotometryTable& table, const io::TableOptions& options,
                    const std::vector<FrameRecord>& records,
                    const std::vector<std::int64_t>& frame_of_row);

/// The radii that the options give; NaN for one aperture without.
std::vector<double> table_radii(const io::TableOptions& options);

/// Fills frames of a block and their records from the rows of a table; borrows its arguments.
class FrameFiller {
 public:
  FrameFiller(const io::PhotometryTable& table, const FluxTable& fluxes, const TableStars& stars,
              const TableFrames& frames, const steps::FrameOptions& options);

  /// Fills frame `row` of the block with frame `i_frame` of the table, and what its record says of
  /// time at the barycentre, air, sky and plate; sets it aside when no star has a flux. Returns how
  /// many rows repeat a star. Collective: no.
  std::int64_t fill(std::int64_t i_frame, FrameRecord& record, FrameBlock& block,
                    std::int64_t row) const;

 private:
  void place(std::int64_t i_frame, FrameRecord& record, FrameBlock& block, std::int64_t row) const;
  void note_conditions(FrameRecord& record) const;

  const io::PhotometryTable& table_;
  const FluxTable& fluxes_;
  const TableStars& stars_;
  const steps::FrameOptions& options_;
  std::vector<std::vector<std::size_t>> rows_of_frame_;
  SkyPos centre_;            ///< amid the stars
  bool has_places_;          ///< the table has x and y
  std::vector<float> x_px_;  ///< [star] in the tangent plane, where it has not
  std::vector<float> y_px_;
};

}  // namespace skyweft::workflows
