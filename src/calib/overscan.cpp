// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/overscan.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calib/overscan_rows.hpp"
#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

/// The overscan without its columns (or rows) next to the data.
struct Region {
  PixelBox box;
  bool beside = false;  ///< it has rows in common with the data
};

Region region_of(const Grid<float>& raw, const Amplifier& amp, std::int64_t skip) {
  const PixelBox image{0, 0, raw.nx(), raw.ny()};
  if (!image.contains(amp.overscan) || amp.overscan.overlaps(amp.data))
    throw Error{
        Errc::bad_input,
        fmt::format("the overscan x {}…{}, y {}…{} (0-based) {}; check the camera's "
                    "overscan and data sections",
                    amp.overscan.x0, amp.overscan.x1 - 1, amp.overscan.y0, amp.overscan.y1 - 1,
                    image.contains(amp.overscan)
                        ? "covers pixels of the data"
                        : fmt::format("leaves the raw image of {} x {}", image.x1, image.y1))}
        .because({"section", static_cast<double>(std::max(amp.overscan.x1, amp.overscan.y1)),
                  static_cast<double>(std::max(image.x1, image.y1))});
  Region r{.box = amp.overscan};
  const bool right = r.box.x0 >= amp.data.x1;
  const bool left = r.box.x1 <= amp.data.x0;
  r.beside = (right || left) && r.box.y0 < amp.data.y1 && amp.data.y0 < r.box.y1;
  if (right) r.box.x0 += skip;
  if (left) r.box.x1 -= skip;
  if (!right && !left && r.box.y0 >= amp.data.y1) r.box.y0 += skip;
  if (!right && !left && r.box.y1 <= amp.data.y0) r.box.y1 -= skip;
  return r;
}

/// The usable pixels, row after row.
struct Samples {
  std::vector<float> value;
  std::vector<std::size_t> start;  ///< [n_row + 1]
  std::size_t n_row() const { return start.size() - 1; }
  std::span<const float> row(std::size_t k) const {
    return {value.data() + start[k], start[k + 1] - start[k]};
  }
};

Samples samples_of(const Grid<float>& raw, const Mask& raw_mask, const PixelBox& box) {
  Samples out;
  out.start.push_back(0);
  for (std::int64_t iy = box.y0; iy < box.y1; ++iy) {
    const auto row = raw.row(iy);
    for (std::int64_t ix = box.x0; ix < box.x1; ++ix) {
      const float v = row[static_cast<std::size_t>(ix)];
      if (!std::isfinite(v)) continue;
      if (!raw_mask.empty() && (raw_mask(ix, iy) & mask::unusable) != 0) continue;
      out.value.push_back(v);
    }
    out.start.push_back(out.value.size());
  }
  return out;
}

struct Constant {
  double level = 0.0;
  double sigma = 0.0;
  double variance = 0.0;
  double quantum = 0.0;  ///< the converter's step: the smallest difference of two values
};

Constant constant_of(const Samples& samples, const OverscanConfig& config) {
  std::vector<float> v = samples.value;
  const auto s =
      sigma_clipped_in_place(std::span{v}, config.overscan_clip_sigma, config.overscan_rounds);
  if (s.n < config.overscan_min_pixels)
    throw Error{Errc::bad_input,
                fmt::format("only {} overscan pixels are usable; check the overscan section and "
                            "calibrate.overscan_skip_px, or set calibrate.overscan = \"none\"",
                            s.n)}
        .because({"overscan_pixels", static_cast<double>(s.n),
                  static_cast<double>(config.overscan_min_pixels)});
  v.resize(static_cast<std::size_t>(s.n));
  std::sort(v.begin(), v.end());
  double quantum = 0.0;
  for (std::size_t i = 1; i < v.size(); ++i) {
    const double step = static_cast<double>(v[i]) - static_cast<double>(v[i - 1]);
    if (step > 0.0 && (quantum == 0.0 || step < quantum)) quantum = step;
  }
  return {.level = grouped_median_in_place(v, quantum),
          .sigma = s.sigma,
          .variance = kMedianVariance * s.sigma * s.sigma / static_cast<double>(s.n),
          .quantum = quantum};
}

OverscanRows row_medians(const Samples& samples, const Constant& all,
                         const OverscanConfig& config) {
  OverscanRows out;
  out.level.assign(samples.n_row(), kNaN);
  out.variance.assign(samples.n_row(), kNaN);
  std::vector<float> row;
  std::vector<double> residual;
  std::vector<double> counts;
  for (std::size_t k = 0; k < samples.n_row(); ++k) {
    const auto pixels = samples.row(k);
    if (pixels.empty()) continue;
    row.assign(pixels.begin(), pixels.end());
    out.level[k] = grouped_median_in_place(row, all.quantum);
    for (const float v : pixels) residual.push_back(static_cast<double>(v) - out.level[k]);
    counts.push_back(static_cast<double>(pixels.size()));
  }
  out.n_measured = counts.size();
  out.n_col = median_in_place(counts);
  if (out.n_col >= 3.0) {
    // A pixel's own row median takes (2 − π/2)/n of its variance away.
    const auto s = sigma_clipped_in_place(std::span{residual}, config.overscan_clip_sigma,
                                          config.overscan_rounds);
    out.sigma = s.sigma / std::sqrt(1.0 - (2.0 - kMedianVariance) / out.n_col);
  } else {
    out.sigma = point_to_point_sigma(out.level) * std::sqrt(out.n_col);
  }
  const double limit = config.overscan_clip_sigma * std::max(out.sigma, all.quantum);
  for (std::size_t k = 0; k < samples.n_row(); ++k) {
    if (!std::isfinite(out.level[k])) continue;
    row.clear();
    for (const float v : samples.row(k))
      if (std::abs(static_cast<double>(v) - out.level[k]) <= limit) row.push_back(v);
    const auto n = static_cast<double>(std::max<std::size_t>(row.size(), 1));
    if (!row.empty()) out.level[k] = grouped_median_in_place(row, all.quantum);
    out.variance[k] = (n < 3.0 ? 1.0 : kMedianVariance) * out.sigma * out.sigma / n;
  }
  return out;
}

/// Copies overscan rows to data rows, each from the nearest one that has a value.
void spread(const SmoothRows& from, std::int64_t from_y0, const PixelBox& data, OverscanLevel& to) {
  const auto n = static_cast<std::int64_t>(from.level.size());
  const auto known = [&](std::int64_t k) {
    return k >= 0 && k < n && std::isfinite(from.level[static_cast<std::size_t>(k)]);
  };
  for (std::int64_t iy = 0; iy < data.ny(); ++iy) {
    const std::int64_t wanted = std::clamp<std::int64_t>(data.y0 + iy - from_y0, 0, n - 1);
    std::int64_t step = 0;
    while (!known(wanted - step) && !known(wanted + step)) ++step;
    const auto k = static_cast<std::size_t>(known(wanted - step) ? wanted - step : wanted + step);
    to.level_adu[static_cast<std::size_t>(iy)] = static_cast<float>(from.level[k]);
    to.variance_adu2[static_cast<std::size_t>(iy)] = static_cast<float>(from.variance[k]);
  }
}

}  // namespace

OverscanLevel fit_overscan(const Grid<float>& raw, const Mask& raw_mask, const Amplifier& amplifier,
                           double read_noise_adu, const OverscanConfig& config) {
  OverscanLevel out;
  const auto n_row = static_cast<std::size_t>(std::max<std::int64_t>(amplifier.data.ny(), 0));
  out.level_adu.assign(n_row, 0.0F);
  out.variance_adu2.assign(n_row, 0.0F);
  const std::string& wanted = config.overscan;
  if (wanted == "none" || amplifier.overscan.empty()) return out;
  const Region region = region_of(raw, amplifier, config.overscan_skip_px);
  const Samples samples = samples_of(raw, raw_mask, region.box);
  const Constant all = constant_of(samples, config);
  out.model = "constant";
  out.median_adu = all.level;
  out.sigma_adu = all.sigma;
  out.level_adu.assign(n_row, static_cast<float>(all.level));
  out.variance_adu2.assign(n_row, static_cast<float>(all.variance));
  if (wanted == "constant" || !region.beside) return out;

  const OverscanRows rows = row_medians(samples, all, config);
  const RowClip clip{.sigma = config.overscan_clip_sigma, .rounds = config.overscan_rounds};
  SmoothRows model;
  if (wanted == "row")
    model = running_median(rows, config.overscan_smooth_rows);
  else if (wanted == "polynomial")
    model = fit_polynomial(rows, config.overscan_order, clip);
  else
    model = fit_spline(rows, config.overscan_knots, clip);
  if (!model.ok()) return out;
  if (wanted == "auto") {
    const double read = read_noise_adu > 0.0 ? read_noise_adu : rows.sigma;
    if (!(variance_explained(rows, model) > 4.0 * read * read / rows.n_col)) return out;
  }
  out.model = wanted == "auto" ? "spline" : wanted;
  out.sigma_adu = rows.sigma;
  spread(model, region.box.y0, amplifier.data, out);
  return out;
}

double overscan_drift(std::span<const double> session_medians_adu, double median_adu,
                      double floor_adu) {
  const auto session = robust_summary(session_medians_adu);
  if (session.n < 5) return kNaN;
  const double sigma = std::max(session.sigma, floor_adu);
  const double departure = median_adu - session.median;
  return departure == 0.0 ? 0.0 : departure / sigma;
}

}  // namespace skyweft::calib
