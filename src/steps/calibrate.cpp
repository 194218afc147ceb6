// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "calib/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "calib/assemble.hpp"
#include "calib/bleeding.hpp"
#include "calib/regions.hpp"
#include "steps/masked_pixels.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {
namespace {

/// The amplifiers as the calibration kernel wants them; the levels' variances are borrowed. A read
/// noise that nobody told is that of the overscan.
std::vector<calib::ReadOut> read_outs(const FrameInfo& info, const calib::Assembled& assembled) {
  std::vector<calib::ReadOut> out;
  for (std::size_t a = 0; a < info.amplifiers.size(); ++a) {
    const Amplifier& amplifier = info.amplifiers[a];
    const double gain = gain_of(amplifier, info);
    const double told_e = read_noise_of(amplifier, info);
    out.push_back({.frame = amplifier.frame,
                   .gain_e_per_adu = gain,
                   .read_noise_e = told_e > 0.0 ? told_e : gain * assembled.overscan[a].sigma_adu,
                   .row_variance_adu2 = assembled.overscan[a].variance_adu2});
  }
  return out;
}

/// Marks what the detector bends, where assemble() had nothing to do.
void mark_nonlinear(const FrameInfo& info, calib::Assembled& assembled) {
  if (!std::isfinite(info.traits.nonlinear_adu)) return;
  if (assembled.mask.empty()) assembled.mask = Mask(assembled.adu.nx(), assembled.adu.ny());
  calib::judge_raw(assembled.adu.pixels(), {.nonlinear_adu = info.traits.nonlinear_adu},
                   assembled.mask.pixels());
}

/// One line a step, short enough for a HISTORY card.
void tell_history(FrameWork& work, const calib::Assembled& assembled, std::string_view masters) {
  for (std::size_t a = 0; a < assembled.overscan.size(); ++a) {
    const calib::OverscanLevel& level = assembled.overscan[a];
    const std::string& name = work.info.amplifiers[a].name;
    work.history.push_back(fmt::format("overscan{}{}: {}, median {:.3f}, sigma {:.3f} adu",
                                       name.empty() ? "" : " ", name, level.model, level.median_adu,
                                       level.sigma_adu));
  }
  while (!masters.empty()) {
    const std::size_t end = std::min(masters.find("; "), masters.size());
    work.history.push_back(fmt::format("master {}", masters.substr(0, end)));
    masters.remove_prefix(std::min(end + 2, masters.size()));
  }
  work.history.push_back(fmt::format(
      "calibrated: {}",
      work.corrections.done == 0 ? "gain" : calib::correction_names(work.corrections.done)));
  if (work.corrections.missing != 0)
    work.history.push_back(
        fmt::format("missing: {}", calib::correction_names(work.corrections.missing)));
}

}  // namespace

void calibrate(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const FrameInfo& info = work.info;
  calib::Assembled assembled =
      calib::assemble(std::move(work.raw.adu), std::move(work.raw.mask), info,
                      options.calibrate.suspect_fraction, options.overscan);
  work.raw.adu = {};
  work.raw.mask = {};
  if (info.amplifiers.empty()) mark_nonlinear(info, assembled);
  static const calib::PreparedMasters kNone;
  work.corrections = calib::calibrate_into(
      work.frame, assembled.adu, assembled.mask, info, read_outs(info, assembled),
      givens.masters == nullptr ? kNone : *givens.masters, options.calibrate);
  calib::mark_bleeding(work.frame.mask, info.traits.read_out, options.bleed);
  calib::mark_regions(work.frame.mask, givens.regions);
  work.record.masters = givens.masters_text;
  if (!assembled.overscan.empty()) work.record.overscan_adu = assembled.overscan.front().median_adu;
  work.record.n_masked = count_masked(work.frame.mask);
  tell_history(work, assembled, givens.masters_text);
}

}  // namespace skyweft::steps
