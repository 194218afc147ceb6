// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat_stamp.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <Eigen/Dense>

#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

/// The stamp copied out: value 0 and use 0 where a pixel does not count.
struct Stamp {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::vector<float> value;
  std::vector<float> use;
  double mean = 0.0;  ///< of the usable pixels
};

/// Positions −1…1 along an axis.
std::vector<double> unit_axis(std::int64_t n) {
  std::vector<double> u(static_cast<std::size_t>(n), 0.0);
  for (std::int64_t i = 0; i < n; ++i)
    u[static_cast<std::size_t>(i)] =
        (2.0 * static_cast<double>(i) + 1.0) / static_cast<double>(n) - 1.0;
  return u;
}

/// sum[i] += factor × row[i].
void add_scaled(std::size_t n, double factor, const float* __restrict row, double* __restrict sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += factor * static_cast<double>(row[i]);
}

/// Normal equations of Σ c x^i y^j. Sums run down the columns first, for every power of y that is
/// needed; products with powers of x come at the end. Pixels can be taken out again.
class PowerFit {
 public:
  PowerFit(const Stamp& stamp, int n_x, int n_y)
      : n_x_(n_x), n_y_(n_y), x_(unit_axis(stamp.nx)), y_(unit_axis(stamp.ny)) {
    use_sum_.assign(static_cast<std::size_t>(2 * n_y - 1), std::vector<double>(x_.size(), 0.0));
    value_sum_.assign(static_cast<std::size_t>(n_y), std::vector<double>(x_.size(), 0.0));
    std::vector<double> whole_rows(use_sum_.size(), 0.0);
    for (std::size_t iy = 0; iy < y_.size(); ++iy) {
      const float* use = stamp.use.data() + iy * x_.size();
      const float* value = stamp.value.data() + iy * x_.size();
      const bool whole = std::find(use, use + x_.size(), 0.0F) == use + x_.size();
      double power = 1.0;
      for (std::size_t k = 0; k < use_sum_.size(); ++k, power *= y_[iy]) {
        if (whole)
          whole_rows[k] += power;
        else
          add_scaled(x_.size(), power, use, use_sum_[k].data());
        if (k < value_sum_.size()) add_scaled(x_.size(), power, value, value_sum_[k].data());
      }
    }
    for (std::size_t k = 0; k < use_sum_.size(); ++k)
      for (double& v : use_sum_[k]) v += whole_rows[k];
  }

  void take_out(std::size_t ix, std::size_t iy, double value) {
    double power = 1.0;
    for (std::size_t k = 0; k < use_sum_.size(); ++k, power *= y_[iy]) {
      use_sum_[k][ix] -= power;
      if (k < value_sum_.size()) value_sum_[k][ix] -= power * value;
    }
  }

  /// [n_y_term][n_x_term] coefficients.
  Eigen::MatrixXd solve() const {
    Eigen::MatrixXd moment(2 * n_y_ - 1, 2 * n_x_ - 1);
    for (int k = 0; k < 2 * n_y_ - 1; ++k)
      for (int i = 0; i < 2 * n_x_ - 1; ++i)
        moment(k, i) = along_x(use_sum_[static_cast<std::size_t>(k)], i);
    Eigen::MatrixXd normal(n_x_ * n_y_, n_x_ * n_y_);
    Eigen::VectorXd right(n_x_ * n_y_);
    for (int a = 0; a < n_x_ * n_y_; ++a) {
      right[a] = along_x(value_sum_[static_cast<std::size_t>(a / n_x_)], a % n_x_);
      for (int b = 0; b < n_x_ * n_y_; ++b)
        normal(a, b) = moment(a / n_x_ + b / n_x_, a % n_x_ + b % n_x_);
    }
    const Eigen::VectorXd c =
        Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(normal).solve(right);
    Eigen::MatrixXd out(n_y_, n_x_);
    for (int a = 0; a < n_x_ * n_y_; ++a) out(a / n_x_, a % n_x_) = c[a];
    return out;
  }

 private:
  double along_x(const std::vector<double>& sums, int power) const {
    double total = 0.0;
    for (std::size_t i = 0; i < x_.size(); ++i) total += sums[i] * std::pow(x_[i], power);
    return total;
  }

  int n_x_;
  int n_y_;
  std::vector<double> x_;
  std::vector<double> y_;
  std::vector<std::vector<double>> use_sum_;    ///< [power of y][column]
  std::vector<std::vector<double>> value_sum_;  ///< [power of y][column]
};

/// The surface on one row.
void surface_row(const Eigen::MatrixXd& c, double y, const std::vector<double>& x,
                 std::vector<double>& out) {
  Eigen::VectorXd along = c.row(c.rows() - 1).transpose();
  for (Eigen::Index j = c.rows() - 2; j >= 0; --j) along = along * y + c.row(j).transpose();
  std::ranges::fill(out, along[along.size() - 1]);
  for (Eigen::Index i = along.size() - 2; i >= 0; --i)
    for (std::size_t k = 0; k < x.size(); ++k) out[k] = out[k] * x[k] + along[i];
}

/// Sum of w × (value − surface)² of a row.
double row_squares(std::size_t n, const float* value, const float* use, const double* surface) {
  std::array<double, 4> sum{};
  for (std::size_t i = 0; i < n; ++i) {
    const double r = static_cast<double>(value[i]) - surface[i];
    sum[i % 4] += static_cast<double>(use[i]) * r * r;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// The surface's coefficients, fitted with rejection.
Eigen::MatrixXd fit_clipped(const Stamp& stamp, const SkyFlatConfig& config) {
  PowerFit fit(stamp, config.stamp_x_terms, config.stamp_y_terms);
  Eigen::MatrixXd c = fit.solve();
  const auto x = unit_axis(stamp.nx);
  const auto y = unit_axis(stamp.ny);
  std::vector<float> use = config.stamp_fit_rounds > 0 ? stamp.use : std::vector<float>{};
  std::vector<double> row(x.size());
  double n = 0.0;
  for (const float u : use) n += static_cast<double>(u);
  for (int round = 0; round < config.stamp_fit_rounds; ++round) {
    double squares = 0.0;
    for (std::size_t iy = 0; iy < y.size(); ++iy) {
      surface_row(c, y[iy], x, row);
      squares += row_squares(row.size(), stamp.value.data() + iy * row.size(),
                             use.data() + iy * row.size(), row.data());
    }
    const double limit = config.stamp_fit_clip * std::sqrt(squares / n);
    double n_dropped = 0.0;
    for (std::size_t iy = 0; iy < y.size(); ++iy) {
      surface_row(c, y[iy], x, row);
      for (std::size_t ix = 0; ix < row.size(); ++ix) {
        const std::size_t i = iy * row.size() + ix;
        const auto value = static_cast<double>(stamp.value[i]);
        if (use[i] == 0.0F || std::abs(value - row[ix]) <= limit) continue;
        use[i] = 0.0F;
        n_dropped += 1.0;
        fit.take_out(ix, iy, value);
      }
    }
    n -= n_dropped;
    if (n_dropped == 0.0 || n <= 0.0) break;
    c = fit.solve();
  }
  return c;
}

/// z/s × mean(s) of the usable pixels, close-packed.
std::vector<float> detrended(const Stamp& stamp, const Eigen::MatrixXd& c) {
  const auto x = unit_axis(stamp.nx);
  const auto y = unit_axis(stamp.ny);
  std::vector<double> row(x.size());
  std::vector<float> out;
  out.resize(stamp.value.size());
  std::size_t kept = 0;
  double sum = 0.0;
  double n = 0.0;
  for (std::int64_t iy = 0; iy < stamp.ny; ++iy) {
    surface_row(c, y[static_cast<std::size_t>(iy)], x, row);
    const auto first = static_cast<std::size_t>(iy * stamp.nx);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (stamp.use[first + i] == 0.0F || !(row[i] > 0.0)) continue;
      sum += row[i];
      n += 1.0;
      out[kept++] = static_cast<float>(static_cast<double>(stamp.value[first + i]) / row[i]);
    }
  }
  out.resize(kept);
  const auto mean = static_cast<float>(n > 0.0 ? sum / n : 0.0);
  for (float& v : out) v *= mean;
  return out;
}

/// Mean and mean square deviation of what is left after dropping, round by round, what lies further
/// than clip × rms from the centre.
void clip_statistics(std::vector<float> values, const SkyFlatConfig& config, StampStatistics& out) {
  double centre = values.empty() ? 0.0 : static_cast<double>(values.front());
  for (int round = 0; !values.empty(); ++round) {
    double sum = 0.0;
    double squares = 0.0;
    for (const float v : values) {
      const double d = static_cast<double>(v) - centre;  // from a value near the mean: keeps digits
      sum += d;
      squares += d * d;
    }
    const auto n = static_cast<double>(values.size());
    out.mean_adu = centre + sum / n;
    out.variance_adu2 = std::max(squares / n - sum / n * (sum / n), 0.0);
    out.n_px = static_cast<std::int64_t>(values.size());
    if (round >= config.stamp_rounds) return;
    centre = config.stamp_average == "median"
                 ? static_cast<double>(median_in_place(std::span<float>{values}))
                 : out.mean_adu;
    const double limit = config.stamp_clip * std::sqrt(out.variance_adu2);
    std::erase_if(values,
                  [&](float v) { return std::abs(static_cast<double>(v) - centre) > limit; });
    if (static_cast<std::int64_t>(values.size()) == out.n_px) return;
  }
}

/// Copies the central part of the frame and counts.
Stamp cut(const Grid<float>& adu, const Mask& bits, const SkyFlatConfig& config,
          StampStatistics& out) {
  const auto margin = [&](std::int64_t n) {
    const auto m =
        static_cast<std::int64_t>(static_cast<double>(n) * 0.5 * (1.0 - config.stamp_fraction));
    return std::min(m, std::max<std::int64_t>(0, (n - 1) / 2));
  };
  const std::int64_t x0 = margin(adu.nx());
  const std::int64_t y0 = margin(adu.ny());
  Stamp stamp{.nx = adu.nx() - 2 * x0, .ny = adu.ny() - 2 * y0, .value = {}, .use = {}};
  const auto n = static_cast<std::size_t>(stamp.nx * stamp.ny);
  stamp.value.resize(n);
  stamp.use.resize(n);
  std::int64_t n_saturated = 0;
  std::int64_t n_valid = 0;
  double sum = 0.0;
  std::size_t k = 0;
  const std::vector<MaskBits> clear(bits.empty() ? static_cast<std::size_t>(adu.nx()) : 0, 0);
  for (std::int64_t iy = y0; iy < y0 + stamp.ny; ++iy) {
    const float* value = adu.row(iy).data();
    const MaskBits* row_bits = bits.empty() ? clear.data() : bits.row(iy).data();
    for (std::int64_t ix = x0; ix < x0 + stamp.nx; ++ix, ++k) {
      const MaskBits b = row_bits[ix];
      const float v = value[ix];
      const bool ok = (b & mask::unusable) == 0 && std::isfinite(v);
      stamp.value[k] = ok ? v : 0.0F;
      stamp.use[k] = ok ? 1.0F : 0.0F;
      sum += static_cast<double>(stamp.value[k]);
      n_valid += ok ? 1 : 0;
      n_saturated += (b & mask::saturated) != 0 ? 1 : 0;
    }
  }
  if (n == 0) return stamp;
  out.saturated_fraction = static_cast<double>(n_saturated) / static_cast<double>(n);
  out.valid_fraction = static_cast<double>(n_valid) / static_cast<double>(n);
  stamp.mean = n_valid > 0 ? sum / static_cast<double>(n_valid) : 0.0;
  return stamp;
}

}  // namespace

StampStatistics stamp_statistics(const Grid<float>& adu, const Mask& bits,
                                 const SkyFlatConfig& config) {
  if (!bits.empty() && !same_shape(adu, bits))
    throw Error{Errc::internal, "stamp_statistics: image and mask differ in shape"};
  StampStatistics out;
  const Stamp stamp = cut(adu, bits, config, out);
  if (out.saturated_fraction > config.stamp_max_saturated || out.valid_fraction <= 0.0 ||
      out.valid_fraction < config.stamp_min_valid || !(stamp.mean > 0.0))
    return out;
  clip_statistics(detrended(stamp, fit_clipped(stamp, config)), config, out);
  return out;
}

}  // namespace skyweft::calib
