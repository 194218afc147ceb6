// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/export_table.hpp"
#include "phot/empty_apertures.hpp"
#include "phot/forced.hpp"
#include "phot/growth.hpp"
#include "steps/frame_work.hpp"
#include "workflows/verbs/measure_targets.hpp"

namespace skyweft::workflows {

/// How crowded the apertures are, [target][aperture]; empty without a catalogue.
struct Crowd {
  std::vector<double> inside;      ///< part of the target's light in the aperture
  std::vector<double> neighbours;  ///< light of catalogue stars in it over the target's
};

/// What was measured on one frame.
struct MeasuredFrame {
  const steps::FrameWork& work;
  const std::vector<Target>& targets;
  const std::vector<SkyPos>& directions;          ///< [target]; NaN: not known
  const std::vector<phot::ForcedTarget>& places;  ///< [target]
  const phot::ForcedTable& table;
  const std::vector<phot::EmptyNoise>& empty;  ///< [radius]; empty without circles
  const phot::GrowthCurve* growth;             ///< null: no catalogue
  const Crowd& crowd;
};

/// The table of `skyweft measure`: one row per frame, target and aperture.
class MeasureTable {
 public:
  void add(const MeasuredFrame& frame);
  std::int64_t n_row() const noexcept { return static_cast<std::int64_t>(flux_e_.size()); }
  /// The columns with units and meanings; this table is empty afterwards.
  io::Table take(const phot::ForcedConfig& config);

 private:
  std::vector<std::string> file_, target_, flags_;
  std::vector<std::int64_t> frame_id_, aperture_, n_masked_;
  std::vector<double> time_, ra_, dec_, x_, y_;
  std::vector<double> a_, b_, theta_, kron_;
  std::vector<double> flux_e_, flux_err_e_, source_, sky_, level_, flat_;
  std::vector<double> mag_, mag_err_, correction_, snr_, background_, background_err_;
  std::vector<double> area_, coverage_, peak_, inside_, neighbours_, empty_, empty_ratio_;
  std::vector<std::vector<double>> limit_e_, limit_mag_;
  std::vector<std::int32_t> quality_;
};

}  // namespace skyweft::workflows
